#!/usr/bin/env bash
# docs/operations.md names every event that is logged and every metric, and none that does not exist.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=docs/operations.md
failed=0

# compare WHAT IN-THE-SOURCE ON-THE-PAGE
compare()
{
    local missing gone
    missing=$(comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3"))
    gone=$(comm -13 <(sort -u <<<"$2") <(sort -u <<<"$3"))
    [ -z "$missing" ] || printf '%s lacks the %s: %s\n' "$page" "$1" "$(xargs <<<"$missing")"
    [ -z "$gone" ] || printf '%s describes a %s that is nowhere: %s\n' "$page" "$1" "$(xargs <<<"$gone")"
    [ -z "$missing$gone" ] || failed=1
}

source_files()
{
    find src include -name '*.[ch]' ! -path 'src/simulator*' ! -path 'include/simulator*'
}

# The event is the first text of a call, perhaps chosen between two; comments do not log.
logged=$(source_files | xargs sed -E 's/^ *(\*|\/\*).*//' | tr '\n' ' ' |
    grep -oE 'log_(info|warning|error|debug|write)\([^;"]*"[a-z]+\.[a-z_]+"( : "[a-z]+\.[a-z_]+")?' |
    grep -oE '"[a-z]+\.[a-z_]+"' | tr -d '"')
described=$(awk '/^## /{ inside = /^## The log/ } inside && /^\| `/' "$page" | cut -d'|' -f2 | grep -oE '[a-z]+\.[a-z_]+')
compare event "$logged" "$described"

counted=$(source_files | xargs grep -hoE '"switchhook_[a-z_]+"' | tr -d '"')
described=$(awk '/^## /{ inside = /^## Watching/ } inside && /^\| `switchhook/' "$page" | cut -d'|' -f2 | grep -oE 'switchhook_[a-z_]+')
compare metric "$counted" "$described"
exit "$failed"
