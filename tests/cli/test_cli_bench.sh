#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_bench.sh SOURCE BUILD - `rnn bench` from the outside, with networks so
# small that it takes no time. How fast they are is no matter.
. "$1/tests/cli/expect.sh"
quickly="--rounds 1 --seconds 0.001 --threads 1"

# positive KEY: a number above 0 stands for it.
positive() {
    awk -v x="$(value "$1")" 'BEGIN { exit !(x + 0 > 0) }' || fail "$1 is not above 0"
}

# The result as JSON: the ceilings, and what was measured beside them.
run 0 bench --config "train lstm 1x16 b2 s4" --rounds 1 --seconds 0.01 --json
silent err
is "$(value config)" "train lstm 1x16 b2 s4 float32"
is "$(value ceiling)" fma
is "$(value rounds)" 1
# 6 ((2 - 1) 4 16^2 + 65 16) FLOP
is "$(value mflop_per_character)" 0.012384
for key in fma_float32_gflops read_l2_gb_per_second read_memory_gb_per_second \
    characters_per_second percent_of_ceiling gflops; do
    positive $key
done
if command -v python3 >/dev/null; then
    python3 - out <<'END' || fail "the JSON is not as it should be"
import json, sys
told = json.load(open(sys.argv[1]))
result, = told["results"]
assert set(told) == {"version", "cpu", "threads", "rounds", "seconds", "ceilings", "results"}, told
work = result["characters_per_second"] * result["mflop_per_character"] / 1e3
assert abs(result["gflops"] - work) < 1e-6 * work, result
assert result["spread_percent"] == 0, result
END
fi

# Several, in the order of the list; what they do not say is filled in.
# shellcheck disable=SC2086
run 0 bench --config "sample gru 1x8 b3, evaluate tanh 2x8 b2 s3" $quickly --json
is "$(grep -c '"config"' out)" 2
prints '"config": "sample gru 1x8 b3 float32"'
prints '"config": "evaluate tanh 2x8 b2 s3 float32"'
is "$(value threads)" 1

# The table for people: nothing else, and no progress where there is no terminal.
# shellcheck disable=SC2086
run 0 bench --config "train lstm 1x16 b2 s4, sample lstm 1x16" $quickly --cpu generic
silent err
prints "generic, 1 thread; medians of 1 round"
prints "multiply-adds in float32"
prints "train lstm 1x16 b2 s4 float32"
prints "sample lstm 1x16 b1 float32"
prints "of ceiling"
[ "$(awk '/chars\/s|float32 *[0-9]/ && !/multiply/ { print length($0) }' out | uniq | wc -l)" = 1 ] ||
    fail "the lines of the table are not equally long"

# What cannot be done is told, not measured as something else.
# shellcheck disable=SC2086
run 1 bench --config "train lstm 1x16 int8" $quickly
silent out
says "train lstm 1x16 b100 s100 int8"
run 2 bench --config "train lstm 1x16 b2 s4" --threads 2000
says "--threads must be"
