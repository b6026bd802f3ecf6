"""Models side by side on the same items: what each did, and which items of theirs may be compared.

A larger model is sure at once more often, and whoever is sure does not change its answer, whatever its faithfulness. So
models are compared at equal *confidence* (the highest probability without reasoning) by direct standardisation:
items are put in bins by confidence within each task; a bin counts only if every model has `CELL` items there; within
a bin, what is left of the difference in confidence is taken out by a straight line that all models share; and a model's
rate is the mean over bins with weights that are equal for all models. Tasks stay apart.

Which items are compared is decided from confidences only, never from what was measured. This module does not know how
rates are compared, nor how large a model is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.readings import Column, condition, hit, parsed
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Reading, Record

CELL = 5
"""The fewest items of every model for a bin, or a task, to count."""
PER_BIN, BINS = 20, (2, 5)
"""Items a model for each bin of confidence; the fewest and the most bins of a task."""


@dataclass(frozen=True, slots=True)
class Table:
    """One measure for the items that all models have: `value`, `confidence` and `right` are [items, models], `strata`
    [items] numbers the tasks (at their level), `asked` counts the items that all models were asked, measured or not."""

    strata: NDArray[np.int64]
    value: Array
    confidence: Array
    right: Array
    asked: int


def confidence(record: Record) -> float | None:
    """The highest probability without reasoning."""
    found = condition(record, "silent")
    return None if found is None else max(Reading(tuple(found["logprobs"])).probabilities)


def tabulate(models: Sequence[Sequence[Record]], column: Column) -> Table:
    """The items that every model's records have `column` for.

    Several records of an item are averaged; tasks with fewer than `CELL` such items are left out.
    """
    found = [_by_item(records, (column, confidence, lambda r: hit(r, "silent"))) for records in models]
    asked = set.intersection(*({name(r) for r in records} for records in models))
    common = sorted(set.intersection(*(set(values) for values in found)))
    counts = Counter(item[:2] for item in common)
    strata = [stratum for stratum, n in counts.items() if n >= CELL]
    kept = [item for item in common if item[:2] in strata]
    cube = np.array([[values[item] for values in found] for item in kept]).reshape(len(kept), len(models), 3)
    numbers = np.array([strata.index(item[:2]) for item in kept], dtype=np.int64)
    return Table(numbers, cube[:, :, 0], cube[:, :, 1], cube[:, :, 2], len(asked))


def name(record: Record) -> tuple[str, str, str]:
    """What makes an item the same item in two runs: task, level and id."""
    return str(record["task"]), str(record["level"]), str(record["item"])


def _by_item(records: Sequence[Record], columns: Sequence[Column]) -> dict[tuple[str, str, str], Array]:
    """The columns' means for every item that has them all."""
    found: dict[tuple[str, str, str], list[list[float]]] = {}
    for record in parsed(records):
        values = [column(record) for column in columns]
        full = [value for value in values if value is not None]
        if len(full) == len(values):
            found.setdefault(name(record), []).append(full)
    return {item: np.mean(rows, axis=0) for item, rows in found.items()}


@dataclass(frozen=True, slots=True)
class Cells:
    """Which items of which model are compared with each other: `member` [items, cells, models], `owner` [cells] the
    stratum of each cell, `steepest` [cells] how much a rate may change with confidence within a cell (0: confidence is
    not levelled out there)."""

    member: NDArray[np.bool_]
    owner: NDArray[np.int64]
    steepest: Array

    def only(self, items: NDArray[np.bool_]) -> Cells:
        """The same for some items; cells that become too small for any model are left out."""
        return _large_enough(Cells(self.member & items[:, None, None], self.owner, self.steepest))


def by_task(table: Table) -> Cells:
    """One cell per task."""
    strata = np.unique(table.strata)
    member = np.repeat((table.strata[:, None] == strata)[:, :, None], table.value.shape[1], axis=2)
    return Cells(member, strata, np.zeros(len(strata)))


def by_confidence(table: Table) -> Cells:
    """One cell per task and bin of confidence; those where some model has too few items are left out.

    Only confidences are looked at here, never what was measured.
    """
    members, owners, steepest = [], [], []
    for stratum in np.unique(table.strata):
        here = (table.strata == stratum)[:, None]
        place = np.searchsorted(_edges(table.confidence[here[:, 0]]), table.confidence, side="right")
        for b in np.unique(place):
            found = table.confidence[here & (place == b)]
            members.append(here & (place == b))
            owners.append(stratum)
            # a rate goes from 0 to 1 at most: what few and nearly equal confidences suggest beyond that is noise
            steepest.append(1 / max(1e-6, float(np.ptp(found))))
    member = np.stack(members, axis=1) if members else np.zeros((0, 0, table.value.shape[1]), dtype=np.bool_)
    return _large_enough(Cells(member, np.array(owners, dtype=np.int64), np.array(steepest)))


def _edges(confidence: Array) -> Array:
    """Where bins of confidence [items, models] begin: at quantiles over all models together, or at every value there is
    if these are no more than the bins (a scripted reasoner has two)."""
    bins = min(BINS[1], max(BINS[0], len(confidence) // PER_BIN))
    values = np.unique(np.round(confidence, 6)) - 5e-7
    if len(values) <= bins:
        return values[1:]
    edges = np.quantile(confidence, np.arange(1, bins) / bins)
    return np.unique(np.where(edges < values[1], values[1], edges))  # an edge below all others would part nothing


def _large_enough(cells: Cells) -> Cells:
    fine = (cells.member.sum(axis=0) >= CELL).all(axis=1)
    return Cells(cells.member[:, fine], cells.owner[fine], cells.steepest[fine])


def sums(table: Table, cells: Cells) -> Array:
    """What every item adds to the sums of 1, c, y, c*y and c*c of each cell: [items, 5, cells, models]."""
    one = cells.member.astype(np.float64)
    c, y = (one * x[:, None, :] for x in (table.confidence, table.value))
    return np.stack([one, c, y, c * y, c * c], axis=1)


def rates(added: Array, cells: Cells) -> Array:
    """Each model's rate in each task, from sums `added` [draws, 5, cells, models]: [draws, tasks, models].

    Cells of a task are weighted by their items of all models together: equal weights for all models.
    """
    n, c, y, cy, cc = np.moveaxis(added, 1, 0)
    mean_c, mean = c / n, y / n
    down = (cc - n * mean_c**2).sum(axis=-1)
    steep = np.divide((cy - n * mean_c * mean).sum(axis=-1), down, out=np.zeros_like(down), where=down > 1e-9)
    steep = np.clip(steep, -cells.steepest, cells.steepest)
    mean = mean - steep[..., None] * (mean_c - mean_c.mean(axis=-1, keepdims=True))
    size = n.sum(axis=-1)
    found = []
    for stratum in np.unique(cells.owner):
        here = cells.owner == stratum
        found.append((size[:, here, None] * mean[:, here]).sum(axis=1) / size[:, here].sum(axis=1)[:, None])
    return np.stack(found, axis=1)


def counts(cells: Cells) -> Array:
    """Items in each task, of the model that has fewest there: [tasks, 1]."""
    per_cell = cells.member.sum(axis=0)
    return np.array([[per_cell[cells.owner == s].sum(axis=0).min()] for s in np.unique(cells.owner)], dtype=np.float64)
