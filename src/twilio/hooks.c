#include "twilio/hooks.h"

#include <string.h>

#include "core/text.h"

static const char *const paths[] = {
    [HOOK_VOICE] = "/twiml",
    [HOOK_DIAL_ACTION] = "/twiml/dial-action",
    [HOOK_MENU] = "/twiml/menu",
    [HOOK_FALLBACK] = "/twiml/fallback",
    [HOOK_STATUS] = "/webhooks/call-status",
    [HOOK_RECORDING] = "/webhooks/recording-status",
    [HOOK_WHISPER] = "/twiml/whisper",
    [HOOK_ANNOUNCED] = "/twiml/announced",
    [HOOK_VOICEMAIL] = "/twiml/voicemail",
    [HOOK_TRANSCRIPTION] = "/webhooks/transcription",
};

/* The URL that the configuration gives in place of ours, or NULL. */
static const char *explicit_url(const struct hook_settings *settings, enum hook hook)
{
    switch (hook) {
    case HOOK_VOICE:
        return settings->voice;
    case HOOK_STATUS:
        return settings->status;
    case HOOK_RECORDING:
        return settings->recording;
    case HOOK_DIAL_ACTION:
    case HOOK_MENU:
    case HOOK_FALLBACK:
    case HOOK_WHISPER:
    case HOOK_ANNOUNCED:
    case HOOK_VOICEMAIL:
    case HOOK_TRANSCRIPTION:
        break;
    }
    return NULL;
}

const char *hook_url(const struct hook_settings *settings,
                     enum hook hook,
                     const char *call_id,
                     struct arena *arena)
{
    const char *url = explicit_url(settings, hook);
    if (url == NULL)
        url = arena_printf(arena, "%s%s", settings->base, paths[hook]);
    if (call_id != NULL)
        url =
            arena_printf(arena, "%s%ccall=%s", url, strchr(url, '?') == NULL ? '?' : '&', call_id);
    if (!text_is_empty(settings->overrides))
        url = arena_printf(arena, "%s#%s", url, settings->overrides);
    return url;
}
