#include "delivery.h"

#include "consent.h"

#include "app/identity.h"
#include "app/retelling.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/text.h"
#include "http/body.h"
#include "jobs/call_moves.h"
#include "jobs/claim.h"
#include "voice/resource_id.h"

int64_t delivery_int(const struct fields *fields, const char *name, int64_t missing)
{
    int64_t number;
    return text_to_int64(fields_text(fields, name), 0, INT32_MAX, &number) ? number : missing;
}

/* A SID from the fields: NULL if absent or empty, an error if it is something else. */
static int sid_field(const struct fields *fields,
                     const char *name,
                     const char *prefix,
                     const char **out,
                     struct error *err)
{
    const char *sid = fields_get(fields, name);
    if (text_is_empty(sid)) {
        *out = NULL;
        return 0;
    }
    if (!text_is_sid(sid, prefix))
        return error_field(err, name, "%s must be %s and 32 hexadecimal digits", name, prefix);
    *out = sid;
    return 0;
}

/*
 * Our id in the query is covered by the signature. But on a GET from a browser the client's own parameters land in the
 * query too, so there it proves nothing.
 */
static const char *call_id_of(const struct request *request, const char *from)
{
    const char *id = fields_get(&request->query, "call");
    int64_t number;
    uint64_t random;
    if (!resource_id_parse(RESOURCE_CALL, id, &number, &random))
        return NULL;
    bool in_fields = request_fields(request) == &request->query;
    return in_fields && text_starts_with(from, "client:") ? NULL : id;
}

static uint64_t token_key(const struct request *request, const char *route)
{
    const char *token = request_header(request, "I-Twilio-Idempotency-Token");
    if (text_is_empty(token))
        return 0;
    return hash_finish(hash_text(hash_text(HASH_START, route), token));
}

static const char *raw_of(const struct request *request)
{
    if (request_fields(request) == &request->form)
        return request->body;
    const char *query = request->target;
    while (*query != '\0' && *query != '?')
        query++;
    return *query == '?' ? query + 1 : query;
}

/*
 * When it happened. Twilio's Timestamp is cut to whole seconds: if it may mean this very moment it does, else a call
 * would seem to end before it was answered. Nothing happens after we hear of it, whatever the clocks say.
 */
static int64_t happened_at(const struct fields *fields, int64_t now_ms)
{
    int64_t at_ms;
    if (!time_from_rfc2822(fields_text(fields, "Timestamp"), &at_ms) || at_ms + 1000 > now_ms)
        return now_ms;
    return at_ms;
}

/*
 * Twilio signs with the token of the account that owns the number, so another account's SID under our token means that
 * the settings mix two accounts: neither could we ask about this call, nor end it.
 */
static int take_account(const struct app *app, struct delivery *delivery, struct error *err)
{
    const char *ours = app->config->twilio.account_sid;
    if (delivery->account_sid != NULL && !text_equal(delivery->account_sid, ours))
        return error_set(err, ERROR_FORBIDDEN, "this is about the account %s, not about ours",
                         delivery->account_sid);
    delivery->account_sid = ours;
    return 0;
}

/* Its call was found long ago, and what makes it a repeat was reckoned from a header that is gone. */
static void take_retelling(const struct retelling *retelling, struct delivery *delivery)
{
    delivery->token_key = retelling->repeat_key;
    delivery->answer = retelling->answer;
    delivery->call_id = retelling->call_id;
    if (retelling->call_number != 0) {
        delivery->new_number = retelling->call_number;
        delivery->new_id = retelling->call_id;
    }
}

int delivery_parse(struct app *app,
                   struct request *request,
                   struct delivery *out,
                   struct error *err)
{
    const struct fields *fields = request_fields(request);
    struct delivery delivery = {
        .app = app,
        .route = request->route->path,
        .from = fields_text(fields, "From"),
        .to = fields_text(fields, "To"),
        .twilio_direction = fields_text(fields, "Direction"),
        .raw = raw_of(request),
        .now_ms = request->arrived_ms,
    };
    if (sid_field(fields, "AccountSid", "AC", &delivery.account_sid, err) < 0 ||
        sid_field(fields, "CallSid", "CA", &delivery.call_sid, err) < 0 ||
        sid_field(fields, "ParentCallSid", "CA", &delivery.parent_sid, err) < 0)
        return -1;
    if (take_account(app, &delivery, err) < 0)
        return -1;
    delivery.at_ms = happened_at(fields, delivery.now_ms);
    delivery.call_id = call_id_of(request, delivery.from);
    delivery.token_key = token_key(request, delivery.route);
    char *id = arena_alloc(request->arena, RESOURCE_ID_BYTES);
    delivery.new_number = app_new_id(app, RESOURCE_CALL, id);
    delivery.new_id = id;
    id = arena_alloc(request->arena, RESOURCE_ID_BYTES);
    delivery.new_recording_number = app_new_id(app, RESOURCE_RECORDING, id);
    delivery.new_recording_id = id;
    if (request->retelling != NULL)
        take_retelling(request->retelling, &delivery);
    if (delivery.call_sid != NULL)
        request_note(request, "sid", delivery.call_sid);
    *out = delivery;
    return 0;
}

/* The three ways in which a call comes to us that we did not place. A child leg tells it by whom it rings. */
static enum call_direction direction_of(const struct delivery *delivery)
{
    if (delivery->parent_sid != NULL)
        return text_starts_with(delivery->to, "client:") ? CALL_DIRECTION_INBOUND
                                                         : CALL_DIRECTION_OUTBOUND_BROWSER;
    if (text_starts_with(delivery->from, "client:"))
        return CALL_DIRECTION_OUTBOUND_BROWSER;
    if (text_starts_with(delivery->twilio_direction, "outbound"))
        return CALL_DIRECTION_OUTBOUND_API;
    return CALL_DIRECTION_INBOUND;
}

/* Whose call it is, as far as the addresses say: the browser that calls, or the one that is rung. */
static const char *
identity_of(const struct delivery *delivery, enum call_direction direction, struct arena *arena)
{
    static const char scheme[] = "client:";
    const char *address =
        direction == CALL_DIRECTION_OUTBOUND_BROWSER ? delivery->from : delivery->to;
    if (!text_starts_with(address, scheme))
        return NULL;
    return identity_of_client(address + sizeof(scheme) - 1, arena);
}

static struct call_row new_call(const struct delivery *delivery, struct arena *arena)
{
    enum call_direction direction = direction_of(delivery);
    bool child = delivery->parent_sid != NULL; /* its addresses are not those of the call */
    return (struct call_row){
        .number = delivery->new_number,
        .id = delivery->new_id,
        .account_sid = delivery->account_sid,
        .root_sid = delivery->parent_sid != NULL ? delivery->parent_sid : delivery->call_sid,
        .direction = direction,
        .placement = CALL_PLACEMENT_PLACED,
        .root = leg_state_new(),
        .from = child ? NULL : delivery->from,
        .to = child ? NULL : delivery->to,
        .identity = child ? NULL : identity_of(delivery, direction, arena),
        .created_at_ms = delivery->now_ms,
    };
}

/* The root leg itself speaks of a call that was known by a child of it only. */
static int introduce_root(struct store_rx *rx,
                          struct call_row *row,
                          const struct delivery *delivery,
                          struct arena *arena,
                          struct error *err)
{
    if (!text_is_empty(row->from) || !text_equal(delivery->call_sid, row->root_sid))
        return 0;
    row->from = delivery->from;
    row->to = delivery->to;
    if (row->identity != NULL)
        return 0;
    row->identity = identity_of(delivery, row->direction, arena);
    return delivery_stamp_group(rx, row, arena, err);
}

static int find_by_sids(struct store_rx *rx,
                        const struct delivery *delivery,
                        struct arena *arena,
                        struct call_row *out,
                        struct error *err)
{
    const char *const sids[] = {delivery->call_sid, delivery->parent_sid};
    for (size_t i = 0; i < ARRAY_LEN(sids); i++) {
        if (sids[i] != NULL && store_get_call_by_sid(rx, sids[i], arena, out, err) == 0)
            return 0;
        if (err->kind != ERROR_NONE && err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
    }
    return error_set(err, ERROR_NOT_FOUND, "no call of that SID");
}

/*
 * Is the delivery about the call whose id is in its URL? Not if somebody has copied one of our URLs into a number's or
 * an App's settings: every call there comes with the id of the first, and would become a leg of it.
 */
static int is_about(struct store_rx *rx,
                    const struct delivery *delivery,
                    const struct call_row *row,
                    struct arena *arena,
                    bool *out,
                    struct error *err)
{
    const char *root = row->root_sid;
    bool of_placed_call = row->direction == CALL_DIRECTION_OUTBOUND_API &&
                          (delivery->parent_sid != NULL ||
                           text_starts_with(delivery->twilio_direction, "outbound-api"));
    struct call_row known;
    *out = true;
    if (root == NULL || delivery->call_sid == NULL || text_equal(root, delivery->call_sid) ||
        text_equal(root, delivery->parent_sid) || of_placed_call)
        return 0;
    if (find_by_sids(rx, delivery, arena, &known, err) == 0) {
        *out = known.number == row->number;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    *out = delivery->parent_sid == NULL && !text_equal(delivery->twilio_direction, "inbound");
    return 0;
}

static int find_row(struct store_rx *rx,
                    const struct delivery *delivery,
                    struct arena *arena,
                    struct call_row *out,
                    struct error *err)
{
    bool about = false;
    if (delivery->call_id != NULL) {
        if (store_get_call(rx, delivery->call_id, arena, out, err) == 0) {
            if (is_about(rx, delivery, out, arena, &about, err) < 0)
                return -1;
            if (about)
                return 0;
            log_warning("webhook.strange_id", LOG_TEXT("call", delivery->call_id),
                        LOG_TEXT("sid", delivery->call_sid), LOG_TEXT("route", delivery->route));
        } else if (err->kind != ERROR_NOT_FOUND) {
            return -1;
        }
        error_clear(err);
    }
    return find_by_sids(rx, delivery, arena, out, err);
}

/*
 * Twilio speaks of a call that we were about to place: it is placed, and this is its name. A name that was only guessed
 * gives way to the one that comes with our id.
 */
static int join_intent(struct store_tx *tx,
                       const struct delivery *delivery,
                       struct call_row *row,
                       struct arena *arena,
                       struct error *err)
{
    const char *root = delivery->parent_sid != NULL ? delivery->parent_sid : delivery->call_sid;
    bool of_root_leg = delivery->parent_sid != NULL ||
                       text_starts_with(delivery->twilio_direction, "outbound-api");
    bool by_id = text_equal(delivery->call_id, row->id);
    bool guessed = by_id && of_root_leg && row->direction == CALL_DIRECTION_OUTBOUND_API;
    if (root == NULL || (row->root_sid != NULL && !guessed))
        return 0;
    return call_claim_sid(tx, row, root, delivery->now_ms, arena, err);
}

int delivery_stamp_group(struct store_rx *rx,
                         struct call_row *row,
                         struct arena *arena,
                         struct error *err)
{
    if (row->identity == NULL || row->group != NULL ||
        store_get_identity_group(rx, row->identity, arena, &row->group, err) == 0)
        return 0;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

int delivery_find_call(struct store_tx *tx,
                       const struct delivery *delivery,
                       struct arena *arena,
                       struct delivery_call *out,
                       struct error *err)
{
    out->settle_after_ms = delivery->app->config->reconcile.settle_after_ms;
    if (find_row(store_tx_reader(tx), delivery, arena, &out->row, err) == 0) {
        out->is_new = false;
        out->news = call_news_begin(&out->row, arena);
        if (join_intent(tx, delivery, &out->row, arena, err) < 0)
            return -1;
        return introduce_root(store_tx_reader(tx), &out->row, delivery, arena, err);
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    out->row = new_call(delivery, arena);
    out->news = call_news_begin(NULL, arena);
    out->is_new = true;
    return delivery_stamp_group(store_tx_reader(tx), &out->row, arena, err);
}

int delivery_find_repeat(struct store_tx *tx,
                         const struct delivery_call *call,
                         uint64_t repeat_key,
                         struct arena *arena,
                         struct timeline_row *out,
                         struct error *err)
{
    int64_t number = call != NULL ? call->row.number : 0;
    if (repeat_key == 0 || (call != NULL && call->is_new))
        return error_set(err, ERROR_NOT_FOUND, "nothing to repeat");
    if (store_find_repeat(store_tx_reader(tx), number, repeat_key, arena, out, err) < 0)
        return -1;
    return store_count_repeat(tx, out->sequence, err);
}

bool delivery_is_child(const struct delivery *delivery, const struct call_row *call)
{
    return delivery->call_sid != NULL && !text_equal(delivery->call_sid, call->root_sid);
}

struct timeline_row
delivery_entry(const struct delivery *delivery, enum timeline_kind kind, uint64_t repeat_key)
{
    return (struct timeline_row){
        .account_sid = delivery->account_sid,
        .at_ms = delivery->now_ms,
        .kind = kind,
        .route = delivery->route,
        .leg_sid = delivery->call_sid,
        .repeat_key = repeat_key,
        .raw = delivery->raw,
    };
}

/*
 * A call that is over may have legs whose end nobody has told yet, or of whom a dial's report was the first word; it may
 * have ended without a word of how long it was, or of what became of whom it dialled.
 */
static int is_all_told(struct store_rx *rx,
                       const struct call_row *row,
                       struct arena *arena,
                       bool *out,
                       struct error *err)
{
    struct leg_rows legs;
    if (store_list_legs(rx, row->number, arena, &legs, err) < 0)
        return -1;
    *out = row->root.duration_s >= 0 && row->outcome != CALL_OUTCOME_NONE;
    for (size_t i = 0; i < legs.count; i++)
        *out = *out && call_status_is_terminal(legs.items[i].state.status) &&
               !text_is_empty(legs.items[i].to);
    return 0;
}

int delivery_hear(struct store_rx *rx,
                  const struct delivery *delivery,
                  struct call_row *row,
                  struct arena *arena,
                  struct error *err)
{
    const struct silence_settings *silence = &delivery->app->silence;
    bool all_told = true;
    row->heard_at_ms = delivery->now_ms;
    if (delivery_is_child(delivery, row))
        consent_caller_heard(row, delivery->at_ms);
    row->due_at_ms = silence_due_at(silence, row->placement, row->root.status, row->heard_at_ms);
    if (!call_status_is_terminal(row->root.status))
        return 0;
    if (is_all_told(rx, row, arena, &all_told, err) < 0)
        return -1;
    if (!all_told)
        row->due_at_ms = delivery->now_ms + silence->ending_ms;
    return 0;
}

int delivery_get_leg(struct store_rx *rx,
                     const struct delivery *delivery,
                     const struct call_row *call,
                     const char *sid,
                     struct arena *arena,
                     struct leg_row *out,
                     struct error *err)
{
    bool speaks = text_equal(sid, delivery->call_sid); /* else the addresses are another leg's */
    if (store_get_leg(rx, sid, arena, out, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        *out = (struct leg_row){
            .call_number = call->number,
            .account_sid = delivery->account_sid,
            .sid = sid,
            .parent_sid =
                speaks && delivery->parent_sid != NULL ? delivery->parent_sid : call->root_sid,
            .state = leg_state_new(),
            .created_at_ms = delivery->now_ms,
        };
    }
    if (speaks && text_is_empty(out->from)) {
        out->from = delivery->from;
        out->to = delivery->to;
    }
    return 0;
}

int delivery_insert_new(struct store_tx *tx, struct delivery_call *call, struct error *err)
{
    if (!call->is_new)
        return 0;
    call->is_new = false;
    return store_insert_call(tx, &call->row, err);
}

/*
 * A call with this many entries goes in circles. Its state is kept up to date, because an end must never be missed; but
 * who asks what to do next is not told to go round once more.
 */
static int append(struct store_tx *tx,
                  const struct call_row *row,
                  struct timeline_row *entry,
                  struct error *err)
{
    if (row->timeline_count < LIMIT_TIMELINE_ENTRIES)
        return store_append_timeline(tx, entry, err);
    if (entry->kind == TIMELINE_INSTRUCTION)
        return error_set(err, ERROR_TOO_LARGE,
                         "the call has %d timeline entries, which is the most",
                         LIMIT_TIMELINE_ENTRIES);
    log_warning("timeline.full", LOG_TEXT("call", row->id), LOG_TEXT("route", entry->route));
    return 0;
}

int delivery_save(struct store_tx *tx,
                  struct delivery_call *call,
                  struct timeline_row *entry,
                  struct error *err)
{
    const struct call_row *row = &call->row;
    entry->call_number = row->number;
    entry->news = call_news_text(&call->news, row);
    int failed = call->is_new ? store_insert_call(tx, row, err) : store_update_call(tx, row, err);
    if (failed < 0 || call_settle_later(tx, call->news.before.root.status, row,
                                        call->settle_after_ms, entry->at_ms, err) < 0)
        return -1;
    return append(tx, row, entry, err);
}
