#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything that can be tested, by one command on a Debian 12 host:
#
#   sudo ./tests/run.sh [CTEST-ARGUMENT...]      e.g. -L unit, -R e2e/oracle
#
# Installs what is missing, builds the tree twice (build/dev: GCC, what is shipped; build/asan: clang with ASan, UBSan and the
# fuzz targets), runs the tests of both in one ctest run, and ends with its summary and its exit code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
section() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

section "packages"
userspace/install_packages.sh build demo test

section "build/dev: GCC"
cmake --preset dev -DSPLITLINE_ALSO_TEST=asan
cmake --build build/dev -j "$jobs"

section "build/asan: clang, ASan, UBSan, fuzz targets"
cmake --preset asan
cmake --build build/asan -j "$jobs"

section "tests"
# Many tests wait for RCU grace periods, or sleep, more than they compute.
exec ctest --test-dir build/dev --output-on-failure -j $((2 * jobs)) "$@"
