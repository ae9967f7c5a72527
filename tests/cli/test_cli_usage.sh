#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_usage.sh SOURCE BUILD - help, completions, manual pages, and what the program
# says to a wrong command line. UPDATE=1 writes the expected help texts anew.
. "$1/tests/cli/expect.sh"

# Help is golden: a change of it shows in review.
COLUMNS=80
export COLUMNS
for command in '' train sample eval show neurons serve info bench help man completions; do
    # shellcheck disable=SC2086
    run 0 help $command
    silent err
    golden=$source_dir/tests/cli/help/${command:-rnn}.txt
    [ "${UPDATE:-}" = 1 ] && cp out "$golden"
    cmp -s out "$golden" || {
        diff "$golden" out || true
        fail "help $command differs; UPDATE=1 sh tests/cli/test_cli_usage.sh . BUILD writes it anew"
    }
    awk 'length > 80 { exit 1 }' out || fail "help $command is wider than 80 columns"
    [ -z "$command" ] || {
        cp out first
        run 0 "$command" --help
        cmp -s out first || fail "$command --help and help $command differ"
    }
done
run 0 --help
run 0 -h
run 0 --version
prints "rnn "

# Narrow windows too.
COLUMNS=50
run 0 help train
sed '/^Examples:/,$d' out | awk 'length > 50 { exit 1 }' || fail "help train is wider than the window"
unset COLUMNS

# Each option in the help is one that the parser knows.
for command in train sample eval show neurons info bench; do
    run 0 help $command
    grep -o -e '^  \(-[a-z], \)\{0,1\}--[a-z0-9-]*' out | sed 's/.*--/--/' >options
    [ -s options ] || fail "no options in the help of $command"
    # bench needs nothing to begin with, and would.
    [ $command = bench ] && nothing=nothing || nothing=
    while read -r option; do
        # shellcheck disable=SC2086
        "$rnn" $command $nothing "$option" </dev/null >out 2>err || true
        if grep -q 'unknown option' err; then fail "$command does not know $option"; fi
    done <options
done

# Help as data.
run 0 help train --json
prints '"name": "hidden-size"'
run 0 help --json
prints '"version"'

# Wrong command lines: 2, one message, nothing on standard output.
run 2
says "Usage:"
run 2 trian x
says "did you mean 'train'"
run 2 nothing
says "no command 'nothing'"
wrong() {
    words=$1
    shift
    run 2 "$@"
    silent out
    says "$words"
    is "$(wc -l <err)" 1
}
wrong "which text?" train
wrong "did you mean --hidden-size?" train x --hiden-size 3
wrong "did you mean --hidden-size?" train x --hidden_szie=3
wrong "did you mean --no-bias?" train x --no-bais
wrong "unknown option '--zzzzzz'" train x --zzzzzz
wrong "--hidden-size must be auto or a whole number from 1 to 65536, not '0'" train x --hidden-size 0
wrong "--hidden-size must be auto or a whole number" train x -rnn_size many
wrong "--hidden-size needs a value" train x --hidden-size
wrong "--cell must be auto or one of tanh, gru, lstm, not 'cnn'" train x --cell cnn
wrong "--time must be a duration" train x --time soon
wrong "--tie-output needs embedding-size equal" train x --tie-output \
    --hidden-size 64 --embedding-size 32
wrong "leave text to train on" train x --val-frac 0.6 --test-frac 0.4
wrong "--no-bias takes no value" train x --no-bias=1
wrong "instead of -input_h5" train -input_h5 my.h5 -input_json my.json
wrong "batch normalization" train x -batchnorm 1
wrong "which model?" sample
wrong "one model at a time" sample a b
wrong "give one of them" sample a --prime x --prime-file y
wrong "--top-p must be" sample a --top-p 1.5
wrong "endless" sample a --endless --json
wrong "endless" sample a --length 0 --count 2
wrong "which text?" eval model
wrong "--per-char and --json" eval model x --per-char --json
wrong "--port must be" serve --port 65536
wrong "at a time" serve a b
wrong "which model?" info
wrong "'nothing'? Configurations stand behind --config" bench nothing
wrong "'trian' is no word of a configuration; these are: train, evaluate" bench --config 'trian lstm'
wrong "'2y512' is no word" bench --config 'train lstm 2y512'
wrong "'33x8' is no word" bench --config 'train lstm 33x8'
wrong "'sample' is the second of its kind" bench --config 'train sample'
wrong "'lstm 7x7': no standard configuration is like that" bench --config 'lstm 7x7'
wrong "leave s9 out" bench --config 'sample lstm 2x512 s9'
wrong "nothing stands there" bench --config 'train,,sample'
wrong "--rounds must be a whole number from 1" bench --rounds 0
wrong "there are no kernels named" bench --cpu fast
wrong "there is no command" help me
wrong "which shell" completions
wrong "bash, zsh and fish" completions csh

# A model that is not there: what is there instead.
run 4 sample nowhere
says "'rnn train FILE' makes one"
mkdir -p runs/book && : >runs/book/model.safetensors
run 4 info nowhere
says "there are runs/book"

# Completions.
run 0 completions zsh
prints '#compdef rnn'
run 0 completions fish
prints '-l hidden-size'
run 0 completions bash
if command -v bash >/dev/null; then
    cp out rnn.bash
    bash -n rnn.bash || fail "the completions for bash are no bash"
    completed() {
        # shellcheck disable=SC2016
        bash -c '. ./rnn.bash; COMP_WORDS=(rnn "$@"); COMP_CWORD=$#; _rnn
                 echo "${COMPREPLY[@]}"' bash "$@"
    }
    is "$(completed tra)" train
    is "$(completed train --optim)" --optimizer
    is "$(completed train --optimizer ad)" "adagrad adam adamw"
    is "$(completed help comp)" completions
    is "$(completed sample runs/bo)" runs/book
fi

# Manual pages.
for command in '' train sample eval show neurons serve info bench help man completions; do
    # shellcheck disable=SC2086
    run 0 man $command
    prints '.SH NAME'
    if command -v groff >/dev/null; then
        groff -ww -z -man -Tascii out 2>err || fail "groff fails on the page of rnn $command"
        silent err
    fi
done
run 2 man nothing
