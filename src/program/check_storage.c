/* switchhook check: where recordings are kept; with --online, whether something can be written there, read and removed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_internal.h"
#include "core/random.h"
#include "core/wall_clock.h"
#include "media_storage.h"

static const char what[] = "storage";

static void check_keys(struct check *check)
{
    auto_seal_keys struct seal_keys *keys = NULL;
    char id[SEAL_KEY_ID_TEXT_BYTES];
    struct error err = {0};
    if (media_storage_keys(check->config, &keys, &err) < 0) {
        check_error(check, what, arena_printf(check->arena, "%s", err.message));
        return;
    }
    if (keys == NULL) {
        check_ok(check, what,
                 "recordings are not encrypted where they lie (SWITCHHOOK_STORAGE_KEYS)");
        return;
    }
    seal_keys_id(keys, 0, id);
    check_ok(check, what,
             arena_printf(check->arena,
                          "new recordings are encrypted with key %s; %zu key%s open what is there",
                          id, seal_keys_count(keys), seal_keys_count(keys) == 1 ? "" : "s"));
}

static void check_directory(struct check *check)
{
    const char *path = check->config->storage.directory;
    if (access(path, F_OK) != 0)
        check_ok(check, what,
                 arena_printf(check->arena, "%s does not exist yet; serve makes it", path));
    else if (access(path, R_OK | W_OK | X_OK) == 0)
        check_ok(check, what, arena_printf(check->arena, "recordings are kept in %s", path));
    else
        check_error(check, what, arena_printf(check->arena, "this user may not write in %s", path));
}

void check_storage(struct check *check)
{
    const struct config_storage *storage = &check->config->storage;
    if (storage->kind == CONFIG_STORAGE_DIRECTORY)
        check_directory(check);
    else
        check_ok(
            check, what,
            arena_printf(check->arena,
                         "recordings are kept in bucket %s at %s (whether it takes them: --online)",
                         storage->s3.bucket, storage->s3.endpoint.origin));
    check_keys(check);
}

/* ---- online ---- */

enum { PROBE_BYTES = 256, NAME_BYTES = 17 };

struct probe {
    struct storage *storage;
    const char *key;
    unsigned char bytes[PROBE_BYTES];
};

static int write_probe(struct probe *probe, struct error *err)
{
    const struct storage_object object = {.key = probe->key,
                                          .content_type = "application/octet-stream",
                                          .expected_bytes = PROBE_BYTES};
    struct storage_writer *writer = NULL;
    if (storage_begin(probe->storage, &object, &writer, err) < 0)
        return -1;
    if (storage_write(writer, probe->bytes, PROBE_BYTES, err) == 0)
        return storage_commit(writer, err);
    storage_abort(writer);
    return -1;
}

static int read_probe(struct probe *probe, struct error *err)
{
    unsigned char found[PROBE_BYTES] = {0};
    struct storage_reader *reader = NULL;
    size_t got = 0;
    if (storage_open(probe->storage, probe->key, &reader, err) < 0)
        return -1;
    const int done = storage_read(reader, 0, found, sizeof found, &got, err);
    storage_close(reader);
    if (done < 0)
        return -1;
    return got == PROBE_BYTES && memcmp(found, probe->bytes, PROBE_BYTES) == 0
               ? 0
               : error_set(err, ERROR_INTERNAL, "what was read is not what was written");
}

static int remove_probe(struct probe *probe, struct error *err)
{
    return storage_remove(probe->storage, probe->key, err);
}

static void ask_storage(struct check *check, struct storage *storage)
{
    static const struct {
        const char *verb;
        int (*run)(struct probe *probe, struct error *err);
    } steps[] = {
        {"write",  write_probe },
        {"read",   read_probe  },
        {"remove", remove_probe}
    };
    char name[NAME_BYTES];
    struct probe probe = {.storage = storage};
    struct error err = {0};
    random_hex(name, NAME_BYTES / 2);
    random_bytes(probe.bytes, PROBE_BYTES);
    probe.key = arena_printf(check->arena, "check-%s", name);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (steps[i].run(&probe, &err) == 0)
            continue;
        check_error(check, what,
                    arena_printf(check->arena, "cannot %s: %s", steps[i].verb, err.message));
        return;
    }
    check_ok(check, what, "an object was written, read and removed");
}

/* A directory that serve will make is not made for a look. */
static bool is_still_to_be_made(const struct config_storage *storage)
{
    return storage->kind == CONFIG_STORAGE_DIRECTORY && access(storage->directory, F_OK) != 0;
}

void check_storage_online(struct check *check)
{
    struct media_storage *media = NULL;
    struct error err = {0};
    if (is_still_to_be_made(&check->config->storage))
        return;
    if (media_storage_create(check->config, NULL, wall_clock_real(), &media, &err) < 0) {
        check_error(check, what, arena_printf(check->arena, "%s", err.message));
        return;
    }
    ask_storage(check, media_storage_door(media));
    media_storage_free(media);
}
