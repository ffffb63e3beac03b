#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# House rules that no linter knows: an SPDX line at the head of every file, at most 400 lines a file, no unfinished work; and
# one type of a name in the daemon's headers, for the linker takes two for one (all are in one namespace, unindented).
source "$(dirname "$0")/lib.sh"
status=0

# report RULE: rows on stdin, if any, break it.
report() {
    local rows
    rows=$(cat)
    [[ $rows ]] || return 0
    printf '%s:\n%s\n' "$1" "$rows"
    status=1
}

mapfile -t sources < <(our_files '*.c' '*.h' '*.cpp' '*.sh' '*.awk' '*CMakeLists.txt' '.ci/run')
report "no SPDX line at the head" \
    < <(for file in "${sources[@]}"; do head -2 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "  $file"; done)
report "over 400 lines: is it one noun?" < <(wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 400 { print "  " $2 " " $1 }')
report "words that mark unfinished work" \
    < <(grep -nIwE 'TODO|FIXME|XXX|HACK|not implemented' "${sources[@]}" | grep -v '^tests/lint/style\.sh:' | sed 's/^/  /')
report "two types of one name" \
    < <(our_files 'userspace/*.h' | xargs sed -nE 's/^(struct|class|union|enum class|enum) ([A-Za-z0-9_]+)( :[^:].*)? \{.*/  \2/p' | sort | uniq -d)
echo "${#sources[@]} files"
exit "$status"
