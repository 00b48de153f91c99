#!/usr/bin/env bash
# What is installed runs from where it is put, and the unit names the program there, whatever the prefix.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${SWITCHHOOK_BUILD:-build/dev}
[ -x "$build/switchhook" ] && [ -x "$build/switchhook-sim" ] || {
    echo "skipped: the programs are not built in $build"
    exit 77
}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failed=0

# installed FOLDER PREFIX: everything is there, below FOLDER if it is an image of another machine.
installed()
{
    local file
    for file in bin/switchhook-sim lib/systemd/system/switchhook.socket share/switchhook/{switchhook.env,nginx.conf,.env.example}; do
        [ -s "$1$2/$file" ] || {
            echo "$2: no $file"
            failed=1
        }
    done
    grep -qxF "ExecStart=$2/bin/switchhook serve" "$1$2/lib/systemd/system/switchhook.service" || {
        echo "$2: the unit starts something else"
        failed=1
    }
    "$1$2/bin/switchhook" --version | grep -q "^switchhook [0-9]" || failed=1
}

cmake --install "$build" --prefix "$root/opt" >/dev/null
installed "" "$root/opt"
DESTDIR=$root/image cmake --install "$build" --prefix /usr >/dev/null
installed "$root/image" /usr
exit "$failed"
