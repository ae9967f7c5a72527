#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_checks.sh SOURCE - the checks of the house rules can fail: each is given a
# small tree that breaks its rule.
set -eu
source=${1:?the source directory}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# plant FILE LINE...: a file of these lines in the tree.
plant() {
    mkdir -p "$(dirname "$work/$1")"
    planted=$work/$1
    shift
    printf '%s\n' "$@" >"$planted"
}

# refuses CHECK PATTERN: the check fails and says something that matches.
refuses() {
    if sh "$source/tools/check_$1.sh" "$work" >"$work/output" 2>&1; then
        echo "check_$1.sh accepted what it should refuse ($2)"
        exit 1
    fi
    if ! grep -q "$2" "$work/output"; then
        echo "check_$1.sh failed without saying '$2':"
        cat "$work/output"
        exit 1
    fi
}

accepts() {
    sh "$source/tools/check_$1.sh" "$work" || { echo "check_$1.sh refused a good tree"; exit 1; }
}

mkdir -p "$work/include" "$work/src"
cp "$source/include/rnn.h" "$work/include/"
touch "$work/demo" "$work/test" "$work/CMakeLists.txt"

plant src/base/good.h '/* SPDX-License-Identifier: MIT */' '#include "rnn.h"'
plant src/model/good.c '#include "base/good.h"' '#include "model/good.h"' '#include <stdio.h>'
accepts floors
plant src/base/bad.h '#include "model/model.h"'
refuses floors 'base (floor 0) looks up to floor 2'
plant src/base/bad.h ''
plant src/text/bad.h '#include "formats/safetensors.h"'
refuses floors 'siblings'
plant src/text/bad.h '#include "bad.h"'
refuses floors 'from src/'
plant src/text/bad.h '#include "../base/good.h"'
refuses floors 'no such folder'
rm -r "$work/src/text" "$work/src/base/bad.h"

accepts headers
plant src/base/bad.h 'size_t before_its_declaration;'
refuses headers 'size_t'
rm "$work/src/base/bad.h"

accepts sizes
awk 'BEGIN { for (i = 0; i < 801; i++) print "/* */" }' >"$work/src/base/long.c"
refuses sizes '801 lines'
rm "$work/src/base/long.c"

refuses words 'no .SPDX'
for file in demo test CMakeLists.txt src/model/good.c include/rnn.h; do
    sed -i.before '1s,^,/* SPDX-License-Identifier: MIT */\n,' "$work/$file"
    [ -s "$work/$file" ] || echo 'SPDX-License-Identifier: MIT' >"$work/$file"
done
accepts words
echo "/* T""ODO: later */" >>"$work/src/model/good.c"
refuses words 'unfinished'
