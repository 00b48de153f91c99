#include "s3_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/xmalloc.h"

struct s3_settings s3_fixture_settings(struct s3_fixture *fixture)
{
    const unsigned port = stand_in_port(fixture->stand_in);
    return (struct s3_settings){
        .host = "127.0.0.1",
        .port = port,
        .region = STAND_IN_REGION,
        .bucket = STAND_IN_BUCKET,
        .prefix = "calls/",
        .style = S3_STYLE_PATH,
        .credentials = {STAND_IN_KEY_ID, STAND_IN_SECRET, STAND_IN_TOKEN},
        .user_agent = "switchhook-test",
        .part_bytes = S3_PART_BYTES_MIN,
        .in_flight_max = 8,
        .attempts = 3,
        .retry_ms = 1,
        .connect_timeout_ms = 10000,
        .timeout_ms = 60000,
        .clock = wall_clock_real(),
    };
}

struct s3_fixture *s3_fixture_open_with(const struct s3_settings *settings,
                                        struct s3_fixture *fixture)
{
    struct error err = {0};
    if (s3_create(settings, NULL, &fixture->s3, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    fixture->storage = s3_storage(fixture->s3);
    return fixture;
}

struct s3_fixture *s3_fixture_open(void)
{
    struct s3_fixture *fixture = xcalloc(1, sizeof *fixture);
    fixture->stand_in = stand_in_start();
    const struct s3_settings settings = s3_fixture_settings(fixture);
    return s3_fixture_open_with(&settings, fixture);
}

void s3_fixture_close(struct s3_fixture *fixture)
{
    storage_free(fixture->storage);
    stand_in_stop(fixture->stand_in);
    free(fixture);
}
