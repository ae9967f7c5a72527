#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_scripts.sh [SOURCE] - shell scripts parse, and please shellcheck if it is
# here; Python scripts parse.
set -eu
cd "${1:-$(dirname "$0")/..}"
scripts=$(find demo test .ci/run tools tests bench -type f \( -name '*.sh' -o -name demo -o -name test -o -name run \) | sort)
status=0
for script in $scripts; do
    sh -n "$script" || status=1
done
if command -v shellcheck >/dev/null 2>&1; then
    # Left out: what takes a function for the command of its name, and variables that
    # another script reads.
    # shellcheck disable=SC2086 # a list of words
    shellcheck -x -S warning -e SC2034,SC2238,SC3044 -s sh $scripts || status=1
fi
if command -v python3 >/dev/null 2>&1; then
    for script in $(grep -rlI --include='*.py' . tools tests bench docs | sort) \
        $(grep -rlI '^#!/usr/bin/env python3$' bench tools | sort); do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" || status=1
    done
fi
exit $status
