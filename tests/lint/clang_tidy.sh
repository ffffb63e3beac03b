#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy finds nothing in what we ship; .clang-tidy says which checks are on, and why the others are not.
#
# Each room of userspace/ is looked at as one translation unit that includes all its sources, so that its headers are parsed and
# matched once and not for every file: CPU time is a minute and a half instead of a quarter of an hour. What a compiler says about
# each file alone (an #include that is missing, a function that is not used) is the builds' business.
#
#   SPLITLINE_TIDY=full   the analyzer (clang-analyzer-*) too: its paths through the same functions take three times as long
#   SPLITLINE_TIDY_ALL=1  tests and benchmarks too, file by file: many times as long
#
# A room that was found clean is looked at again only when a source of it, a header of ours, or the configuration has changed: the
# sums are kept in the build folder.
source "$(dirname "$0")/lib.sh"
need clang-tidy clang-tidy
build=${SPLITLINE_BUILD_DIR:-$SOURCE_DIR/build/dev}
[[ -f $build/compile_commands.json ]] || { echo "no compile_commands.json in $build: configure the build first"; exit 1; }

cache=$build/clang-tidy
mkdir -p "$cache"
mapfile -t headers < <(our_files '*.h')
checks=-bugprone-suspicious-include
[[ ${SPLITLINE_TIDY:-} == full ]] || checks+=',-clang-analyzer-*'
common=$(echo "$checks" | cat - .clang-tidy "$0" "${headers[@]}" | sha256sum)

# tidy FILE DATABASE SOURCE...: FILE, compiled as DATABASE says; its result holds until one of SOURCES changes.
tidy() {
    local file=$1 database=$2 mark=$cache/${1//\//_}.clean sum
    shift 2
    sum=$(echo "$common" | cat - "$@" | sha256sum)
    [[ -f $mark && $(< "$mark") == "$sum" ]] && return
    clang-tidy --quiet --config-file=.clang-tidy --checks="$checks" --extra-arg=-Wno-unknown-warning-option \
        -p "$database" "$file" 2> >(grep -v ' warnings\? generated\.$' >&2) || return 1
    echo "$sum" > "$mark"
}

# The analyzer looks into included sources only where the file that includes them has a name that starts with this.
unit_of() { echo "$cache/UnifiedSource-$1.cpp"; }

tidy_room() {
    local sources
    mapfile -t sources < <(our_files "userspace/$1/*.cpp")
    tidy "$(unit_of "$1")" "$cache" "${sources[@]}"
}

# write_unit ROOM: its translation unit; prints the entry of a compilation database: the command of one of its sources.
write_unit() {
    local unit
    unit=$(unit_of "$1")
    our_files "userspace/$1/*.cpp" | sed "s|.*|#include \"$SOURCE_DIR/&\"|" > "$unit"
    printf '{"directory": "%s", "file": "%s",\n' "$build" "$unit"
    grep -m1 -F -- "-c $SOURCE_DIR/userspace/$1/" "$build/compile_commands.json" |
        sed "s|-c $SOURCE_DIR/userspace/[^ \"]*|-c $unit|; s|,\$|}|"
}

# Those that take longest come first, so that no core waits for another at the end.
mapfile -t rooms < <(wc -c userspace/*/*.cpp |
    awk '$2 ~ "/" { split($2, part, "/"); size[part[2]] += $1 } END { for (room in size) print size[room], room }' |
    sort -rn | cut -d' ' -f2)
{
    separator='['
    for room in "${rooms[@]}"; do
        echo "$separator"
        write_unit "$room"
        separator=,
    done
    echo ']'
} > "$cache/compile_commands.json"

export SOURCE_DIR build cache common checks
export -f tidy tidy_room unit_of our_files
printf '%s\n' "${rooms[@]}" | xargs -P "$(nproc)" -I {} bash -c 'tidy_room {}'

[[ ${SPLITLINE_TIDY_ALL:-} ]] || exit 0
# As the build compiles them, but without its precompiled headers, which are another compiler's.
mkdir -p "$cache/files"
sed -E 's/-Winvalid-pch -include [^ ]+//' "$build/compile_commands.json" > "$cache/files/compile_commands.json"
our_files 'tests/*.cpp' 'bench/*.cpp' | while read -r file; do
    grep -qF -- "-c $SOURCE_DIR/$file" "$build/compile_commands.json" && echo "$file"
done | xargs -P "$(nproc)" -I {} bash -c "tidy {} '$cache/files' {}"
