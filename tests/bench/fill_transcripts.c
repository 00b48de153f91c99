/*
 * A database with what was said: calls of a hundred identities, each with a transcript of a hundred lines. Words are as
 * frequent as words are: the second half as often as the first, the third a third of it. One is said twenty times in all.
 *
 *   fill_transcripts FILE LINES      prints `RESULT`, lines per second, and microseconds of CPU for each
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <time.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/random.h"
#include "core/wall_clock.h"
#include "store_sqlite/store_sqlite.h"
#include "voice/resource_id.h"

enum {
    LINES_PER_CALL = 100,
    CALLS_PER_UNIT = 20,
    LINES_MAX = 100 * 1000 * 1000,
    IDENTITIES = 100,
    VOCABULARY = 20000,
    WORDS_PER_LINE = 12,
    RARE_LINES = 20, /* of all, hold the word that nobody else says */
    MS_BETWEEN_CALLS = 300 * 1000,
    MS_BETWEEN_LINES = 2000,
    TEXT_MAX = 400
};

#define ACCOUNT "AC00000000000000000000000000000001"
#define RARE_WORD " zucchini"

struct filling {
    long lines;
    long first; /* line of this unit */
    int64_t start_ms;
};

/* Every run has the same words. */
static double next_fraction(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / (double)(UINT64_C(1) << 53);
}

/* "ba" is the most frequent, then "be"; the longer, the rarer. */
static void write_word(struct buf *out, unsigned rank)
{
    static const char consonants[] = "bcdfghjklmnprstvwxyz";
    static const char vowels[] = "aeiou";
    do {
        (void)buf_append(out, &consonants[rank % 100 / 5], 1);
        (void)buf_append(out, &vowels[rank % 5], 1);
        rank /= 100;
    } while (rank > 0);
}

static void write_line(struct buf *out, const struct filling *filling, long index)
{
    for (int i = 0; i < WORDS_PER_LINE; i++) {
        (void)buf_puts(out, i > 0 ? " " : "");
        write_word(out, (unsigned)exp(next_fraction() * log(VOCABULARY)) - 1);
    }
    if (index % (filling->lines / RARE_LINES + 1) == 0)
        (void)buf_puts(out, RARE_WORD);
}

static int add_call(struct store_tx *tx,
                    int64_t created_ms,
                    long index,
                    struct arena *arena,
                    struct transcription_row *out,
                    struct error *err)
{
    char id[RESOURCE_ID_BYTES];
    int64_t number = created_ms << 20;
    resource_id_format(RESOURCE_CALL, number, random_u64(), id);
    struct call_row call = {
        .number = number,
        .id = id,
        .account_sid = ACCOUNT,
        .root_sid = arena_printf(arena, "CAeeeeeeee%024lx", (unsigned long)index),
        .direction = CALL_DIRECTION_INBOUND,
        .placement = CALL_PLACEMENT_PLACED,
        .root = {.status = CALL_STATUS_COMPLETED, .sequence = 1, .ended_at_ms = created_ms},
        .outcome = CALL_OUTCOME_ANSWERED,
        .from = "+14155550100",
        .to = "+15005550006",
        .identity = arena_printf(arena, "user%ld", index % IDENTITIES),
        .created_at_ms = created_ms,
        .heard_at_ms = created_ms,
    };
    *out = (struct transcription_row){
        .sid = arena_printf(arena, "GTeeeeeeee%024lx", (unsigned long)index),
        .account_sid = ACCOUNT,
        .call_number = number,
        .status = "stopped",
        .started_at_ms = created_ms,
        .ended_at_ms = created_ms + (int64_t)LINES_PER_CALL * MS_BETWEEN_LINES,
    };
    return store_insert_call(tx, &call, err) < 0 ? -1 : store_put_transcription(tx, out, err);
}

static int add_line(struct store_tx *tx,
                    const struct filling *filling,
                    const struct transcription_row *of,
                    long index,
                    struct error *err)
{
    auto_buf struct buf text;
    buf_init(&text, TEXT_MAX);
    write_line(&text, filling, index);
    int64_t sequence = index % LINES_PER_CALL;
    struct transcript_line_row line = {
        .call_number = of->call_number,
        .transcription_number = of->number,
        .sequence = sequence + 1,
        .track = sequence % 2 == 0 ? "inbound_track" : "outbound_track",
        .at_ms = of->started_at_ms + sequence * MS_BETWEEN_LINES,
        .confidence = 900,
        .text = text.data,
    };
    return store_insert_transcript_line(tx, &line, err);
}

static int add_unit(struct store_tx *tx, void *work, struct error *err)
{
    const struct filling *filling = work;
    auto_arena struct arena *arena = arena_create();
    struct transcription_row transcription = {0};
    for (long i = filling->first;
         i < filling->lines && i < filling->first + CALLS_PER_UNIT * LINES_PER_CALL; i++) {
        long call = i / LINES_PER_CALL;
        if (i % LINES_PER_CALL == 0 && add_call(tx, filling->start_ms + call * MS_BETWEEN_CALLS,
                                                call, arena, &transcription, err) < 0)
            return -1;
        if (add_line(tx, filling, &transcription, i, err) < 0)
            return -1;
    }
    return 0;
}

static int fill(const char *path, long lines, struct error *err)
{
    struct store *store = NULL;
    struct store_sqlite_settings settings = {.path = path};
    if (store_sqlite_open(&settings, &store, err) < 0)
        return -1;
    int result = 0;
    int64_t ago_ms = (lines / LINES_PER_CALL + 2) * MS_BETWEEN_CALLS;
    struct filling filling = {.lines = lines,
                              .start_ms = wall_clock_now_ms(wall_clock_real()) - ago_ms};
    for (; filling.first < lines && result == 0; filling.first += CALLS_PER_UNIT * LINES_PER_CALL)
        result = store_apply(store, add_unit, &filling, err);
    store_close(store);
    return result;
}

int main(int argc, char **argv)
{
    long lines = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (lines <= 0 || lines > LINES_MAX) {
        (void)fprintf(stderr, "usage: fill_transcripts FILE LINES\n");
        return 2;
    }
    struct error err = {0};
    int64_t start_ms = monotonic_ms();
    if (fill(argv[1], lines, &err) < 0) {
        (void)fprintf(stderr, "fill_transcripts: %s\n", err.message);
        return 1;
    }
    double cpu_us = (double)clock() * 1e6 / CLOCKS_PER_SEC;
    printf("RESULT %.0f %.1f\n", (double)lines * 1e3 / (double)(monotonic_ms() - start_ms + 1),
           cpu_us / (double)lines);
    return 0;
}
