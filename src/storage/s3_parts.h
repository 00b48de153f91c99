/* What the files of the S3 backend call of each other; each function does what storage/backend.h says of the one of its name. */
#ifndef STORAGE_S3_PARTS_H
#define STORAGE_S3_PARTS_H

#include "s3_request.h"
#include "storage/backend.h"

/* s3_upload.c. Nothing is sent before the first part is full. */
int s3_begin(void *context, const struct storage_object *object, void **writer, struct error *err);
int s3_write(void *writer, const void *data, size_t len, struct error *err);
int s3_commit(void *writer, struct error *err);
void s3_abort(void *writer);

/** Take back the parts of an upload that was not completed. @param err  NOT_FOUND if it is gone; else as s3_ask */
int s3_abort_upload(struct s3 *s3, const char *key, const char *id, struct error *err);

/** Longer than any store's. */
enum { S3_UPLOAD_ID_BYTES = 1024 };

/* s3_sweep.c */
int s3_sweep(void *context, int64_t *removed, struct error *err);

/* s3_download.c */
int s3_open(void *context, const char *key, void **reader, int64_t *size, struct error *err);
int s3_read(void *reader, int64_t offset, void *buffer, size_t len, struct error *err);
void s3_close(void *reader);
int s3_remove(void *context, const char *key, struct error *err);

#endif
