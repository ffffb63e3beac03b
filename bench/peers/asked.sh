#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Splitline with all that can be asked of it (load_kind.cpp). To be sourced by peers.sh --asked. Besides the names that everyone serves there are as
# many of six and of ten labels, and a wildcard; line `internal` also is every other /36 of 2600::/20 (load.h).
# shellcheck disable=SC2016,SC2034,SC2154
# shellcheck source=bench/peers/splitline.sh
source "${BASH_SOURCE[0]%/*}/splitline.sh"
LISTEN="\"$kServer4\", \"$kServer6\""
TABLE_NAMES=$((3 * NAMES))
LISTS="\"$DATA/prefixes\", \"$DATA/prefixes6\""

# with_wildcard COLUMN < NAMES: the records of a line. The wildcard has the second name's address.
with_wildcard() {
    awk -v column="$1" '
        NR == 2 { print "*.any A", $column }
        { print $1, "A", $column; print $1 ".sub.sub.sub A", $column; print $1 ".sub.sub.sub.sub.sub.sub.sub A", $column }'
}
peer_data() { zone_head "$1"; with_wildcard 2 < "$2"; echo '$LINE internal'; with_wildcard 3 < "$2"; }
