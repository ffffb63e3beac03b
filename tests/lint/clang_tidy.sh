#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy finds nothing in what we ship; .clang-tidy says which checks are on, and why the others are not.
# SPLITLINE_TIDY_ALL=1 looks at tests and benchmarks too, which takes several times as long.
#
# A file that was found clean is looked at again only when it, a header of ours, or the configuration has changed: the sums are
# kept in the build folder.
source "$(dirname "$0")/lib.sh"
need clang-tidy clang-tidy
if [[ -z ${SPLITLINE_TIDY:-}${SPLITLINE_TIDY_ALL:-} ]]; then
    echo "skipped: takes ten minutes on two cores; SPLITLINE_TIDY=1 runs it"
    exit 77
fi
build=${SPLITLINE_BUILD_DIR:-$SOURCE_DIR/build/dev}
[[ -f $build/compile_commands.json ]] || { echo "no compile_commands.json in $build: configure the build first"; exit 1; }

cache=$build/clang-tidy
mkdir -p "$cache"
mapfile -t headers < <(our_files '*.h')
common=$(cat .clang-tidy "${headers[@]}" | sha256sum)

tidy_one() {
    local sum mark=$3/${1//\//_}
    sum=$(printf '%s' "$4" | cat - "$1" | sha256sum)
    [[ -f $mark && $(< "$mark") == "$sum" ]] && return
    clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p "$2" "$1" 2> >(grep -v ' warnings\? generated\.$' >&2) || return 1
    echo "$sum" > "$mark"
}
export -f tidy_one

patterns=('userspace/*.cpp')
[[ ${SPLITLINE_TIDY_ALL:-} ]] && patterns+=('tests/*.cpp' 'bench/*.cpp')

our_files "${patterns[@]}" | while read -r file; do
    grep -qF "$SOURCE_DIR/$file" "$build/compile_commands.json" && echo "$file"
done | xargs -P "$(nproc)" -I {} bash -c 'tidy_one "$@"' tidy_one {} "$build" "$cache" "$common"
