#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every C and C++ file is formatted as .clang-format says; `clang-format -i FILE` mends one.
source "$(dirname "$0")/lib.sh"
need clang-format clang-format
mapfile -t files < <(our_files '*.c' '*.h' '*.cpp')
clang-format --dry-run --Werror "${files[@]}"
echo "${#files[@]} files"
