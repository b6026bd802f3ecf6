"""The readings of one task's items side by side, and what one of them gains over the content-free baseline.

The *baseline* is the best of silent, the fillers and unrelated reasoning. Which of them that is in truth, the items
tell only with noise, and the best of several noisy means is too high. So a gain over the baseline is the *least* of the
gains over each of them: its lower limit is above 0 only if every single one is, which needs no correction for their
number. The value errs low where several are about equally good, and so does each upper limit; the least of several is
an upper limit only if each has a level that is corrected for their number (Bonferroni). What the baseline gains over
silence is the *greatest* of several gains, and its lower limit is corrected in the same way.

This module does not know what channels are made of these gains (`channels.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from thinkaloud.metrics.numbers import Numbers, complete
from thinkaloud.metrics.readings import UNIT
from thinkaloud.records.about import Readout
from thinkaloud.records.condition import MISMATCHED
from thinkaloud.stats.bootstrap import (
    FEWEST,
    KEY,
    LEVEL,
    Array,
    Sample,
    Statistic,
    corners,
    greatest,
    interval,
    least,
    means,
    spanning,
)
from thinkaloud.vocabulary import Estimate, Key, Part

TINY = 1e-9
UNRELATED = "unrelated"
ENOUGH = 0.75
"""Unrelated reasoning is part of the baseline where at least this share of the items have it; the others are left out
then. Where answers are from a short closed list, every reasoning leads to one of the options and there is none."""
CHANCE, SILENT = 0, 1
"""Columns of `Beside`."""


def fillers(made: Numbers) -> list[str]:
    """Names of the filler conditions that were asked in their own form: `filler:KIND` (as long as own) and
    `filler:KIND:paraphrase` (as long as the paraphrase)."""
    return [one.name for one in made.conditions("filler") if one.form != MISMATCHED]


def free_of_content(made: Numbers, paraphrased: bool = True) -> list[str]:
    """The conditions that may be the baseline: silent, every filler, and unrelated reasoning where items have it;
    without what is as long as a paraphrase where none is needed."""
    if not paraphrased:
        return ["silent", *(one.name for one in made.conditions("filler") if not one.form)]
    there = made.has("own") & made.has("paraphrase")
    known = int((there & made.has(UNRELATED)).sum())
    beside = [UNRELATED] if there.any() and known >= ENOUGH * int(there.sum()) else []
    return ["silent", *fillers(made), *beside]


class Beside:
    """Items with every needed reading, as a matrix.

    Columns: chance (0 where the reading is undivided), silent and the other content-free ones (`free`, or
    `free_of_content`), content (the condition in the place of the paraphrase), own; without the last two where
    `content` is None. `missing` says why there is no matrix (None: there is one), `there` [n] which records have a row.
    """

    def __init__(
        self,
        made: Numbers,
        by: Readout = "probability",
        content: str | None = "paraphrase",
        free: Sequence[str] | None = None,
    ) -> None:
        beside = [] if content is None else [content, "own"]
        kinds = free_of_content(made, content is not None) if free is None else list(free)
        needed = [*kinds, *beside]
        columns = [guess(made, by), *(made.score(name, by) for name in needed)]
        sample = made.sample(columns, [UNIT] * len(columns), _lacking(made, needed))
        self.sample = replace(sample, extremes=_extremes(bounds(columns[0]), len(kinds) - 1, len(beside)))
        self.there = complete(columns)
        self.missing = _impossible(fillers(made), self.sample)
        self.free = range(SILENT, SILENT + len(kinds))
        self.content, self.own = SILENT + len(kinds), SILENT + len(kinds) + 1

    @property
    def enough(self) -> bool:
        """Whether the items suffice for intervals."""
        return self.missing is None and len(self.sample.rows) >= FEWEST

    def baseline(self, rows: Array, weights: Array) -> Array:
        """Mean of the content-free column that is best under these weights, [draws]."""
        found: Array = means(rows, weights)[:, list(self.free)].max(axis=1)
        return found

    @property
    def best(self) -> int:
        """The column of the content-free condition that is best over all items; silent wins ties."""
        return SILENT + int(self.sample.rows[:, list(self.free)].mean(axis=0).argmax())

    @property
    def level(self) -> int:
        """The column of content, or where that is below both over all items, of the lower of baseline and own."""
        mean = self.sample.rows.mean(axis=0)
        lower = self.best if mean[self.best] <= mean[self.own] else self.own
        return lower if mean[self.content] < mean[lower] - TINY else self.content

    def estimate(self, name: str, statistic: Statistic, about: Mapping[str, Part], key: Key = KEY) -> Estimate:
        """A statistic of the columns with its interval."""
        return self._absent(name, about) or interval(name, statistic, self.sample, key, about=about)

    def least(
        self,
        name: str,
        statistics: Sequence[Statistic],
        about: Mapping[str, Part],
        key: Key = KEY,
        level: float = LEVEL,
    ) -> Estimate:
        """The least of several with its interval of a level."""
        return self._absent(name, about) or least_gain(name, statistics, self.sample, about, key, level)

    def spanning(
        self,
        name: str,
        statistics: Sequence[Statistic],
        about: Mapping[str, Part],
        key: Key = KEY,
        level: float = LEVEL,
    ) -> Estimate:
        """The least of several with an interval that spans all of theirs."""
        return self._absent(name, about) or spanning(name, statistics, self.sample, key, about, level)

    def greatest(
        self, name: str, statistics: Sequence[Statistic], about: Mapping[str, Part], key: Key = KEY
    ) -> Estimate:
        """The greatest of several with its interval."""
        return self._absent(name, about) or greatest(name, statistics, self.sample, key, about)

    def _absent(self, name: str, about: Mapping[str, Part]) -> Estimate | None:
        return Estimate.absent(name, self.missing, len(self.sample.rows), about=about) if self.missing else None


def least_gain(
    name: str,
    statistics: Sequence[Statistic],
    sample: Sample,
    about: Mapping[str, Part],
    key: Key = KEY,
    level: float = LEVEL,
) -> Estimate:
    """The least of several gains: lower limit as it is, upper limit corrected for their number."""
    found = least(name, statistics, sample, key, about, level)
    if found.value is None or len(statistics) == 1:
        return found
    corrected = least(name, statistics, sample, key, about, 1 - (1 - level) / len(statistics))
    return corrected if corrected.value is None else replace(found, high=corrected.high)


def _impossible(kinds: Sequence[str], sample: Sample) -> str | None:
    """Why the channels cannot be estimated from this sample, None if they can (its size is the interval's affair)."""
    if not kinds:
        return "not measured: no item has a filler reading, so the content-free baseline is unknown"
    if not len(sample.rows):
        return f"not measured: {sample.lacking}"
    return None


def _lacking(made: Numbers, needed: Sequence[str]) -> str:
    """Which conditions no record has; if each is there somewhere, that none has them all."""
    absent = [name for name in needed if name not in made.readings]
    why = _refused(made) if "paraphrase" in absent else ""
    return f"no item has {' or '.join(absent)}{why}" if absent else f"no item has all of {', '.join(needed)}"


def _refused(made: Numbers) -> str:
    """Why paraphrases are missing, as far as the records say: the commonest reason."""
    whys = Counter(why for _, why in made.rejected.values())
    if not whys:
        return ""
    (why, times), total = whys.most_common(1)[0], sum(whys.values())
    return f": {why}" if times == total else f": {why} ({times} of {total}; the records say why for each)"


def _extremes(chances: tuple[float, float], others: int, beside: int) -> Array:
    """The most extreme items that there may be, in the columns of `Beside`; the content-free conditions other than
    silent move together: what one of them alone does to the best of them, all of them do."""
    found = corners(chances, UNIT, UNIT, *[UNIT] * beside)
    apart = np.repeat(found[:, 2:3], others, axis=1)
    return np.hstack([found[:, :2], apart, found[:, 3:]])


def guess(made: Numbers, by: Readout) -> Array:
    """P(gold) of somebody who knows only the options; of a free answer, where it is read undivided, 0."""
    return np.zeros(len(made)) if by == "undivided" else made.chance


def bounds(chances: Array) -> tuple[float, float]:
    """Bounds of chance: it is known, not estimated, so an unseen item has one of those that occur."""
    return (float(chances.min()), float(chances.max())) if len(chances) else (0.0, 0.0)
