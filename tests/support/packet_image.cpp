// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/packet_image.h"

#include <stdexcept>

namespace splitline::testing_support {

namespace {

constexpr const char* kExampleHead = R"($ORIGIN example.com.
$TTL 600
@ SOA ns1 hostmaster 2024010101 7200 900 1209600 300
@ NS ns1
@ NS ns2.example.net.
@ MX 10 mail
@ A 192.0.2.1
@ TXT "v=spf1 -all"
ns1 A 192.0.2.53
ns1 AAAA 2001:db8::53
mail A 192.0.2.25
a 300 A 192.0.2.10
both 60 A 192.0.2.11
both 60 AAAA 2001:db8::11
multi A 192.0.2.20
multi A 192.0.2.21
multi A 192.0.2.22
multi A 192.0.2.23
mx MX 5 mail
mx MX 10 mx.Example.NET.
txt TXT "one" "two three" "semi;colon"
srv SRV 1 2 5060 mail
caa CAA 0 issue "ca.example.net"
https HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80
svcb SVCB 2 mail port=8443
unknown TYPE65280 \# 5 0102030405
any A 192.0.2.30
any TXT "any"
deep.ent.empty A 192.0.2.31
to-outside CNAME target.example.org.
to-a CNAME a
to-mixed CNAME BoTh.Example.COM.
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME both
to-gone CNAME gone
to-ent CNAME ent.empty
to-wild CNAME x.wild
to-cut CNAME host.cut
to-split CNAME split
*.wild A 192.0.2.40
a.b.wild A 192.0.2.42
*.alias CNAME target.example.org.
*.chain CNAME c5
*.lost CNAME gone
deep.*.starred A 192.0.2.43
*.lines TXT "default"
cut NS ns.cut
ns.cut A 192.0.2.41
dn DNAME example.net.
split A 192.0.2.100
split TXT "default"
tight A 192.0.2.101
only-a A 192.0.2.102
v6split AAAA 2001:db8::100
cname-split A 192.0.2.103
)";

constexpr const char* kExampleLines = R"(
$LINE internal
split A 192.0.2.110
tight A 192.0.2.111
*.lines A 192.0.2.113
v6split AAAA 2001:db8::110
cname-split CNAME in.cdn.example.net.
no-default A 192.0.2.112
$LINE telecom
split A 192.0.2.120
split A 192.0.2.121
tight A 192.0.2.121
cname-split CNAME a
$LINE oversea
split A 192.0.2.130
v6split AAAA 2001:db8::130
only-a AAAA 2001:db8::131
$LINE cn_telecom_beijing
split A 192.0.2.140
tight A 192.0.2.141
$LINE office
split CNAME both
tight A 192.0.2.151
)";

// An RRset of `count` strings of 50 bytes: about 64 bytes a record.
std::string txt_set(const std::string& owner, int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += owner + " TXT \"" + std::string(47, static_cast<char>('a' + i % 26)) + std::to_string(100 + i) + "\"\n";
    return text;
}

// A set that fits 1232 but not 512, one that fits neither, one that no fast answer may have, and one between all of
// them.
std::string sized_sets() {
    return "$LINE default\n" + txt_set("fits", 7) + txt_set("medium", 12) + txt_set("large", 20) + txt_set("huge", 40);
}

}  // namespace

const std::string& example_zone() {
    static const std::string text = kExampleHead + sized_sets() + kExampleLines;
    return text;
}

ImageBuilder example_builder() {
    ImageBuilder builder;
    builder
        .line("internal", {"198.51.100.0/24", "203.0.113.0/25", "1.0.0.0/8", "1.2.3.4/32", "2001:db8:c::/48",
                           "2001:db8:7e1e::/47", "240e::/18"})
        .line("telecom", {"203.0.113.0/26", "1.1.0.0/16", "1.1.1.1/32", "2001:db8:7e1e::/48", "240e::/20"})
        .line("oversea", {"192.88.98.0/24", "8.0.0.0/7", "2001:db8:0e::/56", "2a00::/12"})
        .line("cn_telecom_beijing", {"203.0.113.0/28", "1.1.1.0/27", "2001:db8:7e1e::/64", "240e:1:2:3:4:5:6:7/128"})
        .line("office", {"203.0.113.128/25", "2001:db8:0ff1:ce00::/57", "2001:db8:c:0:8000::/65"})
        .zone(example_zone(), "example.com.zone")
        // The name between the two zones, `between`, is in neither.
        .zone("$ORIGIN inner.between.example.com.\n@ 60 SOA ns h 9 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.55\n")
        .zone("$ORIGIN example.net.\n@ 60 SOA ns h 7 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.54\n", "example.net.zone");
    return builder;
}

std::shared_ptr<const Image> example_image() {
    return example_builder().build();
}

std::string name_of_size(size_t size) {
    if (size == 1) return ".";
    if (size < 3 || size > 255) throw std::invalid_argument("no name has that size");
    std::string name;
    for (size_t left = size - 1; left > 0;) {
        // Never leave one byte: it could only be a length without a label.
        const size_t label = left == 65 ? 63 : std::min<size_t>(left, 64);
        name += std::string(label - 1, static_cast<char>('a' + size % 26)) + ".";
        left -= label;
    }
    return name;
}

std::shared_ptr<const Image> every_size_image() {
    std::string text = "$ORIGIN .\n$TTL 60\n. SOA ns. h. 1 1 1 1 30\n. NS ns.\nns. A 192.0.2.53\n. A 192.0.2.1\n";
    for (size_t size = 3; size <= 255; ++size)
        text += name_of_size(size) + " A 192.0.2." + std::to_string(size % 250) + "\n";
    return ImageBuilder().zone(text, "root.zone").build();
}

}  // namespace splitline::testing_support
