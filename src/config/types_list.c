/* Lists of numbers and of name=value pairs. */
#include <string.h>

#include "core/duration.h"
#include "core/macros.h"
#include "core/text.h"
#include "identity.h"
#include "list.h"
#include "options.h"
#include "plain.h"

static void print_list(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    list_print(member, out);
}

static void print_pairs(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    list_print_pairs(member, out);
}

/* ---- names of other people's things ---- */

static int any_item(const char **item, struct arena *arena, struct error *err)
{
    (void)item;
    (void)arena;
    (void)err;
    return 0;
}

static int parse_plain_list(const struct option *option,
                            const char *text,
                            struct arena *arena,
                            void *member,
                            struct error *err)
{
    struct text_list list;
    if (list_parse(text, any_item, arena, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < list.count; i++)
        if (plain_check(list.items[i], option->max, err) < 0)
            return -1;
    *(struct text_list *)member = list;
    return 0;
}

static void expect_plain_list(const struct option *option, struct buf *out)
{
    buf_printf(out, "words of visible ASCII characters with commas between, each at most %lld",
               (long long)option->max);
}

const struct option_type option_type_plain_list = {
    .name = "words",
    .bytes = sizeof(struct text_list),
    .parse = parse_plain_list,
    .print = print_list,
    .expect = expect_plain_list,
};

/* ---- phone numbers ---- */

static int check_e164(const char **item, struct arena *arena, struct error *err)
{
    (void)arena;
    if (!text_is_e164(*item))
        return error_set(err, ERROR_INVALID, "it is not a number in E.164 form");
    return 0;
}

static int parse_e164_list(const struct option *option,
                           const char *text,
                           struct arena *arena,
                           void *member,
                           struct error *err)
{
    (void)option;
    return list_parse(text, check_e164, arena, member, err);
}

static void expect_e164_list(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "numbers in E.164 form with commas between, e.g. +15005550006,+14155550100");
}

const struct option_type option_type_e164_list = {
    .name = "phone numbers",
    .bytes = sizeof(struct text_list),
    .parse = parse_e164_list,
    .print = print_list,
    .expect = expect_e164_list,
};

/* ---- numbers as they are dialled at home: 911, 112 ---- */

enum { SHORT_NUMBER_DIGITS_MIN = 2, SHORT_NUMBER_DIGITS_MAX = 6 };

static int check_short_number(const char **item, struct arena *arena, struct error *err)
{
    (void)arena;
    const size_t len = strlen(*item);
    if (strspn(*item, "0123456789") != len)
        return error_set(err, ERROR_INVALID, "it is not made of digits");
    if (len < SHORT_NUMBER_DIGITS_MIN || len > SHORT_NUMBER_DIGITS_MAX)
        return error_set(err, ERROR_INVALID, "it has not 2 to 6 digits");
    return 0;
}

static int parse_short_numbers(const struct option *option,
                               const char *text,
                               struct arena *arena,
                               void *member,
                               struct error *err)
{
    (void)option;
    return list_parse(text, check_short_number, arena, member, err);
}

static void expect_short_numbers(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "numbers of 2 to 6 digits with commas between, e.g. 911,112");
}

const struct option_type option_type_short_numbers = {
    .name = "short numbers",
    .bytes = sizeof(struct text_list),
    .parse = parse_short_numbers,
    .print = print_list,
    .expect = expect_short_numbers,
};

/* ---- number=identity ---- */

static int check_identity_pair(struct text_pair *pair, struct arena *arena, struct error *err)
{
    (void)arena;
    if (!text_is_e164(pair->name))
        return error_set(err, ERROR_INVALID, "what stands before its = is no number in E.164 form");
    return identity_check(pair->value, err);
}

static int parse_identities(const struct option *option,
                            const char *text,
                            struct arena *arena,
                            void *member,
                            struct error *err)
{
    (void)option;
    return list_parse_pairs(text, check_identity_pair, arena, member, err);
}

static void expect_identities(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "number=identity with commas between, e.g. +15005550006=alice,+14155550100=bob");
}

const struct option_type option_type_identities = {
    .name = "numbers and identities",
    .bytes = sizeof(struct pair_list),
    .parse = parse_identities,
    .print = print_pairs,
    .expect = expect_identities,
};

/* ---- key=target of the spoken menu ---- */

static int check_menu_pair(struct text_pair *pair, struct arena *arena, struct error *err)
{
    (void)arena;
    if (strlen(pair->name) != 1 || strchr("0123456789*#", pair->name[0]) == NULL)
        return error_set(err, ERROR_INVALID, "what stands before its = is no key of a telephone");
    if (text_starts_with(pair->value, "client:"))
        return identity_check(pair->value + strlen("client:"), err);
    if (!text_is_e164(pair->value))
        return error_set(err, ERROR_INVALID,
                         "its target is neither client:NAME nor an E.164 number");
    return 0;
}

static int parse_menu(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    return list_parse_pairs(text, check_menu_pair, arena, member, err);
}

static void expect_menu(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "key=target with commas between, e.g. 1=client:sales,2=+15005550006");
}

const struct option_type option_type_menu = {
    .name = "menu",
    .bytes = sizeof(struct pair_list),
    .parse = parse_menu,
    .print = print_pairs,
    .expect = expect_menu,
};

/* ---- how long what is kept: default=90d,inbound=30d,tag:training=365d ---- */

static bool is_kept_thing(const char *name)
{
    static const char *const names[] = {"default", "inbound", "outbound-api", "outbound-browser"};
    static const char tag[] = "tag:";
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_equal(name, names[i]))
            return true;
    if (!text_starts_with(name, tag))
        return false;
    size_t len = strspn(name + sizeof tag - 1, letters);
    return len > 0 && len <= 64 && name[sizeof tag - 1 + len] == '\0';
}

static int check_keep(struct text_pair *pair, struct arena *arena, struct error *err)
{
    (void)arena;
    int64_t ms;
    if (!is_kept_thing(pair->name))
        return error_set(err, ERROR_INVALID,
                         "it is not default, a direction of calls, or tag: and a tag");
    if (!duration_from_text(pair->value, &ms))
        return error_set(err, ERROR_INVALID, "it is no length of time such as 90d");
    return 0;
}

static int parse_keep(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    return list_parse_pairs(text, check_keep, arena, member, err);
}

static void expect_keep(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "times by name, e.g. default=90d,inbound=30d,tag:training=365d (s, m, h, d, w, y)");
}

const struct option_type option_type_keep = {
    .name = "times by name",
    .bytes = sizeof(struct pair_list),
    .parse = parse_keep,
    .print = print_pairs,
    .expect = expect_keep,
};
