"""Do intervals of the odds model hold the truth, and do its tests keep their level? Ladders of known skills and worths.

    python benchmarks/odds_statistics.py [--ladders 400] [--openings 12,24,48]

Four players, odds worth 0, 80, 120 and 200 Elo (the last is the sum of the two before it, and no worth depends on
skill), every pair at all odds from both sides once an opening. `spread`: how much openings favour one side, in logits;
games from one opening then go together. The truth that intervals are held against is the worth in a typical opening:
averaged over openings that differ, results look a little more even than that.
"""

from __future__ import annotations

import argparse

import numpy as np

from thinkaloud.stats.davidson import ELO, Array, Design, chances
from thinkaloud.stats.ladder import Ladder, Test, break_even, worth_at
from thinkaloud.stats.wilson import wilson
from thinkaloud.vocabulary import Estimate, Key

WORTH, PLAYERS, NU = (0.0, 80.0, 120.0, 200.0), 4, 0.2


def design() -> Design:
    every = [
        (giver, taker, odds, first)
        for giver in range(PLAYERS)
        for taker in range(PLAYERS)
        for odds in range(len(WORTH))
        for first in (1, -1)
        if giver != taker
    ]
    giver, taker, odds, first = (np.array(column) for column in zip(*every, strict=True))
    return Design(giver, taker, odds, first.astype(float), PLAYERS, len(WORTH))


def truth(of: Design) -> Array:
    skills = np.linspace(-250, 250, PLAYERS) / ELO
    return np.concatenate(
        [skills, np.full(of.kinds, 20 / ELO), np.array(WORTH) / ELO, np.zeros(of.kinds), [np.log(NU)]]
    )


def played(of: Design, at: Array, openings: int, seed: int, spread: float) -> Ladder:
    rng = np.random.default_rng(seed)
    kinds = np.repeat(range(of.kinds), openings)
    counts = np.zeros((len(kinds), len(of.giver), 3))
    for cluster, odds in enumerate(kinds):
        p = chances(of.advantage(at[None])[0] + rng.normal(0, spread), at[-1:])
        result = np.minimum((rng.random(len(p))[:, None] > p.cumsum(axis=1)).sum(axis=1), 2)
        here = np.flatnonzero(of.odds == odds)
        counts[cluster, here, result[here]] = 1
    return Ladder(of, counts, kinds, Key((str(seed),)))


def row(of: Design, *places: tuple[int, float]) -> Array:
    found = np.zeros(of.parameters)
    for place, weight in places:
        found[place] = weight
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--ladders", type=int, default=400)
    asked.add_argument("--openings", default="12,24,48")
    given = asked.parse_args()
    ladders = given.ladders
    of = design()
    at = truth(of)
    slopes = np.stack([row(of, (of.slope(odds), 1.0)) for odds in (1, 2, 3)])
    additive = row(of, (of.worth(3), 1.0), (of.worth(1), -1.0), (of.worth(2), -1.0))[None]
    gap = float(break_even(of, 2, 0)(at[None])[0])
    print("| openings | spread | worth, bootstrap | worth, profile | break-even gap | slopes 0 | worths add up |")
    print("|---|---|---|---|---|---|---|")
    for openings in map(int, given.openings.split(",")):
        for spread in (0.0, 0.5, 1.0):
            hits = []
            for seed in range(ladders):
                games = played(of, at, openings, seed, spread)
                worth = games.estimate("worth", worth_at(of, 2), (0, 2), {})
                even = games.estimate("gap", break_even(of, 2, 0), (0, 2), {})
                low, high = games.profile(ELO * row(of, (of.worth(2), 1.0)))
                one, two = games.test(slopes), games.test(additive)
                profiled = low <= WORTH[2] <= high
                hits.append((holds(worth, WORTH[2]), profiled, holds(even, gap), rejects(one), rejects(two)))
            shares = [shown([hit for hit in column if hit is not None]) for column in zip(*hits, strict=True)]
            print(f"| {openings} | {spread:g} | {' | '.join(shares)} |", flush=True)


def holds(found: Estimate, value: float) -> bool | None:
    """None where there is no number."""
    return None if found.low is None or found.high is None else found.low <= value <= found.high


def rejects(found: Test | None) -> bool | None:
    return None if found is None else found.p <= 0.05


def shown(hits: list[bool]) -> str:
    low, high = wilson(sum(hits), len(hits))
    return f"{sum(hits) / len(hits):.3f} [{low:.3f}, {high:.3f}], n {len(hits)}"


if __name__ == "__main__":
    main()
