/*
 * The database file before SQLite touches it: made with the right mode, and its header looked at.
 */
#ifndef STORE_SQLITE_FILE_H
#define STORE_SQLITE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"
#include "core/macros.h"

struct file_facts {
    dev_t device;
    ino_t inode;
    bool empty;      /* no bytes yet */
    bool has_log;    /* a write-ahead log lies beside it, so the header may be out of date */
    int version;     /* user_version as the header has it */
    int application; /* application_id as the header has it */
};

/** Create the file (0600) and its folders (0700) if missing. INVALID with the path. */
int file_make(const char *path, struct error *err) MUST_USE;

/**
 * Hold the file for as long as `out` is open, which ends with the process at the latest. Other than SQLite's locks, so
 * nobody is kept from reading and writing; but closing any descriptor of the file drops those, so close it last.
 * @param err  CONFLICT if another process holds it
 */
int file_hold(const char *path, int *out, struct error *err) MUST_USE;

/**
 * Look at the file; nothing is changed.
 * @param err  NOT_FOUND; INVALID if it cannot be read, is no SQLite database, or is shorter than
 * its header says
 */
int file_look(const char *path, struct file_facts *out, struct error *err) MUST_USE;

#endif
