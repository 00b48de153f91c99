/*
 * What every backend of the storage has to do. A backend's own test calls storage_contract_run with a way to open an empty
 * one; the tests know nothing else about it.
 */
#ifndef CONTRACT_STORAGE_CONTRACT_H
#define CONTRACT_STORAGE_CONTRACT_H

#include "storage/storage.h"

struct storage_contract {
    /** An empty storage, anew for each test; `context` keeps what close needs. NULL fails the test. */
    struct storage *(*open)(void **context);
    /** Close it (storage_free included) and leave nothing behind. */
    void (*close)(struct storage *storage, void *context);
};

/** Run all tests; returns the number of failures, for main. */
int storage_contract_run(const struct storage_contract *contract);

#endif
