/*
 * Reading a document of settings strictly: every member is known, every value is checked, and all that is wrong is told
 * at once, each with its place in the document (a JSON pointer, RFC 6901).
 */
#ifndef APP_STRICT_JSON_H
#define APP_STRICT_JSON_H

#include <jansson.h>

#include "config/directory.h"
#include "config/load.h"

struct strict {
    const char *file; /**< for messages */
    struct config_report *report;
    struct arena *arena; /**< of what is read */
    size_t mistakes;     /**< so far; beyond LIMIT_DOCUMENT_MISTAKES they are only counted */
    const void *context; /**< the document's own */
};

/** Something is wrong at `path` ("" is the whole). */
void strict_mistake(struct strict *strict,
                    const char *path,
                    const char *problem,
                    const char *expected);

/** The beginning of a text as a terminal takes it: without control characters. In the report's arena. */
const char *strict_shown(struct strict *strict, const char *text);

/** The path of a member, of the i-th item; in the report's arena. */
const char *strict_member_path(struct strict *strict, const char *path, const char *name);
const char *strict_item_path(struct strict *strict, const char *path, size_t index);

/** Parse the text: UTF-8, no duplicate members, no NUL, an object. NULL after a mistake; else a new reference. */
json_t *strict_parse(struct strict *strict, const struct config_document *document);

struct strict_member;

/** Reads a value into `at`, or tells what is wrong with it. */
typedef void strict_fn(struct strict *strict,
                       const char *path,
                       json_t *value,
                       const struct strict_member *member,
                       void *at);

/** A member of an object: what it is called, how it is read, where it goes. */
struct strict_member {
    const char *name;
    strict_fn *read; /**< NULL: anything, ignored */
    size_t offset;
    int64_t min; /**< strict_int */
    int64_t max;
};

/** Read an object by its table into the struct at `at`. Members that are not in it are mistakes. */
void strict_object(struct strict *strict,
                   const char *path,
                   json_t *value,
                   const struct strict_member *members,
                   size_t count,
                   void *at);

/** An int64_t from min to max. */
strict_fn strict_int;

/** Is it an array (an object) of at most LIMIT_POLICY_ITEMS? Else a mistake. */
bool strict_is_array(struct strict *strict, const char *path, const json_t *value);
bool strict_is_object(struct strict *strict, const char *path, const json_t *value);

#endif
