"""A monitor beside the truth: never the rate alone.

The share that a monitor reports can be right by accident: what it misses may be made up for by what it makes up. So
five numbers stand together, all over the items on which it gave a verdict:

    true          share of items where the thing is there
    reported      share of items that the monitor flags
    recall        of those where it is there, the share that it flags
    false alarms  of the others, the share that it flags
    corrected     the true share behind `reported` (Rogan and Gladen, `judges.py`), from recall and false alarms on
                  *other* items, labelled for that: as somebody would who does not know the truth

A correction holds for what the labels were taken from. Labels of another model, or of the same one earlier in training,
correct for mistakes that the monitor no longer makes; that is why they are an argument and not looked up here. This
module does not know what is monitored.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from thinkaloud.metrics.judges import Labels, Verdict, corrected
from thinkaloud.stats.bootstrap import KEY, Sample, Statistic, interval, mean, ratio
from thinkaloud.vocabulary import Estimate, Key

_HIT, _THERE, _FALSE, _NOT_THERE, _FLAGGED = range(5)
MEASURES = ("true", "reported", "recall", "false alarms")


@dataclass(frozen=True, slots=True)
class Watched:
    """What is there and what a monitor said of it, a case each; `clusters`: the item of each case (None: its own)."""

    there: Sequence[bool]
    verdicts: Sequence[Verdict]
    clusters: Sequence[Hashable] | None = None

    def sample(self, only: bool | None = None) -> Sample:
        """The cases with a verdict; only those where it is there, or only those where it is not."""
        clusters = self.clusters if self.clusters is not None else range(len(self.there))
        known = [(c, t, v) for c, t, v in zip(clusters, self.there, self.verdicts, strict=True) if v is not None]
        known = [case for case in known if only is None or case[1] == only]
        rows = np.array([_row(t, v) for _, t, v in known], dtype=np.float64).reshape(len(known), 5)
        extremes = np.array([row for row in _corners() if only is None or row[_THERE] == only], dtype=np.float64)
        lacking = "no case has a verdict" if only is None else f"no case where it is {'' if only else 'not '}there"
        return Sample(rows, [c for c, _, _ in known], extremes, lacking)

    def labels(self) -> Labels | None:
        """What is known of the monitor from these cases; None without both kinds."""
        hit, there, false, not_there, _ = self.sample().rows.sum(axis=0)
        return Labels(float(hit), int(there), float(false), int(not_there)) if there and not_there else None


def _row(there: bool, flagged: bool) -> tuple[float, ...]:
    return float(there and flagged), float(there), float(flagged and not there), float(not there), float(flagged)


def monitor(watched: Watched, labels: Labels | None, key: Key = KEY) -> list[Estimate]:
    """`true`, `reported`, `recall`, `false alarms` and `corrected`."""
    every, there, not_there = watched.sample(), watched.sample(True), watched.sample(False)
    found = [
        interval("true", mean(_THERE), every, key),
        interval("reported", mean(_FLAGGED), every, key),
        interval("recall", mean(_FLAGGED), there, key),
        interval("false alarms", mean(_FLAGGED), not_there, key),
    ]
    return [*found, correction("corrected", watched, labels)]


def correction(name: str, watched: Watched, labels: Labels | None) -> Estimate:
    """The true share behind what was reported, by these labels; as many trials as there are items."""
    sample = watched.sample()
    n = len(set(sample.clusters or ()))
    if not n:
        return Estimate.absent(name, f"not measured: {sample.lacking}")
    if labels is None:
        return Estimate.absent(name, "not identifiable: the labelled items are not of both kinds", n)
    return corrected(name, float(sample.rows[:, _FLAGGED].mean()), n, labels)


def changes(first: Watched, last: Watched, key: Key = KEY) -> list[Estimate]:
    """How much `true`, `reported`, `recall` and `false alarms` rose from one time to another, on the same items."""
    one, other = first.sample(), last.sample()
    rows = np.zeros((len(one.rows) + len(other.rows), 12))
    for begin, at, sample in ((0, 0, one), (len(one.rows), 6, other)):
        here = slice(begin, begin + len(sample.rows))
        rows[here, at : at + 5], rows[here, at + 5] = sample.rows, 1.0
    extremes = np.array([(*a, 1.0, *b, 1.0) for a in _corners() for b in _corners()], dtype=np.float64)
    both = Sample(rows, [*(one.clusters or ()), *(other.clusters or ())], extremes, "no case has a verdict")
    parts = ((_THERE, 5), (_FLAGGED, 5), (_HIT, _THERE), (_FALSE, _NOT_THERE))
    return [interval(f"change of {name}", _rise(*part), both, key) for name, part in zip(MEASURES, parts, strict=True)]


def _rise(top: int, bottom: int) -> Statistic:
    before, after = ratio(top, bottom), ratio(top + 6, bottom + 6)
    return lambda rows, weights: after(rows, weights) - before(rows, weights)


def _corners() -> list[tuple[float, ...]]:
    return [_row(there, flagged) for there in (False, True) for flagged in (False, True)]
