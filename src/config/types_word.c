/*
 * One word out of a table, as an enum; or a set of them, as bits. In a set the word `all` is every
 * bit, and a word with the value WORD_EMPTY_SET is the empty set; both stand alone.
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
