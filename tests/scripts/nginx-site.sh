#!/usr/bin/env bash
# The sample site for nginx, as it is, in front of a server that says what it received. Everything listens on sockets in a
# folder of its own, so no port is needed.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

for tool in nginx openssl curl; do
    command -v "$tool" >/dev/null || {
        echo "skipped: no $tool"
        exit 77
    }
done

top=$(mktemp -d)
failed=0
# shellcheck disable=SC2317
finish()
{
    [ ! -s "$top/pid" ] || kill -QUIT "$(cat "$top/pid")" 2>/dev/null || true
    rm -rf "$top"
}
trap finish EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=voice.example.com \
    -addext subjectAltName=DNS:voice.example.com -keyout "$top/key.pem" -out "$top/cert.pem" 2>/dev/null

sed -e "s|@LISTEN@|unix:$top/tls|" -e 's|@SERVER_NAME@|voice.example.com|' -e "s|@CERTIFICATE@|$top/cert.pem|" \
    -e "s|@CERTIFICATE_KEY@|$top/key.pem|" -e "s|@UPSTREAM@|unix:$top/app|" -e "s|@ACCESS_LOG@|$top/access.log|" \
    config/nginx.conf >"$top/site.conf"
if grep -v '^ *#' "$top/site.conf" | grep -n '@'; then
    echo "config/nginx.conf has a placeholder that its own instructions do not fill"
    exit 1
fi

# What a distribution's nginx.conf is around the site, and the server behind it.
as=
[ "$(id -u)" != 0 ] || as='user root;' # else workers of root's nginx could not enter our folder
cat >"$top/nginx.conf" <<EOF
$as
pid $top/pid;
error_log $top/error.log info;
events { }
http {
    client_body_temp_path $top/body;
    proxy_temp_path $top/proxy;
    fastcgi_temp_path $top/fastcgi;
    uwsgi_temp_path $top/uwsgi;
    scgi_temp_path $top/scgi;
    include $top/site.conf;
    server {
        listen unix:$top/app;
        access_log $top/app.log;
        merge_slashes off;
        client_max_body_size 0;
        default_type text/plain;
        return 200 'target=\$request_uri
host=\$http_host
for=\$http_x_forwarded_for
proto=\$http_x_forwarded_proto
forwarded=\$http_forwarded
connection=\$http_connection
signature=\$http_x_twilio_signature
';
    }
}
EOF

said=$(nginx -t -e "$top/error.log" -p "$top" -c "$top/nginx.conf" 2>&1) || {
    printf '%s\n' "$said"
    exit 1
}
if grep -E '\[(warn|emerg)\]' <<<"$said"; then
    echo "nginx -t complains"
    exit 1
fi
nginx -e "$top/error.log" -p "$top" -c "$top/nginx.conf" # returns when the sockets are open

# ask TARGET [CURL OPTIONS]
ask()
{
    local target=$1
    shift
    curl -sS --max-time 20 --path-as-is --cacert "$top/cert.pem" --unix-socket "$top/tls" "$@" \
        "https://voice.example.com$target"
}

# has WHAT LINE TEXT: TEXT has LINE.
has()
{
    grep -qxF -- "$2" <<<"$3" || {
        printf '%s: expected "%s" in:\n%s\n' "$1" "$2" "$3"
        failed=1
    }
}

# Twilio signs the target as it sent it: it must arrive byte for byte.
for target in '/twiml' '/webhooks/call-status?x=%2B1&y=a+b&z=%7e' '//twiml/../a/./b%2Fc%20d?q=%%&r=/../' '/a;b=c?'; do
    for version in --http1.1 --http2; do
        has "the target" "target=$target" "$(ask "$target" $version)"
    done
done

answer=$(ask /calls -H 'X-Forwarded-For: 10.0.0.1' -H 'X-Forwarded-Proto: http' -H 'Forwarded: for=10.0.0.1' \
    -H 'X-Twilio-Signature: abc=' -d 'To=%2B14155550100')
has "the host" 'host=voice.example.com' "$answer"
has "the client's address" 'for=unix:' "$answer"
has "the client's protocol" 'proto=https' "$answer"
has "what a client says about itself" 'forwarded=' "$answer"
has "the kept-alive connection" 'connection=' "$answer"
has "the signature" 'signature=abc=' "$answer"

for target in /healthz /readyz /metrics /metrics/ '/%68ealthz' '/x/../readyz' '//metrics' '/metrics?x'; do
    has "$target from outside" 404 "$(ask "$target" -o /dev/null -w '%{http_code}\n')"
done
if grep -E 'health|ready|metrics' "$top/app.log"; then
    echo "the operator's addresses reached the server"
    failed=1
fi

head -c 1100000 /dev/zero >"$top/large"
has "a body over the limit" 413 "$(ask /calls -o /dev/null -w '%{http_code}\n' --data-binary "@$top/large")"
has "a body under it" 200 "$(head -c 900000 /dev/zero | ask /calls -o /dev/null -w '%{http_code}\n' --data-binary @-)"

if grep -E '[?]|q=|14155550100' "$top/access.log"; then
    echo "the access log holds a query"
    failed=1
fi
[ -s "$top/access.log" ] || failed=1
exit "$failed"
