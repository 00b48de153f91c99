#!/usr/bin/env bash
# The pages are true where a machine can tell: links lead somewhere, what is in the tables of docs/operations.md and docs/api.md is
# what the source has (no more, no less), every path is described, and every option that is named exists.
set -euo pipefail
cd "$(dirname "$0")/../.."
shopt -s globstar nullglob
failed=0

complain()
{
    printf '%s\n' "$*"
    failed=1
}

# compare PAGE WHAT IN-THE-SOURCE ON-THE-PAGE: two lists, one item per line, are the same set.
compare()
{
    local missing gone
    missing=$(comm -23 <(sort -u <<<"$3") <(sort -u <<<"$4"))
    gone=$(comm -13 <(sort -u <<<"$3") <(sort -u <<<"$4"))
    [ -z "$missing" ] || complain "$1 lacks the $2:"$'\n'"$missing"
    [ -z "$gone" ] || complain "$1 has a $2 that is not in the source:"$'\n'"$gone"
}

source_files()
{
    find src include -name '*.[ch]' ! -path 'src/simulator*' ! -path 'include/simulator*' | sort
}

# First column, between backticks, of the rows of a table that begin with a word of this form.
first_column()
{
    grep -oE "^\| \`$2\`" "$1" | tr -d '| `'
}

# ---- links ---------------------------------------------------------------------------------------------------

# The anchors of a page's headings, as forges make them: lower case, no marks, dashes for spaces.
anchors()
{
    sed -nE 's/^#+ //p' "$1" | tr 'A-Z' 'a-z' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

check_link()
{
    local page=$1 link=$2 target
    target=$(realpath -m --relative-to=. "$(dirname "$page")/${link%%#*}")
    [[ $link != '#'* ]] || target=$page
    if [ ! -e "$target" ]; then
        complain "$page: leads nowhere: $link"
    elif [[ $link == *'#'* && $target == *.md ]] && ! anchors "$target" | grep -qxF -- "${link#*#}"; then
        complain "$page: $target has no such heading: $link"
    fi
}

for page in README.md docs/**/*.md; do
    while IFS= read -r link; do
        check_link "$page" "$link"
    done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^[a-z]+:' || true)
done

# ---- decisions -----------------------------------------------------------------------------------------------

# Others refer to a decision by its number: one for each, and the same in name and heading.
for number in $(basename -a docs/decisions/[0-9]*.md | cut -c1-4 | sort | uniq -d); do
    complain "two decisions have the number $number: the later one takes the next that is free"
done
for page in docs/decisions/[0-9]*.md; do
    [[ $page == */0000-* ]] || grep -q "^# $(basename "$page" | cut -c1-4): " "$page" || complain "$page: its heading has another number"
done

compare docs/decisions/README.md decision \
    "$(for page in docs/decisions/[0-9]*.md; do sed -nE "1s|^# ([0-9]{4}): (.*)|[\1](${page##*/}) \2|p" "$page"; done | grep -v '^\[0000\]')" \
    "$(sed -nE 's/^\| (\[[0-9]{4}\]\([^)]+\)) \| (.*) \|$/\1 \2/p' docs/decisions/README.md)"

# ---- metrics -------------------------------------------------------------------------------------------------

operations=docs/operations.md
registered=$(source_files | xargs grep -hoE '"switchhook_[a-z_]+"' | tr -d '"')
compare $operations metric "$registered" "$(first_column $operations 'switchhook_[a-z_]+')"
for name in $(grep -ohE 'switchhook_[a-z_]+' docs/**/*.md | sort -u); do
    grep -qxF "$name" <<<"$registered" || complain "there is no metric $name"
done

# ---- log events: name, level and fields -----------------------------------------------------------------------

# What a statement logs, as lines `event level field`; an event without fields cannot be.
fields_of()
{
    local level=$1 statement=$2 event key
    for event in $(grep -oE '"[a-z]+\.[a-z_]+"' <<<"$statement" | tr -d '"'); do
        for key in $(grep -oE 'LOG_[A-Z]+\( *"[a-z_]+"' <<<"$statement" | grep -oE '"[a-z_]+"' | tr -d '"'); do
            printf '%s %s %s\n' "$event" "$level" "$key"
        done
    done
}

# The body of a file on one line, without the comments that begin lines.
flat()
{
    sed -E 's/^ *(\/\*|\*).*//' "$1" | tr '\n' ' '
}

logged()
{
    local file statement level key
    for file in $(source_files); do
        flat "$file" | grep -oE '\blog_(debug|info|warning|error)\([^;]*"[a-z]+\.[a-z_]+"[^;]*;' || true
    done | while IFS= read -r statement; do
        level=${statement#log_}
        fields_of "${level%%(*}" "$statement"
    done
    # Some are put together in other ways: the access log, lines that are missing, and recordings that end without a sound.
    fields_of info "\"http.request\" $(flat src/http/access_log.c)"
    for key in $(source_files | xargs cat | grep -oE 'request_note\([a-z]+, "[a-z_]+"' | grep -oE '"[a-z_]+"' | tr -d '"'); do
        printf 'http.request info %s\n' "$key"
    done
    statement=$(flat src/jobs/handlers/fetch_recording.c | grep -oE 'log_info\(event,[^;]*;')
    for key in $(flat src/jobs/handlers/fetch_recording.c | grep -oE '"recording\.[a-z_]+"(, err| : "recording\.[a-z_]+")' | grep -oE '"recording\.[a-z_]+"'); do
        level=info
        [ "$key" != '"recording.failed"' ] || level=warning
        fields_of "$level" "$key $statement"
    done
    fields_of warning "\"log.dropped\" $(flat src/core/log.c | grep -oE 'fields\[\] = \{LOG_INT\("lines"')"
}

# Rows | `event` | level | `field` `field` | ...
described()
{
    local event level fields field
    grep -E '^\| `[a-z]+\.[a-z_]+` \| (debug|info|warning|error) \|' $operations | tr -d '`' | while IFS='|' read -r _ event level fields _; do
        for field in $fields; do
            echo $event $level "$field"
        done
    done
}

compare $operations 'event, level and field' "$(logged)" "$(described)"

# ---- jobs ----------------------------------------------------------------------------------------------------

# Rows | `kind`, `kind` | `lane` | ...
compare $operations 'job and its lane' \
    "$(sed -nE 's/^ +X\([A-Z_]+, "([a-z_]+)", ([A-Z]+)\).*/\1 \L\2/p' include/store/store.h)" \
    "$(sed -nE 's/^\| (`[a-z_`, ]+`) \| `(calls|media|truth|clearing)` \|.*/\1 \2/p' $operations | tr -d '`,' | while read -ra row; do printf "%s ${row[-1]}\n" "${row[@]::${#row[@]}-1}"; done)"

# ---- the API -------------------------------------------------------------------------------------------------

# A path is described where it stands in a heading, a table or the text, between backticks, perhaps behind its method.
described_path()
{
    grep -qE "\`([A-Z, \`]+ )?${1//[\{\}]/.}\`" "${@:2}"
}

for path in $(grep -hoE '"/[a-z][a-z0-9/{}._*-]*"' src/api/*.c src/webhooks/*.c | tr -d '"' | grep -v '{$' | sort -u); do
    described_path "$path" docs/api.md docs/webhooks.md $operations || complain "no page describes the route $path"
done

codes=$(sed -nE 's/^ +X\([A-Z_]+, [0-9]+, "([a-z-]+)".*/\1/p' include/core/error.h)
compare docs/api.md 'problem code' "$codes" "$(grep -E '^\| `[a-z-]+` \| [0-9]{3} \|' docs/api.md | tr -d '`' | cut -d' ' -f2)"

scopes=$(sed -nE 's/^ +X\([A-Z_]+, "([a-z]+:[a-z-]+)"\).*/\1/p' include/app/caller.h)
nouns=$(cut -d: -f1 <<<"$scopes" | sort -u | paste -sd '|')
compare docs/api.md scope "$scopes" "$(grep -ohE '`[a-z]+:[a-z-]+`' docs/api.md | tr -d '`' | grep -E "^($nouns):" || true)"

reasons=$(sed -nE 's/^ +X\([A-Z_]+, "([a-z-]+)".*/\1/p' include/voice/decision.h | grep -vE '^(hangup|greet|menu|menu-fallback|dial-number|dial-client|say|reject|reject-busy|voicemail|voicemail-taken|announce|continue|apologise)$')
for reason in $reasons; do
    grep -q "\`$reason\`" docs/webhooks.md || complain "docs/webhooks.md lacks the reason $reason"
done

# ---- options -------------------------------------------------------------------------------------------------

known=$(grep -ohE '"(SWITCHHOOK|TWILIO)_[A-Z_]+"' src/config/*.c src/config/*.h | tr -d '"' | sort -u)
for name in $(grep -ohE '`(SWITCHHOOK|TWILIO)_[A-Z_]*[A-Z]\b' README.md docs/**/*.md | tr -d '`' | sort -u); do
    grep -qxF "$name" <<<"$known" || complain "there is no option $name"
done
exit "$failed"
