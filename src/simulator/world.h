/*
 * The things the simulated world is made of. One thread at a time (engine.h); everything hangs off
 * struct sim.
 *
 * A leg is what Twilio calls a Call: one line to one person, with a CA SID. A call is a root leg
 * and the legs that its TwiML dialled. A leg's texts and events live in the leg's arena, so a leg
 * is forgotten in one stroke.
 */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include <jansson.h>

#include "core/arena.h"
#include "core/fields.h"
#include "sdp.h"
#include "simulator/engine.h"
#include "timers.h"

enum {
    SID_BYTES = 35,       /* two letters, 32 digits, NUL */
    LEGS_MAX = 10000,     /* legs remembered; the oldest ended calls are forgotten beyond */
    REQUESTS_MAX = 20000, /* REST requests remembered */
    WARNINGS_MAX = 10000, /* warnings remembered over all legs; a leg keeps its own */
    DOCUMENTS_PER_CALL_MAX =
        500,                 /* TwiML documents fetched for one leg: an endless <Redirect> ends */
    RECORDINGS_MAX = 20000,  /* recordings remembered, beyond their calls; the oldest go */
    SOUND_MAX_S = 50 * 1000, /* of a recording: its bytes fit WAV's 32 bits */
    RULES_MAX = 1000,        /* script rules */
    FAULTS_MAX = 100,        /* faults that wait for their turn */
    TALK_MAX = 64,           /* texts one person says in a call */
    PRESSES_MAX = 32,        /* inputs one person makes */
    NOUNS_MAX = 10,          /* people one <Dial> may ring */
    LEG_BUCKETS = 4096,
    LEG_EVENTS_MAX = 5000,    /* moments remembered of one leg */
    DIGITS_BYTES = 128,       /* keys that one <Gather> hears */
    CALLS_PER_DEVICE_MAX = 8, /* at one browser: ringing, placed and talking together */
    DEVICES_MAX = 1000,       /* browsers connected at once */
    REGISTERED_MAX = 10,      /* of one identity; the oldest goes beyond */
};

enum leg_status {
    LEG_QUEUED,
    LEG_INITIATED, /**< dialling; REST still says queued */
    LEG_RINGING,
    LEG_IN_PROGRESS,
    LEG_COMPLETED,
    LEG_BUSY,
    LEG_NO_ANSWER,
    LEG_FAILED,
    LEG_CANCELED,
};

enum leg_direction { LEG_INBOUND, LEG_OUTBOUND_API, LEG_OUTBOUND_DIAL };

/** What a status callback is sent for, as bits. */
enum leg_event {
    EVENT_INITIATED = 1 << 0,
    EVENT_RINGING = 1 << 1,
    EVENT_ANSWERED = 1 << 2,
    EVENT_COMPLETED = 1 << 3,
};

/** Where a leg's TwiML comes from. */
struct instructions {
    const char *url; /**< NULL: none, or `twiml` */
    const char *method;
    const char *fallback_url; /**< NULL: none */
    const char *fallback_method;
    const char *twiml; /**< given inline */
};

/** Who is told what happens to a leg. */
struct subscription {
    const char *url; /**< NULL: nobody */
    const char *method;
    unsigned events;
    bool progress; /**< with CallbackSource and SequenceNumber; number-level callbacks have neither
                    */
};

enum callee_outcome {
    CALLEE_ANSWERS,
    CALLEE_BUSY,
    CALLEE_NO_ANSWER,
    CALLEE_FAILS,
    CALLEE_REJECTS,
    CALLEE_OFFLINE, /**< a client that is not registered */
    CALLEE_MANUAL,  /**< rings until POST /sim/answer, or until the timeout */
};

enum { SCRIPT_UNSET = -2 };

/** How a person behaves. Negative times: never. */
struct script {
    enum callee_outcome outcome;
    int64_t ring_after_ms;
    int64_t answer_after_ms;
    int64_t hangup_after_ms;   /**< counted from the answer */
    int64_t gives_up_after_ms; /**< of a caller who is not answered */
    int64_t press_after_ms;    /**< from the moment a <Gather> listens */
    int64_t media_delay_ms;    /**< of recordings; SCRIPT_UNSET: as everywhere */
    int64_t media_s;           /**< how long their sound is; SCRIPT_UNSET: as everywhere */
    const char
        *talk[TALK_MAX]; /**< what is said in a call that is transcribed, one after another */
    size_t talk_count;
    int64_t talk_every_ms;
    const char *message;         /**< what is said into a <Record>; NULL: something */
    int64_t transcribe_after_ms; /**< how long that takes to transcribe; SCRIPT_UNSET: as usual */
    const char *finish_key;      /**< that ends a <Record> once all is said; NULL: none */
    int64_t speaks_ms;           /**< how long a <Record> hears something; 0: silence */
    int fail_sip;                /**< SIP code of CALLEE_FAILS */
    const char *answered_by;     /**< NULL: "human" where it is asked */
    const char *presses[PRESSES_MAX]; /**< one per <Gather>; "" is no input */
    size_t press_count;
    const char *says[PRESSES_MAX]; /**< the same for speech */
    size_t say_count;
};

/** A leg's place in its TwiML. */
struct run {
    struct document *document;     /**< NULL: none */
    const struct twiml_node *next; /**< the verb that comes next; NULL: the end */
    const char *url;        /**< of the document, NULL if it was inline; in the leg's arena */
    struct delivery *fetch; /**< the document that is being asked for */
    struct timer wait;      /**< while a verb takes its time */
    unsigned documents;     /**< how many were asked for */
    bool active;            /**< something runs: a document, a fetch, a <Dial> */
    bool dying;             /**< the apology is being spoken */
    const struct twiml_node *gather; /**< the <Gather> that listens, or NULL */
    const struct twiml_node *record; /**< the <Record> that listens, or NULL */
};

struct dial;
struct live;
struct recording;
struct recording_plan;

/** How a recording is made. Texts are literals. */
struct recording_way {
    const char *source; /**< as Twilio names it: RecordVerb, DialVerb, OutboundAPI ... */
    const char *track;  /**< inbound, outbound, both */
    int channels;
};

struct leg {
    struct arena *arena;
    char sid[SID_BYTES];
    enum leg_status status;
    enum leg_direction direction;
    const char *from;
    const char *to;
    const char *application_sid;  /**< NULL: none */
    const char *phone_number_sid; /**< NULL: none */
    struct leg *parent;
    struct instructions instructions;
    struct subscription status_callback;
    struct subscription amd_callback; /**< async answering machine detection */
    struct fields custom;             /**< the browser's or a <Parameter>'s own parameters */
    struct script script;
    char pressed[DIGITS_BYTES]; /**< keys of a <Gather> that waits for more */
    size_t presses_used;
    size_t says_used;
    unsigned sequence; /**< of the next progress callback */
    struct sim_time created;
    struct sim_time started; /**< dialling began */
    struct sim_time answered_at;
    struct sim_time ended_at;
    bool was_answered;
    bool from_pstn; /**< the far end is a telephone, so its number comes with a place */
    bool asks_amd;  /**< MachineDetection: AnsweredBy goes with the first request */
    int sip_code;   /**< of the end of an outgoing leg; 0: none */
    int64_t queue_ms;
    int64_t timeout_ms;    /**< ringing */
    int64_t time_limit_ms; /**< talking */
    const char *cookies;   /**< kept and resent within one call; NULL: none */
    struct timer life;     /**< the next step of dialling and ringing */
    struct timer hang;     /**< the person hangs up */
    struct timer limit;    /**< guard: ringing too long, then talking too long */
    struct run run;
    struct dial *dial;      /**< the <Dial> this leg is in */
    struct dial *member_of; /**< the <Dial> that called this leg */
    struct recording_plan
        *record; /**< Record=true of REST: recorded from the answer on; NULL: not */
    struct recording_way record_way;
    struct recording *recordings; /**< newest first */
    int64_t recording_since_ms;   /**< simulated */
    struct live *lives;           /**< transcriptions while it goes on, newest first */
    struct recording *recording;  /**< the one that is being made by a verb */
    bool in_browser;              /**< whoever is called is registered: nobody is scripted */
    struct device_call *browsers; /**< where it rings, or the one that placed or answered it */
    const char *sdp;              /**< what that one offered or answered; NULL: nothing yet */
    bool sdp_used;                /**< the offer of the one that placed it has been answered */
    bool offered_media;           /**< what rings was offered the caller's own description */
    bool has_media; /**< it talks to another browser, and they have each other's descriptions */
    bool rejected;  /**< by one of the browsers where it rang */
    json_t *events;
    json_t *warnings;
    struct delivery *deliveries;
    struct delivery *deliveries_last;
    struct delivery *held; /**< a callback that waits to be overtaken */
    struct leg *next;
    struct leg *previous;
    struct leg *hash_next;
};

/** A configured line: the TwiML app, or a number. Texts are owned. */
struct line {
    char sid[SID_BYTES];
    char *number; /**< NULL for the app */
    char *friendly_name;
    char *voice_url;
    char *voice_method;
    char *fallback_url;
    char *fallback_method;
    char *status_url;
    char *status_method;
    char *application_sid; /**< of a number; "" if its own URLs count */
    int64_t updated_ms;    /**< wall */
};

/** A reply that is outstanding: a slow answer, or somebody who waits for something. */
struct pending {
    sim_reply_fn *reply;
    void *context;
    struct sim_reply held;      /**< what a slow answer will be */
    struct timer timer;         /**< of a slow answer */
    struct leg *after_callback; /**< hold until this leg's first callback was answered */
    bool waits;                 /**< for the condition below */
    json_t *condition;
    struct pending *next;
};

struct rule {
    char *match; /**< exact, or with a trailing `*` */
    struct script script;
    struct arena *arena;
    json_t *source; /**< as it was given */
};

struct fault;

/** Every recording, in the order they began. */
struct recordings {
    struct recording *first;
    struct recording *last;
    struct recording *buckets[LEG_BUCKETS];
    size_t count;
    uint64_t completed;  /**< since the start */
    uint64_t downloaded; /**< of these, whole and at least once */
};

/** How the sound of recordings is served, unless a script says otherwise. */
struct media_setup {
    int64_t delay_ms; /**< real, from the completed callback; -1: never */
    int64_t max_s;
    int64_t sound_s; /**< -1: as long as the duration says */
};

struct sim {
    const struct sim_settings *settings;
    struct sim_ports ports;
    struct sim_time now;
    struct sim_time started;
    struct timers timers;
    struct line app;
    struct line numbers[SIM_NUMBERS_MAX];
    struct leg *first;
    struct leg *last;
    struct leg *buckets[LEG_BUCKETS];
    size_t leg_count;
    size_t calls_ended;
    size_t legs_ended;
    size_t in_flight;         /**< deliveries sent and not answered */
    size_t delivering;        /**< deliveries not finished: sent, delayed or held */
    struct delivery *orphans; /**< deliveries under way when the world was reset */
    int64_t queue_free_ms;    /**< when the next REST call may leave the queue */
    struct rule *rules;
    size_t rule_count;
    struct fault *faults;
    struct recordings recordings;
    struct media_setup media;
    char *api_base; /**< what a RecordingUrl begins with */
    json_t *requests;
    json_t *warnings;
    struct pending *pending;
    uint64_t random;
    struct timers real_timers; /**< of browsers' connections, in real milliseconds */
    struct device *devices;    /**< connected browsers, newest first */
    size_t device_count;
    uint64_t devices_ever;
    uint64_t registrations_ever;
    struct device_call *device_calls; /**< all legs at browsers, newest first */
    size_t device_call_count;
    struct sdp_secrets sdp_secrets;
};

/** Two letters and 32 random digits (the seed decides). */
void world_sid(struct sim *sim, const char *prefix, char out[SID_BYTES]);

/** A UUID of version 4, 37 bytes with its NUL. */
void world_uuid(struct sim *sim, char out[37]);

/** Evenly in [0, below). */
uint64_t world_random(struct sim *sim, uint64_t below);

/** The owned number, or NULL. */
struct line *world_find_number(struct sim *sim, const char *number);

/** May this number be shown as caller id: owned or verified. */
bool world_may_call_from(const struct sim *sim, const char *number);

/** Forget every call, rule, fault and request; times go on. Whoever waits is answered 503. */
void world_reset(struct sim *sim);

/** A moment as JSON members: at_ms (simulated, since the start) and at (RFC 3339). */
void world_stamp(const struct sim *sim, struct sim_time time, json_t *object);

/** Something in the world changed: see whether somebody waited for it. */
void world_wake(struct sim *sim);

/** Simulated time since an earlier moment. */
static inline int64_t since_ms(const struct sim *sim, struct sim_time then)
{
    return sim->now.sim_ms - then.sim_ms;
}

#endif
