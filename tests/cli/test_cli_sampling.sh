#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_sampling.sh SOURCE BUILD - `rnn sample` and `rnn info` from the outside.
. "$1/tests/cli/expect.sh"
make_run

# Same seed, same text; another seed, another; the length is the length.
run 0 sample model --seed 7 --length 300
silent err
cp out seven
is "$(wc -c <seven)" 300
run 0 sample model --seed 7 -length 300
cmp -s out seven || fail "the same seed wrote another text"
run 0 sample model --seed 8 --length 300
if cmp -s out seven; then fail "another seed wrote the same text"; fi
run 0 sample model --length 300
cp out first
run 0 sample model --length 300
if cmp -s out first; then fail "without a seed the text is the same"; fi
run 0 sample model --verbose --length 5
says "seed "
run 0 sample model -verbose 0 --length 5
silent err

# Precisions: the same text on any number of threads; auto is one of them.
for precision in float32 bf16 int8; do
    run 0 sample model --seed 7 --length 300 --precision $precision --threads 1
    cp out $precision
    run 0 sample model --seed 7 --length 300 --precision $precision --threads 3
    cmp -s out $precision || fail "threads change what $precision writes"
done
run 0 sample model --seed 7 --length 300 --precision auto
cmp -s out float32 || cmp -s out bf16 || fail "auto is neither float32 nor bf16"
cmp -s out seven || fail "auto is not what is taken without --precision"
run 2 sample model --precision int4
says "int8"

# Temperature 0 and Torch's -sample 0 are greedy.
run 0 sample model --temperature 0 --length 100
cp out greedy
run 0 sample model -sample 0 --seed 99 --length 100
cmp -s out greedy || fail "greedy samples differ"
run 0 sample model --top-k 1 --seed 5 --length 100
cmp -s out greedy || fail "--top-k 1 is not greedy"
# Next to nothing is not nothing said.
for tiny in '--temperature 1e-46' '--top-p 1e-46'; do
    # shellcheck disable=SC2086 # words
    run 0 sample model $tiny --seed 5 --length 100
    cmp -s out greedy || fail "$tiny is not greedy"
done

# Primes: echoed or not, from a file, unknown characters.
run 0 sample model --prime "the cat" --seed 1 --length 20
is "$(head -c 7 out)" "the cat"
is "$(wc -c <out)" 27
tail -c 20 out >continued
run 0 sample model -primetext "the cat" --seed 1 --length 20 --no-echo
cmp -s out continued || fail "--no-echo changes the text"
printf 'the cat' >prime.txt
run 0 sample -checkpoint model --prime-file prime.txt --seed 1 --length 20 --no-echo
cmp -s out continued || fail "--prime-file is not --prime"
"$rnn" sample model --prime-file - --seed 1 --length 20 --no-echo <prime.txt >out
cmp -s out continued || fail "--prime-file - is not --prime"
run 1 sample model --prime "the QUEEN"
says "Q"
silent out
run 0 sample model --prime "the QUEEN" --on-unknown skip --length 10
run 4 sample model --prime-file nothing
says "nothing"

# --stop: everything before the text where it first stands, at any place.
for at in 40 41 150 297; do
    stop=$(tail -c +$at seven | head -c 3; echo x)
    stop=${stop%x}
    run 0 sample model --seed 7 --length 300 --stop "$stop"
    size=$(wc -c <out)
    head -c "$size" seven | cmp -s - out || fail "--stop changes the text"
    if grep -qF -e "$stop" out && [ "$(printf %s "$stop" | wc -l)" = 0 ]; then
        fail "the stop string is in the text"
    fi
    [ "$size" -lt "$at" ] || fail "--stop did not stop"
    { cat out; printf '%s' "$stop"; } >with
    head -c "$(wc -c <with)" seven | cmp -s - with || fail "the stop string does not follow"
done
run 0 sample model --seed 7 --length 300 --stop '%%%'
cmp -s out seven || fail "a stop string that never comes changes the text"

# --count: the first is the sample that stands alone; a line parts them.
run 0 sample model --seed 7 --length 300 --count 3
is "$(grep -c '^---$' out)" 2
head -c 300 out | cmp -s - seven || fail "the first of three is another text"
run 0 sample model --seed 7 --length 50 --count 2 --json --stop zzz
is "$(grep -c '"text"' out)" 2
is "$(value characters)" 50
is "$(value ended)" length
is "$(value seed)" 7

# --new-only: whole lines that the file does not have, blanks at the ends aside.
run 0 sample model --seed 3 --length 4000 --temperature 1.2
cp out drawn
awk 'NR % 2 == 1 { print "  " $0 "\t" }' drawn >known
awk 'NR == FNR { gsub(/^[ \t]+|[ \t]+$/, ""); known[$0] = 1; next }
     { line = $0; gsub(/^[ \t]+|[ \t]+$/, "", line); if (!(line in known)) print }' known drawn |
    if [ -n "$(tail -c 1 drawn)" ]; then sed '$d'; else cat; fi >expected
run 0 sample model --seed 3 --length 4000 --temperature 1.2 --new-only known --verbose
[ -s expected ] || fail "the test has nothing to expect"
cmp -s out expected || fail "--new-only lets other lines through"
says "lines are new"
gzip -c known >known.gz
run 0 sample model --seed 3 --length 4000 --temperature 1.2 --new-only known.gz
cmp -s out expected || fail "--new-only does not unpack"
: >empty
run 0 sample model --seed 7 --length 300 --new-only empty --verbose
says " 0 stand in"
run 4 sample model --new-only nothing

# --novelty: what of the sample stands in a corpus. Its own text holds all of it.
{ echo "something before"; cat seven; echo; } >corpus
run 0 sample model --seed 7 --length 300 --novelty corpus
cmp -s out seven || fail "--novelty changes the text"
says "300 characters from 0 on; corpus line 2 (byte 17)"
says "sample     100.0% 100.0% 100.0% 100.0% 100.0% 100.0%    300.0     300      300"
run 0 sample model --seed 7 --length 300 --novelty corpus --json
is "$(value 8)" 1.0
is "$(value longest)" 300
is "$(value median)" 300
is "$(value new_lines)" 0
is "$(value lines)" "$(head -n "$(wc -l <seven)" seven | grep -c .)"
is "$(value line)" 2
is "$(value byte)" 17
prints '"real": null'

# A corpus with every other line of it, as a file, packed, and one of several files.
awk 'NR % 2 == 1' drawn >corpus
cat text.txt >>corpus
run 0 sample model --seed 3 --length 4000 --temperature 1.2 --novelty corpus --json
is "$(value characters)" 4000
lines=$(head -n "$(wc -l <drawn)" drawn | grep -c .)
sed -n '/"novelty"/,$p' out >report
same=$(head -n "$(wc -l <drawn)" drawn | grep . | grep -cvxF -f corpus)
grep -q "\"lines\": $lines," report || fail "not $lines lines"
grep -q "\"new_lines\": $same," report || fail "not $same new lines"
prints '"real": {'
gzip -c corpus >corpus.gz
run 0 sample model --seed 3 --length 4000 --temperature 1.2 --novelty corpus.gz --json
sed -n '/"novelty"/,$p' out | sed 's/corpus\.gz/corpus/' | cmp -s - report ||
    fail "a packed corpus is another corpus"
mkdir several && cp text.txt several/a.txt && cp seven several/b.txt
run 0 sample model --seed 7 --length 300 --novelty several
says "several/b.txt line 1 (byte 0)"

# What is measured was drawn: not the prime; lines are those that are written.
run 0 sample model --seed 7 --length 100 --prime "the cat sat" --novelty corpus --json
is "$(sed -n '/"novelty"/,$p' out | sed -n 's/^ *"characters": \([0-9]*\),$/\1/p' | head -n 1)" 100
run 0 sample model --seed 7 --length 300 --count 3 --stop '
' --novelty text.txt --json
is "$(sed -n '/"novelty"/,$p' out | sed -n 's/^ *"lines": \([0-9]*\),$/\1/p' | head -n 1)" 3
# A name that is no UTF-8 has a place in JSON all the same.
name=$(printf 'caf\351')
if cp corpus "$name" 2>/dev/null; then
    run 0 sample model --seed 7 --length 300 --novelty "$name" --json
    prints "\"corpus\": \"caf$(printf '\357\277\275')\""
fi
run 4 sample model --novelty nothing
says "nothing"
silent out
run 2 sample model --novelty corpus --endless
run 2 sample model --novelty corpus --quiet
says "--json"

# A reader that has had enough, and a disk that is full.
code=0
{ "$rnn" sample model --endless || echo $? >code; } | head -c 10 >out
is "$(wc -c <out)" 10
[ ! -s code ] || fail "a closed pipe is exit code $(cat code)"
if [ -c /dev/full ]; then
    code=0
    "$rnn" sample model --length 100000 >/dev/full 2>err || code=$?
    is $code 4
    says "No space left"
fi

# Ctrl-C ends an endless text with 130, and what was drawn is there.
rm -f out
"$rnn" sample model --endless --seed 7 >out 2>err &
pid=$!
tries=0
until [ -s out ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "nothing is written"
    sleep 0.05
done
kill -s INT $pid
code=0
wait $pid || code=$?
is $code 130
head -c 300 out | cmp -s - seven || fail "the endless text is another one"

# Whole UTF-8 only.
i=0
while [ $i -lt 150 ]; do
    echo "äöü 日本語 हिन्दी $i 🙂"
    i=$((i + 1))
done >wide.txt
run 0 train wide.txt --out wide --units bytes --hidden-size 12 --num-layers 1 --steps 20 \
    --batch-size 4 --sample-length 0
run 0 sample wide --seed 2 --length 500
if command -v iconv >/dev/null; then
    iconv -f UTF-8 -t UTF-8 out >/dev/null 2>err || fail "the sample is not UTF-8"
fi
run 0 sample wide --seed 2 --length 500 --json
is "$(value characters)" 500
printf '\303 ' >latin # a byte of the model's that is no character
run 0 sample wide --seed 2 --length 50 --prime-file latin --json
prints "\"text\": \"$(printf '\357\277\275') "

# Info.
run 0 info model
prints "1 x 24 lstm"
prints "--learning-rate 0.02"
run 0 info model --json
is "$(value hidden_size)" 24
is "$(value steps)" 60
run 0 info model/model.safetensors

# Files that are no models.
run 3 sample text.txt
head -c 2000 model/model.safetensors >cut.safetensors
run 3 sample cut.safetensors
says "cut.safetensors"
run 3 info cut.safetensors
