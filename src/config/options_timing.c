/* Options: deadlines, jobs, sizes. The defaults are right for almost everybody; scenarios set them
 * to be quick. */
#include "core/macros.h"
#include "groups.h"

static const struct option deadlines[] = {
    {
     .name = "SWITCHHOOK_INSTRUCTION_DEADLINE_MS",
     MILLISECONDS(server.instruction_deadline_ms,                                    50,                          5000),
     .fallback = "4500",
     .about = "After this long Twilio's question what to do is answered with an apology.",
     },
    {
     .name = "SWITCHHOOK_FACT_DEADLINE_MS",
     MILLISECONDS(server.fact_deadline_ms,                                                                                    50,                                                                       14000),
     .fallback = "10000",
     .about = "After this long a callback that is not stored yet is answered 503.",
     },
    {
     .name = "SWITCHHOOK_PLACE_DEADLINE_MS",
     MILLISECONDS(server.place_deadline_ms, 50,                                                                                                           60000),
     .fallback = "8000",
     .about = "After this long a call that Twilio has not taken yet is answered 202.",
     },
    {
     .name = "SWITCHHOOK_REST_CONNECT_TIMEOUT_MS",
     MILLISECONDS(rest.connect_timeout_ms,                                                                    50,                                                                                          60000),
     .fallback = "5000",
     .about = "For connecting to Twilio's REST API.",
     },
    {
     .name = "SWITCHHOOK_REST_TIMEOUT_MS",
     MILLISECONDS(rest.timeout_ms,                                           50, 120000),
     .fallback = "30000",
     .about = "For a whole REST request.",
     },
    {
     .name = "SWITCHHOOK_IDLE_TIMEOUT_MS",
     MILLISECONDS(server.idle_timeout_ms,                                                                                    1000,                                                                        3600000),
     .fallback = "75000",
     .about = "A connection on which nothing moves is closed after this long.",
     },
    {
     .name = "SWITCHHOOK_HEADER_DEADLINE_MS",
     MILLISECONDS(server.header_deadline_ms,                                          100,                                                                                                           120000),
     .fallback = "10000",
     .about = "How long a request may take to send its headers.",
     },
    {
     .name = "SWITCHHOOK_BODY_DEADLINE_MS",
     MILLISECONDS(server.body_deadline_ms,100,                                                                                         600000),
     .fallback = "30000",
     .about = "How long it may then take to send its body.",
     },
    {
     .name = "SWITCHHOOK_DRAIN_DEADLINE_MS",
     MILLISECONDS(server.drain_deadline_ms,                                         0,                        600000),
     .fallback = "10000",
     .about = "How long a stop waits for requests that are under way.",
     },
};

static const struct option jobs[] = {
    {
     .name = "SWITCHHOOK_JOB_WORKERS",
     COUNT(jobs.calls.workers,                                                                      1,                                            64),
     .fallback = "4",
     .about = "How many jobs about calls run at once.",
     },
    {
     .name = "SWITCHHOOK_JOB_LEASE_MS",
     MILLISECONDS(jobs.calls.lease_ms,                                                                                                   100,                                                                                                           3600000),
     .fallback = "60000",
     .about =
            "After this long a job without a result is taken over; longer than a REST request.", },
    {
     .name = "SWITCHHOOK_JOB_BACKOFF_MS",
     MILLISECONDS(jobs.calls.backoff_ms,   1,                                              3600000),
     .fallback = "500",
     .about = "The pause before the second attempt; it doubles with each further one.",
     },
    {
     .name = "SWITCHHOOK_JOB_BACKOFF_MAX_MS",
     MILLISECONDS(jobs.calls.backoff_max_ms,                                                                                1,                                                                                                                           86400000),
     .fallback = "60000",
     .about = "The longest such pause.",
     },
    {
     .name = "SWITCHHOOK_JOB_ATTEMPTS_MAX",
     COUNT(jobs.calls.attempts_max,                                                        1,                    100),
     .fallback = "8",
     .about = "After this many attempts a job is buried where an operator sees it.",
     },
    {
     .name = "SWITCHHOOK_JOB_POLL_MS",
     MILLISECONDS(jobs.poll_ms,                                                                                                   10,                                                                                                       60000),
     .fallback = "1000",
     .about = "How often jobs are looked for when nobody announces one.",
     },
    {
     .name = "SWITCHHOOK_MEDIA_WORKERS",
     COUNT(jobs.media.workers,               1,                                                                                                                                           64),
     .fallback = "2",
     .about = "How many jobs that move recordings run at once.",
     },
    {
     .name = "SWITCHHOOK_MEDIA_LEASE_MS",
     MILLISECONDS(jobs.media.lease_ms,100,                                                                                                                          86400000),
     .fallback = "7200000",
     .about = "After this long such a job without a result is taken over.",
     },
    {
     .name = "SWITCHHOOK_MEDIA_BACKOFF_MS",
     MILLISECONDS(jobs.media.backoff_ms,                                                                      1,                                                                                                   3600000),
     .fallback = "2000",
     .about =
            "The pause before the second attempt at such a job; it doubles with each further one.", },
    {
     .name = "SWITCHHOOK_MEDIA_BACKOFF_MAX_MS",
     MILLISECONDS(jobs.media.backoff_max_ms,                                                                                                   1,                                                                                                         86400000),
     .fallback = "3600000",
     .about = "The longest such pause.",
     },
    {
     .name = "SWITCHHOOK_MEDIA_ATTEMPTS_MAX",
     COUNT(jobs.media.attempts_max,                        1,                                                                                                                                           1000),
     .fallback = "30",
     .about =
            "After this many attempts such a job is buried: with these pauses, after half a day.", },
    {
     .name = "SWITCHHOOK_QUEUED_SILENCE_MS",
     MILLISECONDS(jobs.queued_silence_ms,             100,                                                                                                                          86400000),
     .fallback = "120000",
     .about = "After this long without news of a queued call Twilio is asked.",
     },
    {
     .name = "SWITCHHOOK_RINGING_SILENCE_MS",
     MILLISECONDS(jobs.ringing_silence_ms,                                                        100, 86400000),
     .fallback = "120000",
     .about = "The same for a ringing call.",
     },
    {
     .name = "SWITCHHOOK_IN_PROGRESS_SILENCE_MS",
     MILLISECONDS(jobs.in_progress_silence_ms,                                                                                                   100,                                                                                                     86400000),
     .fallback = "900000",
     .about = "The same for a call that was answered.",
     },
    {
     .name = "SWITCHHOOK_ENDING_SILENCE_MS",
     MILLISECONDS(jobs.ending_silence_ms, 100,                                            3600000),
     .fallback = "15000",
     .about = "The same for a call that we have told to hang up.",
     },
    {
     .name = "SWITCHHOOK_REFRESH_SWEEP_MS",
     MILLISECONDS(jobs.refresh_sweep_ms,                                                                   10,                                                                                                                        600000),
     .fallback = "5000",
     .about = "How often silent calls are looked for.",
     },
    {
     .name = "SWITCHHOOK_UNKNOWN_RETRY_MS",
     MILLISECONDS(jobs.unknown_retry_ms,                                                          10,                                            600000),
     .fallback = "2000",
     .about = "The pause before Twilio is asked whether a doubtful request arrived.",
     },
};

static const struct option sizes[] = {
    {
     .name = "SWITCHHOOK_WORKERS",
     COUNT(server.workers,                                          1,                        256),
     .fallback = "16",
     .about = "Threads that serve connections.",
     },
    {
     .name = "SWITCHHOOK_CONNECTIONS_MAX",
     COUNT(server.connections_max,                                                                   1,                                                    30720),
     .fallback = "1024",
     .about = "Connections at once; at most 120 for each worker.",
     },
    {
     .name = "SWITCHHOOK_READERS",
     COUNT(store.readers, 1,                                                                                       32),
     .fallback = "2",
     .about = "Threads that read from the database.",
     },
    {
     .name = "SWITCHHOOK_BODY_MAX_BYTES",
     BYTES(server.body_max_bytes,                                                       1024,                                                                         16777216),
     .fallback = "262144",
     .about = "The largest webhook body.",
     },
    {
     .name = "SWITCHHOOK_MIN_FREE_BYTES",
     BYTES(store.min_free_bytes,                                   0, 1099511627776),
     .fallback = "67108864",
     .about = "With less free space beside the database the server says that it is not ready.",
     },
};

const struct option_group group_deadlines = {
    "Deadlines",
    "In milliseconds. Twilio itself waits 15 seconds for an answer.",
    deadlines,
    ARRAY_LEN(deadlines),
};

const struct option_group group_jobs = {
    "Jobs",
    "What is asked of Twilio is a job in the database, so that no crash loses it.",
    jobs,
    ARRAY_LEN(jobs),
};

const struct option_group group_sizes = {
    "Sizes",
    NULL,
    sizes,
    ARRAY_LEN(sizes),
};
