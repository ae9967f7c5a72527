#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_floors.sh [SOURCE] - includes go downward only, and folders on one floor
# do not see each other. docs/architecture.md names the floors; this table is
# what holds them.
set -eu
cd "${1:-$(dirname "$0")/..}"

find src cli server -name '*.[ch]' 2>/dev/null | sort | xargs awk '
    BEGIN {
        floor["base"] = 0
        floor["text"] = floor["formats"] = floor["compute"] = 1
        floor["model"] = floor["structure"] = floor["ngram"] = 2
        floor["inference"] = 3
        floor["training"] = 4
        floor["bench"] = 5
        floor["server"] = 6
        floor["cli"] = 7
    }
    function complain(what) {
        printf "%s:%d: %s\n", FILENAME, FNR, what
        bad = 1
    }
    FNR == 1 {
        path = FILENAME
        sub(/^src\//, "", path)
        here = path
        sub(/\/.*/, "", here)
        if (!(here in floor)) complain("folder " here " has no floor in tools/check_floors.sh")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        there = $0
        sub(/^[^"]*"/, "", there)
        sub(/".*/, "", there)
        if (there == "rnn.h") next
        target = there
        sub(/\/.*/, "", target)
        if (there !~ /\//)
            complain("\"" there "\": write includes from src/, as \"" here "/" there "\"")
        else if (!(target in floor))
            complain("\"" there "\": no such folder; write includes from src/")
        else if (target != here && floor[target] == floor[here])
            complain("\"" there "\": " here " and " target " are siblings on floor " floor[here])
        else if (floor[target] > floor[here])
            complain("\"" there "\": " here " (floor " floor[here] ") looks up to floor " floor[target])
    }
    END { exit bad }
'
