#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is wrong is refused with the place and the reason, and what was served before stays served, on both paths: broken zones, conflicts,
# broken configurations, and more names than the table was made for.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kZoneFile=$WORK/zones/small.example.zone

# write_zone LINE...: a sound zone and the lines behind it, the first of them on line 5.
write_zone() {
    {
        echo "small.example. 60 IN SOA ns.small.example. host.small.example. 1 14400 3600 1209600 60"
        echo "small.example. 60 IN NS ns.small.example."
        echo "ns.small.example. 60 IN A 192.0.2.53"
        echo "www.small.example. 60 IN A 192.0.2.1"
        printf '%s\n' "$@"
    } > "$kZoneFile"
}

# still_served WHAT
still_served() {
    local before
    before=$(fast_answers)
    check "$1: XDP answers as before" 192.0.2.1 "$(ask +short "@$kServer4" www.small.example A)"
    check "$1: and it was XDP" 1 $(($(fast_answers) - before))
    check "$1: the resolver answers as before" 192.0.2.1 "$(ask +tcp +short "@$kServer4" www.small.example A)"
    check_match "$1: nothing half new" "NXDOMAIN" "$(ask "@$kServer4" new.small.example A)"
}

# zone_refused WHAT MESSAGE LINE...
zone_refused() {
    write_zone "new.small.example. 60 IN A 192.0.2.2" "${@:3}"
    check_fails "$1: zone load" "$2" splitline zone load "$kZoneFile"
    check_fails "$1: zone check" "$2" in_server "$COMMAND" zone check "$kZoneFile"
    check_fails "$1: splitlined --check" "$2" in_server "$DAEMON" --config "$CONFIG" --check
    check_fails "$1: reload" "$2" splitline reload
    still_served "$1"
}

# config_refused WHAT MESSAGE SED-SCRIPT
config_refused() {
    cp "$CONFIG" "$WORK/good.toml"
    sed -i "$3" "$CONFIG"
    check_fails "$1: splitlined --check" "$2" in_server "$DAEMON" --config "$CONFIG" --check
    check_fails "$1: reload" "$2" splitline reload
    cp "$WORK/good.toml" "$CONFIG"
    still_served "$1"
}

set_up_network
write_config 'max_names = 100'
write_zone
start_daemon
still_served "at first"

step "zones"
zone_refused "syntax" "small.example.zone:6:" "broken.small.example. 60 IN A 192.0.2.300"
zone_refused "CNAME and A on one line" "small.example.zone:[67]:.*CNAME" \
    "both.small.example. 60 IN CNAME www.small.example." "both.small.example. 60 IN A 192.0.2.3"
zone_refused "two CNAMEs" "small.example.zone:[67]:.*CNAME" \
    "two.small.example. 60 IN CNAME www.small.example." "two.small.example. 60 IN CNAME ns.small.example."
zone_refused "CNAME at the apex" "small.example.zone:6:.*(ALIAS|apex)" "small.example. 60 IN CNAME www.elsewhere.example."
zone_refused "an unknown line" "small.example.zone:6:.*'overseas'" "\$LINE overseas" "www.small.example. 60 IN A 192.0.2.4"
zone_refused "a record outside" "small.example.zone:6:" "www.elsewhere.example. 60 IN A 192.0.2.5"

step "configurations"
write_zone
config_refused "TOML syntax" "splitline.toml:1:" '1s/.*/[server/'
config_refused "unknown key" "splitline.toml:[0-9]+:.*max_name.*max_names" 's/^max_names/max_name/'
config_refused "value out of range" "splitline.toml:[0-9]+:.*max_names" 's/^max_names.*/max_names = 0/'
config_refused "no such list" "nowhere.txt" 's/^name = "office"/&\nlists = ["nowhere.txt"]/'

step "capacity"
mapfile -t names < <(seq -f 'x.n%g.small.example. 60 IN A 192.0.2.6' 1 200)
write_zone "new.small.example. 60 IN A 192.0.2.2" "${names[@]}"
check_fails "200 names that others lie below into a table for 100" "20[0-9] names.*max_names is 100" \
    splitline zone load "$kZoneFile"
still_served "capacity"

step "what is no file of a zone"
check_fails "a folder" "cannot read .*: Is a directory" splitline zone load "$WORK"
check_fails "nothing" "cannot read .*: No such file" splitline zone load "$WORK/none.zone"
check_fails "an empty pipe" "/dev/fd/[0-9]+:.*SOA" splitline zone load <(true)

step "and a sound zone still gets in, by a pipe too"
write_zone "new.small.example. 60 IN A 192.0.2.2"
check_succeeds "zone load" splitline zone load "$kZoneFile"
check "the new name" 192.0.2.2 "$(ask +short "@$kServer4" new.small.example A)"
check_succeeds "zone load of a pipe" splitline zone load <(sed 's/small/piped/g' "$kZoneFile")
check "its new name" 192.0.2.2 "$(ask +short "@$kServer4" new.piped.example A)"
stop_daemon

step "a start with a broken configuration"
sed -i 's/^max_names.*/max_names = 0/' "$CONFIG"
check_fails "splitlined" "splitline.toml:[0-9]+:.*max_names" in_server "$DAEMON" --config "$CONFIG"
finish
