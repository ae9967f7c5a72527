#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_cli_cpu.sh SOURCE BUILD - which kernels run: by --cpu, by RNN_CPU, by themselves.
. "$1/tests/cli/expect.sh"
unset RNN_CPU
make_run

# The environment stands for auto.
run 0 sample model --length 50 --seed 7 --cpu generic
cp out named
RNN_CPU=generic
export RNN_CPU
for choice in "" "--cpu auto"; do
    # shellcheck disable=SC2086 # nothing or two words
    run 0 train text.txt --out other --overwrite --hidden-size 8 --steps 2 $choice
    says "generic"
    # shellcheck disable=SC2086
    run 0 sample model --length 50 --seed 7 $choice
    cmp out named || fail "RNN_CPU=generic and --cpu generic write differently"
done

# What is named goes before the environment, in the samples on the way as well.
RNN_CPU=nothing
run 0 train text.txt --out fourth --hidden-size 8 --steps 2 --cpu generic
says "sample at step 2"
RNN_CPU=generic

# An unknown name is told with where it came from.
for command in "train text.txt --out third" "sample model" "eval model text.txt"; do
    RNN_CPU=nothing
    # shellcheck disable=SC2086 # words
    run 2 $command
    says 'RNN_CPU: there are no kernels named "nothing"; choose one of: auto, '
    RNN_CPU=generic
    # shellcheck disable=SC2086
    run 2 $command --cpu nobody
    says ': there are no kernels named "nobody"; choose one of: auto, '
    if grep -q RNN_CPU err; then fail "RNN_CPU is blamed for --cpu"; fi
done

# One that this machine cannot run as well: no machine has both.
unset RNN_CPU
for name in avx2 neon; do
    "$rnn" sample model --length 1 --cpu $name >out 2>err </dev/null && continue
    run 1 sample model --cpu $name
    says "kernels \"$name\" cannot run on this machine"
    RNN_CPU=$name
    export RNN_CPU
    run 1 sample model
    says "RNN_CPU: kernels \"$name\" cannot run on this machine"
    exit
done
fail "both avx2 and neon"
