#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_plan.sh SOURCE BUILD - what `rnn train` chooses by itself: told, recorded, kept
# when the run goes on; and what is given stays.
. "$1/tests/cli/expect.sh"
make_text >text.txt

# setting RUN NAME: what a run's record says of a setting.
setting() {
    sed -n "1s/.*\"$2\":\"\{0,1\}\([^\",}]*\)\"\{0,1\}[,}].*/\1/p" "$1/log.jsonl"
}
planned="cell num_layers hidden_size embedding_size ngrams ngram_size ngram_rows ngram_dropout
    dropout output_dropout weight_drop batch_size
    seq_length optimizer learning_rate beta1 beta2 weight_decay clip_norm schedule warmup_steps max_symbols"

# A time alone: the plan comes with its reasons, and the record has no blanks.
run 0 train text.txt --time 2s --out planned
says "plan    1 layer of"
says "characters a second here"
says "ends    at "
grep -q '"event":"plan".*"passes":.*"reasons":\["1 layer' planned/log.jsonl || fail "no plan in the log"
for name in $planned; do
    [ -n "$(setting planned "$name")" ] || fail "nothing says what $name is"
    [ "$(setting planned "$name")" != auto ] || fail "$name was left open"
done
is "$(setting planned optimizer)" adamw
is "$(setting planned schedule)" cosine

# Read a thousand times, the text would be learnt by heart.
says "% of the recurrent weights"
[ "$(setting planned weight_drop)" != 0 ] || fail "nothing is dropped"

# The run goes on with what was chosen, and nothing is chosen anew.
was=$(for name in $planned; do setting planned "$name"; done)
run 0 train --resume planned --time 3s
if grep -q "^plan  " err; then fail "a plan for a run that had one"; fi
sed -n '/"event":"resume"/p' planned/log.jsonl >resumed
mkdir again && mv resumed again/log.jsonl
now=$(for name in $planned; do setting again "$name"; done)
is "$now" "$was"

# What is given stays.
run 0 train text.txt --time 1s --cell gru --num-layers 2 --hidden-size 24 --dropout 0.25 \
    --learning-rate 0.003 --weight-drop 0 --out given
says "plan    2 layers of 24 GRU cells, as given"
is "$(setting given cell)" gru
is "$(setting given num_layers)" 2
is "$(setting given hidden_size)" 24
is "$(setting given dropout)" 0.25
is "$(setting given learning_rate)" 0.003
is "$(setting given weight_drop)" 0
# The rest is chosen as ever; how many streams depends on the machine's speed at that moment.
for name in seq_length optimizer beta1 beta2 weight_decay clip_norm schedule warmup_steps; do
    is "$(setting given "$name")" "$(setting planned "$name")"
done
[ "$(setting given batch_size)" -ge 8 ] || fail "fewer streams than the plan allows"

# Where most characters are rare they are spelled with bytes.
LC_ALL=C awk 'BEGIN { for (i = 0; i < 60000; i++) printf "%s", i % 60 ? "the grass is green\n" : "snow\n"
             for (i = 0; i < 64; i++) for (j = 0; j < 16; j++)
                 printf "%c%c%c", 228, 128 + i, 128 + j }' >rare.txt
run 0 train rare.txt --time 1s --hidden-size 8 --out rare
says "symbols are enough"
[ "$(setting rare max_symbols)" -ge 256 ] || fail "no cap on what is rare"
run 0 train rare.txt --time 1s --hidden-size 8 --max-symbols 0 --out rare-all
is "$(setting rare-all max_symbols)" 0
says ", 1037 symbols"
run 0 train text.txt --steps 1 --hidden-size 8 --out closed
is "$(setting closed max_symbols)" 0

# A model to start from brings its sizes.
run 0 train text.txt --time 1s --init-from given --out further
says "plan    2 layers of 24 GRU cells"
if grep -q "cell and sizes are those of" err; then fail "a note on sizes that nobody gave"; fi

# Counted in steps, a run is char-rnn's.
run 0 train text.txt --steps 1 --out counted
if grep -q "^plan  " err; then fail "a plan for a run that is counted in steps"; fi
is "$(setting counted hidden_size)" 128
is "$(setting counted num_layers)" 2
is "$(setting counted learning_rate)" 0.002
is "$(setting counted optimizer)" adam
is "$(setting counted weight_drop)" 0
# With a time as well it is planned; the first budget to be reached ends it.
run 0 train text.txt --steps 3 --time 1h --hidden-size 16 --out both
says " of 16 LSTM cells"
says "all steps are done"
is "$(setting both warmup_steps)" 0
run 0 train --resume both --steps 5
