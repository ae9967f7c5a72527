#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_words.sh [SOURCE] - every source says its licence in its first lines, and
# carries no mark of unfinished work.
set -eu
cd "${1:-$(dirname "$0")/..}"
files=$(find include src cli server tests examples bench tools cmake -type f \
    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.cmake' -o -path '*bench/*' ! -name '*.txt' ! -name '*.md' \) \
    2>/dev/null | sort)
status=0
for file in $files demo test CMakeLists.txt; do
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
        echo "$file: no 'SPDX-License-Identifier: MIT' in its first three lines"
        status=1
    fi
done
# shellcheck disable=SC2086 # a list of words
if grep -nwE 'T[O]DO|F[I]XME|X[X]X|H[A]CK' $files demo test; then
    echo "unfinished marks"
    status=1
fi
exit $status
