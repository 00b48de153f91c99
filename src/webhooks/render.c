#include "render.h"

#include "app/dialect.h"
#include "core/log.h"
#include "core/text.h"
#include "twilio/twiml.h"
#include "voice/voicemail.h"

static const char content_type[] = "text/xml; charset=utf-8";

/* What is known to be valid whatever the configuration says. */
static const char last_resort[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>";

static void say(struct twiml *twiml, const struct app *app, const char *text)
{
    const struct config_speech *speech = &app->config->speech;
    if (!text_is_empty(text))
        twiml_say(twiml, speech->voice, speech->language, text);
}

static void say_and_end(struct twiml *twiml, const struct app *app, const char *text)
{
    say(twiml, app, text);
    twiml_leaf(twiml, TWIML_HANGUP, NULL);
}

static void greet(struct twiml *twiml, const struct app *app)
{
    say(twiml, app, app->config->speech.greeting_text);
    twiml_open(twiml, TWIML_PAUSE);
    twiml_set_int(twiml, "length", 1);
    twiml_close(twiml);
    say(twiml, app, app->config->speech.greeting_question);
}

static void
offer_menu(struct twiml *twiml, const struct app *app, const char *call_id, struct arena *arena)
{
    twiml_open(twiml, TWIML_GATHER);
    twiml_set_int(twiml, "numDigits", 1);
    twiml_set(twiml, "action", hook_url(app->hooks, HOOK_MENU, call_id, arena));
    twiml_set(twiml, "method", "POST");
    say(twiml, app, app->config->speech.menu_prompt);
    twiml_close(twiml);
    say_and_end(twiml, app, app->config->speech.menu_fallback);
}

/* ---- voicemail ---- */

static void
greet_caller(struct twiml *twiml, const struct app *app, const struct decision *decision)
{
    const char *greeting = voicemail_greeting(app->greetings, decision->number, decision->mailbox);
    if (voicemail_greeting_is_url(greeting))
        twiml_leaf(twiml, TWIML_PLAY, greeting);
    else
        say(twiml, app, greeting);
}

/* Who says nothing comes to what stands behind it; who does, to the action. */
static void
take_message(struct twiml *twiml, const struct app *app, const char *call_id, struct arena *arena)
{
    const struct config_voicemail *settings = &app->config->voicemail;
    twiml_open(twiml, TWIML_RECORD);
    twiml_set(twiml, "action", hook_url(app->hooks, HOOK_VOICEMAIL, call_id, arena));
    twiml_set(twiml, "method", "POST");
    twiml_set_int(twiml, "timeout", settings->silence_s);
    twiml_set(twiml, "finishOnKey", settings->finish_on_key);
    twiml_set_int(twiml, "maxLength", settings->length_max_s);
    twiml_set_bool(twiml, "playBeep", settings->beep);
    twiml_set(twiml, "trim", config_trim_text(settings->trim));
    twiml_set(twiml, "recordingStatusCallback",
              hook_url(app->hooks, HOOK_RECORDING, call_id, arena));
    twiml_set(twiml, "recordingStatusCallbackMethod", "POST");
    twiml_set(twiml, "recordingStatusCallbackEvent", "in-progress completed absent");
    if (settings->transcribe) {
        twiml_set_bool(twiml, "transcribe", true);
        twiml_set(twiml, "transcribeCallback",
                  hook_url(app->hooks, HOOK_TRANSCRIPTION, call_id, arena));
    }
    twiml_close(twiml);
    say_and_end(twiml, app, settings->silence);
}

/* ---- transcripts ---- */

static void
transcribe(struct twiml *twiml, const struct app *app, const char *call_id, struct arena *arena)
{
    const struct config_transcripts *settings = &app->config->transcripts;
    twiml_open(twiml, TWIML_START);
    twiml_open(twiml, TWIML_TRANSCRIPTION);
    twiml_set(twiml, "track", config_track_text(settings->track));
    twiml_set(twiml, "languageCode", settings->language);
    if (settings->partials)
        twiml_set_bool(twiml, "partialResults", true);
    twiml_set(twiml, "statusCallbackUrl", hook_url(app->hooks, HOOK_TRANSCRIPTION, call_id, arena));
    twiml_set(twiml, "statusCallbackMethod", "POST");
    twiml_close(twiml);
    twiml_close(twiml);
}

/* The noun reports all four events to us: from the child leg alone do we know whether anybody was reached. */
static void open_noun(struct twiml *twiml,
                      enum twiml_element noun,
                      const char *whisper_url,
                      const char *status_url)
{
    twiml_open(twiml, noun);
    twiml_set(twiml, "url", whisper_url);
    twiml_set(twiml, "method", whisper_url != NULL ? "POST" : NULL);
    twiml_set(twiml, "statusCallback", status_url);
    twiml_set(twiml, "statusCallbackEvent", "initiated ringing answered completed");
    twiml_set(twiml, "statusCallbackMethod", "POST");
}

static void set_recording(struct twiml *twiml,
                          const struct app *app,
                          const struct decision *decision,
                          const char *call_id,
                          struct arena *arena)
{
    if (decision->record == NULL || decision->announcement != NULL)
        return; /* what is announced begins when it was heard */
    twiml_set(twiml, "record", decision->record);
    twiml_set(twiml, "trim", decision->trim);
    twiml_set(twiml, "recordingStatusCallback",
              hook_url(app->hooks, HOOK_RECORDING, call_id, arena));
    twiml_set(twiml, "recordingStatusCallbackMethod", "POST");
    twiml_set(twiml, "recordingStatusCallbackEvent", "in-progress completed absent");
}

static void dial(struct twiml *twiml,
                 const struct app *app,
                 const struct decision *decision,
                 const char *call_id,
                 struct arena *arena)
{
    const char *status_url = hook_url(app->hooks, HOOK_STATUS, call_id, arena);
    const char *whisper_url =
        decision->announcement != NULL ? hook_url(app->hooks, HOOK_WHISPER, call_id, arena) : NULL;
    say(twiml, app, decision->announcement);
    if (decision->transcribe)
        transcribe(twiml, app, call_id, arena);
    twiml_open(twiml, TWIML_DIAL);
    twiml_set(twiml, "action", hook_url(app->hooks, HOOK_DIAL_ACTION, call_id, arena));
    twiml_set(twiml, "method", "POST");
    twiml_set_bool(twiml, "answerOnBridge", true);
    twiml_set(twiml, "callerId", decision->caller_id);
    if (decision->timeout_s > 0)
        twiml_set_int(twiml, "timeout", decision->timeout_s);
    if (decision->time_limit_s > 0)
        twiml_set_int(twiml, "timeLimit", decision->time_limit_s);
    set_recording(twiml, app, decision, call_id, arena);
    if (decision->kind == DECIDE_DIAL_NUMBER) {
        open_noun(twiml, TWIML_NUMBER, whisper_url, status_url);
        twiml_text(twiml, decision->number);
    } else {
        open_noun(twiml, TWIML_CLIENT, whisper_url, status_url);
        twiml_identity(twiml, decision->client, NULL);
    }
    twiml_close(twiml);
    twiml_close(twiml);
}

static const char *
sentence_of(const struct app *app, const struct dialect_shape *shape, enum reason reason)
{
    const struct reason_text *own = shape->sentences;
    for (; own != NULL && own->reason != REASON_NONE; own++) {
        if (own->reason == reason)
            return own->sentence;
    }
    return reason == REASON_EMERGENCY ? app->config->speech.emergency_text
                                      : reason_sentence(reason);
}

static void build(struct twiml *twiml,
                  const struct app *app,
                  const struct dialect_shape *shape,
                  const struct decision *decision,
                  const char *call_id,
                  struct arena *arena)
{
    switch (decision->kind) {
    case DECIDE_HANGUP:
        twiml_leaf(twiml, TWIML_HANGUP, NULL);
        break;
    case DECIDE_GREET:
        greet(twiml, app);
        break;
    case DECIDE_MENU:
        offer_menu(twiml, app, call_id, arena);
        break;
    case DECIDE_MENU_FALLBACK:
        say_and_end(twiml, app, app->config->speech.menu_fallback);
        break;
    case DECIDE_DIAL_NUMBER:
    case DECIDE_DIAL_CLIENT:
        dial(twiml, app, decision, call_id, arena);
        break;
    case DECIDE_SAY:
        say_and_end(twiml, app, sentence_of(app, shape, decision->reason));
        break;
    case DECIDE_REJECT:
    case DECIDE_REJECT_BUSY:
        twiml_open(twiml, TWIML_REJECT);
        if (decision->kind == DECIDE_REJECT_BUSY)
            twiml_set(twiml, "reason", "busy");
        twiml_close(twiml);
        break;
    case DECIDE_VOICEMAIL:
        greet_caller(twiml, app, decision);
        take_message(twiml, app, call_id, arena);
        break;
    case DECIDE_VOICEMAIL_TAKEN:
        say_and_end(twiml, app, app->config->voicemail.thanks);
        break;
    case DECIDE_ANNOUNCE:
        say(twiml, app, decision->announcement);
        twiml_redirect(twiml, "POST", hook_url(app->hooks, HOOK_ANNOUNCED, call_id, arena));
        break;
    case DECIDE_CONTINUE:
        break;
    case DECIDE_APOLOGISE:
        say_and_end(twiml, app, app->config->speech.apology_text);
        break;
    }
}

static int try_render(const struct app *app,
                      const struct dialect_shape *shape,
                      const struct decision *decision,
                      const char *call_id,
                      struct arena *arena,
                      struct response *response,
                      struct error *err)
{
    auto_twiml struct twiml *twiml = twiml_create(arena);
    const char *xml;
    size_t len;
    build(twiml, app, shape, decision, call_id, arena);
    if (twiml_finish(twiml, &xml, &len, err) < 0)
        return -1;
    response_body(response, 200, content_type, xml, len);
    return 0;
}

void render_apology(const struct app *app, struct arena *arena, struct response *response)
{
    static const struct decision apology = {.kind = DECIDE_APOLOGISE};
    static const struct dialect_shape native = {0};
    struct error err = {0};
    metric_add(app->count.apologies, 1);
    if (try_render(app, &native, &apology, NULL, arena, response, &err) < 0)
        response_body(response, 200, content_type, last_resort, sizeof(last_resort) - 1);
}

void render_decision(const struct app *app,
                     const struct request *request,
                     const struct decision *decision,
                     const char *call_id,
                     struct response *response)
{
    struct arena *arena = request->arena;
    struct error err = {0};
    if (decision->kind != DECIDE_APOLOGISE &&
        try_render(app, dialect_shape(request), decision, call_id, arena, response, &err) == 0)
        return;
    if (err.kind != ERROR_NONE)
        log_error("twiml.unrendered", LOG_TEXT("call", call_id), LOG_PHONE("error", err.message));
    render_apology(app, arena, response);
}
