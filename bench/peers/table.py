#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the table of peers.sh from its JSON: table.py FILE.json. Each cell is a median over the rounds and, below it, min-max."""
import json
import statistics
import sys

# Heading, how to read it from a measurement, digits.
COLUMNS = [
    ("answers/s", lambda m: m["saturated"]["answers_per_second"], 0),
    ("core ns", lambda m: m["saturated"]["core_ns"], 0),
    ("x ideal", lambda m: m["to_ideal"], 2),
    ("busy %", lambda m: 100 * m["saturated"]["core_busy"], 0),
    ("p50 us", lambda m: m["paced"]["p50_ns"] / 1000, 1),
    ("p99 us", lambda m: m["paced"]["p99_ns"] / 1000, 1),
    ("p50 us alone", lambda m: m["single"]["p50_ns"] / 1000, 1),
    ("p99 us alone", lambda m: m["single"]["p99_ns"] / 1000, 1),
    ("RSS MiB", lambda m: m["resident_mib"], 0),
    ("maps MiB", lambda m: m["maps_mib"], 0),
    ("load s", lambda m: m["load_seconds"], 3),
    ("change s", lambda m: m["change_seconds"], 4),
]
WRONG = ("wrong_header", "wrong_question", "wrong_id", "wrong_record", "wrong_line", "wrong_opt", "wrong_length")
# The server's core was idle for more than this part of the time: it waited for queries.
SATURATED = 0.97


def cells(measurements, read, digits):
    values = [value for value in map(read, measurements) if value is not None]
    if not values:
        return "-", ""
    show = lambda value: f"{value:,.{digits}f}"
    return show(statistics.median(values)), f"{show(min(values))}-{show(max(values))}" if len(values) > 1 else ""


def rows_of(measurements):
    order = list(dict.fromkeys(m["contestant"] for m in measurements))
    cost = lambda name: statistics.median(m["saturated"]["core_ns"] for m in measurements if m["contestant"] == name)
    for name in sorted(order, key=cost):
        own = [m for m in measurements if m["contestant"] == name]
        values = [cells(own, read, digits) for _, read, digits in COLUMNS]
        yield [own[0]["title"]] + [value for value, _ in values]
        yield [""] + [spread for _, spread in values]


def add_ratios(measurements):
    """Core time to that of the ideal geo program in the same round."""
    ideal = {m["round"]: m["saturated"]["core_ns"] for m in measurements if m["contestant"] == "ideal"}
    for m in measurements:
        own = ideal.get(m["round"])
        m["to_ideal"] = m["saturated"]["core_ns"] / own if own else None


def print_rows(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        if any(row):
            print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))))


def faults(run, where):
    """What was not answered, or not rightly."""
    wrong = {key: run[key] for key in WRONG if run[key]}
    if wrong or not run["answers"]:
        yield f"WRONG: {where}: {wrong or 'no answer at all'} of {run['answers']}"
    if run["lost"]:
        yield f"lost: {where}: {run['lost']} queries were not answered"


def taken_by_others(run):
    """Part of the server's core that others had; 0 if it is too little to disturb."""
    others = run["core_busy"] - run["core_by_server"]
    return others if others > 0.05 else 0


def remarks(measurements):
    idle, others = {}, {}
    for m in measurements:
        for phase in ("saturated", "paced", "single"):
            yield from faults(m[phase], f"{m['title']}, round {m['round']}, {phase}")
        run = m["saturated"]
        if run["core_busy"] < SATURATED:
            idle.setdefault(m["title"], []).append(1 - run["core_busy"])
        if taken_by_others(run):
            others.setdefault(m["title"], []).append(taken_by_others(run))
    show = lambda found: ", ".join(f"{title} {100 * max(shares):.0f} %" for title, shares in found.items())
    if idle:
        yield f"generator-bound; the server's core was idle for up to: {show(idle)}"
    if others:
        yield f"disturbed; others had of the server's core up to: {show(others)}"


def print_all(everything, subject, show, notes):
    """A table of `show` rows and `notes` for each data size."""
    context = everything["context"]
    print(f"{context['revision']}, Linux {context['kernel']}, {context['date']}; {subject}")
    for names in sorted({m["names"] for m in everything["measurements"]}):
        measurements = [m for m in everything["measurements"] if m["names"] == names]
        print(f"\n{names} names")
        print_rows(show(measurements))
        for note in notes(measurements):
            print(note)


def table(measurements):
    add_ratios(measurements)
    return [["contestant"] + [heading for heading, _, _ in COLUMNS]] + list(rows_of(measurements))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        everything = json.load(file)
    print_all(everything, f"latency at {everything['context']['rate']} queries a second, and one at a time", table, remarks)


if __name__ == "__main__":
    main()
