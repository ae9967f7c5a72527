#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_scoring.sh SOURCE BUILD - `rnn eval` from the outside.
. "$1/tests/cli/expect.sh"
make_run
size=$(wc -c <text.txt)

# close A B SHARE: two numbers differ by less than a share of them.
close() {
    awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { d = a - b; if (d < 0) d = -d
        exit !(d <= s * (a < 0 ? -a : a)) }' || fail "$1 is not near $2"
}

# The figures, and how they hang together.
run 0 eval model text.txt --json
silent err
is "$(value characters)" $((size - 1))
nats=$(value nats_per_character)
bits=$(value bits_per_character)
close "$(value perplexity)" "$(awk -v n="$nats" 'BEGIN { print exp(n) }')" 1e-5
close "$bits" "$(awk -v n="$nats" 'BEGIN { print n / log(2) }')" 1e-5
[ -n "$(value accuracy)" ] || fail "no accuracy"
is "$(value protocol)" stream
run 0 eval model text.txt
prints "nats per character"
prints "perplexity"

# Each character with its bits: as many as are counted, with the same mean.
run 0 eval model text.txt --per-char
is "$(wc -l <out)" $((size - 1))
close "$(awk -F '\t' '{ sum += $2 } END { print sum / NR }' out)" "$bits" 1e-3
is "$(sed -n 1p out | cut -f 1)" h
is "$(grep -c '^\\n	' out)" 120
says "perplexity"
run 0 eval model text.txt --per-char --quiet
silent err
# What does not show, or acts upon a terminal, is escaped.
yes "$(printf 'a\302\233b\342\200\250\\\303\251')" | head -n 20 >unseen.txt
run 0 train unseen.txt --out unseen --hidden-size 8 --num-layers 1 --batch-size 2 \
    --seq-length 8 --steps 2 --threads 1 --sample-length 0
run 0 eval unseen unseen.txt --per-char --quiet
is "$(sed -n 2,7p out | cut -f 1 | tr '\n' ' ')" "b \\u2028 \\\\ $(printf '\303\251') \\n a "
is "$(sed -n 1p out | cut -f 1)" '\u009b'

# Windows that begin knowing nothing are harder.
run 0 eval model text.txt --protocol cold --window 16 --json
is "$(value window)" 16
awk -v c="$(value nats_per_character)" -v s="$nats" 'BEGIN { exit !(c > s) }' ||
    fail "cold windows are not harder than the stream"

# Parts are what the training held out, or what is asked for.
run 0 eval model text.txt --part val --json
close "$(value characters)" $((size / 20)) 0.02
run 0 eval model text.txt -split train --json
close "$(value characters)" $((size * 19 / 20)) 0.02
run 0 eval model text.txt --part test --test-frac 0.2 --json
close "$(value characters)" $((size / 5)) 0.02
run 2 eval model text.txt --part test
says "--test-frac"

# Standard input, several inputs, directories.
"$rnn" eval model - --json <text.txt >out
is "$(value nats_per_character)" "$nats"
mkdir texts && cp text.txt texts/a.txt && cp text.txt texts/b.c
run 0 eval model texts --include '*.txt' --json
is "$(value nats_per_character)" "$nats"
run 0 eval model text.txt text.txt --json
is "$(value characters)" $((2 * size - 1))

# Unknown characters.
echo "the QUEEN sat" >queen.txt
run 1 eval model queen.txt
says "Q"
run 0 eval model queen.txt --on-unknown skip --json
is "$(value skipped)" 5

# The same on any number of threads.
run 0 eval model text.txt --json --threads 2
is "$(value nats_per_character)" "$nats"

# Fewer bits cost next to nothing.
for precision in bf16 int8; do
    run 0 eval model text.txt --json --precision $precision
    prints ", $precision, "
    awk -v a="$nats" -v b="$(value nats_per_character)" \
        'BEGIN { exit !(a - b < 0.005 && b - a < 0.005) }' || fail "$precision changes the loss"
done

# Weights that follow the text, beside those that do not. Where they do not move, both
# figures are the same.
second() {
    sed -n "s/^ *\"$1\": \([^,]*\),\{0,1\}\$/\1/p" out | sed -n 2p
}
run 0 eval model text.txt --json --dynamic --dynamic-rate 0 --dynamic-decay 0
silent err
is "$(value nats_per_character)" "$nats"
close "$(second nats_per_character)" "$nats" 1e-9
is "$(second characters)" $((size - 1))
is "$(value segment)" 20
prints '"chosen_on": null'
run 0 eval model text.txt --json --dynamic
awk -v s="$nats" -v d="$(second nats_per_character)" 'BEGIN { exit !(d < s) }' ||
    fail "a text that says the same again and again is not learnt"
is "$(value rate)" 0.001
run 0 eval model text.txt --part val --dynamic --segment 5
says "rate 0.0005, decay 0.003: "
prints "protocol    stream"
prints "dynamic     "
prints "at the end of the training text"
prints "after every 5 characters"
run 0 eval model text.txt --part test --val-frac 0.2 --test-frac 0.1 --dynamic --dynamic-decay 0.02 --quiet
silent err
prints "at the beginning of the validation text"
prints "decay 0.02"
run 5 eval model text.txt --dynamic --dynamic-rate 1e37
says "lower rate"
for clash in '--protocol cold' --per-char '--precision int8'; do
    # shellcheck disable=SC2086 # words
    run 2 eval model text.txt --dynamic $clash
    says "--dynamic"
done
run 2 eval model text.txt --dynamic-rate 0.1
says "--dynamic"
# What an option needs is not there: it would change nothing.
for alone in "--length 10" "--seed 3" "--streams 2" "--temperature 0.5" "--window 5" \
    "--baseline-order 3" "--baseline-memory 64"; do
    # shellcheck disable=SC2086
    run 2 eval model text.txt $alone
    says " with --"
done

# --structure: what a model opens and closes, and what real text does.
yes 'f(a[i]); /* ( */' | head -n 100 >pairs.txt
run 0 train pairs.txt --out pairs --hidden-size 24 --num-layers 1 --batch-size 8 \
    --seq-length 20 --steps 60 --learning-rate 0.02 --threads 1 --sample-length 0
run 0 eval pairs --structure c pairs.txt --part all --length 3001 --streams 4
silent err
prints "drawn  3,001 characters in 4 streams (temperature 1, seed 1)"
prints "real   1,700 characters of pairs.txt (all of it)"
prints "             real     100 100.0%      -      -      -      -      - 100.0%     0"
is "$(grep -c 'real  *100 100.0% ' out)" 3
grep -q '^( )  *drawn' out || fail "nothing is drawn"
cp out first
run 0 eval pairs --structure c pairs.txt --part all --length 3001 --streams 4 --threads 3
cmp -s out first || fail "threads change the structure"
run 0 eval pairs --structure c pairs.txt --part all --length 3001 --streams 4 --seed 2
if cmp -s out first; then fail "another seed, the same texts"; fi
run 0 eval pairs --structure c --length 3001 --streams 4
if grep -q real out; then fail "there is no real text"; fi
grep -v ' real\|^real' first | cmp -s - out || fail "real text changes what is drawn"
run 0 eval pairs --structure c pairs.txt --length 100 --temperature 0
prints "(validation part)"
# It is cut where training cut it: in symbols, three for a character that is spelled.
{
    yes 'f(a[i]) *' | head -n 100
    yes "$(printf '\344\270\255')" | head -n 300 | tr -d '\n'
} >spelled.txt
run 0 train spelled.txt --out spelled --max-symbols 256 --val-frac 0.5 --hidden-size 8 \
    --num-layers 1 --batch-size 2 --seq-length 8 --steps 2 --threads 1 --sample-length 0
run 0 eval spelled --structure c spelled.txt --length 10
prints "real   350 characters of spelled.txt (validation part)"
run 0 eval pairs --structure quotes --length 10
run 0 eval pairs --structure json pairs.txt --part all --length 100 --json
is "$(value structure)" json
is "$(value valid)" 0
is "$(value characters)" 100
prints '"real": {'
grep -A 8 '"closed": \[' out | grep -q ' 100,' || fail "100 arrays are not counted"
printf 'say "one" ("two")\n' >quoted.txt
run 0 eval pairs --structure quotes quoted.txt --part all --length 10 --quiet
grep -q '^" " .*drawn' out || fail "no straight quotes"
prints "real       2 100.0%"
run 4 eval pairs --structure c nothing.txt
run 2 eval pairs --structure c pairs.txt --part test
run 2 eval pairs --structure basic
run 2 eval pairs --structure c --per-char
run 2 eval pairs

# What cannot be scored.
run 4 eval model nothing.txt
run 3 eval text.txt text.txt
printf x >one.txt
run 2 eval model one.txt --on-unknown skip
