#!/usr/bin/env bash
# The README and docs show nothing that is not there: commands are those that scripts/run and scripts/test run, requests are
# those that `scripts/run --once` makes and checks, and scripts that are named exist. (Links: docs-links.sh.)
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0

complain()
{
    printf '%s\n' "$*"
    failed=1
}

# What stands in the README's blocks of shell.
shell_lines()
{
    awk '/^```/ { inside = ($0 == "```sh"); next } inside' README.md
}

known=$(scripts/run --print-requests; printf 'scripts/run\nscripts/test\n')
while IFS= read -r line; do
    grep -qxF -- "$line" <<<"$known" || complain "README.md: no test runs this: $line"
done < <(shell_lines)

# ... and nothing that is worth showing is forgotten.
while IFS= read -r line; do
    shell_lines | grep -qxF -- "$line" || complain "README.md does not show: $line"
done <<<"$known"

for page in README.md docs/*.md docs/decisions/*.md; do
    while IFS= read -r script; do
        [ -x "$script" ] || complain "$page: there is no $script"
    done < <(grep -oE '\bscripts/[a-z-]+\b' "$page" | sort -u || true)
done
exit "$failed"
