# SPDX-License-Identifier: GPL-3.0-or-later
# awk -v chain="telecom internal default" -f flatten_zone.awk ZONE: the plain zone that a client with that chain of lines sees, for
# servers that know no lines. Written from the rules of DESIGN 4.2, not from our compiler: at each name the first line of the chain
# with any record counts; the apex's SOA and NS and all delegations are those of `default`; a name that has records on lines
# outside the chain only still exists: it becomes an empty non-terminal, which a TXT below it makes.
BEGIN {
    lines = split(chain, order, " ")
    line = "default"
}
/^;/ || NF == 0 { next }
$1 == "$LINE" { line = $2; next }
{
    owner = $1
    if ($4 == "SOA") apex = owner
    if (!(owner in seen)) { seen[owner] = 1; owners[++count] = owner }
    has[owner, line] = 1
    fixed = $4 == "SOA" || $4 == "NS" || $4 == "DS"
    if (fixed) fixed_records[owner] = fixed_records[owner] $0 "\n"
    else records[owner, line] = records[owner, line] $0 "\n"
}
END {
    for (i = 1; i <= count; ++i) {
        owner = owners[i]
        text = fixed_records[owner]
        for (j = 1; j <= lines; ++j)
            if ((owner, order[j]) in has) { text = text records[owner, order[j]]; break }
        printf "%s", text != "" ? text : "exists-elsewhere." owner " 600 IN TXT \"" owner " has records on other lines only\"\n"
    }
}
