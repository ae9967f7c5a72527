#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_fuzzers.sh BUILD [SECONDS [TARGET...]] - runs the fuzzers of a build made
# with -DRNN_BUILD_FUZZERS=ON, a minute each unless told otherwise, as many at a
# time as there are processors. What they find stays in BUILD/fuzz/TARGET; an input
# that breaks one is named there.
set -eu
build=${1:?the build directory}
seconds=${2:-60}
if [ $# -le 2 ]; then
    set -- "$build" "$seconds"
    for source in "$(dirname "$0")"/fuzz_*.c; do
        target=${source##*/fuzz_}
        set -- "$@" "${target%.c}"
    done
fi
shift 2
mkdir -p "$build/fuzz"
"$build/make_seeds" "$build/fuzz/seeds"

fuzz() {
    mkdir -p "$build/fuzz/$1"
    log=$build/fuzz/$1.log
    if ! "$build/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -artifact_prefix="$build/fuzz/$1-" "$build/fuzz/$1" \
        "$build/fuzz/seeds/$1" >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz_$1: failed; the input is $build/fuzz/$1-*"
        return 1
    fi
    printf 'fuzz_%s: %s\n' "$1" "$(tail -n 1 "$log")"
}

# finish: waits for those that run; the status is 1 if one of them failed.
running=
status=0
finish() {
    for process in $running; do
        wait "$process" || status=1
    done
    running=
}
at_once=$(nproc 2>/dev/null || echo 2)
count=0
for target; do
    fuzz "$target" &
    running="$running $!"
    count=$((count + 1))
    [ $((count % at_once)) -ne 0 ] || finish
done
finish
exit $status
