/* A Call resource as the REST API shows it: every member, strings for numbers, null until known. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "leg.h"
#include "rest.h"

enum { PRICE_BYTES = 32, TELEPHONE_TENTHS_OF_MILS = 140, CLIENT_TENTHS_OF_MILS = 40 };

json_t *rest_time_json(bool known, struct sim_time time)
{
    char text[TIME_TEXT_BYTES];
    if (!known)
        return json_null();
    time_to_rfc2822(time.wall_ms, text);
    return json_string(text);
}

bool rest_price_is_known(const struct sim *sim, struct sim_time ended)
{
    return sim->now.real_ms - ended.real_ms >= sim->settings->price_delay_ms;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* North American numbers in the usual way, others as they are. */
static json_t *formatted(const char *party)
{
    if (!text_is_e164(party) || strncmp(party, "+1", 2) != 0 || strlen(party) != 12)
        return json_string(party);
    char text[32];
    (void)snprintf(text, sizeof(text), "(%.3s) %.3s-%s", party + 2, party + 5, party + 8);
    return json_string(text);
}

/* Known some real time after the end; negative, by started minutes. */
static json_t *price(const struct sim *sim, const struct leg *leg)
{
    if (!leg_is_over(leg) || !rest_price_is_known(sim, leg->ended_at))
        return json_null();
    long long minutes = (leg_duration_s(sim, leg) + 59) / 60;
    bool client = text_starts_with(leg->to, "client:") || text_starts_with(leg->from, "client:");
    long long cost = minutes * (client ? CLIENT_TENTHS_OF_MILS : TELEPHONE_TENTHS_OF_MILS);
    char text[PRICE_BYTES];
    (void)snprintf(text, sizeof(text), "%s%lld.%05lld", cost ? "-" : "", cost / 10000,
                   cost % 10000 * 10);
    return json_string(text);
}

static json_t *duration(const struct sim *sim, const struct leg *leg)
{
    if (!leg_is_over(leg))
        return json_null();
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld", (long long)leg_duration_s(sim, leg));
    return json_string(text);
}

static json_t *subresources(const char *uri)
{
    static const char *const names[] = {"notifications",
                                        "recordings",
                                        "payments",
                                        "events",
                                        "siprec",
                                        "streams",
                                        "transcriptions",
                                        "user_defined_message_subscriptions",
                                        "user_defined_messages"};
    static const char *const paths[] = {"Notifications",
                                        "Recordings",
                                        "Payments",
                                        "Events",
                                        "Siprec",
                                        "Streams",
                                        "Transcriptions",
                                        "UserDefinedMessageSubscriptions",
                                        "UserDefinedMessages"};
    json_t *json = json_object();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        json_object_set_new(
            json, names[i],
            json_sprintf("%.*s/%s.json", (int)(strlen(uri) - strlen(".json")), uri, paths[i]));
    return json;
}

json_t *rest_call_json(const struct sim *sim, const struct leg *leg)
{
    char uri[160];
    (void)snprintf(uri, sizeof(uri), "/2010-04-01/Accounts/%s/Calls/%s.json",
                   sim->settings->account_sid, leg->sid);
    json_t *json = json_object();
    bool over = leg_is_over(leg);
    const char *answered_by = leg->script.answered_by ? leg->script.answered_by : "human";
    json_object_set_new(json, "sid", json_string(leg->sid));
    json_object_set_new(json, "account_sid", json_string(sim->settings->account_sid));
    json_object_set_new(json, "parent_call_sid",
                        text_or_null(leg->parent ? leg->parent->sid : NULL));
    json_object_set_new(json, "date_created", rest_time_json(true, leg->created));
    json_object_set_new(json, "date_updated",
                        rest_time_json(true, over ? leg->ended_at : leg->created));
    json_object_set_new(json, "to", json_string(leg->to));
    json_object_set_new(json, "to_formatted", formatted(leg->to));
    json_object_set_new(json, "from", json_string(leg->from));
    json_object_set_new(json, "from_formatted", formatted(leg->from));
    json_object_set_new(json, "phone_number_sid", text_or_null(leg->phone_number_sid));
    json_object_set_new(json, "status", json_string(leg_rest_status(leg)));
    json_object_set_new(json, "start_time",
                        rest_time_json(leg->was_answered || over,
                                       leg->was_answered ? leg->answered_at : leg->created));
    json_object_set_new(json, "end_time", rest_time_json(over, leg->ended_at));
    json_object_set_new(json, "duration", duration(sim, leg));
    json_object_set_new(json, "price", price(sim, leg));
    json_object_set_new(json, "price_unit", json_string("USD"));
    json_object_set_new(json, "direction", json_string(leg_direction_text(leg->direction)));
    json_object_set_new(json, "answered_by",
                        text_or_null(leg->asks_amd && leg->was_answered ? answered_by : NULL));
    json_object_set_new(json, "api_version", json_string("2010-04-01"));
    json_object_set_new(json, "annotation", json_null());
    json_object_set_new(json, "forwarded_from", json_null());
    json_object_set_new(json, "group_sid", json_null());
    json_object_set_new(json, "caller_name", json_null());
    json_object_set_new(json, "queue_time", json_sprintf("%lld", (long long)leg->queue_ms));
    json_object_set_new(json, "trunk_sid", json_null());
    json_object_set_new(json, "uri", json_string(uri));
    json_object_set_new(json, "subresource_uris", subresources(uri));
    return json;
}
