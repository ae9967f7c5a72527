#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_serve.sh SOURCE BUILD - `rnn serve` from the outside: the address that it prints,
# a port that is taken, its end. What it answers is tested in tests/server.
. "$1/tests/cli/expect.sh"

trap 'kill $first 2>/dev/null || true; rm -rf "$work"' EXIT

# until_it_says FILE: waits for the first line.
until_it_says() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$1" ] && return
        sleep 0.1
    done
    fail "nothing in $1 after two seconds"
}

mkdir runs
"$rnn" serve --port 0 >address 2>notice &
first=$!
until_it_says address
grep -qx 'http://127\.0\.0\.1:[0-9]*/' address || fail "no address: $(cat address)"
grep -q '0 models in runs' notice || fail "no notice: $(cat notice)"
port=$(sed 's/.*:\([0-9]*\).*/\1/' address)

# The same port is taken, and said so; as a default it would give way.
run 4 serve --port "$port"
says "another --port may be free"
silent out

kill -TERM $first
code=0
wait $first || code=$?
is $code 143

# As data; and what cannot be served.
"$rnn" serve --port 0 --json --quiet >data 2>notice &
first=$!
until_it_says data
grep -q '"address": *"http://127.0.0.1:' data || fail "no JSON: $(cat data)"
kill -INT $first 2>/dev/null
wait $first || true
run 4 serve nowhere.safetensors
says "neither a file nor a run's directory"
: >broken.pt
run 3 serve broken.pt
says "pickle"
