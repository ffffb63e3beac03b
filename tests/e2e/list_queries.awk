# SPDX-License-Identifier: GPL-3.0-or-later
# awk -f list_queries.awk ZONE: `NAME TYPE` lines to ask a server of this zone: every owner, each of its ancestors up to the apex (empty
# non-terminals among them), children that are not there, names beside it, a label that makes a DNAME's substitution too long, and
# the outside, by every type of interest. Left out: ANY and NSEC, which servers may answer as they like (RFC 8482; Knot does not follow
# a CNAME for NSEC), and the owners too long to have children.
BEGIN {
    types = split("A AAAA NS CNAME SOA MX TXT SRV PTR CAA DS DNAME NAPTR HTTPS SVCB TLSA SSHFP HINFO LOC DNSKEY TYPE10 TYPE65280 TYPE666", type, " ")
}
/^;/ || $1 == "$LINE" || NF == 0 { next }
{
    if ($4 == "SOA") apex = $1
    add($1)
    add("nx." $1)
    add("nx.nx2." $1)
    if ($4 == "DNAME") add("a-label-of-so-many-letters-that-with-it-the-name-is-too-long." $1)
    # Escaped dots end no label; owners that hold one have no ancestors of interest.
    if ($1 ~ /\\/) next
    for (name = $1; name != apex && (dot = index(name, ".")) > 0;) {
        name = substr(name, dot + 1)
        add(name)
        if (name != apex) add("beside." name)
    }
}
END {
    add("outside.example.")
    add(".")
    for (i = 1; i <= count; ++i) if (length(names[i]) < 250) for (t = 1; t <= types; ++t) print names[i], type[t]
}
function add(name) {
    if (!(name in seen)) { seen[name] = 1; names[++count] = name }
}
