"""Many families, one effect each: what holds for families like these, for this pool, and for each family.

The family is the sampling unit. Family i has an effect y_i over n_i paired items, y_i = mu + u_i + e_i, with u_i from a
distribution with standard deviation *tau* and e_i the noise of its items.

* `mean`, families like these: the random-effects mean, tau by REML, interval by Hartung and Knapp (2001) with t(G - 1).
* `tau`: REML, interval by the Q-profile (Viechtbauer 2007).
* `shrunken`: partial pooling. Each family's posterior under a flat prior on mu and on tau >= 0 (normal model, Gelman et
  al., Bayesian Data Analysis, 5.4): a mixture over tau, so the doubt about mu and about tau is in the interval.
* `prediction`: where the effect in one more family would lie, from the same mixture. (The usual t(G - 2) with
  tau^2 + SE^2 forgets that tau may be wrong: with 20 families and tau = .05 it held .86 instead of .95.)
* `fixed`, this pool: the plain mean over its families; only the items could have been others.

The noise of e_i is one variance for all families, s^2 / n_i with s^2 pooled over them. A variance of each family's own
would give the largest weight to families where nobody is ever right, or everybody is: there paired scores do not differ
at all, the effect is 0 and its variance too, and the mean would be drawn to 0. With one variance and equal n the mean
is the plain mean whatever tau is. `fixed` weighs all families alike, so it can use every family's own variance. The
Q-profile takes s^2 as known; docs/rungs-statistics.md has how often the intervals hold.

This module does not know what the effect is, nor a margin (`equivalence.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thinkaloud.stats.bootstrap import FEWEST, Array, t_quantile, unseen_share
from thinkaloud.stats.distributions import chi_square_quantile, halving
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Estimate

GRID = 81
"""Values of tau that a shrunken estimate is averaged over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """One effect a family: `value` and number of items `n` [families], `own` the family's own sampling variance of its
    effect, `noise` the one from the pooled variance."""

    families: tuple[str, ...]
    value: Array
    n: Array
    own: Array
    noise: Array

    @property
    def items(self) -> int:
        """Number of items in all families."""
        return int(self.n.sum())


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its standard error and degrees of freedom: what intervals and tests are made of."""

    value: float
    error: float
    df: int

    def ends(self, p: float = 0.975) -> tuple[float, float]:
        """Where the interval ends that leaves 1 - p at each side."""
        half = t_quantile(p, self.df) * self.error
        return self.value - half, self.value + half


def effects(rows: Mapping[str, Array]) -> Effects:
    """From the paired differences of every family's items; families without items are left out."""
    kept = {name: x for name, x in rows.items() if len(x)}
    n = np.array([len(x) for x in kept.values()], dtype=np.float64)
    value = np.array([x.mean() for x in kept.values()], dtype=np.float64)
    squares = np.array([((x - x.mean()) ** 2).sum() for x in kept.values()], dtype=np.float64)
    pooled = float(squares.sum() / max(1.0, (n - 1).sum()))
    own = np.where(n > 1, squares / np.maximum(1, n - 1), pooled) / np.maximum(1, n)
    return Effects(families=tuple(kept), value=value, n=n, own=own, noise=pooled / np.maximum(1, n))


def lacking(found: Effects) -> str | None:
    """Why nothing can be said about families, None if something can."""
    count = len(found.families)
    return None if count >= FEWEST else f"too few families (n={count}): an interval needs at least {FEWEST}"


def tau_squared(found: Effects) -> float:
    """The variance between families by restricted maximum likelihood: where its derivative is 0, or 0."""
    y, v = found.value, found.noise

    def derivative(t: float) -> float:
        w = 1 / (v + t)
        mu = float(w @ y / w.sum())
        return float((w**2 * (y - mu) ** 2).sum() - w.sum() + (w**2).sum() / w.sum())

    top = float(y.var(ddof=1)) * 4 + 1e-12
    if not v.max() > 0:
        return float(y.var(ddof=1))
    return 0.0 if derivative(0.0) <= 0 else halving(lambda t: -derivative(t), 0.0, top)


def random_mean(found: Effects) -> Mean:
    """The mean over families like these."""
    w = _weights(found, tau_squared(found))
    mu, count = float(w @ found.value), len(w)
    square = float(w @ (found.value - mu) ** 2) / (count - 1)
    return Mean(mu, math.sqrt(square), count - 1)


def fixed_mean(found: Effects) -> Mean:
    """The mean over this pool. Degrees of freedom by Satterthwaite, over the families that vary."""
    count = len(found.families)
    variance = float(found.own.sum()) / count**2
    squares = float((found.own**2 / np.maximum(1, found.n - 1)).sum())
    df = found.own.sum() ** 2 / squares if squares > 0 else found.n.sum() - count
    return Mean(float(found.value.mean()), math.sqrt(variance), max(1, int(df)))


def widened(found: Effects, ends: tuple[float, float]) -> tuple[float, float]:
    """Ends widened by the unseen item (`bootstrap.py`), for effects in -1..1: matters where no item differs at all."""
    share, mean = unseen_share(found.items), float(found.value.mean())
    return min(ends[0], (1 - share) * mean - share), max(ends[1], (1 - share) * mean + share)


def mean(label: Label, found: Effects) -> Estimate:
    """`random_mean` with its 95% interval."""
    return lack(label, found) or _made(
        label, random_mean(found).value, widened(found, random_mean(found).ends()), found
    )


def fixed(label: Label, found: Effects) -> Estimate:
    """`fixed_mean` with its 95% interval."""
    return lack(label, found) or _made(label, fixed_mean(found).value, widened(found, fixed_mean(found).ends()), found)


def tau(label: Label, found: Effects) -> Estimate:
    """Standard deviation of the effect between families, with its Q-profile interval."""
    absent = lack(label, found)
    if absent is not None:
        return absent
    if not found.noise.max() > 0:
        why = "not identifiable: no item differs, so the noise of a family is unknown"
        return absent_effect(label, why, found)
    value, free = math.sqrt(tau_squared(found)), len(found.value) - 1
    top = float(found.value.var(ddof=1)) * 100 + float(found.noise.max())

    def end(p: float) -> float:
        bound = chi_square_quantile(p, free)
        return 0.0 if _q(found, 0.0) <= bound else math.sqrt(halving(lambda t: bound - _q(found, t), 0.0, top))

    return _made(label, value, (end(0.975), end(0.025)), found)


def prediction(label: Label, found: Effects) -> Estimate:
    """The mean with the interval in which the effect of one more family would lie."""
    absent = lack(label, found)
    if absent is not None:
        return absent
    about = random_mean(found)
    if not found.noise.max() > 0:
        return _made(label, about.value, widened(found, about.ends()), found)
    posterior = _posterior(found)
    taus, mu, doubt, weight = posterior.taus, posterior.mu, posterior.doubt, posterior.weight
    spread = np.sqrt(taus**2 + doubt)[:, None]
    low, high = (float(_mixture_quantile(p, mu[:, None], spread, weight)[0]) for p in (0.025, 0.975))
    return _made(label, about.value, widened(found, (low, high)), found)


def shrunken(label: Label, found: Effects) -> list[Estimate]:
    """`NAME FAMILY` for each family: its effect after partial pooling, n its own items, clusters all families."""
    labels = [label.more(family, family=family) for family in found.families]
    why = lacking(found) or (None if found.noise.max() > 0 else "not identifiable: no item differs in any family")
    sizes = [int(n) for n in found.n]
    if why is not None:
        both = zip(labels, sizes, strict=True)
        return [Estimate.absent(x.name, why, n, len(labels), "family", x.about) for x, n in both]
    posterior, y, v = _posterior(found), found.value, found.noise
    own = posterior.taus[:, None] ** 2 / (v + posterior.taus[:, None] ** 2)  # how much of a family's own effect is kept
    mu, doubt = posterior.mu[:, None], posterior.doubt[:, None]
    middle, spread = mu + own * (y - mu), np.sqrt(v * own + (1 - own) ** 2 * doubt)
    value = posterior.weight @ middle
    low, high = (_mixture_quantile(p, middle, spread, posterior.weight) for p in (0.025, 0.975))
    rows = zip(labels, value.tolist(), low.tolist(), high.tolist(), sizes, strict=True)
    return [
        Estimate(x.name, at, min(a, at), max(b, at), n, len(labels), "family", about=x.about) for x, at, a, b, n in rows
    ]


@dataclass(frozen=True, slots=True)
class _Posterior:
    """At each tau of a grid: mean and variance of mu, and how much the data weigh this tau; all [grid]."""

    taus: Array
    mu: Array
    doubt: Array
    weight: Array


def _posterior(found: Effects) -> _Posterior:
    """Under a flat prior on mu and on tau >= 0."""
    y, v = found.value, found.noise
    taus = np.linspace(0, 1, GRID) ** 2 * 6 * math.sqrt(float(y.var(ddof=1)) + float(v.mean()))
    total = v[None, :] + taus[:, None] ** 2
    w = 1 / total
    mu, doubt = (w @ y) / w.sum(axis=1), 1 / w.sum(axis=1)
    off = y[None, :] - mu[:, None]
    log = 0.5 * np.log(doubt) - 0.5 * np.log(total).sum(axis=1) - 0.5 * (off**2 * w).sum(axis=1)
    weight = np.exp(log - log.max()) * np.gradient(taus)  # the grid is finer near 0
    return _Posterior(taus, mu, doubt, np.asarray(weight / weight.sum(), dtype=np.float64))


def _mixture_quantile(p: float, middle: Array, spread: Array, weight: Array) -> Array:
    """The p-quantile of every column's mixture of normals, by halving."""
    kept = weight > 1e-6
    middle, spread, weight = middle[kept], spread[kept], weight[kept] / weight[kept].sum()
    low, high = (middle - 8 * spread).min(axis=0), (middle + 8 * spread).max(axis=0)
    for _ in range(40):
        at = (low + high) / 2
        below = weight @ _normal((at - middle) / spread) < p
        low, high = np.where(below, at, low), np.where(below, high, at)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _normal(z: Array) -> Array:
    """The standard normal distribution function (Abramowitz & Stegun 7.1.26, error below 1e-7)."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = series * np.exp(-(x**2)) / 2
    return np.asarray(np.where(z < 0, tail, 1 - tail), dtype=np.float64)


def _weights(found: Effects, t: float) -> Array:
    """Weights of the families at a variance between them; alike where nothing varies."""
    total = found.noise + t
    w = 1 / total if total.min() > 0 else np.ones(len(total))
    return np.asarray(w / w.sum(), dtype=np.float64)


def _q(found: Effects, t: float) -> float:
    """Cochran's Q at a variance between families; falls in it."""
    w = 1 / (found.noise + t)
    mu = float(w @ found.value / w.sum())
    return float((w * (found.value - mu) ** 2).sum())


def lack(label: Label, found: Effects) -> Estimate | None:
    """The absent estimate where there are too few families."""
    why = lacking(found)
    return None if why is None else absent_effect(label, why, found)


def absent_effect(label: Label, why: str, found: Effects) -> Estimate:
    """The absent estimate over these families, with its reason."""
    return Estimate.absent(label.name, why, found.items, len(found.families), "family", label.about)


def _made(label: Label, value: float, ends: tuple[float, float], found: Effects) -> Estimate:
    low, high, size = min(ends[0], value), max(ends[1], value), (found.items, len(found.families), "family")
    return Estimate(label.name, value, low, high, *size, about=label.about)
