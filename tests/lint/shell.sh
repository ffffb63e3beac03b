#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every script parses and shellcheck finds nothing in it.
source "$(dirname "$0")/lib.sh"
need shellcheck shellcheck
mapfile -t files < <(our_files '*.sh' '.ci/run')
for file in "${files[@]}"; do bash -n "$file"; done
shellcheck --external-sources --source-path=SCRIPTDIR --source-path="$SOURCE_DIR" "${files[@]}"
echo "${#files[@]} scripts"
