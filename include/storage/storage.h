/*
 * Where the sound of recordings is kept: objects of bytes by key, written once and read in pieces. Knows nothing of calls
 * and of Twilio. Which backend is behind it (a directory, an S3-compatible store), and whether what it keeps is
 * encrypted, is decided where it is opened.
 *
 * Every function may wait for a disk or a network: for threads of one's own, never on a request thread. A storage may be
 * used by all threads at once, a writer or reader by one at a time.
 *
 * A key is a path of 1 to LIMIT_STORAGE_KEY_BYTES characters: segments of letters, digits, `_`, `-` and `.`, joined by
 * `/`, none empty, none beginning with a dot. So no key leaves the place that it is kept in.
 *
 * All functions return 0 or -1 with an error:
 *   NOT_FOUND    no such object
 *   INVALID      that is no key
 *   NO_SPACE     there is no room for it; there may be later
 *   UNAVAILABLE  the backend cannot do it now; it may later
 *   INTERNAL     what is kept is not what was written
 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct storage;
struct storage_writer; /**< an object that nobody sees yet */
struct storage_reader;

/** Takes NULL. All writers and readers have ended before. */
void storage_free(struct storage *storage);

/** For the log: "directory", ... Lives as long as the storage. */
const char *storage_name(const struct storage *storage);

/** Is it a key? INVALID if not. */
int storage_check_key(const char *key, struct error *err) MUST_USE;

/* ---- writing ---- */

/** What is known before the first byte. Copied. */
struct storage_object {
    const char *key;
    const char *content_type; /**< audio/x-wav, ...; for backends that keep one */
    int64_t expected_bytes;   /**< 0: not known; it may turn out otherwise */
};

/** Begin an object. It is seen under its key after storage_commit, and not before. */
int storage_begin(struct storage *storage,
                  const struct storage_object *object,
                  struct storage_writer **out,
                  struct error *err) MUST_USE;

/** The next bytes. After -1 only storage_abort is of use. */
int storage_write(struct storage_writer *writer,
                  const void *data,
                  size_t len,
                  struct error *err) MUST_USE;

/**
 * Make it durable, then seen, in the place of an object that has its key. The writer is gone, also after -1: then it may
 * be there or not, but whole if it is.
 */
int storage_commit(struct storage_writer *writer, struct error *err) MUST_USE;

/** Forget what was written; the writer is gone. Takes NULL. */
void storage_abort(struct storage_writer *writer);

/* ---- reading ---- */

int storage_open(struct storage *storage,
                 const char *key,
                 struct storage_reader **out,
                 struct error *err) MUST_USE;

/** How many bytes it has, as they were written. */
int64_t storage_size(const struct storage_reader *reader);

/**
 * Fill `buffer` from `offset` on. `*got` is `len`, or less where the object ends (0 behind it). If the object was replaced
 * or removed meanwhile, what was opened is read, or reading fails; never something else.
 */
int storage_read(struct storage_reader *reader,
                 int64_t offset,
                 void *buffer,
                 size_t len,
                 size_t *got,
                 struct error *err) MUST_USE;

/** Takes NULL. */
void storage_close(struct storage_reader *reader);

/* ---- the rest ---- */

/** Remove an object for good. No error if there is none. */
int storage_remove(struct storage *storage, const char *key, struct error *err) MUST_USE;

/** Free bytes where objects are kept; INT64_MAX if the backend has no such bound. */
int storage_free_bytes(struct storage *storage, int64_t *out, struct error *err) MUST_USE;

/** Remove what a writer left behind whose process was killed; how many there were. For the start of a process. */
int storage_sweep(struct storage *storage, int64_t *removed, struct error *err) MUST_USE;

#endif
