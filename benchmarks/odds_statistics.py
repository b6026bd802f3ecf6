"""Do intervals of the odds model hold the truth, and do its tests keep their level? Ladders of known skills and worths.

    python benchmarks/odds_statistics.py [--table holds|power|stopping|planned] [--ladders 300] [--openings 12,24,100]

Four players, odds worth 0, 80, 120 and 200 Elo (the last is the sum of the two before it, and no worth depends on
skill), every pair at all odds, either side first, once an opening. `spread`: how much openings favour one side, in
logits (a standard deviation); games of one opening then go together. The truth that intervals are held against is that
of an opening which favours nobody. Tests are of what is true (`holds`), and of slopes of .3 and a last worth that is 60
Elo more than its parts (`power`). `stopping` plays up to ten blocks and stops as a recipe with `half_width` does.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thinkaloud.stats import ladder
from thinkaloud.stats.davidson import ELO, Array, Design, averaged, fit, played
from thinkaloud.stats.games import of_worth
from thinkaloud.stats.ladder import Ladder, Of, break_even, slope_of, worth_at
from thinkaloud.stats.wilson import wilson
from thinkaloud.vocabulary import Estimate, Key

WORTH, PLAYERS, NU = (0.0, 80.0, 120.0, 200.0), 4, 0.2


def design(players: int = PLAYERS, kinds: int = len(WORTH)) -> Design:
    """Everyone against everyone else at all odds, either side first."""
    every = [(g, t, o, c) for g in range(players) for t in range(players) for o in range(kinds) for c in (1, -1)]
    giver, taker, odds, first = (np.array(column) for column in zip(*(c for c in every if c[0] != c[1]), strict=True))
    return Design(giver, taker, odds, first.astype(float), players, kinds)


@dataclass(frozen=True)
class Truth:
    """Worths in Elo; slopes and dampings of all odds, even games first; `nu` of draws; `spread` in logits."""

    worth: Sequence[float] = WORTH
    slopes: Sequence[float] = ()
    damping: Sequence[float] = ()
    nu: float = NU
    spread: float = 0.0

    def at(self, of: Design) -> Array:
        """As parameters."""
        found = of.offset(self.nu > 0).copy()
        found[: of.players] = np.linspace(-250, 250, of.players) / ELO
        for place, values in (
            (of.worth, np.array(self.worth) / ELO),
            (of.slope, self.slopes),
            (of.damping, self.damping),
        ):
            found[place(0) : place(0) + len(values)] = values
        found[of.colour(0) : of.colour(0) + of.kinds] = 20 / ELO
        found[of.spread(0) : of.spread(0) + of.kinds] = self.spread
        found[-1] = np.log(self.nu) if self.nu else found[-1]
        return found


def games(of: Design, at: Array, openings: int, seed: int) -> Ladder:
    """Every cell once from every opening."""
    kinds = np.repeat(np.arange(of.kinds), openings)
    once = (kinds[:, None] == of.odds).astype(np.int64)
    return Ladder(of, played(of, at, once, kinds, np.random.default_rng(seed)), kinds, Key((str(seed),)))


def row(of: Design, *places: tuple[int, float]) -> Array:
    """A contrast of parameters."""
    found = np.zeros(of.parameters)
    for place, weight in places:
        found[place] = weight
    return found


def slopes_0(of: Design) -> Array:
    """That no worth depends on skill."""
    return np.stack([row(of, (of.slope(odds), 1.0)) for odds in range(1, of.kinds)])


def adds_up(of: Design) -> Array:
    """That the worth of the last odds is that of the two before."""
    return row(of, (of.worth(3), 1.0), (of.worth(1), -1.0), (of.worth(2), -1.0))[None]


# -------------------------------------------------------------------------------------------------------------- tables


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--ladders", type=int, default=300)
    asked.add_argument("--first", type=int, default=0, help="number of the first ladder, which is its seed")
    asked.add_argument("--openings", default="12,24,100")
    asked.add_argument("--draws", type=int, default=600, help="resamples of each ladder; in a run, 1,000")
    asked.add_argument("--spreads", default="0,.5,1")
    tables = {"holds": holds, "power": power, "stopping": stopping, "planned": planned}
    asked.add_argument("--table", choices=tables, default="holds")
    given = asked.parse_args()
    ladder.DRAWS = given.draws
    worlds = [(int(n), float(t)) for n in given.openings.split(",") for t in given.spreads.split(",")]
    tables[given.table](range(given.first, given.first + given.ladders), worlds)


def holds(ladders: range, worlds: Sequence[tuple[int, float]]) -> None:
    """How often intervals hold what is true, and tests reject what is true."""
    of = design()
    for spread in dict.fromkeys(spread for _, spread in worlds):
        at = Truth(spread=spread).at(of)
        alike = fit(of, averaged(of, at[None]), of.basis(True), of.offset(True))
        print(f"Spread {spread:g}: 120 Elo are {worth_at(of, 2)(alike.at)[0]:.0f} where nothing is known of openings.")
    print("| openings | spread | worth | half-width | equal chances | slope | spread | slopes are 0 | worths add up |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count, spread in worlds:
        at = Truth(spread=spread).at(of)
        numbers: list[tuple[Of, tuple[int, ...]]] = [
            (worth_at(of, 2), (0, 2)), (break_even(of, 2, 0), (0, 2)), (slope_of(of, 2), (0, 2)),
        ]  # fmt: skip
        lines, halves = [], []
        for seed in ladders:
            made = games(of, at, count, seed)
            found = [made.estimate("", number, odds, {}) for number, odds in numbers]
            halves.append(half_width(found[0]))
            held = [inside(e, float(number(at[None])[0])) for e, (number, _) in zip(found, numbers, strict=True)]
            lines.append([*held, inside(made.openings("", 2, {}), ELO * spread), *rejected(made)])
        shares = [shown(column) for column in zip(*lines, strict=True)]
        cells = [count, f"{spread:g}", shares[0], f"{np.median(halves):.0f}", *shares[1:]]
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def power(ladders: range, worlds: Sequence[tuple[int, float]]) -> None:
    """How often tests reject what is not true."""
    of = design()
    print("| openings | spread | slopes of .3 | one of them | 60 Elo more than its parts |\n|---|---|---|---|---|")
    for count, spread in worlds:
        truth = Truth(worth=(0, 80, 120, 260), slopes=(0, 0.3, 0.3, 0.3), spread=spread)
        made = [games(of, truth.at(of), count, seed) for seed in ladders]
        asked = (slopes_0(of), row(of, (of.slope(2), 1.0))[None], adds_up(of))
        lines = [[refused(one, rows) for rows in asked] for one in made]
        print(f"| {count} | {spread:g} | {' | '.join(shown(c) for c in zip(*lines, strict=True))} |", flush=True)


def stopping(ladders: range, worlds: Sequence[tuple[int, float]]) -> None:
    """Intervals of a ladder of three players at one odds that is looked at after every block of openings, until its
    worth is known well enough."""
    of, most, half = design(3, 2), 8, 60.0
    print("| block | spread | half-width wanted | openings played, median | worth holds |\n|---|---|---|---|---|")
    for block, spread in worlds:
        at = Truth(worth=WORTH[:2], spread=spread).at(of)
        held, seen = [], []
        for seed in ladders:
            whole = games(of, at, block * most, seed)
            for count in range(block, block * most + 1, block):
                found = first(whole, count).estimate("", worth_at(of, 1), (0, 1), {})
                if half_width(found) <= half:
                    break
            seen.append(count)
            held.append(inside(found, WORTH[1]))
        print(f"| {block} | {spread:g} | {half:.0f} | {np.median(seen):.0f} | {shown(held)} |", flush=True)


def planned(ladders: range, worlds: Sequence[tuple[int, float]]) -> None:
    """Half-widths that `thinkaloud plan` promises, and those that are found."""
    of = design()
    print("| openings | spread | promised | found, median |\n|---|---|---|---|")
    for count, spread in worlds:
        at = Truth(worth=(0, 0, 0, 0), nu=0, spread=spread).at(of)
        at[: of.players] = 0
        cells = of.players * (of.players - 1)
        halves = []
        for seed in ladders:
            found = games(of, at, count, seed).estimate("", worth_at(of, 2), (0, 2), {})
            halves.append(half_width(found))
        print(f"| {count} | {spread:g} | {of_worth(2 * count * cells, count, spread):.0f} | {np.median(halves):.0f} |")


def first(whole: Ladder, openings: int) -> Ladder:
    """What was known after so many openings of all odds."""
    rows = np.concatenate([np.flatnonzero(whole.of == odds)[:openings] for odds in range(whole.design.kinds)])
    return Ladder(whole.design, whole.counts[rows], whole.of[rows], whole.key.child(openings))


def rejected(made: Ladder) -> list[bool | None]:
    """That slopes are 0, and that worths add up, at 5%."""
    return [refused(made, rows) for rows in (slopes_0(made.design), adds_up(made.design))]


def refused(made: Ladder, rows: Array) -> bool | None:
    """That these contrasts are 0, at 5%; None where that is not identified."""
    test = made.test(rows, tuple(range(made.design.kinds)))
    return None if test is None else test.p <= 0.05


def half_width(found: Estimate) -> float:
    """Endless where there is no number."""
    return math.inf if found.low is None or found.high is None else (found.high - found.low) / 2


def inside(found: Estimate, value: float) -> bool | None:
    """None where there is no number. What lies at an end is inside."""
    return None if found.low is None or found.high is None else found.low <= value <= found.high


def shown(column: Sequence[bool | None]) -> str:
    hits = [hit for hit in column if hit is not None]
    if not hits:
        return "no number"
    low, high = wilson(sum(hits), len(hits))
    fewer = "" if len(hits) == len(column) else f", of {len(hits)}"
    return f"{sum(hits) / len(hits):.3f} [{low:.3f}, {high:.3f}]{fewer}"


if __name__ == "__main__":
    main()
