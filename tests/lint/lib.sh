#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the linters share: which files are ours. To be sourced.
set -euo pipefail

SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$SOURCE_DIR"

# need PROGRAM PACKAGE
need() {
    command -v "$1" > /dev/null && return
    echo "skipped: $1 is not installed (Debian package $2)"
    exit 77
}

# our_files PATTERN...: tracked and new files in our rooms that match, build folders and ignored ones left out; the tree without git as is.
our_files() {
    local rooms=(bpf maps userspace bench tests .ci)
    if git -C "$SOURCE_DIR" rev-parse --is-inside-work-tree > /dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "${rooms[@]}"
    else
        find "${rooms[@]}" -type f
    fi | sort -u | while read -r file; do
        local pattern
        for pattern in "$@"; do
            # shellcheck disable=SC2053  # a glob is what is wanted
            if [[ $file == $pattern && -e $file ]]; then
                echo "$file"
                break
            fi
        done
    done
}
