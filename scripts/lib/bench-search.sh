# shellcheck shell=bash disable=SC2034 # scripts/bench reads what is found
# The part of scripts/bench about transcripts. Sourced by it; what is not here is there.

SEARCHES=10 # at once
declare -A FOUND

make_transcripts()
{
    TRANSCRIPTS=$DIR/transcripts-$LINES.db
    [ ! -e "$TRANSCRIPTS" ] || [ "$BIN/fill_transcripts" -nt "$TRANSCRIPTS" ] || return 0
    say "filling a database with $LINES lines of transcripts"
    rm -f "$TRANSCRIPTS"*
    "$BIN/fill_transcripts" "$TRANSCRIPTS.new" "$LINES" >"$DIR/transcripts-$LINES.txt"
    mv "$TRANSCRIPTS.new" "$TRANSCRIPTS"
}

# searched NAME QUERY
searched()
{
    printf 'GET /search?%s\n' "$2" >"$DIR/targets"
    BENCH_TARGETS=$DIR/targets BENCH_KEY=$KEY row "$1" "$SEARCHES" "$BASE/"
    FOUND[$1]=${P99[$1@$SEARCHES]}
}

# Somebody looks for something twenty times in a second: everything that is measured above, in turn.
keep_searching()
{
    BENCH_THREADS=1 BENCH_DELAY_MS=500 BENCH_TARGETS=$DIR/searches BENCH_KEY=$KEY \
        exec wrk -t 1 -c "$SEARCHES" -d 600 -s tests/bench/requests.lua "$BASE/" >/dev/null 2>&1
}

# The words are those of tests/bench/fill_transcripts.c.
SEARCH_ROWS=(
    "a rare word|q=zucchini"
    "a word of every other line|q=ba"
    "the same, of one person|q=ba&identity=user7"
    "a rare word, of one person|q=zucchini&identity=user7"
    "a beginning of two letters|q=mo*"
    "a beginning, of one person|q=mo*&identity=user7"
    "two common words|q=ba+be"
    "a phrase|q=%22ba+be%22"
)

measure_search()
{
    local one insert cpu _result
    rm -f "$DIR"/search.db*
    cp --reflink=auto "$TRANSCRIPTS" "$DIR/search.db"
    sync "$DIR/search.db"
    start_server "$DIR/search.db"
    printf '\n'
    print_head
    : >"$DIR/searches"
    for one in "${SEARCH_ROWS[@]}"; do
        searched "search: ${one%%|*}" "${one#*|}"
        printf 'GET /search?%s\n' "${one#*|}" >>"$DIR/searches"
    done
    read -r _result insert cpu <"$DIR/transcripts-$LINES.txt"
    printf '%-40s %s lines/s when it was filled, %s us CPU each\n' "$LINES lines" "$insert" "$cpu"
    beside "20 searches/s" keep_searching
    stop
    rm -f "$DIR"/search.db*
}
