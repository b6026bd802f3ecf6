"""How often do our 95% intervals hold the truth? Prints the tables of docs/statistics.md.

    PYTHONPATH=src python benchmarks/coverage.py [--times 1000] [--draws 1000] [--sizes 12,24,40,100]

Every cell draws `times` samples from a known distribution and counts the intervals that hold the true value. `plain` is
the ordinary percentile bootstrap of the naive statistic; `ours` is that of `thinkaloud.stats.bootstrap`: the least
over all baselines where there are several, the greatest for what a baseline adds to silence. Half-widths are medians.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from thinkaloud.metrics.baseline import least_gain
from thinkaloud.stats.bootstrap import (
    Array,
    Sample,
    Statistic,
    corners,
    difference,
    divide,
    greatest,
    interval,
    mean,
    means,
)
from thinkaloud.vocabulary import Estimate, Key

SIZES = (12, 24, 40, 100)
Draw = Callable[[np.random.Generator, int], Array]
A, B = 0.35, 0.9  # item rates as U-shaped as those of real readings; mean .28
PAIRED = 8.0  # how closely two readings of one item agree (Beta precision)


def uneven(rng: np.random.Generator, n: int) -> Array:
    """Probabilities of a model that is sure of most items, often wrongly."""
    return rng.beta(A, B, (n, 1))


def rare(rng: np.random.Generator, n: int) -> Array:
    """A proportion of .95."""
    return (rng.random((n, 1)) < 0.95).astype(np.float64)


def paired(rng: np.random.Generator, n: int) -> Array:
    """Two readings of the same items, equal in the mean."""
    rate = rng.beta(A, B, (n, 1))
    return rng.beta(PAIRED * rate + 1e-3, PAIRED * (1 - rate) + 1e-3, (n, 2))


def sparse(rng: np.random.Generator, n: int) -> Array:
    """Two readings that are equal but for 3% of the items, where the first is 1 and the second 0."""
    rows = np.repeat(rng.beta(A, B, (n, 1)), 2, axis=1)
    rows[rng.random(n) < 0.03] = (1, 0)
    return rows


def exchangeable(rng: np.random.Generator, n: int) -> Array:
    """Silent and two fillers: three readings of the same items, equal in the mean."""
    rate = rng.beta(A, B, (n, 1))
    return rng.beta(PAIRED * rate + 1e-3, PAIRED * (1 - rate) + 1e-3, (n, 3))


def readings(rng: np.random.Generator, n: int) -> Array:
    """Chance, silent, filler, paraphrase, own: half the items need the reasoning, a tenth is lost in words."""
    known, needs, kept = rng.random(n) < 0.3, rng.random(n) < 0.5, rng.random(n) < 0.9
    base = np.where(known, 0.9, 0.25)[:, None]
    free = rng.beta(PAIRED * base, PAIRED * (1 - base), (n, 2)) - [0.0, 0.05]
    own = np.where(known | needs, 0.97, 0.2)
    paraphrase = np.where(kept, own, free[:, 0])
    noise = rng.uniform(-0.03, 0.03, (n, 2))
    return np.column_stack([np.full(n, 0.25), free, paraphrase + noise[:, 0], own + noise[:, 1]])


def share(baseline: int) -> Statistic:
    """Share of `readings` over one baseline."""

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        return divide(m[:, 3] - m[:, baseline], m[:, 4] - m[:, 0])

    return statistic


BOX = [(0.0, 1.0)]


@dataclass(frozen=True)
class Case:
    """A statistic (the least or the greatest of several), a distribution, bounds, and the true value (None: taken from
    a million items)."""

    name: str
    draw: Draw
    statistics: list[Statistic]
    box: list[tuple[float, float]]
    truth: float | None
    which: Callable[..., Estimate] = least_gain

    def naive(self, rows: Array, weights: Array) -> Array:
        """The least or greatest of the values under each line of weights."""
        values = np.array([statistic(rows, weights) for statistic in self.statistics])
        return np.asarray(values.min(axis=0) if self.which is least_gain else values.max(axis=0))


CASES = (
    Case("mean of probabilities", uneven, [mean(0)], BOX, A / (A + B)),
    Case("proportion", rare, [mean(0)], BOX, 0.95),
    Case("paired difference", paired, [difference(0, 1)], BOX * 2, 0.0),
    Case("difference in 3% of items", sparse, [difference(0, 1)], BOX * 2, 0.03),
    Case("compute, fillers no better", exchangeable, [difference(k, 0) for k in range(3)], BOX * 3, 0.0, greatest),
    Case("externalised share", readings, [share(1), share(2)], [(0.25, 0.25), *BOX * 4], None),
)


def plain(statistic: Statistic, rows: Array, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """The ordinary percentile interval."""
    n = len(rows)
    drawn = statistic(rows, rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def case(of: Case, sizes: tuple[int, ...], times: int, draws: int) -> None:
    """One row of the table: coverage and half-width, plain and ours, for each n."""
    large = of.draw(np.random.default_rng(0), 1_000_000) if of.truth is None else np.empty((0, 0))
    truth = float(of.naive(large, np.ones((1, len(large))))[0]) if of.truth is None else of.truth
    cells = []
    for n in sizes:
        rng = np.random.default_rng(n)
        ends = np.empty((times, 2, 2))
        for i in range(times):
            rows = of.draw(rng, n)
            sample = Sample(rows, extremes=corners(*of.box))
            found = of.which(of.name, of.statistics, sample, key=Key((of.name, str(n), str(i))), about={})
            ends[i] = plain(of.naive, rows, rng, draws), (found.low or 0.0, found.high or 0.0)
        held = ((ends[:, :, 0] <= truth + 1e-9) & (truth - 1e-9 <= ends[:, :, 1])).mean(axis=0)
        half = np.median(ends[:, :, 1] - ends[:, :, 0], axis=0) / 2
        cells.append(f"{held[0]:.3f} / **{held[1]:.3f}** ({half[0]:.3f} / {half[1]:.3f})")
    print(f"| {of.name} ({truth:.3f}) | " + " | ".join(cells) + " |", flush=True)


def clustered(questions: int, samples: int, times: int, draws: int) -> None:
    """Repeated samples of the same questions: intervals that ignore it, and ours."""
    rng, truth = np.random.default_rng(questions), A / (A + B)
    p = rng.binomial(samples, rng.beta(A, B, (10_000, questions))).sum(axis=1) / (questions * samples)
    iid = np.abs(p - truth) <= 1.96 * np.sqrt(p * (1 - p) / (questions * samples))
    who, ours = [str(q) for q in np.repeat(range(questions), samples)], []
    for i in range(times):
        answers = (rng.random((questions, samples)) < rng.beta(A, B, (questions, 1))).astype(np.float64)
        found = interval("p", mean(0), Sample(answers.reshape(-1, 1), who, corners(*BOX)), Key(("c", str(i))), draws)
        ours.append((found.low or 0.0) <= truth <= (found.high or 0.0))
    print(f"| {questions} x {samples} | {np.mean(iid):.3f} | **{np.mean(ours):.3f}** |")


def binary(n: int, draws: int) -> None:
    """Exact coverage for a 0/1 quantity: every count weighted by its binomial probability, 400 proportions."""
    grid, counts = np.linspace(0.003, 0.5, 400), np.arange(n + 1)
    chances = np.array([[math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in counts] for p in grid])
    cells = []
    for extremes in (None, corners(*BOX)):
        rows = [(np.arange(n) < k).astype(np.float64).reshape(-1, 1) for k in counts]
        ends = [
            interval("k", mean(0), Sample(r, None, extremes), Key(("b", str(i))), draws) for i, r in enumerate(rows)
        ]
        held = [[(e.low or 0) - 1e-9 <= p <= (e.high or 0) + 1e-9 for e in ends] for p in grid]
        cover = (chances * np.array(held)).sum(axis=1)
        cells.append(f"{cover.min():.3f}, {cover.mean():.3f}")
    print(f"| {n} | {cells[0]} | {cells[1]} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--sizes", help="only the first table, with so many items", default="")
    args = parser.parse_args()
    sizes = tuple(map(int, args.sizes.split(","))) if args.sizes else SIZES
    print("| statistic (truth) | " + " | ".join(f"n={n}" for n in sizes) + " |")
    print("|---|" + "---|" * len(sizes))
    for one in CASES:
        case(one, sizes, args.times, args.draws)
    if args.sizes:
        return
    print("\n| questions x samples | iid | clustered |\n|---|---|---|")
    clustered(100, 100, args.times, min(args.draws, 400))
    clustered(50, 20, 4 * args.times, min(args.draws, 400))
    print("\n| n | without a prior item: lowest, mean | with: lowest, mean |\n|---|---|---|")
    for n in SIZES:
        binary(n, args.draws)


if __name__ == "__main__":
    main()
