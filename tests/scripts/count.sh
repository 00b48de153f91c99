#!/usr/bin/env bash
# What scripts/test adds up: no failure may get lost between a runner's report and the closing line.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib/count.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# counts READER EXPECTED NAME, with the report on standard input
counts()
{
    cat >"$log"
    local got
    got=$("$1" "$log")
    [ "$got" = "$2" ] || {
        printf '%s: expected %s, counted %s\n' "$3" "$2" "$got"
        failed=1
    }
}

counts ctest_cases "3 0 0" "cases of two programs, lines mixed" <<'END'
1: [==========] Running 2 test(s).
2: [       OK ] keeps_order
1: [       OK ] accepts_zero
1: [       OK ] refuses_nothing
1/2 Test #1: core/text_test ...   Passed    0.01 sec
2/2 Test #2: core/buf_test ....   Passed    0.01 sec
END

counts ctest_cases "1 1 1" "a failing case is listed twice and counted once" <<'END'
1: [       OK ] accepts_zero
1: [  FAILED  ] refuses_one
1: [  SKIPPED ] needs_ipv6
1: [  FAILED  ] 1 test(s), listed below:
1: [  FAILED  ] refuses_one
 1/12 Test  #1: core/text_test ...***Failed    0.01 sec
END

counts ctest_cases "2 1 0" "a program that dies after good cases" <<'END'
7: [       OK ] accepts_zero
7: [       OK ] accepts_one
1/1 Test #7: core/text_test ...***Exception: SegFault  0.10 sec
END

counts ctest_cases "0 2 0" "time-outs and missing programs" <<'END'
1/2 Test #1: core/text_test ...***Timeout 120.01 sec
2/2 Test #2: core/buf_test ...***Not Run   0.00 sec
END

counts ctest_cases "1 0 1" "scripts, which have no cases" <<'END'
3: anything at all
1/2 Test #3: scripts/check-source .....   Passed    1.20 sec
2/2 Test #4: scripts/proxy ............***Skipped   0.01 sec
END

counts ctest_cases "0 0 0" "nothing" </dev/null

counts tap_cases "5 3 2" "node's reports" <<'END'
ok 1 - a test
# tests 10
# suites 0
# pass 5
# fail 2
# cancelled 1
# skipped 1
# todo 1
END

exit "$failed"
