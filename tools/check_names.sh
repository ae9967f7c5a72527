#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_names.sh SOURCE BUILD - what leaves the library: the shared one exports
# the functions that rnn.h declares and nothing else; every symbol of the static
# one begins with rnn_.
set -eu
source=${1:?the source directory}
build=${2:?the build directory}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

shared=
for file in "$build/librnn.so" "$build/librnn.dylib"; do
    [ -e "$file" ] && shared=$file
done
[ -n "$shared" ] || { echo "no shared library in $build: build first"; exit 1; }

# defined FLAGS FILE: names of defined symbols, without Mach-O's underscore.
defined() {
    case $shared in
    *.dylib) nm -gU "$2" | awk 'NF >= 3 { sub(/^_/, "", $NF); print $NF }' ;;
    *) nm "$1" --defined-only "$2" | awk 'NF >= 3 && $2 ~ /[A-TV-Z]/ { sub(/@.*/, "", $NF); print $NF }' ;;
    esac | sort -u
}

# A declaration may begin on the line of RNN_API and go on below it.
tr '\n' ' ' <"$source/include/rnn.h" | sed 's/RNN_API/\n&/g' |
    sed -n 's/^RNN_API [^(;]*[ *]\(rnn_[a-z0-9_]*\)(.*/\1/p' | sort -u >"$work/declared"
defined -D "$shared" >"$work/exported"
defined -g "$build/librnn.a" | grep -v '^rnn_' >"$work/foreign" || true

status=0
if ! diff "$work/declared" "$work/exported" >"$work/difference"; then
    echo "rnn.h and $shared differ (<: declared but not there, >: exported but not declared):"
    cat "$work/difference"
    status=1
fi
if [ -s "$work/foreign" ]; then
    echo "librnn.a defines names that do not begin with rnn_:"
    cat "$work/foreign"
    status=1
fi
exit $status
