/*
 * One word out of a table, as an enum; or a set of them, as bits. In a set the word `all` is every
 * bit, and a word with the value WORD_EMPTY_SET is the empty set; both stand alone. Or words with a path each.
 */
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "list.h"
#include "options.h"
#include "words.h"

static const struct option_word *word_find(const struct option_word *words, const char *text)
{
    for (; words->word != NULL; words++)
        if (text_equal_nocase(words->word, text))
            return words;
    return NULL;
}

/* ---- one word ---- */

/* Members are enums; C gives those that have no negative values the shape of an unsigned int. */
_Static_assert(sizeof(enum config_record) == sizeof(unsigned), "enums are written as unsigned");
_Static_assert(sizeof(enum log_level) == sizeof(unsigned), "enums are written as unsigned");

static int parse_word(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)arena;
    const struct option_word *word = word_find(option->words, text);
    if (word == NULL)
        return error_set(err, ERROR_INVALID, "it is none of the words");
    memcpy(member, &word->value, sizeof(word->value));
    return 0;
}

static void print_word(const struct option *option, const void *member, struct buf *out)
{
    unsigned value;
    memcpy(&value, member, sizeof(value));
    for (const struct option_word *word = option->words; word->word != NULL; word++)
        if (word->value == value) {
            buf_puts(out, word->word);
            return;
        }
}

static void append_words(const struct option_word *words, struct buf *out)
{
    for (const struct option_word *word = words; word->word != NULL; word++)
        buf_printf(out, "%s%s",
                   word == words          ? ""
                   : word[1].word != NULL ? ", "
                                          : " or ",
                   word->word);
}

static void expect_word(const struct option *option, struct buf *out)
{
    append_words(option->words, out);
}

const struct option_type option_type_word = {
    .name = "word",
    .bytes = sizeof(unsigned),
    .parse = parse_word,
    .print = print_word,
    .expect = expect_word,
};

/* ---- a set of words ---- */

static int any_item(const char **item, struct arena *arena, struct error *err)
{
    (void)item;
    (void)arena;
    (void)err;
    return 0;
}

static int parse_word_set(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    struct text_list items;
    if (list_parse(text, any_item, arena, &items, err) < 0)
        return -1;
    unsigned bits = 0;
    for (size_t i = 0; i < items.count; i++) {
        const struct option_word *word = word_find(option->words, items.items[i]);
        if (word == NULL)
            return error_set(err, ERROR_INVALID, "item %zu is none of the words", i + 1);
        if ((word->value == WORD_EMPTY_SET || word->value == WORD_FULL_SET) && items.count > 1)
            return error_set(err, ERROR_INVALID, "%s cannot stand with other words", word->word);
        bits |= word->value;
    }
    *(unsigned *)member = bits;
    return 0;
}

static void print_word_set(const struct option *option, const void *member, struct buf *out)
{
    const unsigned bits = *(const unsigned *)member;
    const char *comma = "";
    for (const struct option_word *word = option->words; word->word != NULL; word++) {
        const bool whole = word->value == WORD_EMPTY_SET || word->value == WORD_FULL_SET;
        if (whole ? bits != word->value : (bits & word->value) == 0)
            continue;
        buf_printf(out, "%s%s", comma, word->word);
        if (whole)
            return;
        comma = ",";
    }
}

static void expect_word_set(const struct option *option, struct buf *out)
{
    buf_puts(out, "one or more of ");
    append_words(option->words, out);
}

const struct option_type option_type_word_set = {
    .name = "words",
    .bytes = sizeof(unsigned),
    .parse = parse_word_set,
    .print = print_word_set,
    .expect = expect_word_set,
};

/* ---- word=/path ---- */

enum { PREFIX_BYTES_MAX = 128 };

/* What every proxy and browser passes on as it is: no escapes, no empty and no dot segments. */
static bool is_prefix(const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    if (path[0] != '/' || strlen(path) > PREFIX_BYTES_MAX)
        return false;
    while (*path == '/') {
        const size_t len = strspn(path + 1, plain);
        const size_t dots = strspn(path + 1, ".");
        if (len == 0 || (dots == len && dots <= 2))
            return false;
        path += 1 + len;
    }
    return *path == '\0';
}

static int check_prefix(struct text_pair *pair, struct arena *arena, struct error *err)
{
    (void)arena;
    if (is_prefix(pair->value))
        return 0;
    return error_set(err, ERROR_INVALID,
                     "what stands behind its = is no path such as /old (letters, digits, - . _ ~; "
                     "no slash at the end; at most %d bytes)",
                     PREFIX_BYTES_MAX);
}

static bool is_single_word(const struct option_word *words, const char *text)
{
    const struct option_word *word = word_find(words, text);
    return word != NULL && text_equal(word->word, text) && word->value != WORD_EMPTY_SET &&
           word->value != WORD_FULL_SET;
}

static int parse_prefixes(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    struct pair_list pairs;
    if (list_parse_pairs(text, check_prefix, arena, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; i < pairs.count; i++)
        if (!is_single_word(option->words, pairs.items[i].name))
            return error_set(err, ERROR_INVALID,
                             "item %zu: what stands before its = is none of the words", i + 1);
    *(struct pair_list *)member = pairs;
    return 0;
}

static void print_prefixes(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    list_print_pairs(member, out);
}

static void expect_prefixes(const struct option *option, struct buf *out)
{
    const struct option_word *words = option->words;
    buf_puts(out, "word=/path with commas between, the words being ");
    while (words->value == WORD_EMPTY_SET || words->value == WORD_FULL_SET)
        words++; /* those that stand for whole sets come first */
    append_words(words, out);
}

const struct option_type option_type_prefixes = {
    .name = "words and paths",
    .bytes = sizeof(struct pair_list),
    .parse = parse_prefixes,
    .print = print_prefixes,
    .expect = expect_prefixes,
};

/* ---- a word for each direction of calls ---- */

static bool is_call_direction(const char *text)
{
#define X(name, word) text_equal(text, word) ||
    return CONFIG_CALL_DIRECTIONS(X) false;
#undef X
}

static bool is_record(const char *text)
{
#define X(name, word) text_equal(text, word) ||
    return CONFIG_RECORDS(X) false;
#undef X
}

static int check_record_direction(struct text_pair *pair, struct arena *arena, struct error *err)
{
    (void)arena;
    if (!is_call_direction(pair->name))
        return error_set(err, ERROR_INVALID, "what stands before its = is no direction of calls");
    if (!is_record(pair->value))
        return error_set(err, ERROR_INVALID, "what stands behind its = is none of the words");
    return 0;
}

static int parse_record_directions(const struct option *option,
                                   const char *text,
                                   struct arena *arena,
                                   void *member,
                                   struct error *err)
{
    (void)option;
    return list_parse_pairs(text, check_record_direction, arena, member, err);
}

static void expect_record_directions(const struct option *option, struct buf *out)
{
    buf_puts(out, "direction=word with commas between, the directions being inbound, outbound-api "
                  "or outbound-browser, the words ");
    append_words(option->words, out);
}

const struct option_type option_type_record_directions = {
    .name = "directions and words",
    .bytes = sizeof(struct pair_list),
    .parse = parse_record_directions,
    .print = print_prefixes,
    .expect = expect_record_directions,
};
