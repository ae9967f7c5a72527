#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_kill_in_save.sh SOURCE BUILD - kills a save at each of its system calls.
# The file then holds the old model or the new one, to the bit, or is not there
# where there was none; and the next start leaves no temporary behind.
set -eu
program=$2/model_exchange
command -v strace >/dev/null 2>&1 || { echo "skipped: strace is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strace -o "$work/log" true 2>/dev/null || { echo "skipped: strace may not trace here"; exit 77; }
log=$work/log
target=$work/run/model.safetensors
# Leaks cannot be looked for under strace.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"

# save FILE SEED, under the options of strace that follow.
save() {
    file=$1 seed=$2
    shift 2
    "$@" "$program" make "$file" lstm 1 16 0 2 1 0 "$seed"
}

save "$work/old" 1 env
save "$work/new" 2 env
cmp -s "$work/old" "$work/new" && { echo "two seeds gave one model"; exit 1; }

mkdir "$work/run"
save "$target" 2 strace -f -o "$log"
cmp "$target" "$work/new"
calls=$(sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$log" | grep -v '^exit_group$' | sort -u)

kills=0
for mode in fresh overwrite; do
    for call in $calls; do
        n=1
        while [ $n -lt 1000 ]; do
            rm -f "$target"
            [ $mode = fresh ] || cp "$work/old" "$target"
            # Ends well when there are fewer than n calls of this name.
            status=0
            save "$target" 2 strace -f -o "$log" -e "inject=$call:signal=KILL:when=$n" \
                2>/dev/null || status=$?
            [ $status -ne 0 ] || break
            [ $status -eq 137 ] || { echo "$mode, $call $n: status $status"; exit 1; }
            kills=$((kills + 1))
            where="$mode, killed at $call $n"
            if [ -e "$target" ]; then
                cmp -s "$target" "$work/new" ||
                    { [ $mode = overwrite ] && cmp -s "$target" "$work/old"; } ||
                    { echo "$where: neither old nor new"; exit 1; }
            elif [ $mode = overwrite ]; then
                echo "$where: the old model is gone"
                exit 1
            fi
            "$program" sweep "$work/run"
            for left in "$work/run"/* "$work/run"/.[!.]*; do
                [ "$left" = "$target" ] || [ ! -e "$left" ] ||
                    { echo "$where: $left was left"; exit 1; }
            done
            n=$((n + 1))
        done
        cmp "$target" "$work/new" || { echo "$mode, $call: never saved"; exit 1; }
    done
done
[ $kills -ge 50 ] || { echo "only $kills kills"; exit 1; }
echo "$kills kills"
