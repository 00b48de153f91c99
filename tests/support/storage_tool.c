/*
 * The storage of recordings as a program, for tests in other languages and for measuring:
 *
 *     storage put KEY BYTES     write that many bytes, in pieces of 64 KiB
 *     storage get KEY           read all of it, in pieces of 64 KiB
 *     storage remove KEY
 *     storage sweep
 *
 * The store is at http://127.0.0.1:$S3_PORT, bucket $S3_BUCKET, keys $S3_ACCESS_KEY_ID and $S3_SECRET_ACCESS_KEY; without S3_PORT
 * it is the directory $DIRECTORY. $SEAL_KEYS encrypts. One line of JSON says what was done; exit status 1 and a message otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "storage/directory.h"
#include "storage/s3.h"
#include "storage/sealed.h"

enum { PIECE_BYTES = 64 * 1024 };

static const char *from_environment(const char *name)
{
    const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): one thread */
    return text == NULL ? "" : text;
}

static int open_store(struct storage **out, struct error *err)
{
    int64_t port = 0;
    struct s3 *s3 = NULL;
    if (!text_to_int64(from_environment("S3_PORT"), 1, UINT16_MAX, &port))
        return storage_directory_open(from_environment("DIRECTORY"), out, err);
    const struct s3_settings settings = {
        .host = "127.0.0.1",
        .port = (unsigned)port,
        .region = "us-east-1",
        .bucket = from_environment("S3_BUCKET"),
        .prefix = "tool/",
        .credentials = {from_environment("S3_ACCESS_KEY_ID"),
                        from_environment("S3_SECRET_ACCESS_KEY"), NULL},
        .user_agent = "switchhook-test",
        .part_bytes = S3_PART_BYTES_MIN,
        .in_flight_max = 4,
        .attempts = 3,
        .retry_ms = 10,
        .connect_timeout_ms = 5000,
        .timeout_ms = 60000,
        .clock = wall_clock_real(),
    };
    if (s3_create(&settings, NULL, &s3, err) < 0)
        return -1;
    *out = s3_storage(s3);
    return 0;
}

/* With encryption before it, if there are keys. */
static struct storage *open_storage(struct error *err)
{
    struct storage *inner = NULL;
    struct seal_keys *keys = NULL;
    const char *text = from_environment("SEAL_KEYS");
    if (*text != '\0' && (keys = seal_keys_create(text, err)) == NULL)
        return NULL;
    if (open_store(&inner, err) == 0)
        return sealed_storage(sealed_create(inner, keys, SEALED_PLAIN_REFUSED));
    seal_keys_free(keys);
    return NULL;
}

/* Bytes that depend on their place, so that pieces in another order show. */
static void fill(unsigned char *out, size_t bytes, int64_t at)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)((uint64_t)(at + (int64_t)i) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

struct result {
    int64_t bytes;
    bool right; /* what was read is what `put` writes */
};

static int put(struct storage *storage,
               const char *key,
               int64_t bytes,
               struct result *result,
               struct error *err)
{
    const struct storage_object object = {
        .key = key, .content_type = "audio/x-wav", .expected_bytes = bytes};
    struct storage_writer *writer = NULL;
    unsigned char piece[PIECE_BYTES];
    if (storage_begin(storage, &object, &writer, err) < 0)
        return -1;
    for (int64_t at = 0; at < bytes; at += PIECE_BYTES) {
        const size_t len = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) : PIECE_BYTES;
        fill(piece, len, at);
        if (storage_write(writer, piece, len, err) == 0)
            continue;
        storage_abort(writer);
        return -1;
    }
    *result = (struct result){.bytes = bytes, .right = true};
    return storage_commit(writer, err);
}

static int get(struct storage *storage, const char *key, struct result *result, struct error *err)
{
    struct storage_reader *reader = NULL;
    unsigned char piece[PIECE_BYTES];
    unsigned char expected[PIECE_BYTES];
    size_t got = 1;
    if (storage_open(storage, key, &reader, err) < 0)
        return -1;
    *result = (struct result){.right = true};
    while (got > 0) {
        if (storage_read(reader, result->bytes, piece, sizeof piece, &got, err) < 0) {
            storage_close(reader);
            return -1;
        }
        fill(expected, got, result->bytes);
        result->right = result->right && memcmp(piece, expected, got) == 0;
        result->bytes += (int64_t)got;
    }
    storage_close(reader);
    return 0;
}

static int
run(int argc, char **argv, struct storage *storage, struct result *result, struct error *err)
{
    const char *verb = argc > 1 ? argv[1] : "";
    int64_t bytes = 0;
    if (argc == 4 && strcmp(verb, "put") == 0 && text_to_int64(argv[3], 0, INT64_MAX, &bytes))
        return put(storage, argv[2], bytes, result, err);
    if (argc == 3 && strcmp(verb, "get") == 0)
        return get(storage, argv[2], result, err);
    if (argc == 3 && strcmp(verb, "remove") == 0)
        return storage_remove(storage, argv[2], err);
    if (argc == 2 && strcmp(verb, "sweep") == 0)
        return storage_sweep(storage, &result->bytes, err);
    return error_set(err, ERROR_INVALID, "storage put KEY BYTES | get KEY | remove KEY | sweep");
}

/* Of this program alone: getrusage counts what was there before it was started, too. */
static long peak_kib(void)
{
    char line[128];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status != NULL)
        (void)fclose(status);
    return kib;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct result result = {0};
    struct storage *storage = open_storage(&err);
    const int64_t started_us = monotonic_us();
    if (storage == NULL || run(argc, argv, storage, &result, &err) < 0) {
        (void)fprintf(stderr, "%s: %s\n", error_info(err.kind)->code, err.message);
        storage_free(storage);
        return EXIT_FAILURE;
    }
    (void)printf("{\"bytes\": %lld, \"right\": %s, \"ms\": %lld, \"peak_kib\": %ld}\n",
                 (long long)result.bytes, result.right ? "true" : "false",
                 (long long)(monotonic_us() - started_us) / 1000, peak_kib());
    storage_free(storage);
    return EXIT_SUCCESS;
}
