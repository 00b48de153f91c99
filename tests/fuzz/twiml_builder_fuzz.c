/*
 * Any order of calls with any text: the builder refuses, or writes a document that the reader reads
 * without complaint.
 *
 * The input is a program: one byte says what to do, the next one with which element or attribute,
 * and text goes up to the next NUL.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/macros.h"
#include "twilio/twiml_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct program {
    const uint8_t *at;
    const uint8_t *end;
    struct arena *arena;
};

static unsigned next_byte(struct program *program)
{
    return program->at == program->end ? 0 : *program->at++;
}

static const char *next_text(struct program *program)
{
    size_t left = (size_t)(program->end - program->at);
    const uint8_t *nul = left == 0 ? NULL : memchr(program->at, '\0', left);
    size_t len = nul == NULL ? left : (size_t)(nul - program->at);
    const char *text = arena_copy(program->arena, program->at, len);
    program->at += nul == NULL ? len : len + 1;
    return text;
}

static const char *next_attribute(struct program *program)
{
    static const char *const names[] = {
        "action",      "callerId", "record",   "timeout", "statusCallbackEvent",
        "finishOnKey", "name",     "value",    "url",     "waitUrl",
        "voice",       "input",    "xml:lang", "hints",
    };

    return names[next_byte(program) % ARRAY_LEN(names)];
}

static void step(struct program *program, struct twiml *t)
{
    switch (next_byte(program) % 6) {
    case 0:
        twiml_open(t, (enum twiml_element)(next_byte(program) % (TWIML_UNKNOWN + 1)));
        break;
    case 1:
        twiml_close(t);
        break;
    case 2: {
        const char *name = next_attribute(program);
        twiml_set(t, name, next_text(program));
        break;
    }
    case 3:
        twiml_text(t, next_text(program));
        break;
    case 4:
        twiml_say(t, NULL, NULL, next_text(program));
        break;
    default: {
        const char *name = next_text(program);
        twiml_parameter(t, name, next_text(program));
        break;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    struct program program = {data, data + size, arena};
    auto_twiml struct twiml *t = twiml_create(arena);
    while (program.at < program.end)
        step(&program, t);
    const char *xml = NULL;
    size_t len = 0;
    struct error err = {0};
    if (twiml_finish(t, &xml, &len, &err) < 0) {
        ASSERT(err.kind != ERROR_NONE && xml == NULL);
        return 0;
    }
    ASSERT(len <= LIMIT_TWIML_BYTES && strlen(xml) == len);
    struct twiml_document document = {0};
    ASSERT(twiml_read(xml, len, arena, &document, &err) == 0);
    ASSERT(document.warnings == NULL);
    return 0;
}
