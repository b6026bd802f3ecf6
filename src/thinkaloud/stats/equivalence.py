"""Verdicts: is there a gain, a loss, none worth having, or is it not decided? "No gain" is shown, never just not found.

Equivalence is two one-sided tests at level .05 (Schuirmann 1987): the effect is above -margin and below +margin, each
with 95% confidence, so the 90% interval lies within the margin. The row `EFFECT equivalence` holds that interval: each
of its ends is a one-sided 95% limit, while every other row of a report has a 95% interval.

THE RULE, in this order, one verdict for any result:

    not decided                  there is no estimate; or, about families like these, fewer than `GENERAL` families
    no gain worth the margin     both one-sided limits lie within the margin, even if 0 is outside of the interval
    gain                         the 95% interval lies above 0; whether all of it is above the margin is said beside it
    loss                         the 95% interval lies below 0
    not decided                  anything else

A verdict is about *this pool* (only the items could have been others) or about *families like these*; which one must be
said. Adjusted p: Holm for confirmations, Benjamini-Hochberg for maps. This module does not know who chose the margin,
nor when: a margin that was chosen after the results makes all of this worthless.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from thinkaloud.records.about import Inference
from thinkaloud.stats.bootstrap import KEY, Array, expanded_tail, t_quantile
from thinkaloud.stats.columns import resampled
from thinkaloud.stats.distributions import t_tail
from thinkaloud.stats.label import Label
from thinkaloud.stats.pooling import Effects, Mean, fixed_mean, lack, random_mean, widened
from thinkaloud.vocabulary import Estimate, Key

GENERAL = 20
"""Fewer families cannot support a claim about families like these."""
AGREE = 3
"""A claim stands if its sign is the same on at least so many meters."""
ALPHA = 0.05

Word = Literal["gain", "loss", "no gain worth the margin", "not decided"]


@dataclass(frozen=True, slots=True)
class Tost:
    """Two one-sided tests: `above` is the p of "not above -margin", `below` of "not below +margin", `p` the larger."""

    above: float
    below: float

    @property
    def p(self) -> float:
        """p of equivalence."""
        return max(self.above, self.below)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of an effect, about which families, and why."""

    effect: str
    inference: Inference
    word: Word
    why: str


def tost(mean: Mean, margin: float) -> Tost:
    """The two tests of a mean of effects in -1..1. Where nothing varies Student's t would be certain; there p is how
    likely it was to see nothing else, were the mean at the margin."""
    if mean.error > 0:
        above, below = (t_tail(x / mean.error, mean.df) for x in (mean.value + margin, margin - mean.value))
    else:
        above, below = (_alike(value, margin, mean.df + 1) for value in (mean.value, -mean.value))
    return Tost(above, below)


def _alike(value: float, margin: float, n: int) -> float:
    """The most likely that n draws from -1..1 all are `value` where the mean is -margin or less: the others are -1.
    1 where the value is below the margin itself. p is .05 where `bootstrap.unseen_share` is the margin."""
    return 1.0 if value <= -margin else (max(0.0, 1 - margin) / (1 + value)) ** n


def equivalence(label: Label, found: Effects, inference: Inference) -> Estimate:
    """The mean with its two one-sided 95% limits."""
    absent = lack(label, found)
    if absent is not None:
        return absent
    mean = random_mean(found) if inference == "families like these" else fixed_mean(found)
    low, high = widened(found, mean.ends(1 - ALPHA))
    return Estimate(label.name, mean.value, low, high, found.items, len(found.families), "family", about=label.about)


def verdict(effect: str, pool: Mapping[str, Estimate], inference: Inference, general: int = GENERAL) -> Verdict:
    """The verdict on an effect ("F2 - F1") from the pool's estimates by name, as `pool.py` makes them."""
    own = {"families like these": ("pooled mean", "equivalence"), "this pool": ("this pool", "equivalence this pool")}
    mean, limits = (pool.get(f"{effect} {what}") for what in own[inference])
    margin = pool.get(f"{effect} margin")
    if mean is None or limits is None or margin is None or margin.value is None:
        return Verdict(effect, inference, "not decided", "not measured")
    if inference == "families like these" and mean.clusters < general:
        why = f"not decided: {mean.clusters} families, at least {general} are needed to speak of families like these"
        return Verdict(effect, inference, "not decided", why)
    return Verdict(effect, inference, *judge(mean, limits, margin.value))


def judge(mean: Estimate, limits: Estimate, margin: float) -> tuple[Word, str]:
    """The rule for a mean with its 95% interval, its one-sided limits and a margin: the word, and why."""
    if mean.value is None or mean.low is None or mean.high is None or limits.low is None or limits.high is None:
        return "not decided", mean.reason or limits.reason or "not measured"
    shown = f"{mean.value:+.3f} [{mean.low:+.3f}, {mean.high:+.3f}]"
    ends = f"one-sided limits {limits.low:+.3f} and {limits.high:+.3f}"
    if -margin < limits.low and limits.high < margin:
        zero = "" if mean.low <= 0 <= mean.high else ", although it is not 0"
        return "no gain worth the margin", f"{shown}: within {margin:g} of 0{zero} ({ends})"
    if mean.low > 0:
        beyond = "all of it above" if mean.low > margin else "perhaps less than"
        return "gain", f"{shown}: above 0, {beyond} the margin of {margin:g}"
    if mean.high < 0:
        beyond = "all of it below" if mean.high < -margin else "perhaps less than"
        return "loss", f"{shown}: below 0, {beyond} the margin of {margin:g}"
    return "not decided", f"{shown}: the interval includes 0, and the limits reach beyond {margin:g} ({ends})"


# ----------------------------------------------------------------------------------------------------- four meters


def sign(label: Label, rows: Array, primary: int, key: Key = KEY) -> Estimate:
    """On how many meters the effect has the sign that it has on the primary one; rows [families, meters].

    The interval is that of the count over resamples of families, against the same sign. 0 has no sign.
    """
    value = rows.mean(axis=0)
    side = np.sign(np.round(value[primary], 12))
    agree = np.sign(np.round(resampled(rows, key), 12)) == side
    counts = agree.sum(axis=1) * (side != 0)
    count = float((np.sign(np.round(value, 12)) == side).sum() * (side != 0))
    tail = expanded_tail(len(rows))
    low, high = np.quantile(counts, tail, method="lower"), np.quantile(counts, 1 - tail, method="higher")
    ends = (min(float(low), count), max(float(high), count))
    return Estimate(label.name, count, *ends, len(rows), len(rows), "family", about=label.about)


def stands(agreement: Estimate) -> str:
    """Whether a claim stands whatever re-reading costs."""
    if agreement.value is None:
        return f"not decided: {agreement.reason}"
    if agreement.value >= AGREE:
        return f"stands: the same sign on {agreement.value:.0f} of 4 meters"
    return "depends on the price of re-reading"


# ------------------------------------------------------------------------------------------------------- many tests


def p_value(mean: Estimate) -> float | None:
    """p of "the effect is 0" for a mean over families, from its own t interval; None where there is none. Where the
    interval has no width all families have one effect, and p is that of their signs (`signs.py`)."""
    if mean.value is None or mean.low is None or mean.high is None or mean.clusters < 2:
        return None
    error = (mean.high - mean.low) / 2 / t_quantile(0.975, mean.clusters - 1)
    if error <= 0:
        return 2.0 ** (1 - mean.clusters) if mean.value else 1.0
    return 2 * t_tail(abs(mean.value) / error, mean.clusters - 1)


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p for confirmations (Holm 1979): the chance of one false confirmation in all of them is controlled."""
    found, running = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        running = max(running, min(1.0, (len(p) - rank) * p[i]))
        found[i] = running
    return found


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p for maps (Benjamini & Hochberg 1995): the share of false ones among those marked is controlled."""
    found, running = [0.0] * len(p), 1.0
    for rank, i in sorted(enumerate(sorted(range(len(p)), key=p.__getitem__), start=1), reverse=True):
        running = min(running, p[i] * len(p) / rank)
        found[i] = running
    return found


def confirmations(effects: Sequence[str], pool: Mapping[str, Estimate]) -> dict[str, float]:
    """Holm's p of every registered effect over families like these; effects without a mean are left out."""
    found = {name: p_value(pool[f"{name} pooled mean"]) for name in effects if f"{name} pooled mean" in pool}
    known = {name: p for name, p in found.items() if p is not None and math.isfinite(p)}
    return dict(zip(known, holm(list(known.values())), strict=True))
