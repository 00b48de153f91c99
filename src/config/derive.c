/* Defaults that are computed. */
#include <string.h>

#include "core/text.h"
#include "load_state.h"
#include "url.h"

/* ---- the database ---- */

/** A directory from the environment: absolute, else it does not count (XDG Base Directory
 * Specification). */
static const char *directory_from(const struct load *load, const char *name)
{
    struct source_value value;
    if (!sources_get(&load->sources, name, &value) || value.text[0] != '/')
        return NULL;
    /* systemd separates several state directories by colons */
    return arena_copy(load->arena, value.text, strcspn(value.text, ":"));
}

static void derive_database(struct load *load)
{
    struct config_store *store = &load->config->store;
    struct arena *arena = load->config->arena;
    const char *state = directory_from(load, "STATE_DIRECTORY");
    const char *xdg = directory_from(load, "XDG_STATE_HOME");
    const char *home = directory_from(load, "HOME");
    if (store->database != NULL)
        return;
    if (state != NULL)
        store->database = arena_printf(arena, "%s/switchhook.db", state);
    else if (xdg != NULL)
        store->database = arena_printf(arena, "%s/switchhook/switchhook.db", xdg);
    else if (home != NULL)
        store->database = arena_printf(arena, "%s/.local/state/switchhook/switchhook.db", home);
}

/* ---- recordings ---- */

/* Next to the database, which is in the state directory unless somebody wanted it elsewhere. */
static void derive_storage(struct load *load)
{
    struct config_storage *storage = &load->config->storage;
    struct arena *arena = load->config->arena;
    const char *database = load->config->store.database;
    const char *slash = database == NULL ? NULL : strrchr(database, '/');
    struct error err = {0};
    if (storage->directory == NULL && database != NULL)
        storage->directory = arena_printf(
            arena, "%.*srecordings", slash == NULL ? 0 : (int)(slash + 1 - database), database);
    if (storage->s3.endpoint.text != NULL || storage->s3.region == NULL)
        return;
    const char *text = arena_printf(arena, "https://s3.%s.amazonaws.com", storage->s3.region);
    if (url_parse(text, arena, &storage->s3.endpoint, &err) == 0)
        return;
    config_report_mistake(load->report,
                          &(struct config_mistake){
                              .variable = "SWITCHHOOK_S3_REGION",
                              .problem = "it cannot be a part of a host name",
                              .expected = "letters, digits and dashes, e.g. eu-central-1",
                          });
}

/* ---- the folder of documents ---- */

static void derive_directory(struct load *load)
{
    struct config_files *files = &load->config->files;
    if (files->directory == NULL)
        files->directory =
            arena_strdup(load->config->arena, directory_from(load, "CONFIGURATION_DIRECTORY"));
}

/* ---- the REST API ---- */

/** Twilio's own: api[.edge][.region].twilio.com; an edge alone means region us1. Source: Twilio,
 * "Regional API". */
static void derive_api_base(struct load *load)
{
    struct config_twilio *twilio = &load->config->twilio;
    const bool has_edge = twilio->edge != NULL;
    const char *region = twilio->region == NULL && has_edge ? "us1" : twilio->region;
    struct error err = {0};
    if (twilio->api_base_url.text != NULL)
        return;
    const char *text = arena_printf(load->arena, "https://api%s%s%s%s.twilio.com",
                                    has_edge ? "." : "", has_edge ? twilio->edge : "",
                                    region != NULL ? "." : "", region != NULL ? region : "");
    if (url_parse(text, load->config->arena, &twilio->api_base_url, &err) == 0)
        return;
    config_report_mistake(load->report,
                          &(struct config_mistake){
                              .variable = has_edge ? "TWILIO_EDGE" : "TWILIO_REGION",
                              .problem = "it cannot be a part of a host name",
                              .expected = "letters, digits and dashes, e.g. ie1 or dublin",
                          });
}

void derive_defaults(struct load *load)
{
    derive_database(load);
    derive_storage(load);
    derive_directory(load);
    derive_api_base(load);
}
