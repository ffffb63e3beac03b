#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the scripts of this folder share: where sources and builds are, how a script tells what it is and does. To be sourced.

SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD_DIR=${BUILD_DIR:-$SOURCE_DIR/build/bench}

# usage STATUS: prints the comment at the script's head, and ends it.
usage() {
    sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
    exit "$1"
}

note() { printf '%s\n' "$*" >&2; }

# build TARGET...: as it is shipped, with the benchmarks.
build() {
    cmake -S "$SOURCE_DIR" -B "$BUILD_DIR" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSPLITLINE_BUILD_BENCH=ON -DSPLITLINE_BUILD_TESTS=ON > /dev/null
    ninja -C "$BUILD_DIR" "$@" >&2
}
