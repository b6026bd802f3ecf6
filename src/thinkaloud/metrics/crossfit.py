"""The readings of one task's items side by side, and the choices that are made on other items.

The content-free *baseline* is the best of silent, the fillers and unrelated reasoning. The *level* is the paraphrase,
or where that is below both baseline and own, the lower of these (the *floor*). Which of them it is must not be decided
on the items it is then measured on: the best of several noisy means is too high. So the items are in two folds, and
each fold uses the choice of the other, made again in every bootstrap resample.

This module does not know what channels are made of these means (`channels.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.bootstrap import FEWEST, Array, Sample, corners, interval, means
from thinkaloud.metrics.readings import UNIT, Column, Score, chance, conditions, gather, p_gold
from thinkaloud.records.condition import MISMATCHED
from thinkaloud.records.item import ItemRecord
from thinkaloud.vocabulary import Estimate, Key, Part

Means = Mapping[str, Array]
Formula = Callable[[Means], Array]
TINY = 1e-9
UNRELATED = "unrelated"
ENOUGH = 0.75
"""Unrelated reasoning is part of the baseline where at least this share of the items have it; the others are left out
then. Where answers are from a short closed list, every reasoning leads to one of the options and there is none."""


def fillers(records: Sequence[ItemRecord]) -> list[str]:
    """Names of the filler conditions that were asked in their own form: `filler:KIND` (as long as own) and
    `filler:KIND:paraphrase` (as long as the paraphrase)."""
    return [one.name for one in conditions(records, "filler") if one.form != MISMATCHED]


def free_of_content(records: Sequence[ItemRecord], paraphrased: bool = True) -> list[str]:
    """The conditions that may be the baseline: silent, every filler, and unrelated reasoning where items have it;
    without what is as long as a paraphrase where none is needed."""
    if not paraphrased:
        return ["silent", *(one.name for one in conditions(records, "filler") if not one.form)]
    there = [record["conditions"] for record in records if {"own", "paraphrase"} <= record["conditions"].keys()]
    known = sum(UNRELATED in found for found in there)
    beside = [UNRELATED] if there and known >= ENOUGH * len(there) else []
    return ["silent", *fillers(records), *beside]


class CrossFit:
    """Items with every needed reading, as a matrix, and the means of its columns for any weights.

    Columns: fold, chance, silent and the other content-free ones (`free`, or `free_of_content`), content (the
    condition in the place of the paraphrase), own; without the last two where `content` is None. `missing` says why
    there is no matrix (None: there is one).
    """

    def __init__(
        self,
        records: Sequence[ItemRecord],
        score: Score = p_gold,
        content: str | None = "paraphrase",
        free: Sequence[str] | None = None,
    ) -> None:
        self.content = content
        beside = [] if content is None else [content, "own"]
        kinds = free_of_content(records, content is not None) if free is None else list(free)
        needed = [*kinds, *beside]
        columns: list[Column] = [_fold, chance, *(partial(score, name=name) for name in needed)]
        sample = gather(records, columns, [UNIT] * len(columns), _lacking(records, needed))
        self.sample = replace(sample, extremes=_extremes(chances(records), len(kinds) - 1, len(beside)))
        self.missing = _impossible(fillers(records), self.sample)
        self.free = slice(2, 2 + len(kinds))  # the content-free columns: silent first, so that it wins ties

    @property
    def enough(self) -> bool:
        """Whether the items suffice for intervals."""
        return self.missing is None and len(self.sample.rows) >= FEWEST

    def means(self, rows: Array, weights: Array) -> dict[str, Array]:
        """Means by name for each line of weights; `baseline`, `filler`, `level` and `floor` are chosen on the other
        fold."""
        plain, fold, free = means(rows, weights), rows[:, 0], rows[:, self.free]
        found = {
            "chance": plain[:, 1],
            "silent": plain[:, 2],
            "baseline": best_elsewhere(fold, free, weights),
            "filler": best_elsewhere(fold, free[:, 1:], weights),
        }
        if self.content is None:
            return found
        level, floor = levels_elsewhere(fold, free, rows[:, -2:], weights)
        level = level if self.content == "paraphrase" else plain[:, -2]  # a null counts as it is
        return found | {"paraphrase": plain[:, -2], "own": plain[:, -1], "level": level, "floor": floor}

    def single(self) -> dict[str, Array]:
        """The same by item instead of in the mean."""
        rows = self.sample.rows
        free, pair, one = rows[:, self.free], rows[:, -2:], np.ones((1, len(rows)))
        baseline, level = np.empty(len(rows)), np.empty(len(rows))
        for f in (0, 1):
            here = rows[:, 0] == f
            best, lower, thrown = (x[0] for x in _choices(*_sums(1 - f, rows[:, 0], free, pair, one)))
            baseline[here] = free[here, best]
            floor = baseline[here] if lower else pair[here, 1]
            level[here] = floor if thrown else pair[here, 0]
        return {
            "chance": rows[:, 1],
            "silent": rows[:, 2],
            "paraphrase": rows[:, -2],
            "own": rows[:, -1],
            "baseline": baseline,
            "level": level,
        }

    def estimate(self, name: str, formula: Formula, key: Key, about: Mapping[str, Part]) -> Estimate:
        """A formula of the means with its interval."""
        if self.missing:
            return Estimate.absent(name, self.missing, len(self.sample.rows), about=about)

        def statistic(rows: Array, weights: Array) -> Array:
            return formula(self.means(rows, weights))

        return interval(name, statistic, self.sample, key, about=about)


def best_elsewhere(fold: Array, columns: Array, weights: Array) -> Array:
    """Mean over all rows of, in each fold, the column whose mean is highest in the *other* fold (first of equals).

    fold [n] of 0 and 1, columns [n, candidates], weights [draws, n] -> [draws].
    """
    sums = [weights @ (columns * (fold == f)[:, None]) for f in (0, 1)]
    chosen = [np.take_along_axis(sums[f], sums[1 - f].argmax(axis=1)[:, None], axis=1)[:, 0] for f in (0, 1)]
    found: Array = (chosen[0] + chosen[1]) / weights.sum(axis=1)
    return found


def levels_elsewhere(fold: Array, free: Array, pair: Array, weights: Array) -> tuple[Array, Array]:
    """Mean over all rows of the *level* and of the *floor*, in each fold by what the other fold says.

    The floor is the lower of baseline and own; the level is the paraphrase, or the floor where the paraphrase is below
    it. fold [n], free [n, candidates], pair [n, 2] (paraphrase, own), weights [draws, n] -> two of [draws].
    """
    level, floor = np.zeros(len(weights)), np.zeros(len(weights))
    for f in (0, 1):
        best, lower, thrown = _choices(*_sums(1 - f, fold, free, pair, weights))
        plain, (paraphrase, own) = _sums(f, fold, free, pair, weights)
        baseline = np.take_along_axis(plain, best[:, None], axis=1)[:, 0]
        here = np.where(lower, baseline, own)
        floor += here
        level += np.where(thrown, here, paraphrase)
    total = weights.sum(axis=1)
    return level / total, floor / total


def _sums(f: int, fold: Array, free: Array, pair: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted sums over one fold: of the content-free columns [draws, candidates], and of paraphrase and own
    [2, draws]."""
    here = (fold == f)[:, None]
    return weights @ (free * here), (weights @ (pair * here)).T


def _choices(free: Array, pair: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """What one fold says to the other, a line each: which content-free column is best, whether that is at most as good
    as own, and whether the paraphrase is below both."""
    best, (paraphrase, own) = free.argmax(axis=1), pair
    most = free.max(axis=1)
    return best, most <= own, paraphrase < np.minimum(most, own) - TINY


def _impossible(kinds: Sequence[str], sample: Sample) -> str | None:
    """Why the channels cannot be estimated from this sample, None if they can (its size is the interval's affair)."""
    if not kinds:
        return "not measured: no item has a filler reading, so the content-free baseline is unknown"
    if not len(sample.rows):
        return f"not measured: {sample.lacking}"
    empty = {0.0, 1.0} - set(sample.rows[:, 0])
    if empty:
        return f"not measured: no item in fold {min(empty):.0f}, the baseline has to be chosen on separate items"
    return None


def _lacking(records: Sequence[ItemRecord], needed: Sequence[str]) -> str:
    """Which conditions no record has; if each is there somewhere, that none has them all."""
    absent = [name for name in needed if not any(name in record["conditions"] for record in records)]
    why = _refused(records) if "paraphrase" in absent else ""
    return f"no item has {' or '.join(absent)}{why}" if absent else f"no item has all of {', '.join(needed)}"


def _refused(records: Sequence[ItemRecord]) -> str:
    """Why paraphrases are missing, as far as the records say: the commonest reason."""
    whys = Counter(rejected["why"] for record in records if (rejected := record.get("rejected")))
    if not whys:
        return ""
    (why, times), total = whys.most_common(1)[0], sum(whys.values())
    return f": {why}" if times == total else f": {why} ({times} of {total}; the records say why for each)"


def _fold(record: ItemRecord) -> float:
    return float(record["fold"])


def _extremes(chances: tuple[float, float], others: int, beside: int) -> Array:
    """The most extreme items that there may be, in the columns of `CrossFit`; the content-free conditions other than
    silent move together: what one of them alone does to the best of them, all of them do."""
    found = corners(UNIT, chances, UNIT, UNIT, *[UNIT] * beside)
    apart = np.repeat(found[:, 3:4], others, axis=1)
    return np.hstack([found[:, :3], apart, found[:, 4:]])


def chances(records: Sequence[ItemRecord]) -> tuple[float, float]:
    """Bounds of chance: it is known, not estimated, so an unseen item has one of those that occur."""
    found = [chance(record) for record in records] or [0.0]
    return min(found), max(found)
