// SPDX-License-Identifier: GPL-3.0-or-later
// A program of somebody else's that happens to have our program's name; takeover.sh expects it to be left alone.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int respond(struct xdp_md* frame) {
    (void)frame;
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
