/*
 * What every engine of the store has to do. An engine's own test calls store_contract_run with a
 * way to open an empty store; the tests know nothing else about it.
 */
#ifndef CONTRACT_STORE_CONTRACT_H
#define CONTRACT_STORE_CONTRACT_H

#include "store/store.h"

struct store_contract {
    /** An empty store, opened anew for each test; `context` keeps what close needs. NULL fails the
     * test. */
    struct store *(*open)(void **context);
    /** Close it (store_close included) and leave nothing behind. */
    void (*close)(struct store *store, void *context);
};

/** Run all tests; returns the number of failures, for main. */
int store_contract_run(const struct store_contract *contract);

/** The same, of store/subscriptions.h. */
int subscriptions_contract_run(const struct store_contract *contract);

/** The same, of store/retention.h. */
int retention_contract_run(const struct store_contract *contract);

#endif
