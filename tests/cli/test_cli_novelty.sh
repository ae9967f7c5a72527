#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_novelty.sh SOURCE BUILD - `rnn sample --novelty-by line` from the outside.
# (--novelty by stretches is in test_cli_sampling.sh.)
. "$1/tests/cli/expect.sh"

# Names of two or three syllables, one a line, and a model that knows them a little.
for round in 1 2 3 4; do
    for first in An Bo Ce Da El Fi; do
        for middle in na ri "" lo be ta; do
            for last in na ra lin mi du; do
                echo "$first$middle$last"
            done
        done
    done
done >names.txt
run 0 train names.txt --out model --hidden-size 24 --num-layers 1 --batch-size 8 \
    --seq-length 20 --steps 150 --learning-rate 0.02 --threads 1 --sample-length 0

# report KEY: the first number for it in the report.
report() {
    sed -n '/"novelty"/,$p' out | sed -n "s/^ *\"$1\": \([^,]*\),\{0,1\}\$/\1/p" | head -n 1
}

# share PART WHOLE: as the report in words has it.
share() {
    awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.1f%%", 100 * part / whole }'
}

# costs: "line nats" for each new line of the report.
costs() {
    sed -n '/"plausible"/,$p' | sed -n 's/^ *"text": "\(.*\)",$/\1/p; s/^ *"nats": \(.*\),$/\1/p' |
        paste - -
}

# check_counts DRAWN CORPUS: the report in out beside counting with awk. Not for text with
# lines of blanks.
check_counts() {
    lines=$(grep -c . "$1") || true
    new=$(grep . "$1" | grep -cvxF -f "$2") || true
    different=$(grep . "$1" | sort -u | wc -l)
    different_new=$(grep . "$1" | sort -u | grep -cvxF -f "$2") || true
    is "$(report lines)" $((lines))
    is "$(report new_lines)" $((new))
    is "$(report different_lines)" $((different))
    is "$(report different_new_lines)" $((different_new))
    is "$(report corpus_lines)" $(($(grep . "$2" | sort -u | wc -l)))
    is "$(sed -n '/"plausible"/,$p' out | grep -c '"text"')" $((different_new))
}

# One long sample: the last line is cut off and does not count.
run 0 sample model --seed 5 --length 3000
grep -q . out || fail "nothing is drawn"
head -n "$(wc -l <out)" out >drawn
cp out whole
awk 'NR % 3 == 0' names.txt | sort -u >some.txt
run 0 sample model --seed 5 --length 3000 --novelty some.txt --novelty-by line --json
check_counts drawn some.txt
[ $((new)) -gt $((different_new)) ] || fail "the test has nothing twice"
prints '"real": null'
cp out first

# In words: the text as ever, the table, and the list in the same order.
run 0 sample model --seed 5 --length 3000 --novelty some.txt --novelty-by line --novelty-top 3
cmp -s out whole || fail "--novelty-by line changes the text"
says "novelty: $lines lines beside some.txt ($(($(wc -l <some.txt))) different lines)"
says "$(printf '%-16s%10d%10d%8s%10d%8s' sample $lines $((lines - new)) \
    "$(share $((lines - new)) $lines)" $new "$(share $new $lines)")"
says "$(printf '%-16s%10d%10d%8s%10d%8s' '  different' $different $((different - different_new)) \
    "$(share $((different - different_new)) $different)" $different_new \
    "$(share $different_new $different)")"
says "the 3 most plausible of the $different_new different new lines"
grep -o '"[^"]*"$' err >shown
sed -n '/"plausible"/,$p' first | sed -n 's/^ *"text": \(.*\),$/\1/p' >ranking
head -n 3 ranking | cmp -s - shown || fail "another order in words than in JSON"
grep -q "^ *1 in [0-9,]* .* $(head -n 1 shown)\$" err || fail "no chance of the first line"
run 0 sample model --seed 5 --length 3000 --novelty some.txt --novelty-by line
is "$(grep -c '^ *1 in ' err)" 20
run 0 sample model --seed 5 --length 3000 --novelty some.txt --novelty-by line --novelty-top 0
if grep -q plausible err; then fail "--novelty-top 0 shows lines"; fi

# The likeliest first; threads, temperature and what was written before do not matter.
cp first out
sed -n '/"plausible"/,$p' out | sed -n 's/^ *"nats": \([0-9.]*\),$/\1/p' >nats
sort -n nats | cmp -s - nats || fail "not by probability"
run 0 sample model --seed 5 --length 3000 --novelty some.txt --novelty-by line --json --threads 3
sed -n '/"plausible"/,$p' out >other
sed -n '/"plausible"/,$p' first | cmp -s - other || fail "threads change the figures"
best=$(head -n 1 ranking | tr -d '"')
printf '\n%s\n' "$best" >alone
run 0 eval model alone --json
awk -v nats="$(head -n 1 nats)" -v each="$(value nats_per_character)" -v n="$(value characters)" \
    'BEGIN { exit !(n > 1 && each * n - nats < 1e-6 && nats - each * n < 1e-6) }' ||
    fail "'$best' costs $(value nats_per_character) nats a character by itself"
costs <first >costs_first
run 0 sample model --seed 9 --length 3000 --temperature 0.7 --novelty some.txt --novelty-by line --json
costs <out >costs_other
awk 'NR == FNR { cost[$1] = $2; next }
     $1 in cost { met++; differ += cost[$1] != $2 }
     END { exit !(met > 5 && differ == 0) }' costs_first costs_other ||
    fail "the temperature or what was written before changes what a line costs"

# Many samples, each a line: a newline as --stop ends it, any other stop cuts it off.
run 0 sample model --seed 5 --count 60 --stop '
'
grep -vx -e --- out >drawn
run 0 sample model --seed 5 --count 60 --stop '
' --novelty some.txt --novelty-by line --json
check_counts drawn some.txt
stop=$(sed -n 10p whole | tail -c 3)
run 0 sample model --seed 5 --length 3000 --stop "$stop"
[ -n "$(tail -c 1 out)" ] || fail "'$stop' cuts off no line"
head -n "$(wc -l <out)" out >drawn
run 0 sample model --seed 5 --length 3000 --stop "$stop" --novelty some.txt --novelty-by line --json
check_counts drawn some.txt

# A prime: what was drawn first counts only behind a newline, and what was not drawn never.
run 0 sample model --seed 5 --length 300 --prime Bo --no-echo
sed '$d' out | sed 1d >drawn
run 0 sample model --seed 5 --length 300 --prime Bo --novelty some.txt --novelty-by line --json
check_counts drawn some.txt
run 0 sample model --seed 5 --length 300 --prime 'Quite
' --on-unknown skip --no-echo
sed '$d' out >drawn
run 0 sample model --seed 5 --length 300 --prime 'Quite
' --on-unknown skip --novelty some.txt --novelty-by line --json
check_counts drawn some.txt

# A carriage return before a newline belongs to no line.
sed "s/\$/$(printf '\r')/" some.txt >crlf.txt
run 0 sample model --seed 5 --length 3000 --novelty crlf.txt --novelty-by line --json
sed -n '/"sample"/,$p' out >other
sed -n '/"sample"/,$p' first | cmp -s - other || fail "carriage returns change the report"
run 0 train crlf.txt --out crlf --hidden-size 24 --num-layers 1 --batch-size 8 --seq-length 20 \
    --steps 100 --learning-rate 0.02 --threads 1 --sample-length 0
run 0 sample crlf --seed 5 --length 1000
head -n "$(wc -l <out)" out | sed "s/$(printf '\r')\$//" >drawn
run 0 sample crlf --seed 5 --length 1000 --novelty crlf.txt --novelty-by line --json
check_counts drawn some.txt

# Real text: the corpus's last lines beside the others.
run 0 sample model --seed 5 --length 3000 --novelty names.txt --novelty-by line --json
prints '"real": {'
sed -n '/"real"/,$p' out | grep -q '"new_lines": 0,' || fail "lines that stand there are new"
run 0 sample model --seed 5 --length 3000 --novelty names.txt --novelty-by line
says "real text"
{ cat names.txt && i=0 && while [ $i -lt 20 ]; do echo "Zz$i" && i=$((i + 1)); done; } >more.txt
run 0 sample model --seed 5 --length 120 --novelty more.txt --novelty-by line --json
sed -n '/"real"/,$p' out | grep -q '"different_new_lines": 20,' || fail "real lines are known"
is "$(report corpus_lines)" $(($(sort -u more.txt | wc -l)))

# Nothing to tell: in words, and as nothing in JSON.
run 0 sample model --length 1 --prime Bo --novelty some.txt --novelty-by line
says "no whole line"
run 0 sample model --length 1 --prime Bo --novelty some.txt --novelty-by line --json
is "$(report lines)" 0
is "$(report new_share)" null

# What cannot be told.
tr '\n' ' ' <names.txt >flat.txt
run 0 train flat.txt --out flat --hidden-size 8 --num-layers 1 --batch-size 8 --seq-length 20 \
    --steps 5 --threads 1 --sample-length 0
run 1 sample flat --novelty names.txt --novelty-by line
says "no newline"
silent out
run 0 sample flat --length 200 --novelty names.txt
run 2 sample model --novelty-by line
says "--novelty CORPUS"
run 2 sample model --novelty some.txt --novelty-by line --new-only some.txt
says "--new-only"
run 2 sample model --novelty some.txt --novelty-by word
says "line"
run 2 sample model --novelty some.txt --novelty-by line --novelty-top -1
