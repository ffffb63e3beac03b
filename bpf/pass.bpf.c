/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The other end of a veth pair. A frame that XDP_TX sends from one end is dropped in silence unless the other end runs
 * an XDP program too (veth_xdp_flush() looks for one); any program will do, and this one lets every frame through. Only
 * the demo, the tests and the benchmarks load it: real NICs need nothing of the kind.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *frame)
{
    (void)frame;
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
