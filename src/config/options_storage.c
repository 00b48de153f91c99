/* Options: where the sound of recordings is kept, and how. */
#include "core/macros.h"
#include "groups.h"
#include "words.h"

enum {
    PREFIX_BYTES_MAX = 200,
    SESSION_TOKEN_BYTES_MAX = 4000, /* what fits a file of a secret */
    PART_BYTES_MIN = 5 * 1024 * 1024,
    PART_BYTES_MAX = 64 * 1024 * 1024,
};

static const struct option_word kind_words[] = {
    WORD_ROW("directory", CONFIG_STORAGE_DIRECTORY),
    WORD_ROW("s3", CONFIG_STORAGE_S3),
    WORD_ROW(NULL, 0),
};

static const struct option_word unsealed_words[] = {
    WORD_ROW("refuse", CONFIG_UNSEALED_REFUSE),
    WORD_ROW("read", CONFIG_UNSEALED_READ),
    WORD_ROW(NULL, 0),
};

static const struct option_word style_words[] = {
    WORD_ROW("path", CONFIG_S3_PATH),
    WORD_ROW("host", CONFIG_S3_HOST),
    WORD_ROW(NULL, 0),
};

static const struct option storage[] = {
    OPTION(.name = "SWITCHHOOK_STORAGE",
           WORD(storage.kind, enum config_storage_kind, kind_words),
           .fallback = "directory",
           .about = "Where recordings are kept: in a directory of this machine, or in a store that "
                    "speaks S3."),
    OPTION(.name = "SWITCHHOOK_STORAGE_DIRECTORY",
           PATH(storage.directory),
           .fallback_note = "recordings, next to the database",
           .about = "The directory for recordings; all of it on one file system."),
    OPTION(.name = "SWITCHHOOK_STORAGE_KEYS",
           SECRETS(storage.keys),
           .reloadable = true,
           .about =
               "Encrypts recordings where they lie: the first key is for new ones, all of them "
               "open what is there."),
    OPTION(.name = "SWITCHHOOK_STORAGE_UNSEALED",
           WORD(storage.unsealed, enum config_unsealed, unsealed_words),
           .fallback = "refuse",
           .reloadable = true,
           .about = "Whether a recording that is not encrypted is served although there are keys: "
                    "read while some are left from before."),
};

static const struct option s3[] = {
    OPTION(.name = "SWITCHHOOK_S3_ENDPOINT",
           SERVICE_URL(storage.s3.endpoint),
           .fallback_note = "Amazon's, https://s3.REGION.amazonaws.com",
           .about = "The address of the store, without a path."),
    OPTION(.name = "SWITCHHOOK_S3_REGION",
           NAME(storage.s3.region),
           .fallback = "us-east-1",
           .about = "The region that requests are signed for; many stores take any."),
    OPTION(.name = "SWITCHHOOK_S3_BUCKET",
           NAME(storage.s3.bucket),
           .about = "The bucket, which must exist."),
    OPTION(.name = "SWITCHHOOK_S3_PREFIX",
           PLAIN(storage.s3.prefix, PREFIX_BYTES_MAX),
           .about = "What the names of all objects begin with, e.g. switchhook/; each server needs "
                    "one of its own."),
    OPTION(.name = "SWITCHHOOK_S3_STYLE",
           WORD(storage.s3.style, enum config_s3_style, style_words),
           .fallback = "path",
           .about = "Whether the bucket is the first part of the path, or of the host's name."),
    OPTION(.name = "SWITCHHOOK_S3_ACCESS_KEY_ID",
           SECRET(storage.s3.access_key_id),
           .reloadable = true,
           .about = "Who asks the store."),
    OPTION(.name = "SWITCHHOOK_S3_SECRET_ACCESS_KEY",
           SECRET(storage.s3.secret_access_key),
           .reloadable = true,
           .about = "Its secret, which signs requests and is never sent."),
    OPTION(.name = "SWITCHHOOK_S3_SESSION_TOKEN",
           LONG_SECRET(storage.s3.session_token, SESSION_TOKEN_BYTES_MAX),
           .reloadable = true,
           .about = "The session token that belongs to temporary keys."),
    OPTION(.name = "SWITCHHOOK_S3_CA_FILE",
           PATH(storage.s3.ca_file),
           .fallback_note = "the system's",
           .about = "A PEM file with the authorities that the store's certificate is checked "
                    "against."),
    OPTION(.name = "SWITCHHOOK_S3_PART_BYTES",
           BYTES(storage.s3.part_bytes, PART_BYTES_MIN, PART_BYTES_MAX),
           .fallback = "8388608",
           .about = "A longer recording is sent in parts of this size, one of which is in memory."),
    OPTION(.name = "SWITCHHOOK_S3_CONNECTIONS",
           COUNT(storage.s3.connections, 1, 64),
           .fallback = "8",
           .about = "Requests to the store at once."),
    OPTION(.name = "SWITCHHOOK_S3_ATTEMPTS",
           COUNT(storage.s3.attempts, 1, 10),
           .fallback = "4",
           .about = "How often one request is tried before the whole job waits."),
    OPTION(.name = "SWITCHHOOK_S3_RETRY_MS",
           MILLISECONDS(storage.s3.retry_ms, 10, 10000),
           .fallback = "500",
           .about = "How long before the second attempt; it doubles from there."),
    OPTION(.name = "SWITCHHOOK_S3_CONNECT_TIMEOUT_MS",
           MILLISECONDS(storage.s3.connect_timeout_ms, 100, 60000),
           .fallback = "5000",
           .about = "How long connecting to the store may take."),
    OPTION(.name = "SWITCHHOOK_S3_TIMEOUT_MS",
           MILLISECONDS(storage.s3.timeout_ms, 1000, 600000),
           .fallback = "60000",
           .about = "How long one request to the store may take, a part of a long recording "
                    "included."),
};

const struct option_group group_storage = {
    "Storage of recordings",
    NULL,
    storage,
    ARRAY_LEN(storage),
};

const struct option_group group_s3 = {
    "S3-compatible store",
    "For SWITCHHOOK_STORAGE=s3.",
    s3,
    ARRAY_LEN(s3),
};
