#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_training.sh SOURCE BUILD - `rnn train` from the outside: runs and their
# directories, resuming, signals, the peers' options, exit codes.
. "$1/tests/cli/expect.sh"
make_text >text.txt
small="--hidden-size 16 --num-layers 1 --batch-size 8 --seq-length 20 --threads 1"
small="$small --sample-length 20"

# A run: what it tells, what it leaves.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 30 --print-every 10
silent out
says " symbols"
says "parameters"
says "step 30/30"
says "validation at step 30"
says "* best so far"
says "sample at step 30"
says "rnn sample runs/text"
says "rnn eval runs/text text.txt --part val"
for file in model.safetensors last.safetensors resume.safetensors log.jsonl samples.txt; do
    [ -s runs/text/$file ] || fail "there is no runs/text/$file"
done
if grep -q "$(printf '\033')" err; then fail "colors where there is no terminal"; fi

# The next run has a place of its own, unless it is named.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 2
says "this run goes to runs/text-2"
[ -d runs/text-2 ] || fail "there is no runs/text-2"
# shellcheck disable=SC2086
run 4 train text.txt $small --steps 2 --name text
says "--resume runs/text"
# shellcheck disable=SC2086
run 4 train text.txt $small --steps 2 --out runs/text
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 2 --name text-2 --overwrite --color always
grep -q "$(printf '\033')" err || fail "no colors with --color always"

# --quiet and --json.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 5 --name quiet --quiet --json
silent err
is "$(value step)" 5
is "$(value out)" runs/quiet
is "$(value interrupted)" false

# Stopped and resumed is as if it had never stopped.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 40 --dropout 0.2 --num-layers 2 --out whole
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 25 --dropout 0.2 --num-layers 2 --out parts
run 0 train --resume parts --steps 40
says "goes on at step 25"
run 0 sample whole/last.safetensors --seed 1 --length 200
cp out expected
run 0 sample parts/last.safetensors --seed 1 --length 200
cmp -s out expected || fail "a resumed run learnt something else"

# One that is over has nothing more to say.
cp parts/samples.txt samples
run 0 train --resume parts
cmp -s parts/samples.txt samples || fail "a run that was over wrote another sample"

# bf16: float32 and a notice where it is slow, unless it is wanted all the same.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 9 --cpu generic --precision bf16 --out bf16
says "training in float32"
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 9 --cpu generic --precision float32 --out float32
run 0 sample float32/last.safetensors --seed 1 --length 100
cp out expected
run 0 sample bf16/last.safetensors --seed 1 --length 100
cmp -s out expected || fail "bf16 where there is none is not float32"
RNN_EMULATE_BF16=1
export RNN_EMULATE_BF16
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 40 --precision bf16 --out bf16-whole
if grep -q "training in float32" err; then fail "emulated bf16 is refused"; fi
grep -q '"kernels":"[a-z0-9]*, bf16' bf16-whole/log.jsonl || fail "not trained in bf16"
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 25 --precision bf16 --out bf16-parts
run 0 train --resume bf16-parts --steps 40
unset RNN_EMULATE_BF16
run 0 sample bf16-whole/last.safetensors --seed 1 --length 200
cp out expected
run 0 sample bf16-parts/last.safetensors --seed 1 --length 200
cmp -s out expected || fail "a run resumed in bf16 learnt something else"

# What may change on resuming, and what may not.
run 2 train --resume parts --hidden-size 99
says "hidden-size cannot change"
run 2 train --resume parts --name other
run 0 train --resume parts --hidden-size 16 --steps 41 --learning-rate 0.001
run 4 train --resume nowhere
says "neither a file nor a run's directory"

# Ctrl-C saves, says how to go on, and is 130; SIGTERM is 143.
interrupt() {
    # shellcheck disable=SC2086
    "$rnn" train text.txt $small --steps 100000000 --out "$3" >out 2>err &
    pid=$!
    tries=0
    until grep -q '"progress"' "$3/log.jsonl" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "training does not begin"
        sleep 0.05
    done
    kill -s "$1" $pid
    code=0
    wait $pid || code=$?
    is $code "$2"
    says "rnn train --resume $3"
}
interrupt INT 130 interrupted
step=$(sed -n 's/^saved at step \([0-9]*\);.*/\1/p' err)
run 0 train --resume interrupted --steps $((step + 3)) --quiet --json
is "$(value step)" $((step + 3))
interrupt TERM 143 terminated

# SIGUSR1 saves and goes on.
# shellcheck disable=SC2086
"$rnn" train text.txt $small --steps 100000000 --checkpoint-every 100000000 --out saved \
    >out 2>err &
pid=$!
tries=0
until grep -q '"progress"' saved/log.jsonl 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "training does not begin"
    sleep 0.05
done
cp saved/resume.safetensors before
kill -s USR1 $pid
tries=0
while cmp -s saved/resume.safetensors before; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "SIGUSR1 does not save"
    sleep 0.05
done
kill -0 $pid || fail "SIGUSR1 ended the run"
kill -s TERM $pid
wait $pid || true

# char-rnn's and torch-rnn's command lines.
mkdir data && cp text.txt data/input.txt
run 0 train -data_dir data -rnn_size 8 -model gru -num_layers 1 -seq_length 20 -batch_size 8 \
    -max_epochs 1 -grad_clip 1 -learning_rate_decay 0.9 -learning_rate_decay_after 2 \
    -train_frac 0.9 -val_frac 0.05 -checkpoint_dir cv -savefile lm -gpuid -1 -print_every 1
says "passed over"
run 0 info cv --json
is "$(value cell)" gru
is "$(value hidden_size)" 8
is "$(value clip_value)" 1
is "$(value clip_norm)" 0
is "$(value schedule)" epoch-decay
is "$(value decay_factor)" 0.9
is "$(value test_frac)" 0.05
run 0 train text.txt -model_type rnn -wordvec_size 4 -rnn_size 8 -num_layers 1 -max_epochs 1 \
    -lr_decay_every 3 -checkpoint_name torch --clip-norm 2 -grad_clip 1 -decay_rate 0.9 \
    --optimizer adam
run 0 info torch --json
is "$(value cell)" tanh
is "$(value embedding_size)" 4
is "$(value schedule)" step-decay
is "$(value decay_factor)" 0.5
# What is given itself is not implied.
is "$(value clip_norm)" 2
is "$(value optimizer)" adam

# Another model's weights.
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 2 --init-from runs/text --out from
# shellcheck disable=SC2086
run 0 train text.txt $small --steps 2 --init-from runs/text --units bytes --out from-bytes
says "units and normal form of the text are those of runs/text"

# Standard input.
"$rnn" train - --hidden-size 8 --num-layers 1 --steps 2 --quiet <text.txt
[ -s runs/stdin/model.safetensors ] || fail "standard input was not learnt"

# A run among the texts that it learns from is none of them, for itself and for the next one.
mkdir -p shelf/sub
cp text.txt shelf/sub
cd shelf
# shellcheck disable=SC2086
run 0 train . $small --steps 8
run 0 train --resume runs/shelf --steps 12
# shellcheck disable=SC2086
run 0 train . $small --steps 12 --name next
cmp -s runs/shelf/last.safetensors runs/next/last.safetensors || {
    run 0 sample runs/shelf/last.safetensors --seed 1 --length 200
    cp out expected
    run 0 sample runs/next/last.safetensors --seed 1 --length 200
    cmp -s out expected || fail "the second run has read the first one"
}
cd ..
run 2 train shelf/sub --steps 1 --out shelf/sub --overwrite
says "one of its own"
[ ! -e shelf/sub/log.jsonl ] || fail "a run among its texts"

# A pipe is read once.
mkfifo pipe
cat text.txt >pipe &
# shellcheck disable=SC2086
run 0 train pipe $small --steps 4
says "try next"

# A file that may not grow ends a run with a message, not by a signal.
(
    ulimit -f 40
    # shellcheck disable=SC2086
    run 4 train text.txt $small --steps 4 --name short --quiet
    says "nothing can be saved there"
) || exit 1
# What is left of it is no run to go on with.
# shellcheck disable=SC2086
run 4 train text.txt $small --steps 4 --name short
says "holds no run to go on with"

# On a terminal one line is redrawn, within the window.
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    TERM=xterm COLUMNS=40 script -qec "'$rnn' train text.txt $small --steps 30 --print-every 5 --out live" \
        /dev/null >out </dev/null
    tr '\r' '\n' <out | sed "s/$(printf '\033')\[[0-9]*[Km]//g" | grep '%  ' >lines ||
        fail "no line is drawn"
    awk 'length > 39 { exit 1 }' lines || fail "the live line is wider than the window"
fi

# What cannot be read or written.
run 4 train nothing.txt --steps 1
says "nothing.txt"
run 4 train text.txt --steps 1 --out text.txt/run
: >empty.txt
run 2 train empty.txt --steps 1
is "$(wc -l <err)" 1
head -c 1000 runs/text/resume.safetensors >cut.safetensors
cp cut.safetensors parts/resume.safetensors
run 0 train --resume parts --steps 50
says "the last checkpoint is damaged"
cp cut.safetensors parts/resume.safetensors
cp cut.safetensors parts/resume.previous.safetensors
run 3 train --resume parts --steps 50
