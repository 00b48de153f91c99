/* The groups of options, each in the file that its subject names. options.c puts them in order. */
#ifndef CONFIG_SRC_GROUPS_H
#define CONFIG_SRC_GROUPS_H

#include "options.h"

/* options_twilio.c */
extern const struct option_group group_account;
extern const struct option_group group_webhooks;
extern const struct option_group group_taskrouter;
/* options_retention.c */
extern const struct option_group group_retention;
/* options_server.c */
extern const struct option_group group_server;
extern const struct option_group group_access;
extern const struct option_group group_phone;
extern const struct option_group group_log;
extern const struct option_group group_audit;
extern const struct option_group group_rates;
extern const struct option_group group_testing;
/* options_users.c */
extern const struct option_group group_users;
extern const struct option_group group_forward;
/* options_calls.c */
extern const struct option_group group_calls;
extern const struct option_group group_speech;
/* options_voicemail.c */
extern const struct option_group group_voicemail;
extern const struct option_group group_transcripts;
/* options_recordings.c */
extern const struct option_group group_recordings;
/* options_events.c */
extern const struct option_group group_events;
/* options_storage.c */
extern const struct option_group group_storage;
extern const struct option_group group_s3;
/* options_dispatch.c */
extern const struct option_group group_dispatch;
/* options_reconcile.c */
extern const struct option_group group_reconcile;
/* options_keeping.c */
extern const struct option_group group_keeping;
/* options_playing.c */
extern const struct option_group group_playing;
/* options_timing.c */
extern const struct option_group group_deadlines;
extern const struct option_group group_jobs;
extern const struct option_group group_sizes;

#endif
