# SPDX-License-Identifier: MIT
#
# setup.sh - what ./demo and ./test share: install what is missing, configure,
# build. Sourced, not run; plain POSIX sh, for a bare Debian has nothing else.
#
# The caller stands in the checkout. Everything is quiet unless it fails: the
# output of each step goes to a log, whose end is shown when the step fails.

log_dir=build/log
mkdir -p "$log_dir"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
    bold='' plain=''
fi

say() { printf '%s\n' "$*"; }
step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# quietly NAME COMMAND...: runs it with its output in a log; shows the end of
# the log and ends the script if it fails.
quietly() {
    quiet_log=$log_dir/$1.log
    shift
    if ! "$@" >"$quiet_log" 2>&1 </dev/null; then
        tail -n 40 "$quiet_log" >&2
        fail "failed: $* (all of it: $quiet_log)"
    fi
}

have() { command -v "$1" >/dev/null 2>&1; }

cores() {
    nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2
}

# cmake_is_new_enough: version 3 of presets, and C17, need 3.21.
cmake_is_new_enough() {
    have cmake || return 1
    cmake_version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086 # two words are meant
    set -- $cmake_version
    [ "${1:-0}" -gt 3 ] || { [ "${1:-0}" -eq 3 ] && [ "${2:-0}" -ge 21 ]; }
}

has_module() { pkg-config --exists "$1" 2>/dev/null; }

package_manager() {
    for manager in apt-get dnf brew; do
        if have "$manager"; then
            echo "$manager"
            return
        fi
    done
    echo none
}

# package_for MANAGER THING: what provides it there; nothing if it needs no package.
package_for() {
    case "$1:$2" in
    apt-get:compiler | dnf:compiler) echo gcc ;;
    apt-get:libc) echo libc6-dev ;;
    dnf:libc) echo glibc-devel ;;
    apt-get:pkg-config) echo pkg-config ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    brew:pkg-config) echo pkgconf ;;
    apt-get:make | dnf:make | *:cmake) echo "$2" ;;
    apt-get:jansson) echo libjansson-dev ;;
    apt-get:libutf8proc) echo libutf8proc-dev ;;
    apt-get:libarchive) echo libarchive-dev ;;
    apt-get:libxxhash) echo libxxhash-dev ;;
    apt-get:libdivsufsort) echo libdivsufsort-dev ;;
    apt-get:libmicrohttpd) echo libmicrohttpd-dev ;;
    apt-get:cmocka) echo libcmocka-dev ;;
    apt-get:kernel-headers) echo linux-libc-dev ;;
    dnf:jansson) echo jansson-devel ;;
    dnf:libutf8proc) echo utf8proc-devel ;;
    dnf:libarchive) echo libarchive-devel ;;
    dnf:libxxhash) echo xxhash-devel ;;
    dnf:libdivsufsort) echo libdivsufsort-devel ;;
    dnf:libmicrohttpd) echo libmicrohttpd-devel ;;
    dnf:cmocka) echo libcmocka-devel ;;
    dnf:kernel-headers) echo kernel-headers ;;
    brew:jansson) echo jansson ;;
    brew:libutf8proc) echo utf8proc ;;
    brew:libarchive) echo libarchive ;;
    brew:libxxhash) echo xxhash ;;
    brew:libdivsufsort) echo libdivsufsort ;;
    brew:libmicrohttpd) echo libmicrohttpd ;;
    brew:cmocka) echo cmocka ;;
    apt-get:qemu | dnf:qemu) echo qemu-user ;;
    apt-get:chromium) echo chromium chromium-driver python3 ;;
    dnf:chromium) echo chromium chromedriver python3 ;;
    *:clang) echo clang ;;
    apt-get:clang-runtime) echo libclang-rt-dev ;;
    dnf:clang-runtime) echo compiler-rt ;;
    *:clang-format) echo clang-format ;;
    esac
}

# compiles TEXT: whether some C compiler takes it.
compiles() {
    for compiler in ${CC:-cc} gcc clang; do
        if have "$compiler"; then
            printf '%s\n' "$1" | "$compiler" -E -x c - >/dev/null 2>&1
            return
        fi
    done
    return 1
}

# links_with_clang FLAG: clang comes without its sanitizers on some systems.
links_with_clang() {
    echo 'int main(void) { return 0; }' >"$log_dir/links.c"
    have clang && clang "$1" "$log_dir/links.c" -o "$log_dir/links" >/dev/null 2>&1
}

# is_there THING: can we build with it as it stands?
is_there() {
    case $1 in
    compiler) have "${CC:-cc}" || have gcc || have clang ;;
    libc) compiles '#include <stdlib.h>' ;;
    make) have make || have ninja ;;
    pkg-config | clang | clang-format) have "$1" ;;
    cmake) cmake_is_new_enough ;;
    clang-runtime) links_with_clang -fsanitize=address || [ "$(uname)" != Linux ] ;;
    qemu) have qemu-x86_64 || [ "$(uname -sm)" != "Linux x86_64" ] ;;
    chromium) { have chromedriver && have python3; } || ! package_for "$(package_manager)" chromium | grep -q . ;;
    kernel-headers) [ -d /usr/include/linux ] || [ "$(uname)" != Linux ] ;;
    *) have pkg-config && has_module "$1" ;;
    esac
}

missing_things() {
    for thing in "$@"; do
        is_there "$thing" || printf '%s ' "$thing"
    done
}

# as_root COMMAND...: directly for root, through sudo for anybody else (which may
# ask for a password only where somebody can type one).
if [ "$(id -u)" -eq 0 ]; then
    as_root() { "$@"; }
elif [ -t 0 ]; then
    as_root() { sudo "$@"; }
else
    as_root() { sudo -n "$@"; }
fi

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# The package lists may be absent or old: they are only fetched if it does not
# work without, and whether that went well shows in the second attempt.
apt_install() {
    apt -y --no-install-recommends install "$@" && return
    apt update
    apt -y --no-install-recommends install "$@"
}

install_with() {
    manager=$1
    shift
    case $manager in
    apt-get) quietly apt-install apt_install "$@" ;;
    dnf) quietly dnf-install as_root dnf -q -y install "$@" ;;
    brew) quietly brew-install env HOMEBREW_NO_AUTO_UPDATE=1 brew install -q "$@" ;;
    esac
}

# by_hand MANAGER PACKAGES: the same as a command to type.
by_hand() {
    case $1 in
    apt-get) echo "apt-get update && apt-get install $2" ;;
    *) echo "$1 install $2" ;;
    esac
}

# Homebrew keeps libarchive out of pkg-config's usual path.
find_homebrew_modules() {
    if have brew; then
        PKG_CONFIG_PATH=$(brew --prefix)/lib/pkgconfig:$(brew --prefix libarchive)/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
        export PKG_CONFIG_PATH
    fi
}

# setup_packages THING...: installs what of the build's needs and THINGs is not there.
setup_packages() {
    find_homebrew_modules
    set -- compiler libc make cmake pkg-config jansson libutf8proc libarchive libxxhash \
        libdivsufsort libmicrohttpd "$@"
    missing=$(missing_things "$@")
    [ -n "$missing" ] || return 0

    manager=$(package_manager)
    packages=
    for thing in $missing; do
        packages="$packages${packages:+ }$(package_for "$manager" "$thing")"
    done
    if [ "$manager" = none ]; then
        fail "Missing here: $missing
Neither apt-get, dnf nor brew was found. Install these by the means of your system
(a C17 compiler, CMake 3.21 or newer, pkg-config, and the libraries jansson, utf8proc,
libarchive, xxhash, libdivsufsort and libmicrohttpd with their headers; cmocka for the tests) and
run this again."
    fi
    if [ "$manager" = brew ] && ! is_there compiler; then
        fail "No C compiler here. Run:  xcode-select --install  and then this again."
    fi
    if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ] && ! have sudo; then
        fail "Missing here: $missing
Installing them needs root, and sudo is not here. Run this as root:
    $(by_hand "$manager" "$packages")
and then this script again."
    fi
    step "Installing what is missing: $packages"
    if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
        as_root true 2>/dev/null ||
            fail "sudo would not let this user in. Run this as root:
    $(by_hand "$manager" "$packages")
and then this script again."
    fi
    # shellcheck disable=SC2086 # a list of words
    install_with "$manager" $packages
    find_homebrew_modules
    still=$(missing_things "$@")
    [ -z "$still" ] || fail "Still missing after installing $packages: $still
This system's packages may be too old; CMake 3.21 or newer and jansson 2.11 or newer are needed."
}

# build PRESET TARGET [-DOPTION...]: configures and builds into build/PRESET.
build() {
    preset=$1
    target=$2
    shift 2
    if ! have make && have ninja; then
        CMAKE_GENERATOR=Ninja
        export CMAKE_GENERATOR
    fi
    quietly "configure-$preset" cmake --preset "$preset" "$@"
    quietly "build-$preset" cmake --build "build/$preset" --target "$target" --parallel "$(cores)"
}
