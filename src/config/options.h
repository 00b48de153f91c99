/*
 * The table of options: one row for each, in groups. A new option is a member in config/config.h
 * and a row in options_<group>.c; --help, .env.example and docs/configuration.md follow by
 * themselves (build target print_docs).
 */
#ifndef CONFIG_SRC_OPTIONS_H
#define CONFIG_SRC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"

struct option;

/**
 * What a kind of value can do. All functions are pure.
 *
 * parse:   read `text` (never empty) into the member; texts go into `arena`. An error's message
 * says what is wrong without repeating the value, because it may be a secret in the wrong place.
 * print:   append the member as it would be written; nothing if it is not set.
 * expect:  append what a good value looks like, to be read after "expected: ".
 */
struct option_type {
    const char *name;
    size_t bytes; /**< of the member */
    bool is_secret;
    int (*parse)(const struct option *option,
                 const char *text,
                 struct arena *arena,
                 void *member,
                 struct error *err);
    void (*print)(const struct option *option, const void *member, struct buf *out);
    void (*expect)(const struct option *option, struct buf *out);
};

/** A word and what it stands for. Tables end with a NULL word. */
struct option_word {
    const char *word;
    unsigned value;
};

enum {
    OPTION_SYNONYMS_MAX = 3,
    OPTION_TEXT_BYTES_MAX = 256 * 1024, /* of any member as it is printed */
};

struct option {
    const char *name;
    const char *synonyms[OPTION_SYNONYMS_MAX]; /**< unused ones are NULL */
    const struct option_type *type;
    size_t offset;
    const char *fallback;      /**< the default as text, or NULL: not set */
    const char *fallback_note; /**< the default in words, where it is computed */
    int64_t min;               /**< of numbers; of texts in bytes */
    int64_t max;
    const char *unit;
    const char *prefix;              /**< of a SID */
    const struct option_word *words; /**< of word, word-set and prefixes */
    unsigned needed_for;             /**< enum config_need */
    bool reloadable;                 /**< SIGHUP can change it */
    const char *where;               /**< in Twilio's console */
    const char *about;               /**< one sentence */
};

struct option_group {
    const char *title;
    const char *about;
    const struct option *options;
    size_t count;
};

extern const struct option_group *const option_groups[];
extern const size_t option_group_count;

/** The offset of a member, if it has exactly that type; else it does not compile. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses here */
#define MEMBER(member_type, path)                                                                  \
    _Generic(&((struct config *)0)->path, member_type * : offsetof(struct config, path))
/* NOLINTEND(bugprone-macro-parentheses) */

/* Braces behind a name: clang-format 14 falls over tables whose rows have different members. */
#define OPTION(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SYNONYMS(...) .synonyms = {__VA_ARGS__}
#define WORD_ROW(text, number)                                                                     \
    {                                                                                              \
        .word = (text), .value = (number)                                                          \
    }

/* One initialiser per type, so that a row cannot pair a member with the wrong type. */
#define TEXT(path) .type = &option_type_text, .offset = MEMBER(const char *, path)
#define SECRET(path) .type = &option_type_secret, .offset = MEMBER(struct secret, path)
#define LONG_SECRET(path, most)                                                                    \
    .type = &option_type_long_secret, .offset = MEMBER(struct secret, path), .max = (most)
#define SECRETS(path) .type = &option_type_secrets, .offset = MEMBER(struct secret, path)
#define SID(path, kind)                                                                            \
    .type = &option_type_sid, .offset = MEMBER(const char *, path), .prefix = (kind)
#define KEEP(path) .type = &option_type_keep, .offset = MEMBER(struct pair_list, path)
#define E164(path) .type = &option_type_e164, .offset = MEMBER(const char *, path)
#define E164_LIST(path) .type = &option_type_e164_list, .offset = MEMBER(struct text_list, path)
#define NAME(path) .type = &option_type_name, .offset = MEMBER(const char *, path)
#define PLAIN(path, most)                                                                          \
    .type = &option_type_plain, .offset = MEMBER(const char *, path), .max = (most)
#define PLAIN_LIST(path, most)                                                                     \
    .type = &option_type_plain_list, .offset = MEMBER(struct text_list, path), .max = (most)
#define IDENTITY(path) .type = &option_type_identity, .offset = MEMBER(const char *, path)
#define PATH(path_) .type = &option_type_path, .offset = MEMBER(const char *, path_)
#define BASE_URL(path) .type = &option_type_base_url, .offset = MEMBER(struct config_url, path)
#define HOOK_URL(path) .type = &option_type_hook_url, .offset = MEMBER(struct config_url, path)
#define SERVICE_URL(path)                                                                          \
    .type = &option_type_service_url, .offset = MEMBER(struct config_url, path)
#define OVERRIDES(path) .type = &option_type_overrides, .offset = MEMBER(const char *, path)
#define LISTEN(path) .type = &option_type_listen, .offset = MEMBER(struct text_list, path)
#define NETWORKS(path) .type = &option_type_networks, .offset = MEMBER(struct network_list, path)
#define HOSTS(path) .type = &option_type_hosts, .offset = MEMBER(struct text_list, path)
#define ORIGINS(path) .type = &option_type_origins, .offset = MEMBER(struct text_list, path)
#define SHORT_NUMBERS(path)                                                                        \
    .type = &option_type_short_numbers, .offset = MEMBER(struct text_list, path)
#define IDENTITIES(path) .type = &option_type_identities, .offset = MEMBER(struct pair_list, path)
#define RECORD_DIRECTIONS(path, word_table)                                                        \
    .type = &option_type_record_directions, .offset = MEMBER(struct pair_list, path),              \
    .words = (word_table)
#define MENU(path) .type = &option_type_menu, .offset = MEMBER(struct pair_list, path)
#define PREFIXES(path, word_table)                                                                 \
    .type = &option_type_prefixes, .offset = MEMBER(struct pair_list, path), .words = (word_table)
#define CONNECT_TO(path) .type = &option_type_connect_to, .offset = MEMBER(const char *, path)
#define LOOPBACK(path) .type = &option_type_loopback, .offset = MEMBER(const char *, path)
#define COUNT(path, least, most)                                                                   \
    .type = &option_type_count, .offset = MEMBER(unsigned, path), .min = (least), .max = (most)
#define MILLISECONDS(path, least, most)                                                            \
    .type = &option_type_duration, .offset = MEMBER(int64_t, path), .unit = "milliseconds",        \
    .min = (least), .max = (most)
#define SECONDS(path, least, most)                                                                 \
    .type = &option_type_duration, .offset = MEMBER(int64_t, path), .unit = "seconds",             \
    .min = (least), .max = (most)
#define BYTES(path, least, most)                                                                   \
    .type = &option_type_bytes, .offset = MEMBER(size_t, path), .unit = "bytes", .min = (least),   \
    .max = (most)
#define BOOL(path) .type = &option_type_bool, .offset = MEMBER(bool, path)
#define WORD(path, word_type, word_table)                                                          \
    .type = &option_type_word, .offset = MEMBER(word_type, path), .words = (word_table)
#define WORD_SET(path, word_table)                                                                 \
    .type = &option_type_word_set, .offset = MEMBER(unsigned, path), .words = (word_table)

/* types_text.c */
extern const struct option_type
    option_type_text; /**< for callers' ears: XML characters, min..max bytes */
extern const struct option_type option_type_secret;
extern const struct option_type option_type_long_secret; /**< of at most `max` characters */
extern const struct option_type option_type_secrets;     /**< keys of 32 bytes, as text */
extern const struct option_type option_type_sid;
extern const struct option_type option_type_e164;
extern const struct option_type option_type_name;  /**< letters, digits, `-`, `.`, `_` */
extern const struct option_type option_type_plain; /**< visible ASCII without spaces and commas */
extern const struct option_type option_type_identity; /**< no spaces, commas or equals signs */
extern const struct option_type option_type_path;
/* types_number.c */
extern const struct option_type option_type_count;
extern const struct option_type option_type_duration;
extern const struct option_type option_type_bytes;
extern const struct option_type option_type_bool;
/* types_word.c */
extern const struct option_type option_type_word;
extern const struct option_type option_type_word_set;
extern const struct option_type option_type_prefixes; /**< word=/path */
/* types_list.c */
extern const struct option_type option_type_plain_list;
extern const struct option_type option_type_e164_list;
extern const struct option_type option_type_keep;
extern const struct option_type option_type_record_directions;
extern const struct option_type option_type_short_numbers;
extern const struct option_type option_type_identities;
extern const struct option_type option_type_menu;
/* types_url.c */
extern const struct option_type option_type_base_url;
extern const struct option_type option_type_hook_url;
extern const struct option_type option_type_service_url; /**< https, or http on this machine */
extern const struct option_type option_type_origins;
extern const struct option_type option_type_overrides;
/* types_address.c */
extern const struct option_type option_type_listen;
extern const struct option_type option_type_networks;
extern const struct option_type option_type_hosts;
extern const struct option_type option_type_connect_to;
extern const struct option_type option_type_loopback; /**< one host:port of this machine */

/** The member of an option. */
static inline void *option_member(const struct option *option, struct config *config)
{
    return (char *)config + option->offset;
}

static inline const void *option_value(const struct option *option, const struct config *config)
{
    return (const char *)config + option->offset;
}

/** The option of that name or synonym, or NULL. */
const struct option *option_find(const char *name);

/** May the value be given as NAME_FILE or as a systemd credential? Every secret and every TWILIO_ variable. */
bool option_takes_file(const struct option *option);

/** Does it have a value? Numbers and words always do. */
bool option_is_set(const struct option *option, const struct config *config);

/** What a good value looks like, in words. */
const char *option_expected(const struct option *option, struct arena *arena);

typedef void option_visit_fn(const struct option *option, void *context);
/** Calls `visit` with every option in the order of the groups. */
void option_each(option_visit_fn *visit, void *context);

#endif
