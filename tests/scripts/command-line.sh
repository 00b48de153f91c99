#!/usr/bin/env bash
# What an operator sees before anything runs: the help of each subcommand, and what `check` says about settings and, online,
# about the account that the simulator plays.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "${SWITCHHOOK_BUILD:-build/dev}")
[ -x "$bin/switchhook" ] && [ -x "$bin/switchhook-sim" ] || {
    echo "skipped: the programs are not built in $bin"
    exit 77
}
sample=$PWD/config # of a policy
folder=$(mktemp -d)
sim=""
trap '[ -z "$sim" ] || { kill "$sim" && wait "$sim" || true; }; rm -rf "$folder"' EXIT
cd "$folder"
failed=0

# expect STATUS PATTERN COMMAND...: how it ends, and a line of standard output.
expect()
{
    local status=0 said
    said=$("${@:3}" 2>"$folder/stderr") || status=$?
    if [ "$status" != "$1" ] || ! grep -qE -- "$2" <<<"$said"; then
        printf 'not status %s and "%s" but %s: %s\n%s\n' "$1" "$2" "$status" "${*:3}" "$said"
        cat "$folder/stderr"
        failed=1
    fi
}

repeat()
{
    printf "%0.s$1" {1..32}
}

settings()
{
    ${exec:-} env -i PATH="$PATH" HOME="$folder" TWILIO_ACCOUNT_SID="AC$(repeat a)" TWILIO_AUTH_TOKEN="$(repeat b)" \
        TWILIO_API_KEY_SID="SK$(repeat c)" TWILIO_API_KEY_SECRET="$(repeat d)" TWILIO_TWIML_APP_SID="AP$(repeat e)" \
        TWILIO_PHONE_NUMBER=+15005550006 TWILIO_WEBHOOK_BASE_URL=https://phone.example.com \
        SWITCHHOOK_CONFIG_DIR="$sample" "$@"
}

# ---- help ----------------------------------------------------------------------------------------------------
for subcommand in serve check token key "key create"; do
    # shellcheck disable=SC2086
    expect 0 "^  key create --name NAME --scopes LIST" "$bin/switchhook" $subcommand --help
done
expect 0 "^Scopes of a key: all, tokens:mint, " "$bin/switchhook" key --help
expect 0 "^  SWITCHHOOK_LISTEN$" "$bin/switchhook" --help
expect 2 "" "$bin/switchhook" serve --bogus

# ---- check, offline ------------------------------------------------------------------------------------------
check=("$bin/switchhook" check)
expect 0 "^0 errors, 0 warnings$" settings "${check[@]}"
expect 0 "^warning +settings +TWILIO_WORKFLOW_SID .*no effect yet" settings TWILIO_WORKFLOW_SID="WW$(repeat a)" "${check[@]}"
expect 0 "^0 errors, 0 warnings$" settings SWITCHHOOK_CORS_ORIGINS=https://app.example.com \
    SWITCHHOOK_TRUSTED_PROXIES=192.0.2.1 "${check[@]}"
expect 0 "^ok +database +.* does not exist yet" settings SWITCHHOOK_DATABASE="$folder/a/b/new.db" "${check[@]}"
: >"$folder/file"
expect 1 "^error +database +.* cannot be made" settings SWITCHHOOK_DATABASE="$folder/file/new.db" "${check[@]}"
expect 2 "" settings TWILIO_API_KEY_SID="AC$(repeat a)" "${check[@]}"

# ---- check, online -------------------------------------------------------------------------------------------
exec=exec settings "$bin/switchhook-sim" --listen 127.0.0.1:0 --voice-url https://phone.example.com/twiml \
    --status-url https://phone.example.com/webhooks/call-status >"$folder/sim.log" 2>&1 &
sim=$!
until address=$(grep -oEm1 '127\.0\.0\.1:[0-9]+' "$folder/sim.log"); do
    kill -0 "$sim" || {
        cat "$folder/sim.log"
        exit 1
    }
done
online=("$bin/switchhook" check --online)
asked=(settings TWILIO_API_BASE_URL="http://$address")
expect 0 "^ok +auth token " "${asked[@]}" "${online[@]}"
expect 0 "^ok +number +.15005550006 " "${asked[@]}" "${online[@]}"
expect 1 "^error +account +Twilio says 401/20003: Authenticate\\. Check" \
    "${asked[@]}" TWILIO_API_KEY_SECRET="$(repeat f)" "${online[@]}"
expect 1 "^error +auth token +Twilio says 401/20003" "${asked[@]}" TWILIO_AUTH_TOKEN="$(repeat f)" "${online[@]}"
expect 1 "^error +TwiML App +Twilio says 404/20404" "${asked[@]}" TWILIO_TWIML_APP_SID="AP$(repeat f)" "${online[@]}"
expect 1 "^error +TwiML App +its Voice URL is .*; set it to https://other.example.com/twiml" \
    "${asked[@]}" TWILIO_WEBHOOK_BASE_URL=https://other.example.com "${online[@]}"
expect 1 "^error +number +.14155550100 is neither" "${asked[@]}" SWITCHHOOK_CALLER_IDS=+14155550100 "${online[@]}"
expect 1 "^warning +number +.15005550006's Voice URL is .*; set it to https://other.example.com/twiml" \
    "${asked[@]}" TWILIO_WEBHOOK_BASE_URL=https://other.example.com "${online[@]}"
expect 1 "^error +account +Twilio cannot be reached" settings TWILIO_API_BASE_URL=http://127.0.0.1:1 "${online[@]}"
exit "$failed"
