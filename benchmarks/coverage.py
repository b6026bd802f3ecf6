"""How often do our 95% intervals hold the truth? Prints the tables of docs/statistics.md.

    PYTHONPATH=src python benchmarks/coverage.py [--times 1000] [--draws 1000]

Every cell draws `times` samples from a known distribution and counts the intervals that hold the true value. `plain` is
the ordinary percentile bootstrap; `ours` is `thinkaloud.metrics.bootstrap.interval`. Half-widths are means.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from thinkaloud.metrics.crossfit import best_elsewhere

from thinkaloud.metrics.bootstrap import Array, Sample, Statistic, corners, difference, divide, interval, mean, means
from thinkaloud.vocabulary import Key

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
    """fold, silent and two fillers: three readings of the same items, equal in the mean."""
    rate = rng.beta(A, B, (n, 1))
    free = rng.beta(PAIRED * rate + 1e-3, PAIRED * (1 - rate) + 1e-3, (n, 3))
    return np.column_stack([np.arange(n) % 2, free])


def compute(rows: Array, weights: Array) -> Array:
    """Cross-fitted compute of `exchangeable`."""
    return best_elsewhere(rows[:, 0], rows[:, 1:], weights) - means(rows, weights)[:, 1]


def readings(rng: np.random.Generator, n: int) -> Array:
    """fold, chance, silent, filler, paraphrase, own: half the items need the reasoning, a tenth is lost in words."""
    known, needs, kept = rng.random(n) < 0.3, rng.random(n) < 0.5, rng.random(n) < 0.9
    base = np.where(known, 0.9, 0.25)[:, None]
    free = rng.beta(PAIRED * base, PAIRED * (1 - base), (n, 2)) - [0.0, 0.05]
    own = np.where(known | needs, 0.97, 0.2)
    paraphrase = np.where(kept, own, free[:, 0])
    noise = rng.uniform(-0.03, 0.03, (n, 2))
    fold = np.arange(n) % 2
    return np.column_stack([fold, np.full(n, 0.25), free, paraphrase + noise[:, 0], own + noise[:, 1]])


def share(rows: Array, weights: Array) -> Array:
    """Externalised share of `readings`."""
    m = means(rows, weights)
    return divide(m[:, 4] - best_elsewhere(rows[:, 0], rows[:, 2:4], weights), m[:, 5] - m[:, 1])


BOX = [(0.0, 1.0)]
CASES: tuple[tuple[str, Draw, Statistic, list[tuple[float, float]], float | None], ...] = (
    ("mean of probabilities", uneven, mean(0), BOX, A / (A + B)),
    ("proportion", rare, mean(0), BOX, 0.95),
    ("paired difference", paired, difference(0, 1), BOX * 2, 0.0),
    ("difference in 3% of items", sparse, difference(0, 1), BOX * 2, 0.03),
    ("compute, fillers no better", exchangeable, compute, BOX * 4, 0.0),
    ("externalised share", readings, share, [*BOX, (0.25, 0.25), *BOX * 4], None),
)
"""Name, distribution, statistic, bounds, and the true value (None: taken from a million items)."""


def plain(statistic: Statistic, rows: Array, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """The ordinary percentile interval."""
    n = len(rows)
    drawn = statistic(rows, rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def case(number: int, times: int, draws: int) -> None:
    """One row of the table: coverage and half-width, plain and ours, for each n."""
    name, draw, statistic, box, known = CASES[number]
    large = draw(np.random.default_rng(0), 1_000_000) if known is None else np.empty((0, 0))
    truth = float(statistic(large, np.ones((1, len(large))))[0]) if known is None else known
    cells = []
    for n in SIZES:
        rng = np.random.default_rng(n)
        ends = np.empty((times, 2, 2))
        for i in range(times):
            rows = draw(rng, n)
            found = interval(name, statistic, Sample(rows, extremes=corners(*box)), Key((name, str(n), str(i))), draws)
            ends[i] = plain(statistic, rows, rng, draws), (found.low or 0.0, found.high or 0.0)
        held = ((ends[:, :, 0] <= truth + 1e-9) & (truth - 1e-9 <= ends[:, :, 1])).mean(axis=0)
        half = (ends[:, :, 1] - ends[:, :, 0]).mean(axis=0) / 2
        cells.append(f"{held[0]:.3f} / **{held[1]:.3f}** ({half[0]:.3f} / {half[1]:.3f})")
    print(f"| {name} ({truth:.3f}) | " + " | ".join(cells) + " |")


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


def null(times: int) -> None:
    """Mean compute where silence and three fillers are equally good: chosen on the other fold, and naively."""
    rng, fold = np.random.default_rng(44), np.arange(40) % 2.0
    fitted, naive = np.empty(times), np.empty(times)
    for i in range(times):
        free = rng.beta(0.6, 0.6, (40, 4))
        fitted[i] = best_elsewhere(fold, free, np.ones((1, 40)))[0] - free[:, 0].mean()
        naive[i] = free.mean(axis=0).max() - free[:, 0].mean()
    noise = fitted.std() / np.sqrt(times)
    print(
        f"compute at the null: {fitted.mean():.4f} +- {noise:.4f} on the other fold, {naive.mean():.4f} by the maximum"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    args = parser.parse_args()
    print("| statistic (truth) | " + " | ".join(f"n={n}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for number in range(len(CASES)):
        case(number, args.times, args.draws)
    print("\n| questions x samples | iid | clustered |\n|---|---|---|")
    clustered(100, 100, args.times, min(args.draws, 400))
    clustered(50, 20, 4 * args.times, min(args.draws, 400))
    print("\n| n | without the unseen item: lowest, mean | with: lowest, mean |\n|---|---|---|")
    for n in SIZES:
        binary(n, args.draws)
    print()
    null(20 * args.times)


if __name__ == "__main__":
    main()
