/*
 * The store's door, as far as persons go: everything that is known of somebody, and its removal. The rules of
 * store/store.h hold. `who` is as voice/person.h has it.
 *
 * A person's calls are those from or to them, and those of their identity; with them goes all that belongs to the call
 * but the bare fact that there was one. Whatever else names the person is masked where it stands. Everything may be done
 * again, and ends where it was: who is interrupted begins anew.
 */
#ifndef STORE_PRIVACY_H
#define STORE_PRIVACY_H

#include "store/store.h"

/* ---- the calls of a person ---- */

struct person_call {
    int64_t number;
    bool going_on; /**< not over yet */
    bool held;     /**< one of its recordings must not be deleted */
};

struct person_calls {
    struct person_call *items;
    size_t count;
    int64_t upto; /**< all calls up to this one were looked at */
    bool more;    /**< there are further ones: ask again from `upto` */
};

/** Look at the next `limit` calls behind `after`, by number. Reads them all: for a command, not for a request. */
int store_list_calls_of_person(struct store_rx *rx,
                               const char *who,
                               int64_t after,
                               size_t limit,
                               struct arena *arena,
                               struct person_calls *out,
                               struct error *err) MUST_USE;

struct call_erasure {
    const char *who;
    int64_t call_number;
    int64_t now_ms;
    bool keep_at_twilio; /**< nor will what Twilio tells of later be deleted there */
    int64_t entries;     /**< set: timeline entries that were emptied */
    int64_t lines;       /**< set: lines of transcripts that went */
    bool more;           /**< set: there is more of it, do it again */
};

/**
 * Erase what a call that is over says of the person and what was said in it, a bounded number of rows at a time: entries
 * are emptied, transcripts and partials go, voicemails and recordings count as deleted (their sound must be gone already,
 * see app/erasure.h), legs and call keep times, states and our own side, jobs of the call go unless somebody is at them.
 * From now on the store keeps no parameters of what is told of it.
 */
int store_erase_call(struct store_tx *tx, struct call_erasure *work, struct error *err) MUST_USE;

enum call_erased {
    CALL_NOT_ERASED,
    CALL_ERASED,
    CALL_ERASED_HERE, /**< what Twilio has was to be kept */
};

/** Has it been erased? CALL_NOT_ERASED if there is none. */
int store_get_call_erased(struct store_rx *rx,
                          int64_t call_number,
                          enum call_erased *out,
                          struct error *err) MUST_USE;

/* ---- everything else ---- */

/** A walk through the rows of all tables that may name a person. Begin with {.who, .limit}. */
struct person_walk {
    const char *who;
    size_t limit;     /**< rows looked at in one step */
    size_t table;     /**< where it is: which table */
    int64_t after;    /**< and behind which row */
    int64_t upto;     /**< set: up to which row was looked; INT64_MAX: to the last */
    const char *name; /**< set: the table's name, static; NULL: the walk has ended */
    int64_t found;    /**< set: rows that name the person */
    bool
        is_settings; /**< set: it is configuration (subscriptions, keys), which is told and not changed */
};

/** Look at the next rows. */
int store_find_person(struct store_rx *rx, struct person_walk *walk, struct error *err) MUST_USE;

/** Mask or remove what store_find_person has just found. */
int store_mask_person(struct store_tx *tx,
                      const struct person_walk *walk,
                      struct error *err) MUST_USE;

/** Go on behind what was looked at. */
void person_walk_on(struct person_walk *walk);

/**
 * Rewrite a part of the full-text index, in which words of lines that have gone are still written until then. `*more`: it
 * is not done. An index of which nothing has gone is done at once.
 */
int store_rewrite_search(struct store_tx *tx, bool *more, struct error *err) MUST_USE;

/**
 * What is free in the file may still have in it what was there before: fill a part of it with zeros. `*more`: it is not all
 * filled. Afterwards store_drop_filler, until there is no more, makes it free again.
 */
int store_fill_free_pages(struct store_tx *tx, bool *more, struct error *err) MUST_USE;
int store_drop_filler(struct store_tx *tx, bool *more, struct error *err) MUST_USE;

#endif
