#!/usr/bin/env bash
# The unit files: systemd finds nothing to complain about, and the sandbox is as tight as it was.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v systemd-analyze >/dev/null; then
    echo "skipped: no systemd-analyze"
    exit 77
fi
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT

# What is verified is the file as it is but for the program, which is not installed here.
program=${SWITCHHOOK_BUILD:-build/dev}/switchhook
[ -x "$program" ] || program=$(type -P true)
program=$(realpath "$program")
sed "s|^ExecStart=[^ ]*|ExecStart=$program|" config/switchhook.service >"$units/switchhook.service"
cp config/switchhook.socket "$units/"

# complaints FILES: what systemd says about them.
complaints()
{
    systemd-analyze verify --man=no "$@" 2>&1 || true
}

said=$(complaints "$units/switchhook.service" "$units/switchhook.socket")
if [ -n "$said" ]; then
    printf 'systemd-analyze verify:\n%s\n' "$said"
    exit 1
fi

# Would it be noticed?
mkdir "$units/wrong"
sed 's/^NoNewPrivileges=/NoNewPrivilege=/' "$units/switchhook.service" >"$units/wrong/switchhook.service"
if [ -z "$(complaints "$units/wrong/switchhook.service")" ]; then
    echo "a misspelt setting was not noticed"
    exit 1
fi

# 1.5 of 10; what is left is access to the network.
systemd-analyze security --offline=yes --threshold=15 --no-pager "$units/switchhook.service" >"$units/exposure" || {
    cat "$units/exposure"
    exit 1
}
tail -n 1 "$units/exposure"

# Every variable of the sample environment file is one that the program knows.
known=$(compgen -G 'src/config/options*.c') || exit 0
sed -n 's/^#\{0,1\}\([A-Z][A-Z_]*\)=.*/\1/p' config/switchhook.env | while read -r name; do
    # shellcheck disable=SC2086
    grep -qF "\"$name\"" $known || {
        echo "config/switchhook.env: $name is unknown"
        exit 1
    }
done
