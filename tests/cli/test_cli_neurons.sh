#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_neurons.sh SOURCE BUILD - `rnn neurons` from the outside.
. "$1/tests/cli/expect.sh"

# lines COUNT: a text with brackets in it.
lines() {
    i=0
    while [ $i -lt "$1" ]; do
        echo "the dog (on mat $((i % 5)) and red) ran to the cat."
        i=$((i + 1))
    done
}
lines 200 >text.txt
lines 151 >brackets.txt
size=$(wc -c <text.txt)
run 0 train text.txt --out model --hidden-size 24 --num-layers 1 --batch-size 8 \
    --seq-length 20 --steps 60 --learning-rate 0.02 --threads 1 --sample-length 0

# The table: each predicate with its unit, its score, and what it is to be compared with.
run 0 neurons model brackets.txt
silent err
prints "LSTM, 1 layer of 24: tanh(c) of 24 units"
prints "brackets.txt: 6,493 characters, read as prose"
grep -q '^inside ( )  *[0-9.]*% *-\{0,1\}0:[0-9]* *[01]\.[0-9]* *[01]\.[0-9]* *[01]\.[0-9]* *[0-9]*$' out ||
    fail "no row for brackets"
grep -q '^characters of the line so far  *[0-9.]* *-\{0,1\}0:[0-9]* ' out || fail "no row for columns"
prints "hardly ever here: a capital letter, inside a URL, "
prints "of 24 units"
grep -q '^[0-9.]*% would be by chance$' out || fail "not what chance would count"
awk 'length > 80 { exit 1 }' out || fail "the table is wider than 80 columns"
cp out first

# The same on any number of threads, but for the time that it takes.
grep -v '^time' first >want
run 0 neurons model brackets.txt --threads 3
grep -v '^time' out | cmp -s - want || fail "threads change what is found"
run 0 neurons model brackets.txt --seed 2
if grep -v '^time' out | cmp -s - want; then fail "another seed, the same chance"; fi

# More units for each, and what stands behind something.
run 0 neurons model brackets.txt --top 3 --after 'ma'
is "$(grep -c '^   .* -\{0,1\}0:[0-9]*  *[0-9.]*$' out)" $((2 * $(grep -c '^[a-z].* [0-9]*$' first) + 2))
prints "right behind ma"

# As data.
run 0 neurons model brackets.txt --json --characters 2000 --shifts 3
silent err
is "$(value characters)" 2000
is "$(value language)" quotes
is "$(value units)" 24
prints '"name": "line end"'
prints '"score": "correlation"'
prints '"second_half": '
prints '"units_above_by_chance": '
run 0 neurons model brackets.txt --json --shifts 1
prints '"units_above_by_chance": null'

# What the model was trained on is read where it was not trained, unless that is too little
# or is told otherwise.
run 2 neurons model text.txt
says "this part of the text has"
says "--part all"
run 0 neurons model text.txt --part all
says "has learnt from this text"
prints "text    text.txt"
run 0 neurons model text.txt --part train --quiet
silent err
prints "the training part of text.txt"
run 0 neurons model text.txt --val-frac 0.2 --json --shifts 2
is "$(value text)" "the validation part of text.txt"
is "$(value characters)" $((size / 5))
run 0 neurons model brackets.txt --language c
prints "read as C"
prints "inside a comment"

# The gallery: a page in one file, or on standard output.
run 0 neurons model brackets.txt -o page.html
silent out
says "wrote page.html"
run 0 neurons model brackets.txt -o - --quiet
silent err
cmp -s out page.html || fail "the page differs from that on standard output"
prints "Everything that was looked for"
run 2 neurons model brackets.txt -o page.html --json
run 4 neurons model brackets.txt -o nowhere/page.html

# No text becomes markup: not the text's, nor the names of what is read.
i=0
while [ $i -lt 120 ]; do
    echo "<script>alert($i)</script> [\"a\" <b onload='x'> &lt; & (</p>)] -->"
    i=$((i + 1))
done >'<img>.txt'
run 0 train '<img>.txt' --out '<u>run' --hidden-size 24 --num-layers 1 --batch-size 8 \
    --seq-length 20 --steps 60 --learning-rate 0.02 --threads 1 --sample-length 0
run 0 neurons '<u>run' '<img>.txt' --part all --after '<b ' --language quotes -o page.html --quiet
for markup in '<script>alert' '<img' '<u>' '<b ' '</p>)'; do
    if tr -d '\n' <page.html | sed 's/<i[^>]*>//g; s/<\/i>//g' | grep -qF -e "$markup"; then
        fail "$markup is markup"
    fi
done
cp page.html out
prints "&lt;u&gt;run"
prints "&lt;img&gt;.txt"
tr -d '\n' <page.html | sed 's/<i[^>]*>//g; s/<\/i>//g' >out
prints "&lt;script&gt;alert("
prints "right behind &lt;b "
is "$(grep -o '<script' page.html | wc -l)" 1

# Names may be any bytes, and long.
long=$(printf '%0200d' 7)
odd=$(printf '%s/caf\351\033[1m-%s.txt' "$long" "$long")
mkdir "$long"
cp brackets.txt "$odd"
run 0 neurons model "$odd" --json
is "$(value text)" "$(printf '%s/caf\357\277\275\\u001B[1m-%s.txt' "$long" "$long")"
run 0 neurons model "$odd"
prints "$(printf 'text    %s/caf\\xe9\\x1b[1m-%s.txt: ' "$long" "$long")"

# What cannot be read.
head -c 500 text.txt >short.txt
run 2 neurons model short.txt
says "500 characters are too few"
run 2 neurons model brackets.txt --characters 5499
says "at least 5500 are needed with 10 shifts"
run 0 neurons model brackets.txt --characters 5500
run 2 neurons model text.txt --part all --after 'seventeen bytes..'
says "17 bytes"
run 4 neurons model nothing.txt
echo "the QUEEN sat" >queen.txt
run 1 neurons model queen.txt
says "--on-unknown"
run 2 neurons model
says "which text"
run 2 neurons
says "which model"
