#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make_manual.sh RNN FOLDER - has the program write its manual pages and shell
# completions, in the places that they have below share/.
set -eu
rnn=${1:?the program}
share=${2:?the folder}
rm -rf "$share"
mkdir -p "$share/man/man1" "$share/bash-completion/completions" \
    "$share/zsh/site-functions" "$share/fish/vendor_completions.d"

"$rnn" man >"$share/man/man1/rnn.1"
for command in $(sed -n 's/^\.BR rnn\\-\([a-z]*\) (1)$/\1/p' "$share/man/man1/rnn.1"); do
    "$rnn" man "$command" >"$share/man/man1/rnn-$command.1"
done
"$rnn" completions bash >"$share/bash-completion/completions/rnn"
"$rnn" completions zsh >"$share/zsh/site-functions/_rnn"
"$rnn" completions fish >"$share/fish/vendor_completions.d/rnn.fish"
