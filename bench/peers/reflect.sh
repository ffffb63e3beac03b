#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The floor: XDP_TX alone, no answers (reflect.bpf.c). To be sourced by peers.sh.
# shellcheck disable=SC2034,SC2154
TITLE='XDP_TX reflector'
EXPECT=echo WINDOW=192 SOCKETS='' FLOOR=yes

peer_data() { :; }
peer_prepare() { :; }
peer_start() { spawn "$BUILD_DIR/bench/bench_baseline" reflect "$kServerDevice"; }
