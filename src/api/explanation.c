#include "api/explanation.h"

#include "json_values.h"
#include "parameters_json.h"

json_t *explanation_entry(const struct timeline_row *row, const struct explanation_view *view)
{
    auto_arena struct arena *arena = arena_create();
    json_t *entry =
        json_pack("{s:o, s:o, s:s, s:s, s:o, s:s, s:I, s:o, s:o}", "at", time_or_null(row->at_ms),
                  "happened_at", time_or_null(explain_happened_at(row)), "kind",
                  timeline_kind_text(row->kind), "source", explain_source(row), "effect",
                  text_or_null(row->effect), "summary", explain_summary(row, view->numbers, arena),
                  "repeats", (json_int_t)row->repeats, "route", text_or_null(row->route), "leg_sid",
                  text_or_null(row->leg_sid));
    if (!view->parameters)
        return entry;
    json_t *parameters = json_of_parameters(row->raw);
    if (!view->recordings)
        json_without_recordings(parameters);
    json_object_set_new(entry, "answer", json_of_parameters(row->answer));
    json_object_set_new(entry, "parameters", parameters);
    return entry;
}

json_t *explanation_findings(const struct findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "code", finding_code(finding->kind),
                            "weight", finding_weight_text(finding->kind), "at",
                            time_or_null(finding->at_ms), "leg_sid", text_or_null(finding->leg_sid),
                            "text", finding->text, "advice",
                            text_or_null(finding_advice(finding->kind))));
    }
    return list;
}
