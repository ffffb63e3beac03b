#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all contestants serve. To be sourced by peers.sh; bench/load.h has the same rules for the judge of the answers.
#
#   $DATA/names            NAME ADDRESS-ON-DEFAULT ADDRESS-ON-INTERNAL, one name a line, relative to bench.example.; a thousand pairs of addresses
#   $DATA/names.changed    the same, the first name with other addresses
#   $DATA/prefixes         the prefixes of line `internal`: every other /20 of 16.0.0.0/4, and the client that waits for changes
#   $DATA/prefixes6        as many of IPv6: every other /36 of 2600::/20; only for peers.sh --asked
#   $DATA/lines.mmdb       the same as a database: country CN, all others US
# shellcheck disable=SC2016,SC2034  # master files have $ at the head of lines; constants are for those who source this

readonly kInternalClient=198.51.100.1
readonly kOrigin=bench.example
# Addresses of the first name: at first, and after the change; on `default` and on `internal`.
readonly kFirst=(10.0.0.0 11.0.0.0) kChanged=(10.255.255.255 11.255.255.255)

make_data() {
    DATA=$WORK/data-$NAMES
    [[ -d $DATA ]] && return
    mkdir -p "$DATA"
    awk -v names="$NAMES" 'BEGIN {
        for (i = 0; i < names; ++i) {
            host = "0." int(i % 1000 / 256) "." i % 1000 % 256
            printf "www-shop%07d 10.%s 11.%s\n", i, host, host
        }
    }' > "$DATA/names"
    sed "1s/ .*/ ${kChanged[*]}/" "$DATA/names" > "$DATA/names.changed"
    awk -v client="$kInternalClient/32" 'BEGIN {
        for (first = 16; first < 32; ++first)
            for (second = 0; second < 256; ++second)
                for (third = 16; third < 256; third += 32) printf "%d.%d.%d.0/20\n", first, second, third
        print client
    }' > "$DATA/prefixes"
    awk 'BEGIN {
        for (i = 0; i < 4096; ++i)
            for (j = 1; j < 16; j += 2) printf "2600:%x:%x000::/36\n", i, j
    }' > "$DATA/prefixes6"
    perl "$SOURCE_DIR/bench/peers/make_mmdb.pl" "$DATA/lines.mmdb" < "$DATA/prefixes"
}

# zone_head SERIAL: what every zone begins with.
zone_head() {
    printf '$ORIGIN %s.\n$TTL 300\n' "$kOrigin"
    printf '@ SOA ns1 hostmaster %d 14400 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n' "$1"
}

# zone SERIAL COLUMN < NAMES: a master file with the addresses of that column.
zone() {
    zone_head "$1"
    awk -v column="$2" '{ print $1, "A", $column }'
}
