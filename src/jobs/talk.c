#include "talk.h"

#include <stdio.h>

#include "core/fields.h"
#include "core/log.h"
#include "core/text.h"

static struct metric *counter(const struct attempt *attempt, const char *outcome)
{
    char labels[80];
    (void)snprintf(labels, sizeof(labels), "kind=\"%s\",outcome=\"%s\"",
                   job_kind_text(attempt->job.kind), outcome);
    return metrics_counter(attempt->with->metrics, "switchhook_rest_requests_total", labels,
                           "Requests to Twilio's REST API.");
}

static const char *result_text(enum talk_result result)
{
    static const char *const texts[] = {
        [TALK_DONE] = "done",           [TALK_REFUSED] = "refused",
        [TALK_THROTTLED] = "throttled", [TALK_NEVER_SENT] = "never_sent",
        [TALK_UNKNOWN] = "unknown",
    };
    return texts[result];
}

static enum talk_result judge(const struct net_answer *answer)
{
    if (answer->result == NET_NEVER_SENT)
        return TALK_NEVER_SENT;
    /* 408 is the word of somebody in front of Twilio who gave up waiting for it. */
    if (answer->result == NET_UNKNOWN || answer->status >= 500 || answer->status == 408)
        return TALK_UNKNOWN;
    if (answer->status == 429)
        return TALK_THROTTLED;
    return answer->status >= 200 && answer->status < 300 ? TALK_DONE : TALK_REFUSED;
}

/* Twilio's own id of the exchange, for their support. */
static const char *request_id(const struct net_answer *answer)
{
    const char *id = net_answer_header(answer, "twilio-request-id");
    return id != NULL ? id : "";
}

static const char *summarise(const struct attempt *attempt,
                             const struct rest_request *request,
                             const struct net_answer *answer,
                             const struct talk *said)
{
    struct fields fields = {0};
    fields_add(&fields, attempt->arena, "method", request->method);
    fields_add(&fields, attempt->arena, "result", result_text(said->result));
    if (said->http_status != 0)
        fields_add(&fields, attempt->arena, "status",
                   arena_printf(attempt->arena, "%d", said->http_status));
    if (said->refusal.code != 0)
        fields_add(&fields, attempt->arena, "code",
                   arena_printf(attempt->arena, "%d", said->refusal.code));
    if (!text_is_empty(said->problem))
        fields_add(&fields, attempt->arena, "problem", said->problem);
    if (*request_id(answer) != '\0')
        fields_add(&fields, attempt->arena, "twilio_request_id", request_id(answer));
    if (request->body != NULL)
        fields_add(&fields, attempt->arena, "body", request->body);
    auto_buf struct buf out;
    buf_init(&out, KiB(64));
    return fields_encode(&out, &fields) == 0 ? arena_copy(attempt->arena, out.data, out.len) : "";
}

static void note(const struct attempt *attempt, const struct talk *said)
{
    metric_add(counter(attempt, result_text(said->result)), 1);
    log_info("rest.exchange", LOG_INT("job", attempt->job.number),
             LOG_TEXT("kind", job_kind_text(attempt->job.kind)),
             LOG_TEXT("result", result_text(said->result)), LOG_INT("status", said->http_status),
             LOG_INT("code", said->refusal.code), LOG_PHONE("problem", said->problem));
}

int talk(const struct attempt *attempt,
         const struct rest_request *request,
         struct talk *out,
         struct error *err)
{
    struct net_request wire = {
        .method = request->method,
        .url = request->url,
        .username = attempt->credentials->username,
        .password = attempt->credentials->password,
        .content_type = request->body != NULL ? REST_CONTENT_TYPE : NULL,
        .body = request->body,
        .body_len = request->body_len,
    };
    struct net_answer answer;
    if (net_fetch(attempt->with->net, &wire, attempt->arena, &answer, err) < 0)
        return -1;
    struct talk said = {
        .result = judge(&answer),
        .http_status = answer.result == NET_ANSWERED ? answer.status : 0,
        .body = answer.body,
        .body_len = answer.body_len,
        .retry_after_ms = answer.retry_after_ms,
        .problem = arena_strdup(attempt->arena, answer.problem),
    };
    if (said.result != TALK_DONE && answer.result == NET_ANSWERED) {
        rest_read_refusal(answer.status, answer.body, answer.body_len, attempt->arena,
                          &said.refusal);
        said.problem = said.refusal.message;
    }
    said.summary = summarise(attempt, request, &answer, &said);
    note(attempt, &said);
    *out = said;
    return 0;
}

int talk_must_be_done(const struct talk *said, struct error *err)
{
    switch (said->result) {
    case TALK_DONE:
        return 0;
    case TALK_REFUSED:
        return rest_refusal_error(&said->refusal, err);
    case TALK_THROTTLED:
        return error_set(err, ERROR_RATE_LIMITED, "Twilio asks to wait (429)");
    case TALK_NEVER_SENT:
    case TALK_UNKNOWN:
        break;
    }
    return error_set(err, ERROR_UPSTREAM, "Twilio did not answer: %s", said->problem);
}

struct timeline_row talk_entry(const struct attempt *attempt,
                               const struct talk *said,
                               enum timeline_kind kind,
                               const char *route)
{
    return (struct timeline_row){
        .call_number = attempt->job.call_number,
        .account_sid = attempt->job.account_sid,
        .at_ms = attempt_now_ms(attempt),
        .kind = kind,
        .route = route,
        .effect = result_text(said->result),
        .raw = said->summary,
    };
}
