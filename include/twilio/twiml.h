/*
 * Writing TwiML: a typed builder. What may stand where, and what an attribute may hold, comes from
 * one table (src/twilio/twiml_table.c), so a document that is finished is one that Twilio takes,
 * and nothing that came from outside can become markup.
 *
 * The first mistake sticks: every later call does nothing and twiml_finish reports it, so callers
 * chain without checks. A mistake of the code (wrong nesting, unknown attribute, attribute after
 * the content) is INTERNAL; a value that may have come from outside (not a number, control
 * characters, broken UTF-8) is INVALID and names the attribute or element as its field; more than
 * LIMIT_TWIML_BYTES is TOO_LARGE.
 *
 * Byte for byte the output is that of Twilio's own helper libraries, except that empty values are
 * not written for NULL. A builder belongs to one thread at a time. Source: Twilio, "TwiML for
 * Programmable Voice" and the page of each verb.
 */
#ifndef TWILIO_TWIML_H
#define TWILIO_TWIML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/fields.h"
#include "core/macros.h"

/* name in C, name in XML: verbs, nouns, what stands in nouns, SSML. */
#define TWIML_ELEMENTS(X)                                                                          \
    X(RESPONSE, "Response")                                                                        \
    X(CONNECT, "Connect")                                                                          \
    X(DIAL, "Dial")                                                                                \
    X(ECHO, "Echo")                                                                                \
    X(ENQUEUE, "Enqueue")                                                                          \
    X(GATHER, "Gather")                                                                            \
    X(HANGUP, "Hangup")                                                                            \
    X(LEAVE, "Leave")                                                                              \
    X(PAUSE, "Pause")                                                                              \
    X(PLAY, "Play")                                                                                \
    X(QUEUE, "Queue")                                                                              \
    X(RECORD, "Record")                                                                            \
    X(REDIRECT, "Redirect")                                                                        \
    X(REFER, "Refer")                                                                              \
    X(REJECT, "Reject")                                                                            \
    X(SAY, "Say")                                                                                  \
    X(SMS, "Sms")                                                                                  \
    X(START, "Start")                                                                              \
    X(STOP, "Stop")                                                                                \
    X(APPLICATION, "Application")                                                                  \
    X(APPLICATION_SID, "ApplicationSid")                                                           \
    X(CLIENT, "Client")                                                                            \
    X(CONFERENCE, "Conference")                                                                    \
    X(HEADER, "Header")                                                                            \
    X(HEADERS, "Headers")                                                                          \
    X(IDENTITY, "Identity")                                                                        \
    X(NUMBER, "Number")                                                                            \
    X(PARAMETER, "Parameter")                                                                      \
    X(SIM, "Sim")                                                                                  \
    X(SIP, "Sip")                                                                                  \
    X(TASK, "Task")                                                                                \
    X(URI, "Uri")                                                                                  \
    X(WHATSAPP, "WhatsApp")                                                                        \
    X(AI_SESSION, "AiSession")                                                                     \
    X(AUTOPILOT, "Autopilot")                                                                      \
    X(CONFIG, "Config")                                                                            \
    X(CONVERSATION, "Conversation")                                                                \
    X(CONVERSATION_RELAY, "ConversationRelay")                                                     \
    X(CONVERSATION_RELAY_SESSION, "ConversationRelaySession")                                      \
    X(LANGUAGE, "Language")                                                                        \
    X(RECORDING, "Recording")                                                                      \
    X(ROOM, "Room")                                                                                \
    X(SIPREC, "Siprec")                                                                            \
    X(STREAM, "Stream")                                                                            \
    X(TRANSCRIPTION, "Transcription")                                                              \
    X(VIRTUAL_AGENT, "VirtualAgent")                                                               \
    X(BREAK, "break")                                                                              \
    X(EMPHASIS, "emphasis")                                                                        \
    X(LANG, "lang")                                                                                \
    X(P, "p")                                                                                      \
    X(PHONEME, "phoneme")                                                                          \
    X(PROSODY, "prosody")                                                                          \
    X(S, "s")                                                                                      \
    X(SAY_AS, "say-as")                                                                            \
    X(SUB, "sub")                                                                                  \
    X(W, "w")

/** TWIML_UNKNOWN is what the reader says of a name that is none of these; it cannot be written. */
enum twiml_element {
#define X(name, text) TWIML_##name,
    TWIML_ELEMENTS(X)
#undef X
        TWIML_UNKNOWN
};

/** Names and values of all <Parameter>s of one <Client>, together. Source: Twilio, "<Client> custom
 * parameters". */
enum { TWIML_CLIENT_PARAMETER_BYTES = 800 };

/** The name in XML; "" for TWIML_UNKNOWN. Any thread. */
const char *twiml_element_name(enum twiml_element element);

struct twiml;

/** Prepare the XML library; call from main before there are threads. */
void twiml_setup(void);

/** Give back what twiml_setup holds; last thing at exit. */
void twiml_teardown(void);

/** A document with <Response> open. Lives in `arena`, but must come to twiml_finish or twiml_free.
 * Never NULL. */
struct twiml *twiml_create(struct arena *arena);

/** Give up a document that was not finished. Harmless after twiml_finish; takes NULL. */
void twiml_free(struct twiml *twiml);

static inline void auto_twiml_release(struct twiml **twiml)
{
    twiml_free(*twiml);
}
#define auto_twiml __attribute__((cleanup(auto_twiml_release)))

/** Begin an element inside the one that is open, and end it. */
void twiml_open(struct twiml *twiml, enum twiml_element element);
void twiml_close(struct twiml *twiml);

/**
 * Give the open element an attribute, before its content and once. NULL leaves it out, "" writes it
 * empty (where its type allows that). Lists are words with one space between: "initiated ringing".
 * The text is copied.
 */
void twiml_set(struct twiml *twiml, const char *attribute, const char *value);
void twiml_set_bool(struct twiml *twiml, const char *attribute, bool value);
void twiml_set_int(struct twiml *twiml, const char *attribute, int64_t value);

/** Text of the open element. NULL and "" write nothing. Only <Say> and its SSML take text and
 * elements mixed. */
void twiml_text(struct twiml *twiml, const char *text);

/** An element without attributes, in one go: `twiml_leaf(t, TWIML_HANGUP, NULL)`. */
void twiml_leaf(struct twiml *twiml, enum twiml_element element, const char *text);

/** <Say>; `voice` and `language` may be NULL. */
void twiml_say(struct twiml *twiml, const char *voice, const char *language, const char *text);

/** <Redirect>; `method` may be NULL (POST), an empty URL is the document's own. */
void twiml_redirect(struct twiml *twiml, const char *method, const char *url);

/** <Parameter name value/> in whatever open element takes one. */
void twiml_parameter(struct twiml *twiml, const char *name, const char *value);

/**
 * Content of the open <Client>: the identity as text, or, with parameters (may be NULL), as
 * <Identity> with a <Parameter> for each pair. The identity is as in the access token, without
 * `client:`.
 */
void twiml_identity(struct twiml *twiml, const char *identity, const struct fields *parameters);

/**
 * Close the document.
 *
 * @param xml  NUL-terminated, in the arena of twiml_create   @param len  its bytes; may be NULL
 * @param err  the first mistake: INTERNAL, INVALID or TOO_LARGE (see above)
 * @return 0 or -1. Once only.
 */
int twiml_finish(struct twiml *twiml, const char **xml, size_t *len, struct error *err) MUST_USE;

#endif
