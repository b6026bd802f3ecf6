"""Does the study of odds find what reasoning buys, where that is known exactly? Scripted speakers at a solved board.

    python benchmarks/odds_speakers.py [--board 3x4] [--knows 0.7] [--openings 24] [--runs 20]

Three speakers (`studies/odds/talkers.py`), six rungs each, against a random mover and a player that blunders. *Known*
is the ladder of the exact scores of all cells. The first run is played by the real player, which asks, rewords, fills
and splits; the others by its exact policy (that both play alike, position by position, is in the tests). *Held*: in how
many runs the interval holds what is known; *told*: in how many it leaves 0 out.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from typing import get_args

from thinkaloud.open_model import open_model
from thinkaloud.report.tables import whole
from thinkaloud.stats.wilson import wilson
from thinkaloud.studies.odds import estimates as played
from thinkaloud.studies.odds.block import games
from thinkaloud.studies.odds.found import Found
from thinkaloud.studies.odds.language import Manner
from thinkaloud.studies.odds.open_setup import cells, setup
from thinkaloud.studies.odds.players import Follower, board_solved
from thinkaloud.studies.odds.protocol import spoken
from thinkaloud.studies.odds.recipe import Reasoning, Recipe, Spec
from thinkaloud.studies.odds.talkers import NAME, Rule, talker
from thinkaloud.studies.odds.workers import Job
from thinkaloud.vocabulary import Estimate, Key, Record

OTHERS = {"anyone": Spec(by="uniform"), "blunders 0.6": Spec(by="optimal", blunders=0.6)}


def recipe(rule: str, given: argparse.Namespace) -> Recipe:
    model = f"{NAME}{rule}:{given.knows:g}"
    ways = {way: Spec(by="model", model=model, reasoning=way) for way in get_args(Reasoning)}
    return Recipe(board=given.board, rows=1, missing=(0, 1), openings=given.openings, plies=0, block=given.openings,
                  players={**ways, **OTHERS}, givers=(*ways, *OTHERS), takers=tuple(OTHERS))  # fmt: skip


async def records(of: Recipe, key: Key, real: bool) -> list[Record]:
    """All games of a run."""
    solved, found = board_solved(of.board, of.rows, of.missing), []
    model = open_model(of.model or "")
    for cell in cells(of):
        job, spec = Job(of, cell, setup(of).openings(cell.odds, key), key), of.players[cell.giver]
        if spec.by == "model" and real:
            found += await spoken(job, model, {"auto": Manner()})
            continue
        policy = talker(spec.model).policy(spec.reasoning, solved.graph) if spec.by == "model" else None
        own = {} if policy is None else {cell.giver: Follower(solved, policy)}
        found += await games(of, cell, job.begun, key, own)
    return found


def gaps(of: Recipe, key: Key, real: bool) -> Iterator[tuple[Estimate, float]]:
    """Every pair of rungs with what is known of it."""
    made = played.estimates(asyncio.run(records(of, key, real)), key.child("estimates"))
    found = Found("", made)
    known = {str(e.about["player"]): e.value or 0.0 for e in found.every(measure="skill", role="known")}
    for e in found.every(measure="reasoning"):
        yield e, known[str(e.about["one"])] - known[str(e.about["other"])]


def share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{count} of {n} [{low:.2f}, {high:.2f}]"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--board", default="3x4")
    asked.add_argument("--knows", type=float, default=0.7)
    asked.add_argument("--openings", type=int, default=24)
    asked.add_argument("--runs", type=int, default=20)
    given = asked.parse_args()
    print("| speaker | | known | first run | held | told |\n|---|---|---|---|---|---|")
    for rule in get_args(Rule):
        runs = [list(gaps(recipe(rule, given), Key(("speakers", rule, str(i))), not i)) for i in range(given.runs)]
        for first, *others in zip(*runs, strict=True):
            every = [first, *others]
            there = [(e.low, e.high, truth) for e, truth in every if e.low is not None and e.high is not None]
            held = sum(low <= truth <= high for low, high, truth in there)
            told = sum(low > 0 or high < 0 for low, high, _ in there)
            n = len(there)
            row = (rule, first[0].name, f"{round(first[1]) + 0:+d}", whole(first[0]), share(held, n), share(told, n))
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
