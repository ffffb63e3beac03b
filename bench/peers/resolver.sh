#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ours without XDP: the resolver on its sockets answers everything. To be sourced by peers.sh.
# shellcheck disable=SC2034
# shellcheck source=bench/peers/splitline.sh
source "${BASH_SOURCE[0]%/*}/splitline.sh"
TITLE='Splitline sockets'
WINDOW=32 SOCKETS=yes
XDP_ENABLED=false
