"""How often do the intervals and tests of the rungs hold? Prints the tables of docs/rungs-statistics.md.

    PYTHONPATH=src python benchmarks/rungs_statistics.py [--studies 200]

Families: scores of two arms are 0 or 1 and paired, so an item's difference is -1, 0 or 1. Family g differs on a share
d_g ~ U(.05, .35) of its 50 items, and its effect is mu + tau z. `floor`: in a quarter of the families neither arm is
ever right. Bands: differences of voted scores at four budgets, which share most of their items' luck.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np

from thinkaloud.metrics.pool import effect
from thinkaloud.stats.columns import SIGNED, Columns, estimates
from thinkaloud.stats.equivalence import tost
from thinkaloud.stats.label import Label
from thinkaloud.stats.pooling import effects, fixed_mean, random_mean
from thinkaloud.vocabulary import Estimate, Key

ITEMS, MARGIN = 50, 0.03
TAUS, COUNTS, SIZES = (0.0, 0.05, 0.10), (20, 40), (20, 50, 100)


def family(rng: np.random.Generator, delta: float) -> np.ndarray:
    """Paired differences of one family's items."""
    differing = max(rng.uniform(0.05, 0.35), abs(delta) + 0.01)
    up = (differing + delta) / 2
    return rng.choice([1.0, -1.0, 0.0], size=ITEMS, p=[up, differing - up, 1 - differing])


def study(rng: np.random.Generator, count: int, mu: float, tau: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The differences of every family, and the families' true effects."""
    truth = mu + tau * rng.standard_normal(count)
    return {str(g): family(rng, delta) for g, delta in enumerate(truth)}, truth


def holds(row: Estimate, truth: float) -> bool:
    return row.low is not None and row.high is not None and row.low - 1e-9 <= truth <= row.high + 1e-9


def one(
    rng: np.random.Generator, rows: Mapping[str, np.ndarray], truth: np.ndarray, mu: float, tau: float
) -> list[float]:
    """Whether each interval of one study holds its truth."""
    found = {row.name: row for row in effect(rows, Label("x"), MARGIN)}
    each = [holds(found[f"x shrunken {name}"], delta) for name, delta in zip(rows, truth, strict=True)]
    return [
        holds(found["x pooled mean"], mu),
        holds(found["x this pool"], float(truth.mean())),
        holds(found["x tau"], tau),
        holds(found["x prediction"], mu + tau * float(rng.standard_normal())),
        float(np.mean(each)),
    ]


def families(studies: int) -> None:
    print("| families | tau | pooled mean | this pool | tau | prediction | shrunken |\n|---|---|---|---|---|---|---|")
    for count in COUNTS:
        for tau in TAUS:
            rng = np.random.default_rng(count * 1000 + int(tau * 100))
            cells = np.mean([one(rng, *study(rng, count, 0.0, tau), 0.0, tau) for _ in range(studies)], axis=0)
            print(f"| {count} | {tau:.2f} | " + " | ".join(f"{x:.3f}" for x in cells) + " |", flush=True)
    for count in COUNTS:  # a quarter of the families at the floor: the mean of the others is diluted, and must be held
        rng, held = np.random.default_rng(count), []
        for _ in range(studies):
            rows, _ = study(rng, count, 0.06, 0.05)
            flat = {name: x if rng.random() > 0.25 else 0 * x for name, x in rows.items()}
            held.append(holds({row.name: row for row in effect(flat, Label("x"), MARGIN)}["x pooled mean"], 0.045))
        print(f"| {count} | floor | {np.mean(held):.3f} | | | | |", flush=True)


def tests(studies: int) -> None:
    """Share of studies that reject: no difference at 0, equivalence at the margin, and equivalence at 0 (power)."""
    print("| families | tau | inference | difference at 0 | equivalence at the margin | equivalence at 0 |")
    print("|---|---|---|---|---|---|")
    for count in COUNTS:
        for tau in TAUS:
            rng = np.random.default_rng(count * 1000 + int(tau * 100) + 1)
            for name, mean in (("families like these", random_mean), ("this pool", fixed_mean)):
                cells = []
                for mu, equal in ((0.0, False), (MARGIN, True), (0.0, True)):
                    hits = 0
                    for _ in range(studies):
                        rows, truth = study(rng, count, mu, tau)
                        if mean is fixed_mean:  # what is true of this pool is its own mean
                            rows, _ = study_of(rng, truth - truth.mean() + mu)
                        found = mean(effects(rows))
                        low, high = found.ends()
                        hits += tost(found, MARGIN).p < 0.05 if equal else not low <= 0 <= high
                    cells.append(hits / studies)
                print(f"| {count} | {tau:.2f} | {name} | " + " | ".join(f"{x:.3f}" for x in cells) + " |", flush=True)


def study_of(rng: np.random.Generator, truth: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A study of families whose effects are given."""
    return {str(g): family(rng, delta) for g, delta in enumerate(truth)}, truth


def bands(studies: int) -> None:
    """Share of studies whose band holds the truth at every budget at once, and whose single intervals all do."""
    print("| items | band | single intervals, all at once | half-width ratio |\n|---|---|---|---|")
    truth = np.array([0.0, 0.05, 0.1, 0.1])
    for n in SIZES:
        rng, held = np.random.default_rng(n), []
        for s in range(studies):
            luck = rng.standard_normal((n, 1)) * 0.8 + rng.standard_normal((n, 4)) * 0.6
            cut = np.array([-1.2816, -1.1503, -1.0364, -1.0364])  # P(-1) = .10, .125, .15, .15
            up = np.array([1.2816, 0.9346, 0.6745, 0.6745])  # P(+1) = .10, .175, .25, .25
            rows = (luck > up).astype(float) - (luck < cut)
            both = [
                estimates(Columns(tuple(map(Label, "abcd")), rows, box=SIGNED, band=b), Key((str(s),)), 1000)
                for b in (True, False)
            ]
            held.append([all(holds(r, t) for r, t in zip(made, truth, strict=True)) for made in both])
            wide = [sum((r.high or 0) - (r.low or 0) for r in made) for made in both]
            held[-1].append(wide[0] / wide[1])
        print(f"| {n} | " + " | ".join(f"{x:.3f}" for x in np.mean(held, axis=0)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    args = parser.parse_args()
    families(args.studies)
    tests(args.studies)
    bands(args.studies)


if __name__ == "__main__":
    main()
