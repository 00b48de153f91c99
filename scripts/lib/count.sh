# shellcheck shell=bash
# Reading how many tests passed, failed and were skipped from what their runners print. Sourced by scripts/test.

# The cases in the log of `ctest -V`, as "PASSED FAILED SKIPPED": those of a cmocka program one by one, else the
# program. A program that dies or times out is a failure even if all that it said was fine.
ctest_cases()
{
    awk '
        /^[0-9]+: \[       OK \]/ { test = $1 + 0; ok[test]++ }
        /^[0-9]+: \[  SKIPPED \]/ { test = $1 + 0; if (!(($1 $5) in seen)) { seen[$1 $5]; skipped[test]++ } }
        /^[0-9]+: \[  FAILED  \] [^ ]+$/ { test = $1 + 0; if (!(($1 $5) in seen)) { seen[$1 $5]; failed[test]++ } }
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/ {
            match($0, /#[0-9]+/)
            test = substr($0, RSTART + 1, RLENGTH - 1) + 0
            if ($0 ~ / Passed /) { if (!ok[test] && !skipped[test]) ok[test] = 1 }
            else if ($0 ~ /\*\*\*Skipped/) skipped[test]++
            else if (!failed[test]) failed[test] = 1
        }
        END {
            for (t in ok) p += ok[t]
            for (t in failed) f += failed[t]
            for (t in skipped) s += skipped[t]
            print p + 0, f + 0, s + 0
        }' "$1"
}

# The same of node's TAP reports.
tap_cases()
{
    awk '
        /^# pass /      { p += $3 }
        /^# fail /      { f += $3 }
        /^# cancelled / { f += $3 }
        /^# skipped /   { s += $3 }
        /^# todo /      { s += $3 }
        END { print p + 0, f + 0, s + 0 }' "$1"
}
