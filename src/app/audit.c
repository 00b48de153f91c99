#include "app/audit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

static const char *const action_texts[] = {
#define X(name, text) [AUDIT_##name] = (text),
    AUDIT_ACTIONS(X)
#undef X
};

const char *audit_action_text(enum audit_action action)
{
    return action_texts[action];
}

bool audit_action_from_text(const char *text, enum audit_action *out)
{
    for (unsigned i = 0; i < ARRAY_LEN(action_texts); i++) {
        if (text_equal(text, action_texts[i])) {
            *out = (enum audit_action)i;
            return true;
        }
    }
    return false;
}

/* ---- entries ------------------------------------------------------------------------------------------------- */

struct audit_entry audit_of(const struct request *request, enum audit_action action)
{
    return (struct audit_entry){
        .action = action,
        .allowed = true,
        .at_ms = request->arrived_ms,
        .caller = request->caller,
        .address = request->client,
        .request_id = request->id,
    };
}

struct audit_entry
audit_of_operator(enum audit_action action, int64_t now_ms, char out_id[AUDIT_OPERATOR_BYTES])
{
    (void)snprintf(out_id, AUDIT_OPERATOR_BYTES, "uid:%lu", (unsigned long)getuid());
    return (struct audit_entry){
        .action = action, .allowed = true, .at_ms = now_ms, .operator_id = out_id};
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

static const char *kind_of(const struct audit_entry *entry)
{
    if (entry->operator_id != NULL)
        return "operator";
    if (entry->caller == NULL)
        return "stranger";
    switch (entry->caller->kind) {
    case CALLER_KEY:
        return "key";
    case CALLER_JWT:
        return "jwt";
    case CALLER_FORWARD:
        return "forward";
    case CALLER_NOBODY:
        return "nobody";
    case CALLER_TWILIO:
        return "twilio";
    case CALLER_LINK:
        return "link";
    }
    return "stranger";
}

static const char *masked(const struct config *config, const char *text, struct arena *arena)
{
    if (text == NULL || config->log.show_numbers)
        return text;
    size_t bytes = strlen(text) + 1;
    char *out = arena_alloc(arena, bytes);
    text_mask_number(out, bytes, text);
    return out;
}

struct audit_row
audit_row_of(const struct config *config, const struct audit_entry *entry, struct arena *arena)
{
    const struct caller *caller = entry->caller;
    return (struct audit_row){
        .account_sid = config->twilio.account_sid != NULL ? config->twilio.account_sid : "",
        .at_ms = entry->at_ms,
        .action = audit_action_text(entry->action),
        .allowed = entry->allowed,
        .actor_kind = kind_of(entry),
        .actor = caller != NULL ? caller->owner : entry->operator_id,
        .actor_name = caller != NULL ? caller->name : NULL,
        .identity = caller != NULL ? caller->identity : NULL,
        .address = entry->address,
        .request_id = entry->request_id,
        .call_number = entry->call_number,
        .call_id = entry->call_id,
        .subject = entry->subject,
        .number = masked(config, entry->number, arena),
        .reason = entry->reason,
        .detail = masked(config, entry->detail, arena),
        .times = 1,
    };
}

int audit_append(struct store_tx *tx,
                 const struct config *config,
                 const struct audit_entry *entry,
                 struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct audit_row row = audit_row_of(config, entry, arena);
    return store_append_audit(tx, &row, err);
}
