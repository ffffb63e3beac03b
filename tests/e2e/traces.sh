#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# traces.sh before|after FILE: what tests could leave on a machine: network namespaces, interfaces, XDP programs and BPF links,
# pins, mounts, files in /run and /tmp named after us, and processes from a test's sandbox. `before` notes them in FILE, `after`
# fails if there is one more. ctest runs the first before all end-to-end tests and the second after them (fixture `machine`).
set -euo pipefail

list() {
    ip netns list 2> /dev/null | sed 's/ .*//; s/^/network namespace /'
    ip -o link | sed -E 's/^[0-9]+: ([^:@]+).*/interface \1/'
    mount | awk '/splitline|type bpf/ { print "mount " $3 }'
    find /sys/fs/bpf -mindepth 1 2> /dev/null | sed 's/^/pin /'
    find /run /tmp -maxdepth 1 -name 'splitline*' | sed 's/^/file /'
    if ((EUID == 0)); then
        bpftool -j prog show 2> /dev/null | jq -r '.[] | select(.type == "xdp") | "XDP program \(.id) \(.name)"'
        bpftool -j link show 2> /dev/null | jq -r '.[] | "BPF link \(.id) \(.type)"'
    fi
    local environment
    for environment in /proc/[0-9]*/environ; do
        if grep -aqz '^SPLITLINE_SANDBOX=' "$environment" 2> /dev/null; then
            echo "process $(tr '\0' ' ' 2> /dev/null < "${environment%environ}cmdline")"
        fi
    done
}

sorted_list() { list | LC_ALL=C sort -u; }

case $1 in
    before) sorted_list > "$2" ;;
    after)
        # The kernel takes namespaces and programs down in the background: give it a moment.
        for _ in {1..100}; do
            left=$(sorted_list | LC_ALL=C comm -13 "$2" -)
            [[ $left ]] || exit 0
            sleep 0.1
        done
        printf 'left behind:\n%s\n' "$left"
        exit 1
        ;;
esac
