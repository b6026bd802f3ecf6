"""Do the channels come back where they are known? Prints the second table of "Coverage" in docs/statistics.md.

    PYTHONPATH=src python benchmarks/coverage_channels.py [--times 500] [--sizes 12,24,48]

Simulated reasoners with noisy readings, as records of items; silence and `FILLERS` fillers are equally good in all of
them. For each channel: its true value, the mean of the estimates, the share of the intervals that hold the truth, and
how often it is claimed (its interval lies above 0).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

import numpy as np

from compare_coverage import record
from thinkaloud.metrics.channels import table
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Key

FILLERS = ("filler:dots", "filler:musing", "filler:repeat", "filler:dots:paraphrase", "filler:musing:paraphrase")
SPREAD = 12.0  # how closely two readings of one item agree (Beta precision)
ROWS = ("compute", "content", "residue")
World = Callable[[np.random.Generator, int], Mapping[str, Array]]


def noisy(rng: np.random.Generator, p: Array) -> Array:
    """A reading of an item whose probability is p."""
    return np.asarray(rng.beta(SPREAD * p + 1e-3, SPREAD * (1 - p) + 1e-3))


def world(paraphrase: Callable[[Array, np.random.Generator], Array], own: Callable[[Array], Array]) -> World:
    """Readings of a reasoner: what it knows without reasoning, and what it makes of its words and of other ones."""

    def made(rng: np.random.Generator, n: int) -> Mapping[str, Array]:
        known = rng.beta(1.2, 1.2, n)
        free = {name: noisy(rng, known) for name in ("silent", *FILLERS)}
        return {**free, "paraphrase": noisy(rng, paraphrase(known, rng)), "own": noisy(rng, own(known))}

    return made


def gain(by: float) -> Callable[[Array], Array]:
    """Towards 1 by a share of the way."""
    return lambda known: np.asarray(known + by * (1 - known))


def thrown(known: Array, rng: np.random.Generator) -> Array:
    """Other words halve what it knows on half of the items."""
    return np.where(rng.random(len(known)) < 0.5, known / 2, known)


WORLDS: dict[str, tuple[World, tuple[float, float, float]]] = {
    "post hoc: nothing": (world(lambda known, rng: known, lambda known: known), (0.0, 0.0, 0.0)),
    "content .1": (world(lambda known, rng: gain(0.2)(known), gain(0.2)), (0.0, 0.1, 0.0)),
    "content .3": (world(lambda known, rng: gain(0.6)(known), gain(0.6)), (0.0, 0.3, 0.0)),
    "a code: residue .3": (world(lambda known, rng: known, gain(0.6)), (0.0, 0.0, 0.3)),
    "thrown on half": (world(thrown, lambda known: known), (0.0, 0.0, 0.0)),
}
"""Reasoner -> its readings and its true compute, content and residue."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--sizes", default="12,24,48")
    args = parser.parse_args()
    print(f"| reasoner | n | {' | '.join(f'{row}: mean, holds, claimed' for row in ROWS)} | content is none |")
    print("|---|---|---|---|---|---|")
    for name, (made, truths) in WORLDS.items():
        for n in map(int, args.sizes.split(",")):
            rng = np.random.default_rng((n, 3))
            studies = []
            for i in range(args.times):
                readings = made(rng, n)
                records = [record(at, {k: float(v[at]) for k, v in readings.items()}) for at in range(n)]
                studies.append({row.name: row for row in table(records, key=Key((name, str(n), str(i))))})
            cells = []
            for row, truth in zip(ROWS, truths, strict=True):
                found = [one[row] for one in studies if one[row].value is not None]
                ends = np.array([(e.value, e.low, e.high) for e in found], dtype=np.float64).reshape(len(found), 3)
                held = ((ends[:, 1] <= truth + 1e-6) & (truth - 1e-6 <= ends[:, 2])).mean()
                cells.append(f"{truth:.1f}: {ends[:, 0].mean():+.3f}, {held:.3f}, {(ends[:, 1] > 1e-6).mean():.3f}")
            none = np.mean([one["content"].value is None for one in studies])
            print(f"| {name} | {n} | {' | '.join(cells)} | {none:.3f} |", flush=True)


if __name__ == "__main__":
    main()
