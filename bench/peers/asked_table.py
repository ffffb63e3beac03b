#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the table of peers.sh --asked from its JSON: asked_table.py FILE.json. Ratios are medians over the rounds, with min-max."""
import json
import sys

from table import SATURATED, cells, faults, print_all, taken_by_others

# Kinds that are compared with one whose names have as many labels.
ALIKE = {"nxdomain_6": "positive_6", "nxdomain_10": "positive_10"}
# Heading, how to read it from a measurement, digits.
COLUMNS = [
    ("core ns", lambda m: m["own"]["core_ns"], 0),
    ("plain", lambda m: m["plain"]["core_ns"], 0),
    ("x plain", lambda m: m["to_plain"], 2),
    ("x alike", lambda m: m["to_alike"], 2),
    ("answers/s", lambda m: m["own"]["answers_per_second"], 0),
    ("busy %", lambda m: 100 * m["own"]["core_busy"], 0),
]


def add_ratios(measurements):
    """Core time to that of the plain queries of the same seconds, and that ratio to the one of the positive answers in the same round."""
    for m in measurements:
        plain = m["plain"]["core_ns"]
        m["to_plain"] = m["own"]["core_ns"] / plain if plain else None
    ratios = {(m["kind"], m["round"]): m["to_plain"] for m in measurements}
    for m in measurements:
        alike = ratios.get((ALIKE.get(m["kind"]), m["round"]))
        m["to_alike"] = m["to_plain"] / alike if alike else None


def table(measurements):
    add_ratios(measurements)
    rows = [["asked"] + [heading for heading, _, _ in COLUMNS]]
    for kind in dict.fromkeys(m["kind"] for m in measurements):
        values = [cells([m for m in measurements if m["kind"] == kind], read, digits) for _, read, digits in COLUMNS]
        rows += [[kind] + [value for value, _ in values], [""] + [spread for _, spread in values]]
    return rows


def remarks(measurements):
    idle, others = {}, {}
    for m in measurements:
        for what, run in ((m["kind"], m["own"]), (f"plain beside {m['kind']}", m["plain"])):
            yield from faults(run, f"{what}, round {m['round']}")
            others[m["kind"]] = max(others.get(m["kind"], 0), taken_by_others(run))
            idle[what] = max(idle.get(what, 0), 1 - run["core_busy"])
    if max(idle.values()) > 1 - SATURATED:
        most = max(idle, key=idle.get)
        yield f"generator-bound; the server's core was idle for up to {100 * idle[most]:.0f} % ({most}): it slept and woke more often, which is in core ns"
    if any(others.values()):
        yield "disturbed; others had of the server's core up to: " + ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in others.items() if share)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print_all(json.load(file), "each kind beside plain queries", table, remarks)


if __name__ == "__main__":
    main()
