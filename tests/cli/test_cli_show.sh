#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_show.sh SOURCE BUILD - `rnn show` and `rnn sample --clamp` from the outside.
. "$1/tests/cli/expect.sh"
make_run

# In a pipe: digits instead of colors, as wide as asked for, the same on any threads.
COLUMNS=40
export COLUMNS
run 0 show model text.txt --length 60
silent err
prints "LSTM, 1 layer of 24 units"
prints "Predictions"
awk 'length > 40 * 4 { exit 1 }' out || fail "lines are wider than the window"
cp out first
run 0 show model text.txt --length 60 --threads 2
cmp -s out first || fail "two threads show something else"
if grep -q "$(printf '\033')" out; then fail "colors in a pipe"; fi
"$rnn" show model - --length 60 <text.txt >out
prints "reads standard input"
unset COLUMNS

# Colors when asked for: 256 of them, or all.
run 0 show model text.txt --length 60 --color always
prints "[38;5;"
COLORTERM=truecolor
export COLORTERM
run 0 show model text.txt --length 60 --color always
prints ";48;2;"
unset COLORTERM

# The surprise adds up to what eval says.
run 0 eval model text.txt --json
nats=$(value nats_per_character)
run 0 show model text.txt --view surprise --length 0
prints "$(awk -v n="$nats" 'BEGIN { printf "%.3f bits per character", n / log(2) }')"
prints "The most surprising words"

# Other views.
run 0 show model text.txt --view cells --cells 0:3,0:23 --length 100
prints "layer 0 unit 3"
prints "layer 0 unit 23"
run 0 show model text.txt --view cells --top 1 --length 100
is "$(grep -c 'layer 0 unit' out)" 1
run 0 show model text.txt --view gates
prints "layer 0 gate f"
run 0 show model --length 40
prints "a text that it wrote itself"
run 0 show model --text "the cat" --json
is "$(value count)" 7
is "$(grep -c '"bits": null' out)" 1
run 0 show model text.txt --from 100 --length 7 --json
is "$(value from)" 100
is "$(value count)" 7
is "$(grep -c '"bits": null' out)" 0

# The names of files may be any bytes, JSON may not.
cp text.txt "$(printf 'caf\351.txt')"
run 0 show model "$(printf 'caf\351.txt')" --length 7 --json
is "$(value text)" "$(printf 'caf\357\277\275.txt')"

# A page in one file, which fetches nothing, with all views; and no half-written ones.
printf 'the <script>alert("&")</script> cat\n' >hostile.txt
run 0 show model text.txt -o page.html
says "wrote page.html"
silent out
for word in "<h2>Predictions</h2>" "<h2>Cells</h2>" "<h2>Surprise</h2>" "<h2>Gates</h2>" \
    'id="values"' "</html>" "prefers-color-scheme" "@media print"; do
    grep -qF "$word" page.html || fail "no $word on the page"
done
if grep -E 'https?://|src=|@import|url\(' page.html; then fail "the page asks for other files"; fi
run 0 show model text.txt --output - --quiet
cmp -s out page.html || fail "the page on standard output is another"
run 0 show model hostile.txt --on-unknown skip -o hostile.html --quiet
silent err
is "$(grep -c '<script>' hostile.html)" 1
run 4 show model text.txt -o nowhere/page.html
says "nowhere/page.html"

# Held units.
run 0 show model text.txt --clamp 0:3=1,0:5=-0.25 --view cells --cells 0:3,0:5 --length 4 --json
awk '/"cells": \[$/ { getline a; getline b; if (a ~ /0\.99999|1\.0/ && b ~ /-0\.2[45]/) n++ }
    END { exit !(n == 4) }' out || fail "units are not held"
run 0 show model text.txt --clamp 0:3=1 --length 200
prints "held: "
prints "free: "
run 0 show model text.txt --clamp 0:3=1 -o held.html --quiet
grep -qF "unit 3 of layer 0 held at 1" held.html || fail "the page does not tell what is held"
run 0 sample model --seed 1 --length 200
cp out free
run 0 sample model --seed 1 --length 200 --clamp 0:3=1,0:5=-1
if cmp -s out free; then fail "held units write the same text"; fi
cp out held
run 0 sample model --seed 1 --length 200 --clamp 0:5=-1,0:3=1 --threads 2
cmp -s out held || fail "held units do not write the same text again"

# What is wrong is told in words.
run 2 show model text.txt --cells 3:1
says "the layers 0 to 0"
run 2 show model text.txt --cells 0:24
says "the units 0 to 23"
run 2 show model text.txt --cells 24
says "LAYER:UNIT"
run 2 sample model --clamp 0:3
says "LAYER:UNIT=VALUE"
run 2 sample model --clamp 0:24=1
says "the units 0 to 23"
run 2 show model text.txt --from 100000
says "the text has"
run 2 show
says "which model?"
run 2 show model text.txt --text x
says "give one of them"
run 2 show model text.txt --json -o x.html
says "give one of them"
run 1 show model --text Queen
says "Q"
