#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Draws the README's plots from the JSON of bench/peers.sh and bench/run.sh; a file that is not there is left out.
#   sudo bench/plot.sh     installs python3-matplotlib first where it is missing, which is all that root is needed for
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
results=$BUILD_DIR/results

"$SOURCE_DIR/userspace/install_packages.sh" plot
draw() {
    [[ -f $2 ]] || { echo "not drawn: $3 (no $2)"; return; }
    /usr/bin/python3 "$SOURCE_DIR/bench/plot.py" "$@"
    echo "$3"
}
draw peers "$results/peers.json" "$SOURCE_DIR/bench/peers.svg"
draw names "$results/xdp_answer.json" "$SOURCE_DIR/bench/names.svg"
