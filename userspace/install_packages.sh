#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs from Debian what Splitline needs: the one home of the package list.
#
#   install_packages.sh build [demo] [test]
#
# A set that is complete costs one dpkg-query: nothing is fetched, nothing is upgraded, no root is needed. Services that a
# package brings (knot, nsd) are not started, nor at the next boot: the tests run their own copies on their own addresses.
set -euo pipefail

declare -rA kSets=(
    # What compiles the daemon, the command line and the XDP program, and the world's country prefixes.
    [build]="cmake ninja-build g++ clang llvm pkg-config bpftool libc6-dev linux-libc-dev libbpf-dev libxdp-dev
             libmaxminddb-dev libknot-dev nlohmann-json3-dev libtomlplusplus-dev libfmt-dev libboost-dev
             libboost-program-options-dev tor-geoipdb"
    # What the demo asks with.
    [demo]="iproute2 util-linux mount procps bind9-dnsutils dnsperf"
    # Test libraries, sanitizers, the servers that serve as oracles, and the linters.
    [test]="libgtest-dev libgmock-dev libbenchmark-dev libclang-rt-dev libmaxmind-db-writer-perl knot nsd knot-dnsutils
            bind9-dnsutils dnsperf iproute2 ethtool util-linux mount procps jq curl strace clang-format clang-tidy shellcheck"
    # bench/peers.sh: the bed, the table and the plots; and each server it compares with, by the name of its bench/peers/NAME.sh.
    [bench]="libgtest-dev libgmock-dev libbenchmark-dev iproute2 ethtool util-linux mount procps jq bind9-dnsutils python3
             libmaxmind-db-writer-perl"
    [plot]="python3-matplotlib"
    [knot]="knot knot-module-geoip"
    [gdnsd]="gdnsd"
    [nsd]="nsd"
    [named]="bind9"
    [pdns]="pdns-server pdns-backend-geoip"
)

# Servers among them, with their units: they are not to run after the next reboot either.
declare -rA kServices=([knot]=knot [nsd]=nsd [gdnsd]=gdnsd [bind9]=named [pdns-server]=pdns)

usage() {
    echo "usage: ${0##*/} SET...   (sets: ${!kSets[*]})" >&2
    exit 2
}

# The packages of "$@" that are not installed, one a line.
missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
}

# invoke-rc.d asks this file before it starts a service (Debian Policy 9.3.3). One that is already there stays.
forbid_service_starts() {
    local policy=/usr/sbin/policy-rc.d
    [[ ! -e $policy ]] || return 0
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
}

# disable_services PACKAGE...
disable_services() {
    local package
    command -v systemctl > /dev/null || return 0
    for package in "$@"; do
        [[ ! -v kServices[$package] ]] || systemctl --quiet disable "${kServices[$package]}.service" 2> /dev/null || true
    done
}

main() {
    (($# > 0)) || usage
    local set wanted=() missing=()
    for set in "$@"; do
        [[ -v kSets[$set] ]] || usage
        read -r -d '' -a packages <<< "${kSets[$set]}" || true
        wanted+=("${packages[@]}")
    done
    mapfile -t missing < <(missing_packages "${wanted[@]}" | sort -u)
    ((${#missing[@]} > 0)) || return 0

    echo "Installing from Debian: ${missing[*]}"
    if ((EUID != 0)); then
        echo "error: installing packages needs root; run 'sudo $0 $*' or 'sudo apt-get install ${missing[*]}'" >&2
        exit 1
    fi
    # A second demo may be installing the same packages at this moment: the lock is on this script's own file.
    exec 9< "${BASH_SOURCE[0]}"
    flock 9
    mapfile -t missing < <(missing_packages "${wanted[@]}" | sort -u)
    ((${#missing[@]} > 0)) || return 0
    forbid_service_starts
    export DEBIAN_FRONTEND=noninteractive
    # Another apt may be at work (unattended upgrades on a fresh host): wait for it.
    local apt=(apt-get -q -y -o DPkg::Lock::Timeout=600)
    "${apt[@]}" update
    "${apt[@]}" install --no-install-recommends "${missing[@]}"
    disable_services "${missing[@]}"
}

main "$@"
