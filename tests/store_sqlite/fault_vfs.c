#include "fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

#include "core/macros.h"

static struct {
    atomic_int ops; /* 0: healthy */
    atomic_long left;
    atomic_int code;
    atomic_int span;
    atomic_long failed;
} fault;

void fault_arm(int ops, long n, int code, enum fault_span span)
{
    atomic_store(&fault.failed, 0);
    atomic_store(&fault.left, n);
    atomic_store(&fault.code, code);
    atomic_store(&fault.span, (int)span);
    atomic_store(&fault.ops, ops);
}

long fault_disarm(void)
{
    atomic_store(&fault.ops, 0);
    return atomic_load(&fault.failed);
}

/* SQLITE_OK, or the result that the operation has to have. */
static int verdict(enum fault_op op)
{
    if (!(atomic_load(&fault.ops) & (int)op))
        return SQLITE_OK;
    long left = atomic_fetch_sub(&fault.left, 1);
    if (left > 1 || (left < 1 && atomic_load(&fault.span) == FAULT_ONCE))
        return SQLITE_OK;
    atomic_fetch_add(&fault.failed, 1);
    return atomic_load(&fault.code);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* The real file follows in the same memory. */
struct fault_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->real;
}

#define PASS_ON(name, parameters, ...)                                                             \
    static int fault_##name parameters                                                             \
    {                                                                                              \
        return real_of(file)->pMethods->x##name(__VA_ARGS__);                                      \
    }
#define MAY_FAIL(name, op, parameters, ...)                                                        \
    static int fault_##name parameters                                                             \
    {                                                                                              \
        int code = verdict(op);                                                                    \
        return code != SQLITE_OK ? code : real_of(file)->pMethods->x##name(__VA_ARGS__);           \
    }

/* clang-format off */
PASS_ON(Close, (sqlite3_file *file), real_of(file))
MAY_FAIL(Read, FAULT_READ, (sqlite3_file *file, void *data, int bytes, sqlite3_int64 at), real_of(file), data, bytes, at)
MAY_FAIL(Write, FAULT_WRITE, (sqlite3_file *file, const void *data, int bytes, sqlite3_int64 at), real_of(file), data, bytes, at)
MAY_FAIL(Truncate, FAULT_TRUNCATE, (sqlite3_file *file, sqlite3_int64 bytes), real_of(file), bytes)
MAY_FAIL(Sync, FAULT_SYNC, (sqlite3_file *file, int flags), real_of(file), flags)
PASS_ON(FileSize, (sqlite3_file *file, sqlite3_int64 *bytes), real_of(file), bytes)
MAY_FAIL(Lock, FAULT_LOCK, (sqlite3_file *file, int level), real_of(file), level)
PASS_ON(Unlock, (sqlite3_file *file, int level), real_of(file), level)
PASS_ON(CheckReservedLock, (sqlite3_file *file, int *out), real_of(file), out)
PASS_ON(FileControl, (sqlite3_file *file, int op, void *argument), real_of(file), op, argument)
PASS_ON(SectorSize, (sqlite3_file *file), real_of(file))
PASS_ON(DeviceCharacteristics, (sqlite3_file *file), real_of(file))
MAY_FAIL(ShmMap, FAULT_LOCK, (sqlite3_file *file, int page, int bytes, int extend, void volatile **out), real_of(file), page, bytes, extend, out)
PASS_ON(ShmLock, (sqlite3_file *file, int offset, int n, int flags), real_of(file), offset, n, flags)
PASS_ON(ShmUnmap, (sqlite3_file *file, int remove), real_of(file), remove)
/* clang-format on */

static void fault_ShmBarrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = fault_Close,
    .xRead = fault_Read,
    .xWrite = fault_Write,
    .xTruncate = fault_Truncate,
    .xSync = fault_Sync,
    .xFileSize = fault_FileSize,
    .xLock = fault_Lock,
    .xUnlock = fault_Unlock,
    .xCheckReservedLock = fault_CheckReservedLock,
    .xFileControl = fault_FileControl,
    .xSectorSize = fault_SectorSize,
    .xDeviceCharacteristics = fault_DeviceCharacteristics,
    .xShmMap = fault_ShmMap,
    .xShmLock = fault_ShmLock,
    .xShmBarrier = fault_ShmBarrier,
    .xShmUnmap = fault_ShmUnmap,
};

/* A file system without shared memory, as networks have. */
static sqlite3_io_methods unshared_methods;
static atomic_bool unshared;

void fault_without_shared_memory(bool without)
{
    unshared_methods = methods;
    unshared_methods.iVersion = 1;
    atomic_store(&unshared, without);
}

/* ---- the VFS --------------------------------------------------------------------------------- */

static sqlite3_vfs *default_vfs;
static sqlite3_vfs fault_vfs;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct fault_file *wrapped = (struct fault_file *)(void *)file;
    (void)vfs;
    wrapped->base.pMethods = NULL;
    wrapped->real = (sqlite3_file *)(void *)(wrapped + 1);
    int code = verdict(FAULT_OPEN);
    if (code == SQLITE_OK)
        code = default_vfs->xOpen(default_vfs, name, wrapped->real, flags, out);
    if (code == SQLITE_OK)
        wrapped->base.pMethods = atomic_load(&unshared) ? &unshared_methods : &methods;
    return code;
}

void fault_vfs_register(void)
{
    if (default_vfs)
        return;
    default_vfs = sqlite3_vfs_find(NULL);
    ASSERT(default_vfs != NULL);
    memcpy(&fault_vfs, default_vfs, sizeof fault_vfs);
    fault_vfs.zName = FAULT_VFS;
    fault_vfs.szOsFile = (int)sizeof(struct fault_file) + default_vfs->szOsFile;
    fault_vfs.xOpen = open_file;
    fault_vfs.pNext = NULL;
    ASSERT(sqlite3_vfs_register(&fault_vfs, 0) == SQLITE_OK);
}
