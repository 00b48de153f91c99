/*
 * Everything that is known of a person is found, and erased: the sound of their recordings (through the storage), what the
 * store has (store/privacy.h), and at Twilio, by jobs that a server works on. Works beside a running server. May be
 * interrupted and done again: what has been erased is not found any more.
 */
#ifndef APP_ERASURE_H
#define APP_ERASURE_H

#include "config/config.h"
#include "core/wall_clock.h"
#include "storage/storage.h"
#include "store/privacy.h"

enum { ERASURE_TABLES_MAX = 32 };

struct erasure {
    struct store *store;
    struct storage *storage; /**< where the sound of recordings is */
    const struct config *config;
    const struct wall_clock *clock;
    const char *who; /**< voice/person.h */
    bool dry_run;    /**< look and count, change nothing */
    bool keep_at_twilio;
    bool leave_some; /**< erase the rest although some calls cannot be erased */
    /** Told after each step, with how far it is; may be NULL. */
    void (*progress)(void *context, const char *doing, int64_t done);
    void *context;
};

/** What was found (dry_run), or erased. */
struct erasure_receipt {
    int64_t calls;
    int64_t entries; /**< of these calls' timelines; not counted by a dry run */
    int64_t lines;   /**< of transcripts; not counted by a dry run */
    int64_t recordings;
    int64_t files; /**< of these, whose sound is or was here */
    int64_t voicemails;
    int64_t at_twilio; /**< deletions that Twilio is asked for */
    int64_t held;      /**< calls with a recording that must not be deleted: left */
    int64_t going_on;  /**< calls that are not over: left */
    struct {
        const char *name;
        int64_t rows;
        bool is_settings; /**< named there, and left: an operator has written it */
    } others
        [ERASURE_TABLES_MAX]; /**< rows of other tables, or of others' calls, that name the person */
    size_t others_count;
};

/**
 * @param receipt  also counts what was done before an error
 * @param err      CONFLICT: some calls cannot be erased (see receipt), and nothing was changed
 */
int erase_person(const struct erasure *erasure,
                 struct erasure_receipt *receipt,
                 struct error *err) MUST_USE;

#endif
