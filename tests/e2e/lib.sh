#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every end-to-end test starts with: a sandbox of its own, a server and a client joined by a veth pair, checks.
#
# A test sources this file first. That restarts the script in new mount, network and process namespaces, with private
# filesystems on /run and /sys/fs/bpf. All a test makes (processes, namespaces, interfaces, pins, files) lives in there, so it is gone when the
# script ends, however it ends, and tests can run side by side. Checks do not stop a test; the script ends with `finish`, whose
# exit code tells whether one failed. Exit code 77 is "skipped", with the reason printed.
# shellcheck disable=SC2034  # some variables are for the tests only
set -euo pipefail

E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE_DIR=$(cd "$E2E_DIR/../.." && pwd)
BUILD_DIR=${SPLITLINE_BUILD_DIR:-$SOURCE_DIR/build/dev}
DATA_DIR=$SOURCE_DIR/tests/data/e2e

skip() {
    echo "skipped: $*"
    exit 77
}

enter_sandbox() {
    local unshare=(unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private)
    ((EUID == 0)) || skip "needs root, for namespaces and XDP"
    "${unshare[@]}" true 2> /dev/null || skip "this machine does not let root make namespaces"
    SPLITLINE_SANDBOX=$$ exec "${unshare[@]}" bash "$0" "$@"
}

# Only a script whose parent is our own unshare is process 1 of its namespace.
[[ ${SPLITLINE_SANDBOX:-} && $$ -eq 1 ]] || enter_sandbox "$@"

# shellcheck source=userspace/veth_pair.sh
source "$SOURCE_DIR/userspace/veth_pair.sh"

mount -t tmpfs -o mode=755 tmpfs /run
WORK=/run/test
PINS=/sys/fs/bpf/splitline
export TMPDIR=$WORK
mkdir -p "$WORK" /run/netns
mount -t bpf bpf /sys/fs/bpf 2> /dev/null || skip "this kernel has no BPF filesystem"

FAILED=()
CHECKS=0
STEP="the set-up"

# --- checks ----------------------------------------------------------------------------------------------------------------

step() {
    STEP=$*
    echo "--- $*"
}

pass_check() { CHECKS=$((CHECKS + 1)); }

# fail_check TEXT: counts a failed check; the test goes on.
fail_check() {
    CHECKS=$((CHECKS + 1))
    FAILED+=("$STEP: $*")
    echo "FAIL: $*"
}

# check WHAT EXPECTED ACTUAL
check() {
    if [[ $2 == "$3" ]]; then
        pass_check
    else
        fail_check "$1"
        diff -u --label expected <(echo "$2") --label actual <(echo "$3") | tail -n +3 || true
    fi
}

# check_match WHAT REGEX TEXT: some line of TEXT matches.
check_match() {
    if grep -Eq -- "$2" <<< "$3"; then
        pass_check
    else
        fail_check "$1: no line matches /$2/ in:"
        echo "    ${3//$'\n'/$'\n'    }"
    fi
}

# check_files WHAT EXPECTED ACTUAL: the files are equal; the first differences are shown.
check_files() {
    if cmp -s "$2" "$3"; then
        pass_check
    else
        fail_check "$1 ($(diff "$2" "$3" | grep -c '^<') of $(wc -l < "$2") lines differ):"
        diff "$2" "$3" | head -"${SHOW_DIFFERENCES:-16}" || true
    fi
}

# check_succeeds WHAT COMMAND..., check_fails WHAT REGEX COMMAND...: by exit code; a failure's message must match.
check_succeeds() {
    local output
    if output=$("${@:2}" 2>&1); then pass_check; else fail_check "$1 (exit code $?): $output"; fi
}

check_fails() {
    local output
    if output=$("${@:3}" 2>&1); then
        fail_check "$1: succeeded"
    else
        check_match "$1" "$2" "$output"
    fi
}

# wait_until WHAT COMMAND...: polls until the command succeeds. The bound only keeps a broken run from hanging.
wait_until() {
    local tries=1200
    until "${@:2}" > /dev/null 2>&1; do
        ((tries-- > 0)) || { echo "FATAL: waited in vain for $1"; exit 1; }
        sleep 0.05
    done
}

# finish: the end of every test.
finish() {
    echo "$CHECKS checks, ${#FAILED[@]} failed"
    ((CHECKS > 0 && ${#FAILED[@]} == 0))
}

# On any other end than success: show what the servers said, but for the remarks on test zones, and at the very end what failed.
explain_end() {
    local status=$? log
    ((status == 0 || status == 77)) && return
    for log in "$WORK"/*.log; do
        [[ -s $log ]] || continue
        echo "=== ${log##*/}, its end"
        grep -vE 'warning: .*\.zone:[0-9]+: ' "$log" | tail -40 || true
    done
    echo "=== ended in the step \"$STEP\" with exit code $status; failed checks:"
    ((${#FAILED[@]} == 0)) || printf '%s\n' "${FAILED[@]}"
}
trap explain_end EXIT
trap 'exit 130' INT TERM

# --- network ---------------------------------------------------------------------------------------------------------------

in_server() { run_in server "$@"; }
in_client() { run_in client "$@"; }

# set_up_network: the pair, with offloads as the kernel chooses them.
set_up_network() {
    make_veth_pair server client "$BUILD_DIR/bpf/pass.bpf.o"
}

# sender_checksum_offload on|off: off makes the client's frames carry whole checksums, on leaves them partial, as between
# virtual machines.
sender_checksum_offload() {
    in_client ethtool -K "$kClientDevice" tx "$1" > /dev/null
}

# --- asking ----------------------------------------------------------------------------------------------------------------

# ask ARGUMENT...: dig as a patient client would ask once.
ask() { in_client dig +tries=1 +timeout=10 "$@"; }

# dns_answers SERVER OPTION... < QUERIES: one canonical line a query, see dns_ask.cpp.
dns_answers() { in_client "$BUILD_DIR/tests/e2e/dns_ask" "$@"; }

# start_load FILE OPTION...: dnsperf without pause, the queries of FILE; end_load: stops it and checks that nothing was lost.
start_load() {
    spawn_in client dnsperf -s "$kServer4" -d "$1" -c 2 -T 1 -q 20 "${@:2}" -l 100000 > "$WORK/dnsperf.txt" 2>&1
    LOAD=$!
}

end_load() {
    kill -INT "$LOAD"
    wait "$LOAD" || true
    grep -E 'Queries (sent|completed|lost)|per second' "$WORK/dnsperf.txt"
    check_match "dnsperf lost nothing" 'Queries lost: +0 ' "$(cat "$WORK/dnsperf.txt")"
    check_match "and everything was NOERROR" 'NOERROR [0-9]+ \(100\.00%\)' "$(cat "$WORK/dnsperf.txt")"
}
