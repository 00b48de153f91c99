/*
 * policy.json (voice/policy.h as a document; config/policy.schema.json describes it, docs/policy.md explains it).
 */
#ifndef APP_POLICY_FILE_H
#define APP_POLICY_FILE_H

#include "config/directory.h"
#include "config/load.h"
#include "voice/policy.h"

#define POLICY_FILE_NAME "policy.json"

/**
 * The policy of this configuration: that of its folder, or the defaults if there is no folder or no such file. Reads
 * the disk.
 *
 * @param arena   owns what *out points to, unless it is the defaults
 * @param report  gets every mistake, each with its place in the document
 * @return 0, or -1 if there is at least one mistake
 */
int policy_load(const struct config *config,
                struct arena *arena,
                struct config_report *report,
                const struct policy **out) MUST_USE;

/** The same for a text that is there already. */
int policy_read(const struct config *config,
                const struct config_document *document,
                struct arena *arena,
                struct config_report *report,
                const struct policy **out) MUST_USE;

#endif
