# shellcheck shell=bash
# What the scripts share. Sourced, with the root of the tree as working directory.

# One line about what is going on, for whoever watches. Standard output stays for results.
say()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Say what went wrong, each argument a line, and end.
die()
{
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

# build_preset PRESET [TARGET...]: configure and build, quietly unless it fails or takes its time on a terminal.
build_preset()
{
    local preset=$1 log=build/$1.log started=$SECONDS
    shift
    mkdir -p build
    say "building '$preset' (log: $log)"
    if ! cmake --preset "$preset" >"$log" 2>&1 ||
        ! cmake --build "build/$preset" ${1:+--target "$@"} >>"$log" 2>&1; then
        grep -nE 'FAILED:|error:|CMake Error' "$log" | head -n 20 >&2 || true
        tail -n 15 "$log" >&2
        return 1
    fi
    say "built '$preset' in $((SECONDS - started)) s"
}

# Node packages of FOLDER, once per lock file: the second time needs no network.
install_node_packages()
{
    local folder=$1 stamp=$1/node_modules/.installed-for log
    [ "$(cat "$stamp" 2>/dev/null)" != "$(sha256sum <"$folder/package-lock.json")" ] || return 0
    log=build/npm-${folder//\//-}.log
    mkdir -p build
    say "installing node packages of $folder (log: $log)"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        return 1
    }
    sha256sum <"$folder/package-lock.json" >"$stamp"
}

# The comment at the top of the script is its help.
print_usage()
{
    sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"
}

PASSED=0
FAILED=0
SKIPPED=0

# run_check NAME COMMAND...: run it, say how it went and how long it took, and count it. Always succeeds.
run_check()
{
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        PASSED=$((PASSED + 1))
        say "ok      $name ($((SECONDS - started)) s)"
    else
        FAILED=$((FAILED + 1))
        say "FAILED  $name ($((SECONDS - started)) s)"
    fi
}

# tally NAME: the line that whoever called this script reads.
tally()
{
    printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$PASSED" "$FAILED" "$SKIPPED"
}
