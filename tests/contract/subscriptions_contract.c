/* What every store must do for the application's own webhooks. */
#include <stdlib.h>
#include <string.h>

#include "contract/store_contract.h"
#include "core/macros.h"
#include "core/xmalloc.h"
#include "store/subscriptions.h"
#include "support/cmocka_all.h"

static const int64_t LATER_MS = 1700000000000; /* times in the tests count from here */

static const struct store_contract *tested;

struct fixture {
    struct store *store;
    void *context;
    struct arena *arena;
    struct error err;
};

static int open_empty(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->arena = arena_create();
    f->store = tested->open(&f->context);
    *state = f;
    return f->store ? 0 : -1;
}

static int close_again(void **state)
{
    struct fixture *f = *state;
    tested->close(f->store, f->context);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- the door, callable from a test ---- */

struct args {
    struct fixture *f;
    void *row;
    int64_t number;
    int64_t now_ms;
    int64_t other_ms;
    size_t limit;
    int64_t *removed;
};

#define WRITE(name, ...)                                                                           \
    static int apply_##name(struct store_tx *tx, void *work, struct error *err)                    \
    {                                                                                              \
        struct args *a = work;                                                                     \
        return store_##name(tx, __VA_ARGS__, err);                                                 \
    }                                                                                              \
    static enum error_kind name(struct args a)                                                     \
    {                                                                                              \
        error_clear(&a.f->err);                                                                    \
        (void)!store_apply(a.f->store, apply_##name, &a, &a.f->err);                               \
        return a.f->err.kind;                                                                      \
    }

#define READ(name, ...)                                                                            \
    static int run_##name(struct store_rx *rx, void *work, struct error *err)                      \
    {                                                                                              \
        struct args *a = work;                                                                     \
        return store_##name(rx, __VA_ARGS__, err);                                                 \
    }                                                                                              \
    static enum error_kind name(struct args a)                                                     \
    {                                                                                              \
        error_clear(&a.f->err);                                                                    \
        (void)!store_run_read(a.f->store, run_##name, &a, &a.f->err);                              \
        return a.f->err.kind;                                                                      \
    }

WRITE(insert_subscription, a->row)
WRITE(update_subscription, a->row)
WRITE(clear_subscription, a->number, a->limit, a->removed)
WRITE(insert_delivery, a->row)
WRITE(settle_delivery, a->row, a->now_ms)
WRITE(reopen_delivery, a->number, a->now_ms, a->other_ms)
WRITE(prune_deliveries, a->now_ms, a->other_ms, a->limit, a->removed)
WRITE(renew_deliveries, a->number, a->now_ms, a->other_ms)
READ(get_subscription, a->number, a->f->arena, a->row)
READ(list_subscriptions, a->f->arena, a->row)
READ(get_delivery, a->number, a->f->arena, a->row)
READ(list_former_attempts, a->number, a->f->arena, a->row)
READ(list_due_deliveries, a->number, a->limit, a->f->arena, a->row)
READ(list_overdue_deliveries, a->number, a->now_ms, a->limit, a->f->arena, a->row)

struct listing {
    struct fixture *f;
    const struct delivery_filter *filter;
    struct delivery_rows *out;
};

static int run_list(struct store_rx *rx, void *work, struct error *err)
{
    struct listing *l = work;
    return store_list_deliveries(rx, l->filter, l->f->arena, l->out, err);
}

/* The kinds of what the filter finds, "c b a", page by page. */
static const char *listed(struct fixture *f, struct delivery_filter filter, size_t limit)
{
    const char *text = "";
    struct delivery_rows rows = {0};
    filter.limit = limit;
    do {
        struct listing listing = {f, &filter, &rows};
        assert_int_equal(store_run_read(f->store, run_list, &listing, &f->err), 0);
        assert_true(rows.count <= limit);
        for (size_t i = 0; i < rows.count; i++)
            text = arena_printf(f->arena, "%s%s%s", text, *text ? " " : "", rows.items[i].kind);
        filter.before_number = rows.next_before;
    } while (rows.more);
    return text;
}

/* ---- what is written ---- */

static struct subscription_row a_subscription(const char *name)
{
    return (struct subscription_row){
        .account_sid = "AC1",
        .name = name,
        .url = "https://hooks.example.com/in",
        .events = "call.* leg.ended",
        .identity = "alice",
        .group = "support",
        .description = "the CRM",
        .scopes = "calls:read-all",
        .secret = "whsec_a",
        .old_secret = "whsec_b",
        .old_secret_until_ms = 7,
        .state = SUBSCRIPTION_DISABLED,
        .disabled_because = "gone",
        .disabled_at_ms = 8,
        .created_at_ms = LATER_MS,
        .updated_at_ms = 9,
        .created_by = "key",
        .cursor = 10,
        .open_count = 11,
        .failing_since_ms = 12,
        .failed_at_ms = 13,
        .failure = "status 500",
        .delivered_at_ms = 14,
    };
}

static void assert_texts(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void assert_subscription(const struct subscription_row *a, const struct subscription_row *b)
{
    assert_texts(a->account_sid, b->account_sid);
    assert_texts(a->name, b->name);
    assert_texts(a->url, b->url);
    assert_texts(a->events, b->events);
    assert_texts(a->identity, b->identity);
    assert_texts(a->group, b->group);
    assert_texts(a->description, b->description);
    assert_texts(a->scopes, b->scopes);
    assert_texts(a->secret, b->secret);
    assert_texts(a->old_secret, b->old_secret);
    assert_texts(a->disabled_because, b->disabled_because);
    assert_texts(a->created_by, b->created_by);
    assert_texts(a->failure, b->failure);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->old_secret_until_ms, b->old_secret_until_ms);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->disabled_at_ms, b->disabled_at_ms);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->updated_at_ms, b->updated_at_ms);
    assert_int_equal(a->cursor, b->cursor);
    assert_int_equal(a->open_count, b->open_count);
    assert_int_equal(a->failing_since_ms, b->failing_since_ms);
    assert_int_equal(a->failed_at_ms, b->failed_at_ms);
    assert_int_equal(a->delivered_at_ms, b->delivered_at_ms);
}

/* In the order of making; `kind` is its name in these tests. */
static struct delivery_row deliver(struct fixture *f, const char *kind, int64_t call, int64_t at_ms)
{
    struct delivery_row row = {
        .subscription = 1,
        .kind = kind,
        .call_number = call,
        .subject = "CA1",
        .happened_at_ms = 5,
        .due_at_ms = at_ms,
        .give_up_at_ms = at_ms + 100,
        .created_at_ms = LATER_MS + at_ms,
    };
    assert_int_equal(insert_delivery((struct args){.f = f, .row = &row}), ERROR_NONE);
    return row;
}

static void end(struct fixture *f, struct delivery_row *row, enum delivery_state state)
{
    row->state = state;
    row->attempts++;
    row->ended_at_ms = 99;
    row->last = (struct delivery_attempt){20 + row->attempts, 200, 3, NULL, "ok"};
    assert_int_equal(settle_delivery((struct args){.f = f, .row = row, .now_ms = 50}), ERROR_NONE);
}

/* "a b": the pending ones in the order in which they are due. */
static const char *due(struct fixture *f)
{
    struct delivery_rows rows = {0};
    const char *text = "";
    assert_int_equal(
        list_due_deliveries((struct args){.f = f, .number = 1, .limit = 100, .row = &rows}),
        ERROR_NONE);
    for (size_t i = 0; i < rows.count; i++)
        text = arena_printf(f->arena, "%s%s%s", text, *text ? " " : "", rows.items[i].kind);
    return text;
}

/* ---- subscriptions ---- */

static void keeps_every_member_of_a_subscription(void **state)
{
    struct fixture *f = *state;
    struct subscription_row row = a_subscription("crm");
    struct subscription_row bare = {
        .account_sid = "", .url = "", .events = "", .scopes = "", .created_at_ms = LATER_MS};
    struct subscription_row got = {0};
    assert_int_equal(insert_subscription((struct args){.f = f, .row = &row}), ERROR_NONE);
    assert_int_equal(insert_subscription((struct args){.f = f, .row = &bare}), ERROR_NONE);
    assert_true(row.number > 0 && bare.number > row.number);
    assert_int_equal(get_subscription((struct args){.f = f, .number = row.number, .row = &got}),
                     ERROR_NONE);
    assert_subscription(&got, &row);
    assert_int_equal(get_subscription((struct args){.f = f, .number = bare.number, .row = &got}),
                     ERROR_NONE);
    assert_subscription(&got, &bare);
    assert_int_equal(insert_subscription((struct args){.f = f, .row = &row}), ERROR_CONFLICT);
}

static void updates_a_subscription_and_hides_a_deleted_one(void **state)
{
    struct fixture *f = *state;
    struct subscription_row row = a_subscription("crm");
    struct subscription_row got = {0};
    struct subscription_rows rows = {0};
    assert_int_equal(insert_subscription((struct args){.f = f, .row = &row}), ERROR_NONE);
    row = (struct subscription_row){.number = row.number,
                                    .account_sid = "AC1",
                                    .created_at_ms = LATER_MS,
                                    .created_by = "key",
                                    .url = "https://other.example.com/",
                                    .events = "*",
                                    .scopes = "all",
                                    .cursor = 77};
    assert_int_equal(update_subscription((struct args){.f = f, .row = &row}), ERROR_NONE);
    assert_int_equal(get_subscription((struct args){.f = f, .number = row.number, .row = &got}),
                     ERROR_NONE);
    assert_subscription(&got, &row);
    row.state = SUBSCRIPTION_DELETED;
    assert_int_equal(update_subscription((struct args){.f = f, .row = &row}), ERROR_NONE);
    assert_int_equal(get_subscription((struct args){.f = f, .number = row.number, .row = &got}),
                     ERROR_NOT_FOUND);
    assert_int_equal(list_subscriptions((struct args){.f = f, .row = &rows}), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_subscription(&rows.items[0], &row);
    row.number++;
    assert_int_equal(update_subscription((struct args){.f = f, .row = &row}), ERROR_NOT_FOUND);
}

static void clears_a_deleted_subscription_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct subscription_row row = a_subscription(NULL);
    struct subscription_rows rows = {0};
    int64_t removed = 0;
    row.state = SUBSCRIPTION_DELETED;
    assert_int_equal(insert_subscription((struct args){.f = f, .row = &row}), ERROR_NONE);
    struct delivery_row made[4];
    for (int i = 0; i < 4; i++) {
        made[i] = (struct delivery_row){.subscription = row.number, .kind = "a", .call_number = 1};
        assert_int_equal(insert_delivery((struct args){.f = f, .row = &made[i]}), ERROR_NONE);
    }
    end(f, &made[0], DELIVERY_DELIVERED);
    end(f, &made[1], DELIVERY_DEAD);
    struct args clear = {.f = f, .number = row.number, .limit = 1, .removed = &removed};
    int64_t total = 0;
    do {
        assert_int_equal(clear_subscription(clear), ERROR_NONE);
        total += removed;
    } while (removed > 0);
    assert_int_equal(total, 4); /* two open, one dead, and itself */
    assert_int_equal(list_subscriptions((struct args){.f = f, .row = &rows}), ERROR_NONE);
    assert_int_equal(rows.count, 0);
    struct delivery_row got;
    assert_int_equal(get_delivery((struct args){.f = f, .number = made[0].number, .row = &got}),
                     ERROR_NONE);
}

/* ---- deliveries ---- */

static void keeps_every_member_of_a_delivery(void **state)
{
    struct fixture *f = *state;
    struct delivery_row row = deliver(f, "call.ended", 3, 1);
    struct delivery_row got = {0};
    struct delivery_attempts former = {0};
    assert_int_equal(row.state, DELIVERY_PENDING);
    for (int i = 1; i <= 3; i++) {
        row.attempts = i;
        row.due_at_ms = 1000 + i;
        row.give_up_at_ms = 2000 + i;
        row.last = (struct delivery_attempt){10 + i, 500 + i, 20 + i, "status 500", "no"};
        assert_int_equal(settle_delivery((struct args){.f = f, .row = &row, .now_ms = 1}),
                         ERROR_NONE);
    }
    assert_int_equal(get_delivery((struct args){.f = f, .number = row.number, .row = &got}),
                     ERROR_NONE);
    assert_string_equal(got.kind, "call.ended");
    assert_string_equal(got.subject, "CA1");
    assert_int_equal(got.subscription, 1);
    assert_int_equal(got.call_number, 3);
    assert_int_equal(got.happened_at_ms, 5);
    assert_int_equal(got.state, DELIVERY_PENDING);
    assert_int_equal(got.attempts, 3);
    assert_int_equal(got.due_at_ms, 1003);
    assert_int_equal(got.give_up_at_ms, 2003);
    assert_int_equal(got.created_at_ms, LATER_MS + 1);
    assert_int_equal(got.last.at_ms, 13);
    assert_int_equal(got.last.status, 503);
    assert_int_equal(got.last.latency_ms, 23);
    assert_string_equal(got.last.error, "status 500");
    assert_string_equal(got.last.answer, "no");
    assert_int_equal(
        list_former_attempts((struct args){.f = f, .number = row.number, .row = &former}),
        ERROR_NONE);
    assert_int_equal(former.count, 2);
    assert_int_equal(former.items[0].at_ms, 11);
    assert_int_equal(former.items[1].status, 502);
    assert_string_equal(former.items[1].answer, "no");
}

static void of_a_call_one_at_a_time_in_order(void **state)
{
    struct fixture *f = *state;
    struct delivery_row a = deliver(f, "a", 1, 1);
    struct delivery_row b = deliver(f, "b", 1, 2);
    struct delivery_row c = deliver(f, "c", 2, 3);
    struct delivery_row d = deliver(f, "d", 1, 4);
    struct delivery_row e = deliver(f, "e", 0, 5);
    struct delivery_row g = deliver(f, "g", 0, 6);
    assert_int_equal(b.state, DELIVERY_WAITING);
    assert_true(a.number < b.number && b.number < c.number);
    assert_string_equal(due(f), "a c e g");
    a.due_at_ms = 7; /* later again: the others of its call still wait */
    a.attempts = 1;
    assert_int_equal(settle_delivery((struct args){.f = f, .row = &a, .now_ms = 1}), ERROR_NONE);
    assert_string_equal(due(f), "c e g a");
    end(f, &a, DELIVERY_DELIVERED);
    assert_string_equal(due(f), "c e g b");
    end(f, &b, DELIVERY_DEAD);
    assert_string_equal(due(f), "c e g d");
    end(f, &c, DELIVERY_DELIVERED);
    end(f, &d, DELIVERY_DELIVERED);
    end(f, &e, DELIVERY_DELIVERED);
    end(f, &g, DELIVERY_DELIVERED);
    assert_string_equal(due(f), "");
    assert_int_equal(settle_delivery((struct args){.f = f, .row = &g, .now_ms = 1}),
                     ERROR_NOT_FOUND);
}

static void of_another_subscription_nothing_is_waited_for(void **state)
{
    struct fixture *f = *state;
    (void)deliver(f, "a", 1, 1);
    struct delivery_row other = {.subscription = 2, .kind = "b", .call_number = 1};
    assert_int_equal(insert_delivery((struct args){.f = f, .row = &other}), ERROR_NONE);
    assert_int_equal(other.state, DELIVERY_PENDING);
}

static void sends_again_in_the_order_of_the_call(void **state)
{
    struct fixture *f = *state;
    struct delivery_row a = deliver(f, "a", 1, 1);
    struct delivery_row b = deliver(f, "b", 1, 2);
    end(f, &a, DELIVERY_DEAD);
    end(f, &b, DELIVERY_DEAD);
    struct delivery_row c = deliver(f, "c", 1, 3);
    assert_string_equal(due(f), "c");
    struct args again = {.f = f, .number = b.number, .now_ms = 60, .other_ms = 600};
    assert_int_equal(reopen_delivery(again), ERROR_NONE);
    assert_string_equal(due(f), "b");
    assert_int_equal(reopen_delivery(again), ERROR_CONFLICT);
    again.number = a.number;
    assert_int_equal(reopen_delivery(again), ERROR_NONE);
    assert_string_equal(due(f), "a");
    /* One that was on its way when it was put back stays behind. */
    c.attempts = 1;
    assert_int_equal(settle_delivery((struct args){.f = f, .row = &c, .now_ms = 1}), ERROR_NONE);
    assert_string_equal(due(f), "a");
    struct delivery_row got;
    assert_int_equal(get_delivery((struct args){.f = f, .number = a.number, .row = &got}),
                     ERROR_NONE);
    assert_int_equal(got.attempts_base, 1);
    assert_int_equal(got.give_up_at_ms, 600);
    assert_int_equal(got.ended_at_ms, 0);
    end(f, &a, DELIVERY_DELIVERED);
    assert_string_equal(due(f), "b");
    end(f, &b, DELIVERY_DELIVERED);
    assert_string_equal(due(f), "c");
    again.number = c.number + 1;
    assert_int_equal(reopen_delivery(again), ERROR_NOT_FOUND);
}

static void finds_those_whose_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct delivery_rows rows = {0};
    (void)deliver(f, "a", 1, 1);
    (void)deliver(f, "b", 1, 2);
    (void)deliver(f, "c", 1, 3);
    struct args args = {.f = f, .number = 1, .now_ms = 102, .limit = 10, .row = &rows};
    assert_int_equal(list_overdue_deliveries(args), ERROR_NONE);
    assert_int_equal(rows.count, 2);
    assert_string_equal(rows.items[0].kind, "a");
    assert_string_equal(rows.items[1].kind, "b");
    args.limit = 1;
    assert_int_equal(list_overdue_deliveries(args), ERROR_NONE);
    assert_int_equal(rows.count, 1);
}

static void renews_all_that_is_open(void **state)
{
    struct fixture *f = *state;
    struct delivery_row a = deliver(f, "a", 1, 1);
    struct delivery_row b = deliver(f, "b", 1, 2);
    struct delivery_row c = deliver(f, "c", 2, 3);
    struct delivery_row got;
    a.attempts = 4;
    a.due_at_ms = 5000;
    assert_int_equal(settle_delivery((struct args){.f = f, .row = &a, .now_ms = 1}), ERROR_NONE);
    end(f, &c, DELIVERY_DEAD);
    assert_int_equal(
        renew_deliveries((struct args){.f = f, .number = 1, .now_ms = 70, .other_ms = 700}),
        ERROR_NONE);
    assert_int_equal(get_delivery((struct args){.f = f, .number = a.number, .row = &got}),
                     ERROR_NONE);
    assert_int_equal(got.due_at_ms, 70);
    assert_int_equal(got.attempts_base, 4);
    assert_int_equal(got.give_up_at_ms, 700);
    assert_int_equal(get_delivery((struct args){.f = f, .number = b.number, .row = &got}),
                     ERROR_NONE);
    assert_int_equal(got.state, DELIVERY_WAITING);
    assert_int_equal(got.give_up_at_ms, 700);
    assert_int_equal(get_delivery((struct args){.f = f, .number = c.number, .row = &got}),
                     ERROR_NONE);
    assert_int_equal(got.give_up_at_ms, 103);
}

static void lists_deliveries_by_what_is_asked_for(void **state)
{
    struct fixture *f = *state;
    struct delivery_row a = deliver(f, "a", 1, 1);
    struct delivery_row b = deliver(f, "b", 2, 2);
    struct delivery_row c = deliver(f, "c", 3, 3);
    (void)deliver(f, "d", 3, 4);
    struct delivery_row e = deliver(f, "e", 4, 5);
    end(f, &a, DELIVERY_DELIVERED);
    end(f, &b, DELIVERY_DEAD);
    end(f, &e, DELIVERY_DELIVERED);
    (void)c;
    for (size_t limit = 1; limit < 7; limit++) {
        assert_string_equal(listed(f, (struct delivery_filter){.subscription = 1}, limit),
                            "e d c b a");
        assert_string_equal(
            listed(f, (struct delivery_filter){.subscription = 1, .state = "delivered"}, limit),
            "e a");
        assert_string_equal(
            listed(f, (struct delivery_filter){.subscription = 1, .state = "dead"}, limit), "b");
        assert_string_equal(
            listed(f, (struct delivery_filter){.subscription = 1, .state = "pending"}, limit), "c");
        assert_string_equal(
            listed(f, (struct delivery_filter){.subscription = 1, .state = "waiting"}, limit), "d");
        assert_string_equal(listed(f, (struct delivery_filter){.subscription = 2}, limit), "");
        assert_string_equal(listed(f,
                                   (struct delivery_filter){.subscription = 1,
                                                            .since_ms = LATER_MS + 2,
                                                            .until_ms = LATER_MS + 4},
                                   limit),
                            "c b");
    }
}

static void prunes_what_has_ended_by_age(void **state)
{
    struct fixture *f = *state;
    int64_t removed = 0;
    struct delivery_row rows[6];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (int i = 0; i < 6; i++)
        rows[i] = deliver(f, names[i], i + 1, i);
    rows[0].attempts = 1;
    rows[0].last = (struct delivery_attempt){1, 500, 1, "status 500", NULL};
    assert_int_equal(settle_delivery((struct args){.f = f, .row = &rows[0], .now_ms = 1}),
                     ERROR_NONE);
    end(f, &rows[0], DELIVERY_DELIVERED);
    end(f, &rows[1], DELIVERY_DEAD);
    end(f, &rows[2], DELIVERY_DELIVERED);
    end(f, &rows[4], DELIVERY_DELIVERED);
    end(f, &rows[5], DELIVERY_DEAD);
    struct args prune = {
        .f = f, .now_ms = LATER_MS + 4, .other_ms = LATER_MS + 1, .limit = 1, .removed = &removed};
    assert_int_equal(prune_deliveries(prune), ERROR_NONE);
    assert_int_equal(removed, 1);
    assert_string_equal(listed(f, (struct delivery_filter){.subscription = 1}, 9), "f e d c b");
    struct delivery_attempts former = {0};
    assert_int_equal(
        list_former_attempts((struct args){.f = f, .number = rows[0].number, .row = &former}),
        ERROR_NONE);
    assert_int_equal(former.count, 0);
    prune.limit = 10;
    prune.other_ms = LATER_MS + 2;
    assert_int_equal(prune_deliveries(prune), ERROR_NONE);
    assert_int_equal(removed, 3);
    assert_string_equal(listed(f, (struct delivery_filter){.subscription = 1}, 9), "f e d");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_empty, close_again)

int subscriptions_contract_run(const struct store_contract *contract)
{
    const struct CMUnitTest tests[] = {
        EACH(keeps_every_member_of_a_subscription),
        EACH(updates_a_subscription_and_hides_a_deleted_one),
        EACH(clears_a_deleted_subscription_a_few_at_a_time),
        EACH(keeps_every_member_of_a_delivery),
        EACH(of_a_call_one_at_a_time_in_order),
        EACH(of_another_subscription_nothing_is_waited_for),
        EACH(sends_again_in_the_order_of_the_call),
        EACH(finds_those_whose_time_is_over),
        EACH(renews_all_that_is_open),
        EACH(lists_deliveries_by_what_is_asked_for),
        EACH(prunes_what_has_ended_by_age),
    };
    tested = contract;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
