/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/native/program.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/responder.bpf.c"

struct native_maps native_maps;
struct native_packet native_packet;

/*
 * `config` is in read-only memory and the program reads it as volatile: changing it there is what the loader does too.
 * The compiler must not see that the store goes to a constant, or it leaves the store out.
 */
void native_set_config(const struct sl_config* value) {
    const unsigned long page = sysconf(_SC_PAGESIZE);
    unsigned long at = (unsigned long)&config, first;

    __asm__ volatile("" : "+r"(at));
    first = at & ~(page - 1);
    if (mprotect((void*)first, at + sizeof(config) - first, PROT_READ | PROT_WRITE)) __builtin_trap();
    memcpy((void*)at, value, sizeof(config));
}

int native_respond(struct xdp_md* ctx) {
    return respond(ctx);
}

static void* cell(void* base, __u32 size, __u32 count, const void* key) {
    const __u32 index = *(const __u32*)key;

    return index < count ? (char*)base + (unsigned long)size * index : 0;
}

static void* trusted(const struct sl_ecs_sender* asked) {
    static __u8 yes = 1;

    for (__u32 i = 0; i < native_maps.sender_count; i++) {
        const struct sl_ecs_sender* one = &native_maps.senders[i];
        const __u8 *a = (const __u8*)&one->family, *b = (const __u8*)&asked->family;
        const __u32 whole = one->prefix_length / 8, rest = one->prefix_length % 8;

        if (memcmp(a, b, whole) == 0 && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)))) return &yes;
    }
    return 0;
}

void* native_map_lookup(const void* map, const void* key) {
    static struct moved_bytes moved;
    static struct folded_name name;
    static struct sl_samples samples_taken;

    if (map == &control) return cell(native_maps.control, sizeof(struct sl_control), 1, key);
    if (!native_maps.running) memset(&name, 0, sizeof(name));
    native_maps.running = 1;
    native_maps.bucket_looks += map == &buckets;
    if (map == &buckets) return cell(native_maps.buckets, sizeof(struct sl_bucket), native_maps.bucket_count, key);
    if (map == &zones) return cell(native_maps.zones, 8, native_maps.zone_count, key);
    if (map == &arena) return cell(native_maps.arena, SL_PAGE_SIZE, native_maps.page_count, key);
    if (map == &reasons) return cell(native_maps.reasons, 8, SL_REASON_COUNT, key);
    if (map == &lines) return cell(native_maps.lines, 8, sizeof(native_maps.lines) / 8, key);
    if (map == &samples) return cell(&samples_taken, sizeof(samples_taken), 1, key);
    if (map == &moving) return cell(&moved, sizeof(moved), 1, key);
    if (map == &folded_names) return cell(&name, sizeof(name), 1, key);
    if (map == &ecs_trust) return trusted(key);
    __builtin_trap();
}

/* Moves the packet so that it ends at the guard again: a pointer kept across the call reads wrong bytes and is caught.
 */
long native_adjust_tail(struct xdp_md* ctx, int delta) {
    const __u32 length = ctx->data_end - ctx->data;
    const long grown = (long)length + delta;
    __u8 *from = (__u8*)(long)ctx->data, *to = native_packet.guard - grown;

    if (grown < ETH_HLEN || delta > (int)native_packet.tail_slack) return -1;
    memmove(to, from, delta < 0 ? grown : length);
    if (delta > 0) memset(to + length, 0, delta);
    ctx->data = (__u32)(long)to;
    ctx->data_end = (__u32)(long)native_packet.guard;
    return 0;
}

long native_adjust_head(struct xdp_md* ctx, int delta) {
    if (-delta > (int)native_packet.head_slack) return -1;
    ctx->data += delta;
    return 0;
}

static int inside(const struct xdp_md* ctx, __u32 offset, __u32 length) {
    return (unsigned long)offset + length <= ctx->data_end - ctx->data;
}

long native_load_bytes(const struct xdp_md* ctx, __u32 offset, void* to, __u32 length) {
    if (!inside(ctx, offset, length)) return -1;
    memcpy(to, (void*)(long)ctx->data + offset, length);
    return 0;
}

long native_store_bytes(struct xdp_md* ctx, __u32 offset, const void* from, __u32 length) {
    if (!inside(ctx, offset, length)) return -1;
    memcpy((void*)(long)ctx->data + offset, from, length);
    return 0;
}

__u64 native_buff_len(const struct xdp_md* ctx) {
    return ctx->data_end - ctx->data;
}
