/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands in for libbpf's header when the responder is compiled for the host, so that a fuzzer's instrumentation and
 * sanitizers see the same C that the verifier sees. Maps are plain memory, the packet is an exact-fit buffer.
 */
#ifndef SPLITLINE_TESTS_NATIVE_BPF_HELPERS_H
#define SPLITLINE_TESTS_NATIVE_BPF_HELPERS_H

#include <linux/bpf.h>

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) value* name

void* native_map_lookup(const void* map, const void* key);
long native_adjust_tail(struct xdp_md* ctx, int delta);
long native_adjust_head(struct xdp_md* ctx, int delta);
long native_load_bytes(const struct xdp_md* ctx, __u32 offset, void* to, __u32 length);
long native_store_bytes(struct xdp_md* ctx, __u32 offset, const void* from, __u32 length);
__u64 native_buff_len(const struct xdp_md* ctx);

/* The program that arms the expiry timer is never called here. */
#define bpf_timer_init(timer, map, clock) ((void)(timer))
#define bpf_timer_set_callback(timer, callback) ((void)(callback))
#define bpf_timer_start(timer, nanoseconds, flags) ((void)(nanoseconds))
#define bpf_timer_cancel(timer) ((void)(timer))

/* Sockets are the kernel's business: every slot is empty, whose verdict is in the flags. */
#define bpf_redirect_map(map, slot, flags) ((void)(map), (void)(slot), (int)(flags))

#define bpf_map_lookup_elem native_map_lookup
#define bpf_xdp_adjust_tail native_adjust_tail
#define bpf_xdp_adjust_head native_adjust_head
#define bpf_xdp_load_bytes native_load_bytes
#define bpf_xdp_store_bytes native_store_bytes
#define bpf_xdp_get_buff_len native_buff_len

#endif
