#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# userspace/demo.sh as a user runs it: two at once, each showing both CNAMEs answered by XDP and leaving nothing behind; and with --keep,
# where the query, the load test and the stop that it prints must work as printed.
source "$(dirname "$0")/lib.sh"

readonly kDemo=$SOURCE_DIR/userspace/demo.sh
export SPLITLINE_BUILD_DIR=$BUILD_DIR

# traces: what a demo leaves while it runs.
traces() {
    ip netns list
    find /run -maxdepth 1 -name 'splitline-demo-*'
    mount | grep splitline-demo || true
    pgrep -x splitlined || true
}

# printed WHAT FILE: the command behind that word in the demo's last lines, without its sudo.
printed() { sed -nE "s/^  $1 +sudo (.*)/\1/p" "$2"; }

step "two at once"
"$kDemo" > "$WORK/first.txt" 2>&1 &
first=$!
"$kDemo" > "$WORK/second.txt" 2>&1 &
second=$!
wait "$first" || fail_check "the first failed: $(cat "$WORK/first.txt")"
wait "$second" || fail_check "the second failed: $(cat "$WORK/second.txt")"
for output in "$WORK/first.txt" "$WORK/second.txt"; do
    check_match "mainland by subnet" 'mainland, subnet .*CNAME img\.example\.com\.cdn-a\.example\. .*XDP$' "$(cat "$output")"
    check_match "overseas by subnet" 'overseas, subnet .*CNAME img\.example\.com\.cdn-b\.example\. .*XDP$' "$(cat "$output")"
    check_match "mainland by sender" 'mainland, sender .*CNAME img\.example\.com\.cdn-a\.example\. .*XDP$' "$(cat "$output")"
    check_match "overseas by sender" 'overseas, sender .*CNAME img\.example\.com\.cdn-b\.example\. .*XDP$' "$(cat "$output")"
    check_match "the resolver" 'over TCP .*CNAME img\.example\.com\.cdn-b\.example\. .*resolver$' "$(cat "$output")"
    check_match "counters" '^ +xdp +9$' "$(cat "$output")"
done
check "nothing is left" "" "$(traces)"

step "--keep, and what it prints"
"$kDemo" --keep > "$WORK/keep.txt" 2>&1 || fail_check "it failed: $(cat "$WORK/keep.txt")"
check_match "query" 'CNAME[[:space:]]+img\.example\.com\.cdn-a\.example\.' "$(eval "$(printed query "$WORK/keep.txt")")"
load=$(printed 'load test' "$WORK/keep.txt")
check_match "dnsperf" 'dnsperf -s' "$load"
result=$(eval "${load/-l 10/-l 2}")
check_match "dnsperf loses nothing" 'Queries lost: +0 ' "$result"
check_match "and gets nothing but answers" 'NOERROR [0-9]+ \(100\.00%\)' "$result"
check_match "counters" '^answer +[0-9]{3,}' "$(eval "$(printed look "$WORK/keep.txt")")"
eval "$(printed stop "$WORK/keep.txt")" || fail_check "stop failed"
check "nothing is left" "" "$(traces)"

step "an interrupted demo"
"$kDemo" > /dev/null 2>&1 &
demo=$!
wait_until "its daemon" pgrep -x splitlined
kill -TERM "$demo"
! wait "$demo" || fail_check "it says success"
check "nothing is left" "" "$(traces)"
finish
