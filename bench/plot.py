# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws one of the README's plots: plot.py peers|names IN.json OUT.svg (plot.sh calls it)."""
import json
import re
import statistics
import sys

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same numbers give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "splitline", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen first)

OURS, FLOOR, OTHERS = "#c2410c", "#a8a29e", "#3b6ea5"


def human(names):
    return f"{names // 1000000}M" if names >= 1000000 else f"{names // 1000}k" if names >= 1000 else str(names)


def save(figure, path):
    figure.savefig(path, format="svg", metadata={"Date": None}, bbox_inches="tight", facecolor="white")


def colour(contestant):
    if contestant in ("reflect", "ideal"):
        return FLOOR
    return OURS if contestant.startswith(("splitline", "resolver")) else OTHERS


def draw_peers(everything, path):
    """Bars: median core time of an answer, with min-max over the rounds; one panel a data size."""
    sizes = sorted({m["names"] for m in everything["measurements"]})
    costs = {}
    titles = {}
    for m in everything["measurements"]:
        costs.setdefault((m["contestant"], m["names"]), []).append(m["saturated"]["core_ns"])
        titles[m["contestant"]] = m["title"]
    order = sorted(titles, key=lambda name: -statistics.median(costs.get((name, sizes[-1]), costs.get((name, sizes[0])))))
    figure, axes = plt.subplots(1, len(sizes), figsize=(4.6 * len(sizes), 0.36 * len(order) + 1), sharey=True, squeeze=False)
    for axis, names in zip(axes[0], sizes):
        for row, contestant in enumerate(order):
            values = costs.get((contestant, names))
            if not values:
                continue
            middle = statistics.median(values)
            axis.barh(row, middle, color=colour(contestant), height=0.7)
            axis.plot([min(values), max(values)], [row, row], color="black", linewidth=1)
            axis.text(max(values) * 1.08, row, f"{middle:,.0f}", va="center")
        axis.set_xscale("log")
        axis.set_xlim(50, 100000)
        axis.set_yticks(range(len(order)), [titles[contestant] for contestant in order])
        axis.set_title(f"{human(names)} names")
        axis.set_xlabel("core time of an answer, ns")
    save(figure, path)


def medians(everything):
    """Google Benchmark's medians: (parameters of the name, the benchmark)."""
    for benchmark in everything["benchmarks"]:
        ours = benchmark["run_name"].startswith("answer/")
        if ours and benchmark.get("aggregate_name") == "median" and not benchmark.get("error_occurred"):
            yield {key: int(value) for key, value in re.findall(r"(\w+):(\d+)", benchmark["run_name"])}, benchmark


def draw_names(everything, path):
    """Lines: the program's own time of a positive answer against the number of names."""
    lines = {}
    for parameters, benchmark in medians(everything):
        if parameters.get("queries") == 1 or parameters.get("asked", 0) != 0:
            continue
        names = parameters["names"]
        query = ("IPv6" if parameters["ipv6"] else "IPv4") + (" with ECS" if parameters["ecs"] else "")
        lines.setdefault(f"Splitline, {query}", {})[names] = benchmark["real_time"]
        if query == "IPv4":
            lines.setdefault("ideal geo program", {})[names] = benchmark["ideal_ns"]
            lines.setdefault("floor: XDP_TX and copying", {})[names] = benchmark["floor_ns"]
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    styles = {"IPv4": "-", "IPv4 with ECS": "--", "IPv6": "-.", "IPv6 with ECS": ":"}
    for title, points in lines.items():
        ours = title.startswith("Splitline")
        style = styles[title.removeprefix("Splitline, ")] if ours else "-"
        axis.plot(sorted(points), [points[names] for names in sorted(points)], style, marker="o", markersize=4, label=title,
                  color=OURS if ours else OTHERS if title.startswith("ideal") else FLOOR)
    ticks = sorted({names for points in lines.values() for names in points})
    axis.set_xscale("log")
    axis.set_xticks(ticks, [human(names) for names in ticks])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set_xlabel("names, asked at random by random clients")
    axis.set_ylabel("program's time of an answer, ns")
    axis.legend(frameon=False)
    save(figure, path)


def main():
    kind, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        everything = json.load(file)
    {"peers": draw_peers, "names": draw_names}[kind](everything, target)


if __name__ == "__main__":
    main()
