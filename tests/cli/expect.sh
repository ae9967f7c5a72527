# SPDX-License-Identifier: MIT
#
# expect.sh - sourced by the command line's tests: a place to work in, the program,
# and checks that say what was expected. Usage: . expect.sh SOURCE BUILD
set -eu
# shellcheck disable=SC2034 # for those who source this
source_dir=$(cd "$1" && pwd)
rnn=$(cd "$2" && pwd)/rnn
unset NO_COLOR COLUMNS COLORTERM COLORFGBG OMP_NUM_THREADS RNN_EMULATE_BF16
TERM=dumb LC_ALL=C
export TERM LC_ALL
[ -x "$rnn" ] || {
    echo "there is no $rnn"
    exit 1
}
work=$(mktemp -d)
# What a failed check leaves running goes, too.
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work"

fail() {
    echo "FAILED: $*"
    for file in out err; do
        [ -s $file ] && echo "--- $file" && head -c 2000 $file
    done
    exit 1
}

# run CODE ARGUMENT...: runs the program; its output goes to the files out and err.
run() {
    wanted=$1
    shift
    code=0
    "$rnn" "$@" >out 2>err </dev/null || code=$?
    [ $code -eq "$wanted" ] || fail "rnn $*: exit code $code, not $wanted"
}

# says WORDS: the error output has them.  prints WORDS: standard output has them.
says() {
    grep -qF -e "$1" err || fail "no '$1' in the error output"
}
prints() {
    grep -qF -e "$1" out || fail "no '$1' in the output"
}
silent() {
    [ ! -s "$1" ] || fail "$1 should be empty"
}
# value KEY: the number or text that stands for a key in the JSON of out, alone in its line.
value() {
    sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" out | head -n 1
}
is() {
    [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

# A small text with some words in it.
make_text() {
    i=0
    while [ $i -lt 120 ]; do
        echo "the cat sat on mat $((i % 7)), and the dog ran to the red door."
        i=$((i + 1))
    done
}

# A model that knows that text a little.
make_run() {
    make_text >text.txt
    run 0 train text.txt --out model --hidden-size 24 --num-layers 1 --batch-size 8 \
        --seq-length 20 --steps 60 --learning-rate 0.02 --threads 1 --sample-length 0
}
