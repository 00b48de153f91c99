#!/usr/bin/env bash
# The examples of docs/api.md, run as they stand against server and simulator, and its JSON compared with what is really answered.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${SWITCHHOOK_BUILD:-build/dev}
page=docs/api.md

for tool in curl jq; do
    command -v "$tool" >/dev/null || {
        echo "skipped: no $tool"
        exit 77
    }
done
for program in switchhook switchhook-sim; do
    [ -x "$build/$program" ] || {
        echo "skipped: no $build/$program"
        exit 77
    }
done

top=$(mktemp -d)
server="" simulator=""
finish()
{
    local status=$?
    trap - EXIT
    for pid in $server $simulator; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [ "$status" = 0 ] || tail -n 20 "$top"/*.log
    rm -rf "$top"
    exit "$status"
}
trap finish EXIT

# ---- server and simulator, wired to each other ------------------------------------------------------------------

hex()
{
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# What matches in the first such line of FILE, once it is there or the program has ended: wait_for PID FILE PATTERN
wait_for()
{
    grep -m1 -oP "$3" < <(exec timeout 60 tail -n +1 -f --pid="$1" "$2")
}

start_simulator()
{
    : >"$top/simulator.log"
    "$build/switchhook-sim" --listen 127.0.0.1:0 --speed 20 --deliver-to "$1" --voice-url "$1/twiml" \
        --status-url "$1/webhooks/call-status" >>"$top/simulator.log" 2>&1 &
    simulator=$!
    SIM=http://$(wait_for $! "$top/simulator.log" 'listening on \K[0-9.:]+')
}

start_server()
{
    export TWILIO_API_BASE_URL=$SIM SWITCHHOOK_LISTEN=${BASE#http://} SWITCHHOOK_ADMIN_LISTEN=127.0.0.1:0
    : >"$top/server.log"
    "$build/switchhook" serve >>"$top/server.log" 2>&1 &
    server=$!
    wait_for $! "$top/server.log" 'server[.]ready' >/dev/null
}

start()
{
    for name in $(compgen -e); do
        [[ ! $name =~ ^(TWILIO_|SWITCHHOOK_) ]] || unset "$name"
    done
    export TWILIO_ACCOUNT_SID=AC$(hex) TWILIO_AUTH_TOKEN=$(hex) TWILIO_API_KEY_SID=SK$(hex) TWILIO_API_KEY_SECRET=$(hex) \
        TWILIO_TWIML_APP_SID=AP$(hex) TWILIO_PHONE_NUMBER=+15005550006 SWITCHHOOK_DATABASE=$top/switchhook.db
    local try
    for try in 1 2 3; do # the port may be taken
        BASE=http://127.0.0.1:$((20000 + RANDOM % 10000))
        export TWILIO_WEBHOOK_BASE_URL=$BASE
        start_simulator "$BASE"
        start_server && break
        kill "$simulator" && wait "$simulator" || true
        [ "$try" -lt 3 ] || exit 1
    done
    KEY=$("$build/switchhook" key create --name examples --scopes all 2>>"$top/server.log")
    ask --retry 20 --retry-delay 1 --retry-all-errors "$BASE/calls" >/dev/null 2>&1 # until the key is noticed
}

ask()
{
    curl -sS --fail-with-body --max-time 30 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" "$@"
}

# ---- the page -----------------------------------------------------------------------------------------------------

# blocks LANGUAGE: what stands in the page's blocks of that language, each after a line "#---".
blocks()
{
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; print "#---"; next } /^```/ { inside = 0 } inside' "$page"
}

# All blocks of shell in one shell, as a reader would paste them; a request that is refused ends it.
run_examples()
{
    {
        printf 'curl() { command curl --fail-with-body --max-time 30 "$@"; }\n'
        blocks sh
    } >"$top/examples.sh"
    BASE=$BASE SIM=$SIM KEY=$KEY bash -euo pipefail "$top/examples.sh" >"$top/examples.log" 2>&1
    echo "$(grep -c 'curl -s' "$top/examples.sh") requests of $page work"
}

# example N: the page's N-th block of JSON.
example()
{
    blocks json | awk -v n="$1" '/^#---$/ { i++; next } i == n'
}

# same_members NAME EXAMPLE ANSWER
same_members()
{
    diff <(jq -r 'keys_unsorted | sort[]' <<<"$2") <(jq -r 'keys_unsorted | sort[]' <<<"$3") ||
        { echo "$page: the example of $1 (<) has other members than the answer (>)" && return 1; }
}

start
run_examples
same_members "a token" "$(example 1)" "$(ask "$BASE/token" -d '{"identity":"alice"}')"
same_members "a call" "$(example 2)" "$(ask "$BASE/calls" -d '{"to":"+14155550101"}')"
refusal=$(ask "$BASE/calls" -d '{"to":"14155550101"}' 2>/dev/null || true)
diff <(jq -S 'del(.request_id)' <<<"$(example 3)") <(jq -S 'del(.request_id)' <<<"$refusal")
echo "the JSON of $page is what is answered"
