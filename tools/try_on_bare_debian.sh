#!/bin/sh
# SPDX-License-Identifier: MIT
#
# try_on_bare_debian.sh [--suite NAME] [--keep DIR] [COMMAND...] - does the set-up
# work where nothing is installed?
#
# Makes a minimal Debian in a folder (debootstrap's minbase: sh, apt and little
# else) and runs COMMAND there (./demo and ./test unless given) from a copy of this
# checkout: as root, as an ordinary user with sudo, and once more without a network.
# Then it tries a user without sudo, who must be told what to do.
#
# Needs root and debootstrap, and takes minutes. Packages come from where this
# machine's own apt gets them. --keep DIR keeps the pristine tree for the next time.
# DEMO_TIME=20s shortens the demo.
set -eu
cd "$(dirname "$0")/.."

suite=bookworm
keep=
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=$2 && shift 2 ;;
    --keep) keep=$2 && shift 2 ;;
    -*) sed -n '3,/^set/s/^# \{0,1\}//p' "$0" && exit 2 ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || set -- ./demo ./test

mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' |
    awk -v suite="$suite" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || {
    echo "This machine's apt sources have no suite $suite to take packages from."
    exit 1
}

work=$(mktemp -d)
pristine=${keep:-$work/pristine}
clean_up() {
    for tree in "$work"/*/; do
        umount "$tree/proc" 2>/dev/null || true
    done
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

if [ ! -e "$pristine/usr/bin/apt-get" ]; then
    echo "==> Making a minimal Debian $suite"
    debootstrap --variant=minbase "$suite" "$pristine" "$mirror" >"$work/debootstrap.log" 2>&1 || {
        tail -n 20 "$work/debootstrap.log"
        exit 1
    }
    # proxies and the like, if this machine has any set
    grep -lE 'Acquire::.*Proxy' /etc/apt/apt.conf.d/* 2>/dev/null |
        while read -r file; do cp "$file" "$pristine/etc/apt/apt.conf.d/"; done
    rm -rf "$pristine"/var/lib/apt/lists/* "$pristine"/var/cache/apt/archives/*.deb
fi

# fresh NAME HOME: a copy of the tree with the checkout in HOME/rnn.
fresh() {
    tree=$work/$1
    cp -a "$pristine" "$tree"
    cp -L /etc/resolv.conf "$tree/etc/resolv.conf" 2>/dev/null || true
    mount -t proc proc "$tree/proc"
    mkdir -p "$tree/$2/rnn"
    git ls-files -z | tar -c --null -T - | tar -x -C "$tree/$2/rnn"
}

# inside ENTER... -- COMMAND: runs the command in the checkout.
run_all() {
    who=$1 enter=$2
    shift 2
    for command; do
        echo "==> $who: $command"
        # shellcheck disable=SC2086 # ENTER is a list of words
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            DEMO_TIME="${DEMO_TIME:-}" $enter "cd ~/rnn && $command" </dev/null
    done
}

fresh root root
run_all "root" "env HOME=/root chroot $work/root sh -c" "$@"
run_all "root, no network, all there" "env HOME=/root unshare -n chroot $work/root sh -c" "$@"

fresh user home/someone
chroot "$work/user" sh -c 'apt-get -q update && apt-get -q -y --no-install-recommends install sudo &&
    useradd -s /bin/sh someone && chown -R someone: /home/someone &&
    echo "someone ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/someone &&
    rm -rf /var/lib/apt/lists/*' >"$work/sudo.log" 2>&1 || {
    tail -n 20 "$work/sudo.log"
    exit 1
}
run_all "a user with sudo" "chroot $work/user su someone -c" "$@"

fresh helpless home/someone
chroot "$work/helpless" sh -c 'useradd -s /bin/sh someone && chown -R someone: /home/someone'
if run_all "a user without sudo" "chroot $work/helpless su someone -c" "$1" 2>"$work/advice"; then
    echo "$1 claims to work where it cannot"
    exit 1
fi
cat "$work/advice"
grep -q 'as root' "$work/advice"
echo "==> All as it should be."
