"""How often do the intervals of the channels hold the truth on real records? Prints a table of docs/statistics.md.

    PYTHONPATH=src python benchmarks/coverage_records.py RUN_FOLDER [--times 1000] [--sizes 24,48,96]

The items of a finished run of channels over one task are taken for the whole population: its own value of a quantity is
the truth, and studies of n items are drawn from it with replacement. `given`: share of the studies in which there is a
number at all (the share needs a clear ability). Run it on an older version of the package to have its intervals.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Any, cast

import numpy as np

from thinkaloud.metrics.channels import table
from thinkaloud.metrics.readings import parsed
from thinkaloud.open_study import open_run
from thinkaloud.records.item import ItemRecord
from thinkaloud.vocabulary import Estimate, Key

QUANTITIES = ("silent", "compute", "content", "residue", "paraphrase - baseline", "own - chance", "externalised share")


def estimates(records: list[ItemRecord], key: Key) -> dict[str, Estimate]:
    """The rows of one study."""
    return {row.name: row for row in table(records, key=key)}


def study(records: list[ItemRecord], n: int, number: int) -> dict[str, Estimate]:
    """n items drawn with replacement; each draw is an item of its own."""
    drawn = np.random.default_rng((n, number)).integers(0, len(records), n)
    items: list[dict[str, Any]] = [{**records[at], "item": str(i), "fold": i % 2} for i, at in enumerate(drawn)]
    return estimates(cast(list[ItemRecord], items), Key(("coverage", str(n), str(number))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--sizes", default="24,48,96")
    parser.add_argument("--task")
    args = parser.parse_args()
    run = open_run(args.folder)
    records = [r for r in parsed(run.records) if args.task in (None, r["task"])]
    records = [r for r in records if {"own", "paraphrase", "silent"} <= r["conditions"].keys()]
    truth = estimates(records, Key(("truth",)))
    print(f"{len(records)} items of {args.folder}: coverage (median half-width) [given]\n")
    sizes = [int(n) for n in args.sizes.split(",")]
    print("| quantity (truth) | " + " | ".join(f"n={n}" for n in sizes) + " |\n|---|" + "---|" * len(sizes))
    cells: dict[str, list[str]] = defaultdict(list)
    for n in sizes:
        found = [study(records, n, i) for i in range(args.times)]
        for name in QUANTITIES:
            known, rows = truth[name].value, [one[name] for one in found]
            ends = np.array([(row.low, row.high) for row in rows if row.value is not None], dtype=np.float64)
            if known is None or not len(ends):
                cells[name].append("-")
                continue
            held = ((ends[:, 0] <= known + 1e-9) & (known - 1e-9 <= ends[:, 1])).mean()
            half = np.median(ends[:, 1] - ends[:, 0]) / 2
            cells[name].append(f"{held:.3f} ({half:.3f}) [{len(ends) / len(rows):.2f}]")
    for name in QUANTITIES:
        value = truth[name].value
        print(f"| {name} ({'none' if value is None else f'{value:.3f}'}) | " + " | ".join(cells[name]) + " |")


if __name__ == "__main__":
    main()
