#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_baseline.sh SOURCE BUILD - `rnn eval --baseline` from the outside.
. "$1/tests/cli/expect.sh"

# below A B: a number is less than another.
below() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' || fail "$1 is not below $2"
}
# inner OBJECT KEY: the value of a key in an object of the JSON in out.
inner() {
    sed -n "/^  \"$1\": {/,/^  }/p" out | sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\",]*\).*/\1/p" |
        head -n 1
}

make_run
size=$(wc -c <text.txt)

# Of the text it was trained on, the part that was held out.
run 0 eval model text.txt --part val --json
nats=$(value nats_per_character)
run 0 eval model text.txt --baseline --json
silent err
is "$(value nats_per_character)" "$nats"
is "$(value part)" val
is "$(inner baseline characters)" "$(value characters)"
below "$(inner baseline nats_per_character)" "$nats"
below "$(inner baseline learnt)" "$size"
[ "$(inner baseline learnt)" -gt $((size * 9 / 10)) ] || fail "less than the training part learnt"
[ "$(inner baseline order)" -gt 4 ] || fail "the order is $(inner baseline order)"
learnt=$(inner baseline nats_per_character)
run 0 eval model text.txt --baseline
prints "(the validation part)"
prints "baseline    $(printf %.4f "$learnt") nats"
prints "verdict     "
prints "-gram's"
run 0 eval model text.txt --part val --baseline --json
is "$(inner baseline nats_per_character)" "$learnt"
run 0 eval model text.txt --part val --json
[ -z "$(inner baseline order)" ] || fail "a baseline without --baseline"

# Other orders, parts, protocols.
run 0 eval model text.txt --baseline --baseline-order 2 --json
is "$(inner baseline order)" 2
below "$learnt" "$(inner baseline nats_per_character)"
run 0 eval model text.txt --baseline --protocol cold --window 8 --json
below "$learnt" "$(inner baseline nats_per_character)"
run 0 eval model text.txt --baseline --part test --val-frac 0.1 --test-frac 0.2 --json
is "$(inner baseline characters)" "$(value characters)"
below "$(inner baseline learnt)" $((size * 7 / 10 + 1))
run 0 eval model text.txt --baseline --per-char --quiet
[ -s out ] || fail "no characters"

# A text of its own is scored whole, and what the model was trained on is learnt.
echo "the red cat ran to the door, and the dog sat on mat 3." >other.txt
run 0 eval model other.txt --baseline --json
is "$(value part)" all
is "$(inner baseline characters)" "$(value characters)"
[ "$(inner baseline learnt)" -gt $((size * 9 / 10)) ] || fail "not the model's text learnt"
below "$(inner baseline learnt)" "$size"
trained=$(inner baseline nats_per_character)
run 0 eval model other.txt --baseline --baseline-text other.txt --part val --val-frac 0.5 --json
below "$(inner baseline learnt)" 40
mv text.txt moved.txt
run 4 eval model other.txt --baseline
says "--baseline-text"
run 0 eval model other.txt --baseline --baseline-text moved.txt --json
is "$(inner baseline nats_per_character)" "$trained"
(cat moved.txt && echo) >text.txt
run 3 eval model other.txt --baseline
says "it has changed"
mv moved.txt text.txt

# A model without its directory is compared, and its own history has a say.
mkdir away && cp model/model.safetensors away/m.safetensors
run 0 eval away/m.safetensors text.txt --baseline --json
is "$(inner baseline nats_per_character)" "$learnt"
is "$(inner verdict val_fall)" null

# What training says at its end. So short a text is learnt in no time.
run 0 train text.txt --out told --hidden-size 8 --num-layers 1 --batch-size 4 --seq-length 10 \
    --steps 40 --eval-every 8 --learning-rate 0.003 --threads 1 --sample-length 0 --json
is "$(inner verdict kind)" more-time
[ "$(inner baseline order)" -gt 4 ] || fail "no baseline behind training"
says "above a"
says "more time"
says "--part val --baseline"
"$rnn" train - --out piped --hidden-size 8 --num-layers 1 --steps 2 --sample-length 0 --json \
    <text.txt >out 2>err || fail "training from standard input"
[ -z "$(inner baseline order)" ] || fail "standard input read twice"

# What cannot be.
run 2 eval model text.txt --baseline --part train
says "--part val"
run 2 eval model text.txt --baseline --part all --val-frac 0
run 2 eval model text.txt --baseline --baseline-order 1
run 2 eval model text.txt --baseline --baseline-order 21
run 2 eval model text.txt --baseline --baseline-memory 1
run 4 eval model text.txt --baseline --baseline-text nothing.txt
run 2 eval model text.txt --baseline-text other.txt
says "go with --baseline"
# Another text may be learnt whatever is scored; what is scored may not.
run 0 eval model text.txt --part train --baseline --baseline-text other.txt --json
is "$(inner baseline learnt)" "$(wc -c <other.txt | tr -d ' ')"
run 2 eval model text.txt --part train --baseline --baseline-text text.txt
says "would be scored on it"
"$rnn" train text.txt --out streams --split streams --hidden-size 8 --num-layers 1 --steps 2 \
    --sample-length 0 2>err || fail "training with streams"
run 2 eval streams text.txt --baseline
says "--val-frac"
run 0 eval streams text.txt --baseline --part val --val-frac 0.1
run 0 eval streams other.txt --baseline --json
is "$(inner baseline learnt)" "$size"
