/* A store that stands in, and a storage in it below the prefix "calls/". */
#ifndef TESTS_STORAGE_S3_FIXTURE_H
#define TESTS_STORAGE_S3_FIXTURE_H

#include "s3_stand_in.h"
#include "storage/s3.h"
#include "storage/storage.h"

struct s3_fixture {
    struct stand_in *stand_in;
    struct s3 *s3;
    struct storage *storage;
};

/** Three attempts, a millisecond between them. */
struct s3_settings s3_fixture_settings(struct s3_fixture *fixture);

struct s3_fixture *s3_fixture_open(void);
struct s3_fixture *s3_fixture_open_with(const struct s3_settings *settings,
                                        struct s3_fixture *fixture);
void s3_fixture_close(struct s3_fixture *fixture);

#endif
