/*
 * A disk that fails on request: a SQLite VFS that passes everything on to the default one, counts,
 * and can be told to let the n-th operation of some kinds fail. Any thread; one fault at a time for
 * the whole process.
 */
#ifndef STORE_SQLITE_FAULT_VFS_H
#define STORE_SQLITE_FAULT_VFS_H

#include <stdbool.h>

#define FAULT_VFS "fault"

enum fault_op {
    FAULT_OPEN = 1,
    FAULT_READ = 2,
    FAULT_WRITE = 4,
    FAULT_SYNC = 8,
    FAULT_TRUNCATE = 16,
    FAULT_LOCK = 32,
};

enum fault_span {
    FAULT_ONCE,     /* the n-th alone */
    FAULT_FROM_NOW, /* the n-th and all after it, until fault_disarm */
};

/** Register the VFS under the name FAULT_VFS. Again is fine. */
void fault_vfs_register(void);

/**
 * Let the n-th operation (1: the next) of the kinds in `ops` fail with the library's result `code`,
 * e.g. SQLITE_FULL.
 */
void fault_arm(int ops, long n, int code, enum fault_span span);

/** Back to a healthy disk; returns how many operations were made to fail. */
long fault_disarm(void);

/** Files opened from now on cannot share memory, or can again. */
void fault_without_shared_memory(bool without);

#endif
