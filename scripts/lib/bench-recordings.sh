# shellcheck shell=bash disable=SC2034 # scripts/bench reads what is found
# The parts of scripts/bench about recordings: downloads at once, playing. Sourced by it; what is not here is there.

LONG_S=6500 # a recording of 208 MB in two channels
LONG_MB=208
DOWNLOADS=4
PLAYERS=50
RANGE_BYTES=65536
SHORT_S=420 # 13 MB
SIMULATOR=$PWD/build/release/switchhook-sim
SIMULATOR_PID=""
NGINX_PID=""
STORED='switchhook_recordings_fetches_total{outcome="stored"}'
declare -A SPEED GROWTH EFFORT

# ---- processes -----------------------------------------------------------------------------------------------

# The simulator, for a server that will listen at $BASE.
start_simulator()
{
    "$SIMULATOR" --listen 127.0.0.1:0 --signal-listen none --quiet --speed max --public-base "$PUBLIC_BASE" \
        --deliver-to "$BASE" --voice-url "$PUBLIC_BASE/twiml" --status-url "$PUBLIC_BASE/webhooks/call-status" \
        --price-delay-ms 0 --media-delay-ms 0 >"$DIR/simulator.log" 2>&1 &
    SIMULATOR_PID=$!
    local tries=0
    until SIM=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\)$/http:\/\/\1/p' "$DIR/simulator.log") && [ -n "$SIM" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || die "the simulator did not start" "$(tail -n 5 "$DIR/simulator.log")"
        sleep 0.05
    done
}

# sim METHOD PATH [BODY]
sim()
{
    curl -fsS -X "$1" "$SIM/sim$2" ${3:+--data "$3"}
}

# The ceiling of playing: nginx, which lets the kernel copy the file.
start_nginx()
{
    local root=$1 folders="" name
    NGINX_PORT=$(free_port 18060)
    for name in client_body proxy fastcgi uwsgi scgi; do folders+="${name}_temp_path $DIR/nginx-$name; "; done
    cat >"$DIR/nginx.conf" <<END
$([ "$(id -u)" != 0 ] || printf 'user root;')
daemon off; pid $DIR/nginx.pid; worker_processes 2; error_log $DIR/nginx-error.log; events { worker_connections 512; }
http { $folders sendfile on; keepalive_requests 1000000000; access_log $DIR/nginx-access.log;
    server { listen 127.0.0.1:$NGINX_PORT; root $root; } }
END
    PATH=$PATH:/usr/sbin nginx -e "$DIR/nginx-error.log" -p "$DIR" -c "$DIR/nginx.conf" &
    NGINX_PID=$!
    PID=$NGINX_PID wait_for "http://127.0.0.1:$NGINX_PORT/"
}

stop_recordings()
{
    local pid
    for pid in "$SIMULATOR_PID" "$NGINX_PID"; do
        [ -n "$pid" ] || continue
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    SIMULATOR_PID="" NGINX_PID=""
}

# ---- downloads -----------------------------------------------------------------------------------------------

# Calls that are recorded. They are over at once, and then their sound is fetched.
record_calls()
{
    local i
    for ((i = 0; i < $1; i++)); do
        curl -fsS -o /dev/null "$BASE/calls" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
            --data '{"to":"+14155550100","record":true,"recording_channels":"dual"}'
    done
}

wait_for_stored()
{
    local start=$SECONDS
    until [ "$(counted "$STORED")" -ge "$1" ]; do
        [ $((SECONDS - start)) -lt 120 ] || die "not stored within two minutes" "$(tail -n 5 "$DIR/server.log")"
        sleep 0.02
    done
}

# The same sound to the same disk, by as many curls; seconds, and their CPU in seconds.
download_bare()
{
    local path times TIMEFORMAT="%R %U %S" # of `time`
    rm -rf "$DIR/bare" && mkdir "$DIR/bare"
    sim GET /recordings | jq -r ".recordings[] | .sid" | head -n "$DOWNLOADS" >"$DIR/sids"
    times=$( {
        time {
            while read -r path; do
                printf 'user = "%s:%s"\n' "$TWILIO_ACCOUNT_SID" "$TWILIO_AUTH_TOKEN" |
                    { curl -fsS -K - -o "$DIR/bare/$path" \
                        "$SIM/2010-04-01/Accounts/$TWILIO_ACCOUNT_SID/Recordings/$path.wav?RequestedChannels=2" && sync -d "$DIR/bare/$path"; } &
            done <"$DIR/sids"
            wait
        }
    } 2>&1)
    rm -r "$DIR/bare"
    awk '{ print $1, $2 + $3 }' <<<"$times"
}

# downloads NAME: several at once, as quickly as can be, beside the same by curl.
downloads()
{
    local name=$1 start end before after resident peak seconds bare bare_cpu speed bare_speed cpu
    sim PUT /media "{\"delay_ms\":0,\"sound_s\":$LONG_S}" >/dev/null
    before=$(cpu_ticks "$PID")
    resident=$(resident_mib "$PID")
    echo 5 >"/proc/$PID/clear_refs" # the peak of its memory is now
    local had
    had=$(counted "$STORED")
    start=$(date +%s%N)
    record_calls "$DOWNLOADS"
    wait_for_stored $((had + DOWNLOADS))
    end=$(date +%s%N)
    after=$(cpu_ticks "$PID")
    peak=$(awk '/^VmHWM:/ { printf "%.1f", $2 / 1024 }' "/proc/$PID/status")
    seconds=$(awk "BEGIN { print ($end - $start) / 1e9 }")
    read -r bare bare_cpu < <(download_bare)
    speed=$(per_second $((DOWNLOADS * LONG_MB)) "$seconds")
    bare_speed=$(per_second $((DOWNLOADS * LONG_MB)) "$bare")
    SPEED[$name]=$(ratio "$speed" "$bare_speed")
    bare_cpu=$(awk "BEGIN { printf \"%.2f\", $bare_cpu * 1e3 / ($DOWNLOADS * $LONG_MB) }")
    GROWTH[$name]=$(awk "BEGIN { printf \"%.1f\", $peak - $resident }")
    cpu=$(awk "BEGIN { printf \"%.2f\", ($after - $before) * 1e3 / $(getconf CLK_TCK) / ($DOWNLOADS * $LONG_MB) }")
    printf '%-40s %5d %9s %9s %8s %9s %9s %8s\n' "$name" "$DOWNLOADS" "$speed" "$bare_speed" "${SPEED[$name]}" "$cpu" \
        "$bare_cpu" "${GROWTH[$name]}"
    EFFORT[$name]=$(ratio "$cpu" "$bare_cpu")
}

start_recording_server()
{
    rm -rf "$DIR"/recordings.db* "$DIR/recordings"
    choose_ports
    start_simulator
    export TWILIO_API_BASE_URL=$SIM SWITCHHOOK_MEDIA_WORKERS=$DOWNLOADS SWITCHHOOK_STORAGE_DIRECTORY=$DIR/recordings \
        SWITCHHOOK_RECORDING_PLAYERS_MAX=$((4 * PLAYERS))         SWITCHHOOK_RECORDINGS_READY_MS=20 SWITCHHOOK_SWEEP_MS=0 SWITCHHOOK_SETTLE_AFTER_MS=0
    KEEP_PORTS=yes start_server "$DIR/recordings.db"
}

stop_recording_server()
{
    stop
    stop_recordings
    rm -rf "$DIR"/recordings.db* "$DIR/recordings"
    export TWILIO_API_BASE_URL=http://127.0.0.1:9
    unset SWITCHHOOK_RECORDING_PLAYERS_MAX SWITCHHOOK_MEDIA_WORKERS SWITCHHOOK_STORAGE_DIRECTORY SWITCHHOOK_RECORDINGS_READY_MS SWITCHHOOK_STORAGE_KEYS \
        SWITCHHOOK_SWEEP_MS SWITCHHOOK_SETTLE_AFTER_MS
}

# Two calls of seven minutes end in each second, until we are told to stop; those under way are waited for.
keep_downloading()
{
    local wanted over=""
    trap 'over=yes' TERM
    sim PUT /media "{\"delay_ms\":0,\"sound_s\":$SHORT_S}" >/dev/null
    wanted=$(counted "$STORED")
    while [ -z "$over" ]; do
        record_calls 1
        wanted=$((wanted + 1))
        sleep 0.5
    done
    wait_for_stored "$wanted"
}

measure_downloads()
{
    printf '\n%-40s %5s %9s %9s %8s %9s %9s %8s\n' "downloads of $LONG_MB MB" "once" "MB/s" "curl" ratio "ms CPU/MB" "of curl" \
        "MiB more"
    start_recording_server
    downloads "downloads"
    measure_playing
    beside "two downloads/s of 13 MB" keep_downloading
    stop_recording_server
    export SWITCHHOOK_STORAGE_KEYS=$BENCH_STORAGE_KEY
    start_recording_server
    downloads "downloads, encrypted"
    play_whole "played whole, encrypted" ""
    stop_recording_server
}

# ---- playing -------------------------------------------------------------------------------------------------

# of NAME: a stored recording's id and file
a_recording()
{
    RECORDING=$(curl -fsS "$BASE/recordings?media=stored&limit=1" -H "Authorization: Bearer $KEY" | jq -r '.items[0].id')
    RECORDING_FILE=$(cd "$DIR/recordings" && find . -name "$RECORDING*" -printf '%P\n')
}

# fetch_whole URL: seconds
fetch_whole()
{
    printf 'header = "Authorization: Bearer %s"\n' "$KEY" |
        curl -fsS -K - -o /dev/null -w '%{time_total}\n' "$1"
}

# play_whole NAME BARE-URL: from the first byte to the last, for one that takes all it can.
play_whole()
{
    local name=$1 before after seconds bare=- speed bare_speed=- share=-
    a_recording
    before=$(cpu_ticks "$PID")
    seconds=$(fetch_whole "$BASE/recordings/$RECORDING/media")
    after=$(cpu_ticks "$PID")
    speed=$(per_second "$LONG_MB" "$seconds")
    if [ -n "$2" ]; then
        bare=$(fetch_whole "$2/$RECORDING_FILE")
        bare_speed=$(per_second "$LONG_MB" "$bare")
        share=$(ratio "$speed" "$bare_speed")
    fi
    SPEED[$name]=$share
    printf '%-40s %5d %9s %9s %8s %9s\n' "$name" 1 "$speed MB" "$bare_speed" "$share" \
        "$(awk "BEGIN { printf \"%.2f\", ($after - $before) * 1e3 / $(getconf CLK_TCK) / $LONG_MB }")"
}

# Ranges of a recording, one after another from its beginning to its end, by as many players as may be.
play_ranges()
{
    local count rate p50 p99 refused broken before after memory bare _rest
    export BENCH_RANGE="$RANGE_BYTES $((LONG_S * 32000 + 44))"
    printf 'GET /%s\n' "$RECORDING_FILE" >"$DIR/targets"
    read -r _count bare _rest < <(BENCH_TARGETS=$DIR/targets PID=$NGINX_PID load "$PLAYERS" "$CEILING_SECONDS" \
        "http://127.0.0.1:$NGINX_PORT/")
    printf 'GET /recordings/%s/media\n' "$RECORDING" >"$DIR/targets"
    before=$(cpu_ticks "$PID")
    read -r count rate p50 p99 refused broken < <(BENCH_TARGETS=$DIR/targets BENCH_KEY=$KEY load "$PLAYERS" "$SECONDS_EACH" "$BASE/")
    after=$(cpu_ticks "$PID")
    memory=$(cat "$DIR/memory")
    unset BENCH_RANGE
    [ "$refused$broken" = 00 ] || say "ranges: of $count requests $refused were refused and $broken broke: this row does not count"
    RANGES=$(ratio "$rate" "$bare")
    printf '%-40s %5d %9.0f %9.0f %8s %9.2f %9.2f %8.1f %7s\n' "ranges of 64 KiB, req/s" "$PLAYERS" "$rate" "$bare" "$RANGES" "$p50" \
        "$p99" "$(awk "BEGIN { print ($after - $before) * 1e6 / $(getconf CLK_TCK) / ($count + 0.001) }")" "$memory"
}

# wait_for_players TEST COUNT: those who have left may take a moment to be noticed.
wait_for_players()
{
    local tries=0
    until [ "$(counted switchhook_recordings_serving)" "$1" "$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 400 ] || die "$(counted switchhook_recordings_serving) players after twenty seconds, not $1 $2"
        sleep 0.05
    done
}

# What players cost who are slow, because they listen: resident memory, for each.
players_memory()
{
    local before i pids=()
    wait_for_players -eq 0
    before=$(resident_mib "$PID")
    for ((i = 0; i < PLAYERS; i++)); do
        printf 'header = "Authorization: Bearer %s"\n' "$KEY" |
            curl -fsS -K - -o /dev/null --limit-rate 64k "$BASE/recordings/$RECORDING/media" 2>/dev/null &
        pids+=($!)
    done
    wait_for_players -ge "$PLAYERS"
    sleep 1
    PLAYER_KIB=$(awk "BEGIN { printf \"%.0f\", ($(resident_mib "$PID") - $before) * 1024 / $PLAYERS }")
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
    printf '%-40s %5d %s KiB\n' "memory of a player" "$PLAYERS" "$PLAYER_KIB"
}

# Fifty people listen: each takes 64 KiB, two seconds of sound, twice in a second.
keep_playing()
{
    printf 'GET /recordings/%s/media\n' "$RECORDING" >"$DIR/playing-targets"
    BENCH_THREADS=1 BENCH_RANGE="$RANGE_BYTES $((LONG_S * 32000 + 44))" BENCH_DELAY_MS=500 BENCH_TARGETS=$DIR/playing-targets \
        BENCH_KEY=$KEY exec wrk -t 1 -c "$PLAYERS" -d 600 -s tests/bench/requests.lua "$BASE/" >/dev/null 2>&1
}

measure_playing()
{
    a_recording
    start_nginx "$DIR/recordings"
    printf '\n%-40s %5s %9s %9s %8s %9s %9s %8s %7s\n' "playing" conns "" nginx ratio "p50 ms" "p99 ms" "us CPU" MiB
    play_ranges
    printf '%-40s %5s %9s %9s %8s %9s\n' "" "" "" nginx ratio "ms CPU/MB"
    play_whole "played whole" "http://127.0.0.1:$NGINX_PORT"
    players_memory
    beside "$PLAYERS players" keep_playing
}
