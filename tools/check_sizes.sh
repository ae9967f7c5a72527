#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_sizes.sh [SOURCE] - files that fit in a head: a word of warning above 500
# lines, an error above 800.
set -eu
cd "${1:-$(dirname "$0")/..}"
find include src cli server tests examples -name '*.[ch]' 2>/dev/null | sort | xargs wc -l | awk '
    $2 == "total" { next }
    $1 > 800 { printf "%s: %d lines; cut it in two (800 at most)\n", $2, $1; bad = 1; next }
    $1 > 500 { printf "%s: %d lines; is it still one thing?\n", $2, $1 }
    END { exit bad }
'
