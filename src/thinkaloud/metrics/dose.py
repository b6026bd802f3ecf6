"""Dose curves: how much the answer is still the final one, by the share of the reasoning that stands before.

`early answering` is read after the first k of n sentences, at k/n, and 1 at the end. `mistakes` is read after a mistake
in sentence i, counted from 0, gone on from, at i/n, where a share i/n of the reasoning stood untouched before it; `no
edit` is the same without one. Sameness is 1 minus total variation distance from the answer with its own reasoning.

Each curve is its mean over items within bins of the share: items of different lengths have their points at different
places, and of long ones only some positions are edited. An item that has several points in a bin counts them all. The
areas of `faithfulness.py` are not made from these bins. This module does not know what an edit was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from thinkaloud.metrics.change import by_probability
from thinkaloud.metrics.readings import UNIT, parsed
from thinkaloud.records.condition import Condition
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, Sample, corners, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

BINS = 8
"""Bins of the share, by rounding to the nearest eighth."""
CURVES = {"early answering": "cut", "mistakes": "mistake", "no edit": "continue"}
"""Name of a curve -> kind of the conditions it is read from."""


@dataclass(frozen=True, slots=True)
class Point:
    """A bin of a curve: the mean share of the reasoning of what is in it, and the mean sameness."""

    share: float
    same: Estimate


def dose(records: Sequence[Record], key: Key = KEY) -> dict[str, list[Point]]:
    """Every curve of the records of one task and level, in ascending order of share; bins without an interval are left
    out."""
    ok = parsed(records)
    return {name: _curve(name, ok, kind, key) for name, kind in CURVES.items()}


def _curve(name: str, ok: Sequence[ItemRecord], kind: str, key: Key) -> list[Point]:
    bins: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    for record in ok:
        for share, same in _points(record, kind):
            bins[round(share * BINS)].append((record["item"], share, same))
    found = []
    for _, inside in sorted(bins.items()):
        rows = np.array([[same] for _, _, same in inside])
        sample = Sample(rows, [item for item, _, _ in inside], corners(UNIT))
        share = sum(share for _, share, _ in inside) / len(inside)
        found.append(Point(share, interval(f"{name} at {share:.2f}", mean(0), sample, key)))
    return [point for point in found if point.same.value is not None]


def _points(record: ItemRecord, kind: str) -> Iterator[tuple[float, float]]:
    """(share, sameness) of every point that the item has on a curve."""
    n = len(record["thought"]["steps"])
    for at in range(n):
        change = by_probability(record, Condition(kind, position=at).name, "own")
        if change is not None:
            yield at / n, 1 - change
    if kind == "cut" and n and "own" in record["conditions"]:
        yield 1.0, 1.0
