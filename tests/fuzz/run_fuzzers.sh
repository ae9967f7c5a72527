#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_fuzzers.sh BUILD [SECONDS [TARGET...]] - runs the fuzzers of a build made
# with -DRNN_BUILD_FUZZERS=ON, a minute each unless told otherwise. What they
# find stays in BUILD/fuzz/TARGET; an input that breaks one is named there.
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
for target; do
    mkdir -p "$build/fuzz/$target"
    log=$build/fuzz/$target.log
    if ! "$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -artifact_prefix="$build/fuzz/$target-" "$build/fuzz/$target" \
        "$build/fuzz/seeds/$target" >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz_$target: failed; the input is $build/fuzz/$target-*"
        exit 1
    fi
    printf 'fuzz_%s: %s\n' "$target" "$(tail -n 1 "$log")"
done
