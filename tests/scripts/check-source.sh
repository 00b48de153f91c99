#!/usr/bin/env bash
# The source checks: this tree passes them, and each rule finds what it is there to find.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# finds PATH WORDS TEXT: a file with that text is reported with those words.
finds()
{
    local path=$1 words=$2 text=$3 said
    mkdir -p "$tree/$(dirname "$path")"
    printf '%s\n' "$text" >"$tree/$path"
    if said=$(scripts/check-source "$tree" 2>/dev/null) || ! grep -qF -- "$words" <<<"$said"; then
        printf 'not found in %s: %s\n' "$path" "$text"
        failed=1
    fi
    rm "$tree/$path"
}

# allows PATH TEXT: a file with that text is not reported.
allows()
{
    local path=$1 text=$2 said
    mkdir -p "$tree/$(dirname "$path")"
    printf '%s\n' "$text" >"$tree/$path"
    if ! said=$(scripts/check-source "$tree" 2>/dev/null); then
        printf 'wrongly found in %s: %s\n  %s\n' "$path" "$text" "$said"
        failed=1
    fi
    rm "$tree/$path"
}

in_c=src/voice/a.c
for call in strcpy strcat strncpy sprintf vsprintf strtok atoi atol gmtime localtime ctime rand srand random strerror gets \
    system popen malloc calloc realloc strdup asprintf; do
    finds "$in_c" "" "    $call(x);"
    finds "$in_c" "$in_c:1: " "    $call (x);"
done
allows "$in_c" "/* never call malloc(x) or atoi(x) here, see the goto in localtime(t) */"
allows "$in_c" "    say(\"strcpy(a, b)\", strtok_r(a, b, &c), gmtime_r(&t, &tm), snprintf(a, 1, \"%d\", 2));"
allows src/core/xmalloc.c "    void *p = malloc(size);"
allows tests/voice/a_test.c "    void *p = malloc(size);"
finds tests/voice/a_test.c "core/text.h" "    atoi(x);"
finds include/voice/a.h "by attribute" "#define OUT goto out"
finds "$in_c" "called by their name" "typedef struct thing thing;"
finds "$in_c" "while debugging" "int x; // why"
allows "$in_c" "    say(\"http://localhost\"); /* see http://localhost */"
allows "$in_c" "int x; // NOLINT(cert-err33-c)"
finds "$in_c" "a sentence" "/* TODO later */"
allows "$in_c" "/* TODO: drop this when Debian 12 is history */"
finds "$in_c" "mend it" "/* FIXME */"

finds src/api/a.c "src/http/ alone" "#include <microhttpd.h>"
finds src/api/a.c "src/store/sqlite/ alone" "#include <sqlite3.h>"
finds include/store/a.h "src/store/sqlite/ alone" "#include <sqlite3.h>"
finds src/api/a.c "src/net/ alone" "#include <curl/curl.h>"
finds src/twilio/a.c "src/crypto/ alone" "#include <openssl/hmac.h>"
finds src/api/a.c "src/crypto/ alone" "#include <jwt.h>"
finds src/api/a.c "src/twilio/ alone" "#include <libxml/tree.h>"
finds src/voice/a.c "jansson stays outside" "#include <jansson.h>"
allows src/http/a.c "#include <microhttpd.h>"
allows src/store/sqlite/a.c "#include <sqlite3.h>"
allows src/api/a.c "#include <jansson.h>"
allows tests/bench/a.c "#include <microhttpd.h>"

finds tests/node/a.mjs "node 18 lacks it" "const here = import.meta.dirname;"

# Written in two pieces, so that this file itself stays clean.
finds docs/a.md "somebody's machine" "see /ho""me/me/x"
allows docs/a.md "kept in /var/lib/switchhook, found at https://example.com/ho""me/x"
finds tests/node/package-lock.json "omit-lockfile" '{"resol''ved": "https://example.com/x.tgz"}'
finds docs/a.md "private key" "-----BEGIN RSA PRIV""ATE KEY-----"
finds docs/a.md "signed token" "eyJhbGciOiJIUzI1NiIsInR5.""eyJzdWIiOiIxMjM0NTY3ODkwIi.dozjgNryP4J3jVmNHl0w5N"
finds tests/a.mjs "API key" "shk_01_""k7Qm2Zt9Wx4Vb8Nc1Lp6Rf3Hs5Jd0GyKm"
finds tests/a.mjs "a SID that looks real" "AC""9f3c71d2e84b06a5c19d7e2f4b8063ad"
allows tests/a.mjs "AC00000000000000000000000000000001 AC0123456789abcdef0123456789abcdef"
finds config/a "a secret that looks real" "TWILIO_AUTH_TOKEN=""9f3c71d2e84b06a5c19d7e2f4b8063ad"
for number in +1415777""0100 +1212555""0199 +4930""1234567; do
    case $number in
    +12125550199) allows docs/a.md "call $number" ;;
    *) finds docs/a.md "somebody's" "call $number" ;;
    esac
done
allows docs/a.md "call +15005550006, +14155550100, or +0123456789, which is none"

[ "$failed" = 0 ] || exit 1
exec scripts/check-source
