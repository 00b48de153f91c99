#include "personal.h"

#include "core/macros.h"

/* clang-format 14 dies of this table. */
/* clang-format off */
const struct personal_table personal_tables[] = {
    {
        .name = "api_keys",
        .settings = "name",
        .nothing = "id account_sid scopes secret_sha256 created_at revoked_at",
    },
    {
        /* Who did what stays, under another name. */
        .name = "audit",
        .key = "sequence",
        .masked = "actor actor_name identity subject number reason detail",
        .emptied = "address",
        .nothing = "sequence account_sid at action allowed actor_kind request_id call_number "
                   "call_id times",
    },
    {
        .name = "calls",
        .key = "number",
        .call = "number",
        .masked = "from_address to_address refusal plan metadata",
        .unset = "identity owner",
        .nothing = "number id_random account_sid root_sid direction placement status sequence "
                   "answered_at ended_at duration_s sip_code outcome created_at heard_at due_at "
                   "hangup_wanted refusal_code price price_unit call_group hangup_asked_at "
                   "voicemail_at erased_at consent_text consent_wish consent_caller_heard "
                   "consent_callee_heard",
    },
    {
        /* Who was told of a call may have answered with what was said in it. */
        .name = "deliveries",
        .key = "number",
        .masked = "subject",
        .emptied = "last_error last_answer",
        .also = "ifnull(t.last_error, t.last_answer) IS NOT NULL AND EXISTS (SELECT 1 FROM calls AS "
                "c WHERE c.number = t.call_number AND c.erased_at <> 0)",
        .nothing = "number subscription kind call_number happened_at state attempts attempts_base "
                   "due_at give_up_at created_at ended_at last_at last_status last_latency",
    },
    {
        .name = "delivery_attempts",
        .emptied = "error answer",
        .also = "ifnull(t.error, t.answer) IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries AS d "
                "JOIN calls AS c ON c.number = d.call_number WHERE d.number = t.delivery AND "
                "c.erased_at <> 0)",
        .nothing = "delivery attempt at status latency",
    },
    {
        .name = "event_key",
        .nothing = "secret",
    },
    {
        .name = "filler",
        .nothing = "number blank",
    },
    {
        /* The row has to stay: without it the same request would place a second call. */
        .name = "idempotency",
        .key = "number",
        .masked = "body location",
        .dropped = "caller key",
        .nothing = "number account_sid request_sha256 call_number status content_type created_at",
    },
    {
        .name = "identity_groups",
        .dropped = "identity",
        .nothing = "call_group updated_at",
    },
    {
        .name = "jobs",
        .key = "number",
        .masked = "last_error",
        .nothing = "number account_sid kind call_number state run_at leased_until attempts "
                   "created_at subject lane",
    },
    {
        .name = "legs",
        .of_call = "from_address to_address",
        .nothing = "sid call_number account_sid parent_sid status sequence answered_at ended_at "
                   "duration_s sip_code created_at",
    },
    {
        /* Of calls that go on; those are not erased before they are over. */
        .name = "places",
        .of_call = "key call_group identity",
        .nothing = "call_number account_sid taken_at",
    },
    {
        .name = "probe",
        .nothing = "count",
    },
    {
        .name = "reconciler",
        .nothing = "alive_at swept_until pending_since since began_at stage cursor",
    },
    {
        .name = "recordings",
        .key = "number",
        .call = "call_number",
        .masked = "media_error tag",
        .unset = "identity owner",
        .of_call = "media_key media_sha256",
        .nothing = "number id_random sid account_sid call_number call_sid status url source track "
                   "channels duration_s started_at error_code created_at updated_at media "
                   "media_type media_bytes media_stored_at remote_deleted_at deleted_at hold "
                   "expires_at direction call_group",
    },
    {
        .name = "retention",
        .nothing = "name cursor removed_before removed_upto",
    },
    {
        .name = "subscriptions",
        .key = "number",
        .masked = "failure created_by",
        .settings = "name url events identity description",
        .nothing = "number account_sid call_group scopes secret old_secret old_secret_until state "
                   "disabled_because disabled_at created_at updated_at cursor open_count "
                   "failing_since failed_at delivered_at",
    },
    {
        .name = "timeline",
        .key = "sequence",
        .call = "call_number",
        .masked = "route",
        .emptied = "answer raw",
        .nothing = "sequence call_number account_sid at kind repeat_key leg_sid effect news "
                   "repeats",
    },
    {
        .name = "transcript_lines",
        .key = "number",
        .call = "call_number",
        .masked = "text",
        .derived = "scope",
        .nothing = "number call_number transcription_number sequence track at confidence",
    },
    {
        .name = "transcript_partials",
        .of_call = "text",
        .nothing = "transcription_number track call_number sequence at confidence",
    },
    {
        .name = "transcriptions",
        .key = "number",
        .call = "call_number",
        .masked = "inbound_label outbound_label error",
        .nothing = "number sid account_sid call_number leg_sid recording_sid status language "
                   "error_code started_at ended_at lines",
    },
    {
        .name = "usage",
        .dropped = "name",
        .nothing = "account_sid counter at_once slot admitted_0 admitted_1 admitted_2 admitted_3 "
                   "admitted_4 admitted_5 admitted_6 admitted_7 admitted_8 admitted_9 admitted_10 "
                   "admitted_11 admitted_12",
    },
    {
        .name = "voicemails",
        .key = "number",
        .call = "call_number",
        .masked = "from_address to_address",
        .unset = "identity",
        .nothing = "number id_random account_sid call_number recording_sid call_group created_at "
                   "read_at deleted_at",
    },
};
/* clang-format on */
const size_t personal_table_count = ARRAY_LEN(personal_tables);
