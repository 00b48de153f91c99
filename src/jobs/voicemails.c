#include "jobs/voicemails.h"

#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "jobs/call_news.h"
#include "voice/news.h"
#include "voice/voicemail.h"

int voicemail_tell(struct store_tx *tx,
                   const struct voicemail_row *row,
                   const char *news,
                   const char *route,
                   int64_t now_ms,
                   struct arena *arena,
                   struct event *out,
                   struct error *err)
{
    struct call_row call;
    struct timeline_row entry = {
        .call_number = row->call_number,
        .account_sid = row->account_sid,
        .at_ms = now_ms,
        .kind = route != NULL ? TIMELINE_REQUEST : TIMELINE_VOICEMAIL,
        .route = route,
        .effect = news,
        .news = arena_printf(arena, "%s=%s", news, row->id),
    };
    if (store_get_call_by_number(store_tx_reader(tx), row->call_number, arena, &call, err) < 0)
        return -1;
    if (call.timeline_count >= LIMIT_TIMELINE_ENTRIES) {
        log_warning("timeline.full", LOG_TEXT("call", call.id), LOG_TEXT("voicemail", row->id));
        return 0;
    }
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    if (out != NULL)
        *out = (struct event){EVENT_CALL_RECORDING, row->call_number, entry.sequence};
    return 0;
}

/* The call's outcome, and its timeline if that has changed it: listeners see it move. */
static int move_call(struct store_tx *tx,
                     const struct call_row *before,
                     enum call_outcome outcome,
                     int64_t now_ms,
                     struct arena *arena,
                     struct error *err)
{
    struct call_news news = call_news_begin(before, arena);
    struct call_row call = *before;
    call.outcome = outcome;
    struct timeline_row entry = {
        .call_number = call.number,
        .account_sid = call.account_sid,
        .at_ms = now_ms,
        .kind = TIMELINE_VOICEMAIL,
        .news = call_news_text(&news, &call),
    };
    if (entry.news == NULL)
        return 0;
    if (store_update_call(tx, &call, err) < 0)
        return -1;
    return call.timeline_count >= LIMIT_TIMELINE_ENTRIES ? 0
                                                         : store_append_timeline(tx, &entry, err);
}

static int leave(struct store_tx *tx,
                 const struct call_row *call,
                 const char *recording_sid,
                 int64_t now_ms,
                 struct arena *arena,
                 struct event *out,
                 struct error *err)
{
    struct voicemail_row row = {
        .account_sid = call->account_sid,
        .call_number = call->number,
        .recording_sid = recording_sid,
        .identity = call->identity,
        .group = call->group,
        .from = call->from,
        .to = call->to,
        .created_at_ms = now_ms,
    };
    enum call_outcome outcome = outcome_merge(call->outcome, CALL_OUTCOME_VOICEMAIL);
    if (move_call(tx, call, outcome, now_ms, arena, err) < 0 ||
        store_insert_voicemail(tx, &row, arena, err) < 0)
        return -1;
    return voicemail_tell(tx, &row, news_kind_text(NEWS_VOICEMAIL_NEW), NULL, now_ms, arena, out,
                          err);
}

/* What the call would have come to without the message: what its legs say, of which none was answered. */
static int outcome_without(struct store_rx *rx,
                           const struct call_row *call,
                           struct arena *arena,
                           enum call_outcome *out,
                           struct error *err)
{
    struct leg_rows legs;
    if (store_list_legs(rx, call->number, arena, &legs, err) < 0)
        return -1;
    *out = CALL_OUTCOME_NO_ANSWER;
    for (size_t i = 0; i < legs.count; i++)
        *out = outcome_merge(*out, outcome_of_leg(&legs.items[i].state));
    return 0;
}

static int take_back(struct store_tx *tx,
                     const struct call_row *call,
                     struct voicemail_row *row,
                     int64_t now_ms,
                     struct arena *arena,
                     struct event *out,
                     struct error *err)
{
    enum call_outcome outcome;
    if (outcome_without(store_tx_reader(tx), call, arena, &outcome, err) < 0 ||
        move_call(tx, call, outcome, now_ms, arena, err) < 0 ||
        voicemail_forget(tx, row, now_ms, arena, err) < 0)
        return -1;
    return voicemail_tell(tx, row, news_kind_text(NEWS_VOICEMAIL_DELETED), NULL, now_ms, arena, out,
                          err);
}

/* 1: there is one, 0: there is none. */
static int find(struct store_rx *rx,
                const char *recording_sid,
                struct arena *arena,
                struct voicemail_row *out,
                struct error *err)
{
    if (store_get_voicemail_of_recording(rx, recording_sid, arena, out, err) == 0)
        return 1;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

int voicemail_follow_recording(struct store_tx *tx,
                               const char *recording_sid,
                               int64_t now_ms,
                               struct arena *arena,
                               struct event *out,
                               struct error *err)
{
    struct store_rx *rx = store_tx_reader(tx);
    struct recording_row recording;
    struct voicemail_row row;
    struct call_row call;
    if (store_get_recording(rx, recording_sid, arena, &recording, err) < 0)
        return -1;
    if (recording.call_number == 0)
        return 0;
    if (store_get_call_by_number(rx, recording.call_number, arena, &call, err) < 0)
        return -1;
    enum voicemail_verdict verdict = voicemail_judge_recording(&(struct voicemail_recording){
        call.voicemail_at_ms, recording.source, recording.status, recording.duration_s});
    int found = verdict == VOICEMAIL_UNDECIDED ? 0 : find(rx, recording_sid, arena, &row, err);
    if (found < 0)
        return -1;
    if (verdict == VOICEMAIL_LEFT && !found)
        return leave(tx, &call, recording_sid, now_ms, arena, out, err);
    if (verdict == VOICEMAIL_NONE && found && row.deleted_at_ms == 0)
        return take_back(tx, &call, &row, now_ms, arena, out, err);
    return 0;
}

int voicemail_forget(struct store_tx *tx,
                     struct voicemail_row *row,
                     int64_t now_ms,
                     struct arena *arena,
                     struct error *err)
{
    struct transcription_row transcription;
    row->deleted_at_ms = now_ms;
    row->from = row->to = NULL;
    if (store_get_transcription_of_recording(store_tx_reader(tx), row->recording_sid, arena,
                                             &transcription, err) == 0) {
        if (store_clear_transcription(tx, transcription.number, err) < 0)
            return -1;
    } else if (err->kind != ERROR_NOT_FOUND) {
        return -1;
    }
    error_clear(err);
    return store_update_voicemail(tx, row, err);
}
