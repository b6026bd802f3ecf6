"""Judges: do two of them agree, and what would the rate be if the judge made no mistakes?

Raw agreement, Cohen's kappa and Gwet's AC1 stand together. `kappa = (raw - e) / (1 - e)` with e from each judge's own
marginal; where nearly all verdicts are the same, e is nearly 1 and kappa collapses at almost perfect agreement. AC1
takes `e = 2 r (1 - r)`, r the mean rate of yes, and does not.

*Rogan-Gladen*: of a judge that finds a share T of what is there and raises a false alarm on a share F of what is not, a
flagged share q means a true share `pi = (q - F) / (T - F)`. T and F come from a set labelled by hand.

Its interval is Fieller's (1954): all pi in [0, 1] for which `q - pi T - (1 - pi) F` is within 1.96 of its own standard
errors of 0. It needs no division by T - F, so where the judge is hardly better than chance it grows to [0, 1], as it
should, instead of moving out of it; a 0 of 20 does not make the judge faultless, because every rate's variance is taken
at (x + 1) / (n + 2). Simulated coverage is in `benchmarks/hints_coverage.py`. Its trials are independent: with several
samples of an item give the number of items.

This module does not know what was judged, and a verdict of None is no verdict: it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from thinkaloud.metrics.readings import UNIT
from thinkaloud.stats.bootstrap import KEY, LEVEL, Array, Sample, corners, divide, interval, means
from thinkaloud.vocabulary import Estimate, Key, Part

Verdict = bool | None


def raw_agreement(rows: Array, weights: Array) -> Array:
    """Share of equal verdicts; rows [n, 2] of 0 and 1, one column a judge (a `bootstrap.Statistic`)."""
    one, other = rows[:, 0], rows[:, 1]
    found: Array = (weights @ (one * other + (1 - one) * (1 - other))) / weights.sum(axis=1)
    return found


def kappa(rows: Array, weights: Array) -> Array:
    """Cohen's kappa; not a number where both judges give one and the same verdict throughout."""
    one, other = means(rows, weights).T
    return _above(raw_agreement(rows, weights), one * other + (1 - one) * (1 - other))


def ac1(rows: Array, weights: Array) -> Array:
    """Gwet's AC1 (2008) for two verdicts."""
    rate = means(rows, weights).mean(axis=1)
    return _above(raw_agreement(rows, weights), 2 * rate * (1 - rate))


def _above(raw: Array, alone: Array) -> Array:
    """(raw - alone) / (1 - alone), with rounding near 1 taken for 1."""
    return divide(raw - alone, np.where(1 - alone > 1e-12, 1 - alone, 0.0))


@dataclass(frozen=True, slots=True)
class Pair:
    """The verdicts of two judges on the same texts, and the cluster (item) of each text."""

    one: Sequence[Verdict]
    other: Sequence[Verdict]
    clusters: Sequence[Hashable] | None = None

    def sample(self) -> Sample:
        """The texts on which both gave a verdict."""
        clusters = self.clusters or range(len(self.one))
        both = [
            (c, a, b) for c, a, b in zip(clusters, self.one, self.other, strict=True) if a is not None and b is not None
        ]
        rows = np.array([(a, b) for _, a, b in both], dtype=np.float64).reshape(len(both), 2)
        return Sample(rows, [c for c, _, _ in both], corners(UNIT, UNIT), "no text has a verdict of both judges")


def agreement(pair: Pair, label: str, key: Key = KEY, of: Mapping[str, Part] | None = None) -> list[Estimate]:
    """`judges agree LABEL`, `judges AC1 LABEL` and `judges kappa LABEL`; `of` says which judges and what of."""
    sample = pair.sample()
    return [
        interval(f"judges {name} {label}", statistic, sample, key, about={**(of or {}), "measure": f"judges {name}"})
        for name, statistic in (("agree", raw_agreement), ("AC1", ac1), ("kappa", kappa))
    ]


# ------------------------------------------------------------------------------------------------------ Rogan-Gladen


@dataclass(frozen=True, slots=True)
class Labels:
    """What a judge said about texts labelled by hand: it flagged `hits` of `positives` where the thing was there and
    `false_alarms` of `negatives` where it was not. Both sets need at least one text."""

    hits: float
    positives: int
    false_alarms: float
    negatives: int

    @property
    def sensitivity(self) -> float:
        """T, the share found of what is there."""
        return self.hits / self.positives

    @property
    def false_alarm_rate(self) -> float:
        """F, the share flagged of what is not there."""
        return self.false_alarms / self.negatives


def rogan_gladen(flagged: float, labels: Labels) -> float | None:
    """The true share behind a flagged share, not cut to [0, 1]; None if the judge finds no more than it makes up."""
    t, f = labels.sensitivity, labels.false_alarm_rate
    return (flagged - f) / (t - f) if t > f else None


def rogan_gladen_variance(flagged: float, n: float, labels: Labels) -> float | None:
    """Its variance by the delta method: good if T - F is well away from 0, and so not what `corrected` uses."""
    pi = rogan_gladen(flagged, labels)
    if pi is None:
        return None
    t, f = labels.sensitivity, labels.false_alarm_rate
    parts = _of_mean(flagged, n), pi**2 * _of_mean(t, labels.positives), (1 - pi) ** 2 * _of_mean(f, labels.negatives)
    return math.fsum(parts) / (t - f) ** 2


def fieller(flagged: float, n: float, labels: Labels, level: float = LEVEL) -> tuple[float, float]:
    """Bounds of the true share in [0, 1], for a flagged share of n independent texts."""
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    t, f = labels.sensitivity, labels.false_alarm_rate
    q = min(max(flagged, min(t, f)), max(t, f))  # a share that no pi gives is taken for the nearest one that some does
    vq, vt, vf = _shrunk(flagged, n), _shrunk(t, labels.positives), _shrunk(f, labels.negatives)
    # (q - f - pi (t - f))^2 <= z^2 (vq + pi^2 vt + (1 - pi)^2 vf), as a quadratic in pi
    a = (t - f) ** 2 - z2 * (vt + vf)
    b = -2 * (q - f) * (t - f) + 2 * z2 * vf
    c = (q - f) ** 2 - z2 * (vq + vf)
    kept = [pi for pi in (0.0, 1.0) if (a * pi + b) * pi + c <= 0]
    kept += [float(root.real) for root in np.roots([a, b, c]) if abs(root.imag) < 1e-12 and 0 <= root.real <= 1]
    return min(kept), max(kept)


def corrected(name: str, flagged: float, n: float, labels: Labels, about: Mapping[str, Part] | None = None) -> Estimate:
    """The true share, cut to [0, 1], with Fieller's interval; absent if the judge is no better than chance."""
    pi = rogan_gladen(flagged, labels)
    if pi is None:
        t, f = labels.sensitivity, labels.false_alarm_rate
        why = f"not identifiable: on the labelled texts the judge finds {t:.2f} and makes up {f:.2f}"
        return Estimate.absent(name, why, int(n), about=about)
    low, high = fieller(flagged, n, labels)
    value = min(1.0, max(0.0, pi))
    return Estimate(name, value, min(low, value), max(high, value), int(n), int(n), about=about or {})


def _of_mean(p: float, n: float) -> float:
    return p * (1 - p) / n


def _shrunk(p: float, n: float) -> float:
    """Variance of a share, never 0: taken at (x + 1) / (n + 2)."""
    return _of_mean((p * n + 1) / (n + 2), n)
