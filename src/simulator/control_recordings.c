/* The control API about recordings: the truth about them, and how their sound is served. */
#include <string.h>

#include "control_request.h"
#include "core/text.h"
#include "recording.h"
#include "script.h"

enum { LIST_MAX = 1000 };

static bool wanted(const struct control *control, const char *name, const char *is)
{
    const char *text = fields_get(control->request->query, name);
    return text_is_empty(text) || strcmp(text, is) == 0;
}

int control_recordings(struct sim *sim, struct control *control)
{
    int64_t limit = LIST_MAX;
    bool hashes = false;
    const struct fields *query = control->request->query;
    const char *given = fields_get(query, "limit");
    if (given && !text_to_int64(given, 1, RECORDINGS_MAX, &limit))
        return control_refuse(control, 422, "limit is 1 to %d", RECORDINGS_MAX);
    given = fields_get(query, "hashes");
    if (given && !text_to_bool(given, &hashes))
        return control_refuse(control, 422, "hashes is true or false");
    json_t *list = json_array();
    bool more = false;
    for (struct recording *one = sim->recordings.first; one; one = one->next) {
        if (!wanted(control, "sid", one->sid) || !wanted(control, "call_sid", one->call_sid) ||
            !wanted(control, "status", recording_word(one)))
            continue;
        more = (int64_t)json_array_size(list) >= limit;
        if (more)
            break;
        json_array_append_new(list, recording_json(sim, one, hashes));
    }
    json_t *json = control_summary(sim);
    json_object_set_new(json, "recordings", list);
    json_object_set_new(json, "more", json_boolean(more));
    return control_answer(control, 200, json);
}

static json_t *ms_or_null(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

int control_media_get(struct sim *sim, struct control *control)
{
    const struct media_setup *media = &sim->media;
    return control_answer(control, 200,
                          json_pack("{s:o, s:I, s:o}", "delay_ms", ms_or_null(media->delay_ms),
                                    "max_s", (json_int_t)media->max_s, "sound_s",
                                    ms_or_null(media->sound_s)));
}

static int check_names(const json_t *body, struct error *err)
{
    static const char *const names[] = {"delay_ms", "max_s", "sound_s"};
    const char *name = NULL;
    const json_t *value = NULL;
    if (!json_is_object(body))
        return error_set(err, ERROR_INVALID, "an object with delay_ms, max_s, sound_s");
    json_object_foreach((json_t *)body, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            known |= strcmp(names[i], name) == 0;
        if (!known)
            return error_field(err, name, "media knows no '%s'", name);
    }
    return 0;
}

/* What is not named stays as it was. Recordings that have begun keep what was then. */
int control_media_put(struct sim *sim, struct control *control)
{
    struct media_setup media = sim->media;
    struct error err = {0};
    const json_t *sound = json_object_get(control->body, "sound_s");
    if (json_is_null(sound)) {
        media.sound_s = -1;
        sound = NULL;
    }
    if (check_names(control->body, &err) < 0 ||
        script_read_ms(control->body, "delay_ms", &media.delay_ms, &err) < 0 ||
        script_read_seconds(json_object_get(control->body, "max_s"), "max_s", &media.max_s, &err) <
            0 ||
        script_read_seconds(sound, "sound_s", &media.sound_s, &err) < 0)
        return control_refuse(control, 422, "%s", err.message);
    sim->media = media;
    return control_media_get(sim, control);
}
