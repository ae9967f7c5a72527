#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_headers.sh [SOURCE] - each header compiles alone, and rnn.h also as C++.
# vector_*.h are not headers but the body of each vector kernel table.
set -eu
cd "${1:-$(dirname "$0")/..}"
compiler=${CC:-cc}
flags="-Wall -Wextra -Werror -Iinclude -Isrc -I."

status=0
for header in include/*.h $(find src cli server -name '*.h' ! -name 'vector_*.h' 2>/dev/null | sort); do
    # shellcheck disable=SC2086 # flags are words
    printf '#include "%s"\n' "${header#*/}" |
        "$compiler" -std=c17 -D_GNU_SOURCE $flags -I"${header%%/*}" -fsyntax-only -x c - || status=1
done
for compiler in g++ clang++ c++; do
    if command -v "$compiler" >/dev/null 2>&1; then
        # shellcheck disable=SC2086
        printf '#include "rnn.h"\nint main() { return rnn_version() == nullptr; }\n' |
            "$compiler" -std=c++11 $flags -fsyntax-only -x c++ - || status=1
        break
    fi
done
exit $status
