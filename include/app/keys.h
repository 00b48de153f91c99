/*
 * API keys, answered from memory. The store is asked again when it has changed, so a key that another process has
 * created or revoked is noticed within the reload period.
 */
#ifndef APP_KEYS_H
#define APP_KEYS_H

#include "app/caller.h"
#include "store/store.h"

struct keys;

/** No keys until the first keys_refresh. `store` must outlive it. Never NULL. */
struct keys *keys_create(struct store *store);

/** Nobody may look for a key any more. Takes NULL. */
void keys_free(struct keys *keys);

/** Read them again if the store has changed. Any thread that may block on a read: the ticker, SIGHUP. */
int keys_refresh(struct keys *keys, struct error *err) MUST_USE;

/**
 * Who presents `text` ("shk_<id>_<secret>")? Compared in constant time with the stored digest.
 * @param out  a caller in `arena`
 * @param err  UNAUTHENTICATED, with one text for unknown, wrong and revoked keys alike
 */
int keys_find(struct keys *keys,
              const char *text,
              struct arena *arena,
              const struct caller **out,
              struct error *err) MUST_USE;

/** Is there a valid key of that id? For who was let in by it and is still here. */
bool keys_hold(struct keys *keys, const char *id);

/** A number that grows whenever the keys were read anew. */
uint64_t keys_generation(struct keys *keys);

#endif
