#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The daemon dies (kill -9), stays away, and comes back, twice, under dnsperf's load: not one hot query is lost, because maps and
# link are pinned and XDP goes on answering. What the new daemon serves afterwards is what the zone file says by then.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

load_arrives() { (($(fast_answers) > 0)); }

set_up_network
serve_split_example
write_config
start_daemon

grep -E '^(www|types|zero|mail|ns1|a\.b\.ent|1\.1\.1\.1\.deep)\.split\.example\. (A|AAAA|TXT|SRV|CAA) ?$' "$WORK/queries" > "$WORK/hot"
start_load "$WORK/hot" -e
wait_until "load" load_arrives

for round in 1 2; do
    step "round $round: kill -9"
    kill_daemon
    before=$(fast_answers)
    check "while the daemon is away, hot names are answered" "192.0.2.25" "$(ask +short "@$kServer4" mail.split.example A)"
    sleep 1
    check "and by XDP" 1 $(($(fast_answers) - before > 1000))
    sed -i "s/ 202611200[0-9] / 202611200$((round + 1)) /; s/^\(mail2\..* A\) .*/\1 192.0.2.12$round/" "$WORK/zones/split.example.zone"
    step "round $round: start"
    start_daemon
    check "the new serial" "202611200$((round + 1))" "$(ask +short "@$kServer4" split.example SOA | cut -d' ' -f3)"
    check "the new record, over UDP" "192.0.2.12$round" "$(ask +short "@$kServer4" mail2.split.example A)"
    check "the new record, over TCP" "192.0.2.12$round" "$(ask +tcp +short "@$kServer4" mail2.split.example A)"
done

# Over two deaths and two starts.
end_load
stop_daemon
finish
