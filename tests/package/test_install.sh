#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_install.sh SOURCE BUILD - installs the build into an empty place and builds
# the examples against it as a stranger would: find_package with the shared and the
# static library, and pkg-config. They must load a model and write.
set -eu
source=${1:?the source directory}
build=${2:?the build directory}

# A sanitized library wants a sanitized program, which a stranger's is not.
if grep -q '^RNN_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt"; then
    echo "skipped: a build with sanitizers"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
generator=$(sed -n 's/^CMAKE_GENERATOR:[A-Z]*=//p' "$build/CMakeCache.txt")

quietly() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log"
        echo "failed: $*"
        exit 1
    }
}

quietly cmake --install "$build" --prefix "$work/there"
# moved after installing: nothing in it may know where it was
mv "$work/there" "$work/prefix"
for file in bin/rnn include/rnn.h share/doc/rnn/LICENSE share/man/man1/rnn-train.1 \
    share/bash-completion/completions/rnn; do
    [ -e "$work/prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
if grep -rIlF -e "$work/there" -e "$source/" "$work/prefix"; then
    echo "these files know where they were built or first installed"
    exit 1
fi

printf 'the quick brown fox jumps over the lazy dog\n%.0s' $(seq 200) >"$work/text"
quietly "$work/prefix/bin/rnn" train "$work/text" --out "$work/run" --steps 40 --hidden-size 16 \
    --num-layers 1 --sample-length 0
model=$work/run/model.safetensors

# try NAME LIBRARY-DIR: the built examples do their work.
try() {
    written=$(LD_LIBRARY_PATH=$2 DYLD_LIBRARY_PATH=$2 "$1/generate" "$model" 50 "the " 7)
    case $written in
    "the "*) ;;
    *) echo "$1/generate wrote: $written"; exit 1 ;;
    esac
    # 4 of the prime and 50 more
    [ "$(printf '%s\n' "$written" | wc -c)" -eq 55 ] || { echo "not 54 characters: $written"; exit 1; }
    again=$(LD_LIBRARY_PATH=$2 DYLD_LIBRARY_PATH=$2 "$1/generate" "$model" 50 "the " 7)
    [ "$written" = "$again" ] || { echo "the same seed, another text: $written / $again"; exit 1; }
    head -n 3 "$work/text" | LD_LIBRARY_PATH=$2 DYLD_LIBRARY_PATH=$2 "$1/score" "$model" >"$work/scores"
    [ "$(grep -c '^ *[0-9.]*  the quick' "$work/scores")" -eq 3 ] || { cat "$work/scores"; exit 1; }
}

libraries=$(dirname "$(find "$work/prefix" -name 'librnn.a')")
for kind in OFF ON; do
    quietly cmake -S "$source/examples" -B "$work/examples-$kind" -DCMAKE_PREFIX_PATH="$work/prefix" \
        -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DRNN_STATIC=$kind
    quietly cmake --build "$work/examples-$kind"
    try "$work/examples-$kind" /nowhere
done

PKG_CONFIG_PATH=$libraries/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion rnn)" = "$("$work/prefix/bin/rnn" --version | sed 's/[^0-9]*//')" ] || {
    echo "rnn.pc and rnn --version do not agree"
    exit 1
}
mkdir "$work/plain" "$work/static"
for example in generate score; do
    # shellcheck disable=SC2046 # flags are words
    quietly "$compiler" "$source/examples/$example.c" $(pkg-config --cflags --libs rnn) -lm \
        -o "$work/plain/$example"
    # librnn.a with the system's shared libraries; all of them static is for those who
    # have static builds of all that libarchive needs
    # shellcheck disable=SC2046
    quietly "$compiler" "$source/examples/$example.c" $(pkg-config --cflags rnn) "$libraries/librnn.a" \
        $(pkg-config --libs jansson libutf8proc libarchive libxxhash libdivsufsort) -lm -lpthread \
        -o "$work/static/$example"
done
try "$work/plain" "$libraries"
try "$work/static" /nowhere


# As a part of another project it brings its library, and neither tests nor rules to install.
mkdir "$work/other"
cat >"$work/other/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.21)
project(other LANGUAGES C)
add_subdirectory("$source" rnn)
add_executable(generate "$source/examples/generate.c")
target_link_libraries(generate PRIVATE rnn::rnn)
if(TARGET test_json OR TARGET manual)
  message(FATAL_ERROR "tests or manuals of rnn here")
endif()
END
quietly cmake -S "$work/other" -B "$work/other/build" -G "$generator" -DCMAKE_C_COMPILER="$compiler"
echo "installed, found and used"
