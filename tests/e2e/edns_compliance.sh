#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What ISC's DNS-Compliance-Testing (genreport) asks of a server, and a few neighbours of it, by dig: with XDP attached, detached,
# and over TCP; with XDP attached the resolver is asked through AF_XDP sockets. Each row: a name, dig's arguments, what must be in dig's output, and what must not.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kZone=split.example
readonly kSoaAnswer="^$kZone\.[[:space:]].*SOA" kNoOpt='OPT PSEUDOSECTION'
# dig's own habits off: each row asks for what it wants.
readonly kPlain="+noedns +noad +nocookie +norecurse" kEdns="+edns=0 +noad +nocookie +norecurse"

# row NAME ARGUMENTS MUST [MUST-NOT]: MUST is a list of regular expressions, one a line; MUST-NOT is one.
row() {
    local output expression
    # shellcheck disable=SC2086  # arguments are words
    output=$(ask $TRANSPORT "@$kServer4" +qr +noqr $2 2>&1) || true
    while IFS= read -r expression; do check_match "$PATH_NAME: $1" "$expression" "$output"; done <<< "$3"
    if [[ ${4:-} ]] && grep -Eq -- "$4" <<< "$output"; then
        fail_check "$PATH_NAME: $1: there is /$4/ in:" && echo "$output"
    fi
}

flag_rows() {
    row "dns: plain query" "$kPlain SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$kSoaAnswer" "$kNoOpt"
    row "aa" "$kPlain +aaflag SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$kSoaAnswer" "$kNoOpt"
    row "ad" "$kPlain +adflag SOA $kZone" $'status: NOERROR\nflags: qr aa( ad)?;\n'"$kSoaAnswer" "$kNoOpt"
    row "cd" "$kPlain +cdflag SOA $kZone" $'status: NOERROR\nflags: qr aa( cd)?;\n'"$kSoaAnswer" "$kNoOpt"
    row "ra" "$kPlain +raflag SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$kSoaAnswer" "$kNoOpt"
    row "rd" "$kPlain +recurse SOA $kZone" $'status: NOERROR\nflags: qr aa rd;\n'"$kSoaAnswer" "$kNoOpt"
    row "tc" "$kPlain +tcflag +ignore SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$kSoaAnswer" "$kNoOpt"
    row "zflag" "$kPlain +zflag SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$kSoaAnswer" "MBZ|$kNoOpt"
    row "opcode 15" "+header-only +opcode=15 $kPlain" $'status: NOTIMP\nflags: qr;.*QUERY: 0, ANSWER: 0, AUTHORITY: 0'
    row "opcode 15, all flags" "+header-only +opcode=15 +noedns +aaflag +adflag +cdflag +raflag +recurse +tcflag +zflag +ignore" \
        $'status: NOTIMP\nflags: qr( rd)?;.*QUERY: 0, ANSWER: 0, AUTHORITY: 0' "MBZ"
}

type_rows() {
    local type
    for type in TYPE666 TYPE1000 MG MINFO RT NSAP KEY KX APL IPSECKEY HIP CDS OPENPGPKEY SPF EUI48 URI AVC DLV; do
        row "type $type" "$kPlain $type www.$kZone" $'status: NOERROR\nANSWER: 0, AUTHORITY: 1\nSOA'
    done
    row "A" "$kPlain A www.$kZone" $'status: NOERROR\nANSWER: 2, AUTHORITY: 0\n192\\.0\\.2\\.80'
    row "NXDOMAIN" "$kPlain A nx.$kZone" $'status: NXDOMAIN\nflags: qr aa;.*ANSWER: 0, AUTHORITY: 1\nSOA'
    row "outside" "$kPlain A www.elsewhere.example" $'status: REFUSED\nflags: qr;.*ANSWER: 0, AUTHORITY: 0'
    row "ANY (RFC 8482)" "$kPlain +notcp $TRANSPORT ANY www.$kZone" $'status: NOERROR\nANSWER: [12],'
    row "referral" "$kPlain A www.child.$kZone" $'status: NOERROR\nflags: qr;.*ANSWER: 0, AUTHORITY: 2\nns\\.child.*192\\.0\\.2\\.40'
    row "0x20" "$kPlain A wWw.sPLIT.eXaMPLE" $'^;wWw\\.sPLIT\\.eXaMPLE\\.\n^wWw\\.sPLIT\\.eXaMPLE\\.'
    row "version.bind" "$kPlain CH TXT version.bind" 'splitline test'
    row "id.server" "$kPlain CH TXT id.server" 'status: REFUSED'
    row "class CH, our zone" "$kPlain CH A www.$kZone" 'status: REFUSED'
    row "class HS" "$kPlain HS A www.$kZone" 'status: REFUSED'
}

edns_rows() {
    local version='EDNS: version: 0'
    row "edns" "$kEdns SOA $kZone" $'status: NOERROR\nflags: qr aa;\n'"$version, flags:;"$'\n'"$kSoaAnswer" "MBZ"
    row "edns1" "+edns=1 +noednsneg $kPlain +edns=1 SOA $kZone" $'status: BADVERS\nANSWER: 0, AUTHORITY: 0\n'"$version"
    row "ednsopt" "$kEdns +ednsopt=100 SOA $kZone" $'status: NOERROR\n'"$version"$'\n'"$kSoaAnswer" "OPT=100"
    row "edns1opt" "+edns=1 +noednsneg +nocookie +ednsopt=100 SOA $kZone" $'status: BADVERS\nANSWER: 0\n'"$version" "OPT=100"
    row "ednsflags" "$kEdns +ednsflags=0x80 SOA $kZone" $'status: NOERROR\n'"$version, flags:;" "MBZ"
    row "do" "$kEdns +dnssec SOA $kZone" $'status: NOERROR\n'"$version, flags: do;"$'\n'"$kSoaAnswer"
    row "edns1do" "+edns=1 +noednsneg +nocookie +dnssec SOA $kZone" $'status: BADVERS\n'"$version"
    row "docd" "$kEdns +dnssec +cdflag SOA $kZone" $'status: NOERROR\nflags: qr aa( cd)?;\nflags: do;'
    row "nsid" "$kEdns +nsid SOA $kZone" $'status: NOERROR\n'"$version"
    row "cookie" "$kEdns +cookie=0102030405060708 SOA $kZone" $'status: (NOERROR|BADCOOKIE)\n'"$version" "malformed"
    row "expire" "$kEdns +expire SOA $kZone" $'status: NOERROR\n'"$version"
    row "subnet /0" "$kEdns +subnet=0.0.0.0/0 SOA $kZone" $'status: NOERROR\nCLIENT-SUBNET: 0.0.0.0/0/0'
    row "many options" "$kEdns +nsid +subnet=0.0.0.0/0 +expire +cookie=0102030405060708 SOA $kZone" \
        $'status: (NOERROR|BADCOOKIE)\nCLIENT-SUBNET: 0.0.0.0/0/0'
    row "EDNS on NXDOMAIN" "$kEdns A nx.$kZone" $'status: NXDOMAIN\n'"$version"
    row "EDNS on REFUSED" "$kEdns A www.elsewhere.example" $'status: REFUSED\n'"$version"
    row "our payload size" "$kEdns +bufsize=4096 A www.$kZone" 'udp: 1232'
    row "TSIG of an unknown key" "$kPlain -y hmac-sha256:nobody:c2VjcmV0c2VjcmV0c2VjcmV0 SOA $kZone" $'status: NOTAUTH\nBADKEY'
}

truncation_rows() {
    row "512 without EDNS" "$kPlain +ignore A big.$kZone" $'flags: qr aa tc;\nMSG SIZE +rcvd: ([0-9]{2}|[1-4][0-9]{2}|50[0-9]|51[012])$'
    row "bufsize 512" "$kEdns +bufsize=512 +ignore A big.$kZone" \
        $'flags: qr aa tc;\nEDNS: version: 0\nMSG SIZE +rcvd: ([0-9]{2}|[1-4][0-9]{2}|50[0-9]|51[012])$'
    row "bufsize below 512 counts as 512" "$kEdns +bufsize=100 +ignore A www.$kZone" $'flags: qr aa;\nANSWER: 2'
    row "bufsize 4096, our limit" "$kEdns +bufsize=4096 +ignore A big.$kZone" 'flags: qr aa tc;'
    row "and over TCP after TC" "$kEdns A big.$kZone" $'flags: qr aa;\nANSWER: 90'
}

set_up_network
serve_split_example
write_config 'af_xdp = "copy"'
start_daemon
for PATH_NAME in "XDP attached" "XDP detached" "TCP"; do
    step "$PATH_NAME"
    TRANSPORT=+notcp
    [[ $PATH_NAME != "XDP detached" ]] || check_succeeds "xdp detach" splitline xdp detach
    [[ $PATH_NAME != TCP ]] || TRANSPORT=+tcp
    before=$(fast_answers)
    flag_rows
    type_rows
    edns_rows
    [[ $PATH_NAME == TCP ]] || truncation_rows
    [[ $PATH_NAME != "XDP attached" ]] || check "XDP answered most" 1 $(($(fast_answers) - before > 30))
done
stop_daemon
finish
