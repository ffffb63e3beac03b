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
    ("+ ns", lambda m: m["own"]["core_ns"] - m["plain"]["core_ns"], 0),
    ("floor + ns", lambda m: m["floor"], 0),
    ("x floor", lambda m: m["to_floor"], 2),
    ("bytes", lambda m: m["own"]["behind"], 0),
    ("answers/s", lambda m: m["own"]["answers_per_second"], 0),
    ("busy %", lambda m: 100 * m["own"]["core_busy"], 0),
]


def is_floor(m):
    return m["contestant"] == "floor"


def add_ratios(measurements):
    """
    Core time to that of the plain queries of the same seconds, and that ratio to the one of the positive answers in the same round. `floor`: what
    the bare program's reply of this kind takes longer than its plain one in the same round, and the ratio if plain answers took only that longer.
    """
    floors = {(m["kind"], m["round"]): m["own"]["core_ns"] - m["plain"]["core_ns"] for m in measurements if is_floor(m)}
    measurements = [m for m in measurements if not is_floor(m)]
    for m in measurements:
        plain = m["plain"]["core_ns"]
        m["to_plain"] = m["own"]["core_ns"] / plain if plain else None
    ratios = {(m["kind"], m["round"]): m["to_plain"] for m in measurements}
    for m in measurements:
        m["floor"] = floors.get((m["kind"], m["round"]))
        m["to_floor"] = None if m["floor"] is None or not m["plain"]["core_ns"] else 1 + m["floor"] / m["plain"]["core_ns"]
        alike = ratios.get((ALIKE.get(m["kind"]), m["round"]))
        m["to_alike"] = m["to_plain"] / alike if alike else None
    return measurements


def table(measurements):
    measurements = add_ratios(measurements)
    rows = [["asked"] + [heading for heading, _, _ in COLUMNS]]
    for kind in dict.fromkeys(m["kind"] for m in measurements):
        values = [cells([m for m in measurements if m["kind"] == kind], read, digits) for _, read, digits in COLUMNS]
        rows += [[kind] + [value for value, _ in values], [""] + [spread for _, spread in values]]
    return rows


def remarks(measurements):
    idle, others = {}, {}
    for m in measurements:
        kind = "floor of " * is_floor(m) + m["kind"]
        for what, run in ((kind, m["own"]), (f"plain beside {kind}", m["plain"])):
            yield from faults(run, f"{what}, round {m['round']}")
            others[kind] = max(others.get(kind, 0), taken_by_others(run))
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
