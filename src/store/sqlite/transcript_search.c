/*
 * Full-text search over transcripts. The index itself knows who may find a line (its column `scope`), so a search reads
 * what it may show and little else; the call's own columns are asked once more, because they are the truth.
 */
#include "engine.h"
#include "row.h"
#include "search_query.h"
#include "words.h"

#include "core/macros.h"
#include "numbers.h"
#include "voice/resource_id.h"

static const struct column columns[] = {
    COLUMN(INT64, search_row, line.number),
    COLUMN(INT64, search_row, line.call_number),
    COLUMN(INT64, search_row, line.transcription_number),
    COLUMN(INT64, search_row, line.sequence),
    COLUMN(TEXT, search_row, line.track),
    COLUMN(INT64, search_row, line.at_ms),
    COLUMN(INT, search_row, line.confidence),
    COLUMN(TEXT, search_row, line.text),
    COLUMN(TEXT, search_row, transcription_sid),
    COLUMN(TEXT, search_row, recording_sid),
    COLUMN(TEXT, search_row, call_sid),
    COLUMN_OF_WORDS(direction_words, search_row, direction),
    COLUMN(TEXT, search_row, plan),
    COLUMN(TEXT, search_row, from),
    COLUMN(TEXT, search_row, to),
    COLUMN(TEXT, search_row, identity),
};
enum { CALL_RANDOM_AT = ARRAY_LEN(columns), VOICEMAIL_AT, VOICEMAIL_RANDOM_AT };

static char *id_of(enum resource_kind kind,
                   int64_t number,
                   struct statement *statement,
                   int at,
                   struct arena *arena)
{
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    resource_id_format(kind, number, (uint64_t)sqlite3_column_int64(statement->raw, at), id);
    return id;
}

static int
read_found(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct search_row *row = out;
    if (row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err) < 0)
        return -1;
    int64_t voicemail = sqlite3_column_int64(statement->raw, VOICEMAIL_AT);
    row->call_id = id_of(RESOURCE_CALL, row->line.call_number, statement, CALL_RANDOM_AT, arena);
    if (voicemail != 0)
        row->voicemail_id =
            id_of(RESOURCE_VOICEMAIL, voicemail, statement, VOICEMAIL_RANDOM_AT, arena);
    return 0;
}

/* CROSS JOIN keeps the order of the tables: the index first, from the newest line on. */
static const char search_sql[] =
    "SELECT l.number, l.call_number, l.transcription_number, l.sequence, l.track, l.at, "
    "l.confidence, snippet(transcript_search, 0, char(2), char(3), '\xE2\x80\xA6', 24), t.sid, "
    "t.recording_sid, c.root_sid, c.direction, c.plan, c.from_address, c.to_address, c.identity, "
    "c.id_random, v.number, v.id_random "
    "FROM transcript_search CROSS JOIN transcript_lines AS l ON l.number = transcript_search.rowid "
    "CROSS JOIN calls AS c ON c.number = l.call_number "
    "CROSS JOIN transcriptions AS t ON t.number = l.transcription_number "
    "LEFT JOIN voicemails AS v ON v.recording_sid = t.recording_sid AND v.deleted_at = 0 "
    "WHERE transcript_search MATCH ?1 AND transcript_search.rowid < ?2 "
    "AND transcript_search.rowid >= ?3 "
    "AND (?4 OR c.identity = ?5 OR c.owner = ?6 OR c.call_group = ?7) "
    "AND (?8 = 0 OR l.at >= ?8) AND (?9 = 0 OR l.at < ?9) "
    "ORDER BY transcript_search.rowid DESC LIMIT ?10";

static void bind_filter(struct statement *statement, const struct search_filter *filter)
{
    struct number_range range =
        number_range_of(filter->since_ms, filter->until_ms, filter->before_number);
    bool all = filter->owned_by_identity == NULL && filter->owned_by_owner == NULL &&
               filter->owned_by_group == NULL;
    bind_int64(statement, 2, range.before);
    bind_int64(statement, 3, range.lowest);
    bind_int64(statement, 4, all);
    bind_text(statement, 5, filter->owned_by_identity);
    bind_text(statement, 6, filter->owned_by_owner);
    bind_text(statement, 7, filter->owned_by_group);
    bind_int64(statement, 8, filter->since_ms);
    bind_int64(statement, 9, filter->until_ms);
    bind_int64(statement, 10, (int64_t)filter->limit + 1);
}

int sqlite_search_transcripts(struct store_session *s,
                              const struct search_filter *filter,
                              struct arena *arena,
                              struct search_rows *out,
                              struct error *err)
{
    auto_buf struct buf query;
    auto_statement struct statement statement = {0};
    struct search_rows rows = {0};
    void *items = NULL;
    buf_init(&query, SEARCH_QUERY_MAX_BYTES);
    search_query_write(&query, filter);
    ASSERT(!query.overflowed);
    if (filter->owned_by_nobody) {
        *out = rows;
        return 0;
    }
    if (session_statement(s, search_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, query.data);
    bind_filter(&statement, filter);
    if (rows_collect(&statement, read_found, sizeof *rows.items, arena, &items, &rows.count, err) <
        0)
        return -1;
    rows.items = items;
    rows.more = rows.count > filter->limit;
    if (rows.more) {
        rows.count = filter->limit;
        rows.next_before = rows.items[rows.count - 1].line.number;
    }
    *out = rows;
    return 0;
}
