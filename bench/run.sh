#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds and runs every benchmark; prints tables, and leaves JSON with revision and host in build/bench/results.
#   sudo bench/run.sh [FILTER]     FILTER: a regular expression for Google Benchmark, e.g. 'names:1000/'
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
results=$BUILD_DIR/results

build bench_xdp_answer bench_stages bench_scaling bench_compile
mkdir -p "$results"

revision=$(git -C "$SOURCE_DIR" describe --always --dirty 2>/dev/null || echo unknown)
failed=()
for name in xdp_answer stages scaling compile; do
    "$BUILD_DIR/bench/bench_$name" --benchmark_filter="${1:-.}" \
        --benchmark_context=revision="$revision" --benchmark_context=kernel="$(uname -r)" \
        --benchmark_out="$results/$name.json" --benchmark_out_format=json || (($? == 3)) || failed+=("$name") # 3: the filter picks none of these
done
echo "JSON: $results"
((${#failed[@]} == 0)) || { note "not everything could be measured: ${failed[*]}"; exit 1; }
