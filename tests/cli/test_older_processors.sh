#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_older_processors.sh SOURCE BUILD - the program, built for any x86-64, runs on
# those that lack AVX, or AVX2 and FMA, and takes AVX2 where there is no more: on
# processors that qemu's user mode emulates.
. "$1/tests/cli/expect.sh"
unset RNN_CPU
[ "$(uname -sm)" = "Linux x86_64" ] || {
    echo "skipped: not Linux on x86-64"
    exit 77
}
command -v qemu-x86_64 >/dev/null || {
    echo "skipped: qemu-x86_64 (package qemu-user) is not installed"
    exit 77
}
build=$(dirname "$rnn")
if grep -q '^RNN_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt"; then
    echo "skipped: a build with sanitizers"
    exit 77
fi

rnn=$work/emulated
# tries PROCESSOR KERNELS: a model is trained, writes and scores.
tries() {
    printf '#!/bin/sh\nexec qemu-x86_64 -cpu %s "%s" "$@"\n' "$1" "$build/rnn" >"$rnn"
    chmod +x "$rnn"
    is "$(qemu-x86_64 -cpu "$1" "$build/test_kernels_choice" --list 2>/dev/null | tr '\n' ' ')" "$2 "
    run 0 train text.txt --out "$1" --hidden-size 16 --num-layers 2 --batch-size 8 --seq-length 20 \
        --steps 10 --sample-length 10
    says "${2%% *}"
    run 0 sample "$1" --length 30
    [ "$(wc -c <out)" -ge 30 ] || fail "$1 wrote too little"
    run 0 eval "$1" text.txt --json
    prints '"nats_per_character"'
}
make_text >text.txt
tries Nehalem generic
tries SandyBridge generic
# qemu knows AVX2 from 7.2 on.
if qemu-x86_64 -cpu Haswell "$build/test_kernels_choice" --list 2>/dev/null | grep -q avx2; then
    tries Haswell "avx2 generic"
fi
