/*
 * greetings.json (voice/voicemail.h as a document; docs/voicemail.md explains it):
 *
 *   { "numbers":    { "+15005550006": "You have reached the office, ...", "+15005550007": "https://..." },
 *     "identities": { "alice": "This is Alice. ..." } }
 *
 * A document, because sentences have commas and quotation marks, which lists in the environment cannot hold.
 */
#ifndef APP_GREETINGS_FILE_H
#define APP_GREETINGS_FILE_H

#include "config/directory.h"
#include "config/load.h"
#include "voice/voicemail.h"

#define GREETINGS_FILE_NAME "greetings.json"

/**
 * The greetings of this configuration: those of its folder, if there is such a file, and the option's. Reads the disk.
 *
 * @param arena   owns what *out points to; the option's text is borrowed from `config`
 * @param report  gets every mistake, each with its place in the document
 * @return 0, or -1 if there is at least one mistake
 */
int greetings_load(const struct config *config,
                   struct arena *arena,
                   struct config_report *report,
                   const struct greetings **out) MUST_USE;

/** The same for a text that is there already. */
int greetings_read(const struct config *config,
                   const struct config_document *document,
                   struct arena *arena,
                   struct config_report *report,
                   const struct greetings **out) MUST_USE;

#endif
