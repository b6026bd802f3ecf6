"""What reasoning buys a language model at the board: one way to ask against another, in Elo and in men.

    own over silent            skill with its own reasoning, less skill without any
    own over filler, foreign   the same against nulls: tokens that say nothing, reasoning about another board
    ..., in men                that gap over what the first man missing is worth at the skill between the two

A gap in men is what a giver may lack and still have equal chances; it needs a man that is clearly worth something.
Beside them stand, for every way to ask, how much of the model's probability legal moves had, and how many different
texts stood before its moves: one text before all of them is no reasoning about the board. Skills come from one ladder
of all games (`stats/ladder.py`). This module knows no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from thinkaloud.stats.bootstrap import Sample, corners, interval, mean
from thinkaloud.stats.label import Label
from thinkaloud.stats.ladder import Ladder, apart, worth_between
from thinkaloud.vocabulary import Estimate, Key, Part, Record

PAIRS = (("own", "silent"), ("filler", "silent"), ("foreign", "silent"), ("own", "filler"), ("own", "foreign"))
"""One way to ask, and what it is held against."""


def ways(records: Sequence[Record]) -> dict[str, str]:
    """Reasoning -> the first player that plays with it."""
    found: dict[str, str] = {}
    for r in records:
        for player, reasoning in r.get("models", {}).items():
            found.setdefault(reasoning, player)
    return found


def gaps(ladder: Ladder, number: Mapping[str, int], material: Sequence[float], by: Mapping[str, str]) -> list[Estimate]:
    """Every pair that was played. `number`: the place of each player; `material`: of the odds, even games first;
    `by`: see `ways`."""
    every = tuple(range(len(material)))
    found: list[Estimate] = []
    for one, other in PAIRS:
        if one not in by or other not in by:
            continue
        players = (number[by[one]], number[by[other]])
        about: dict[str, Part] = {"measure": "reasoning", "reasoning": one, "against": other}
        name = f"{one} over {other}"
        found.append(ladder.estimate(name, apart(*players), every, about))
        if len(material) > 1:
            about = {**about, "measure": "reasoning in men"}
            found.append(_in_men(ladder, players, material[1], Label(f"{name}, in men", about)))
    return found


def _in_men(ladder: Ladder, players: tuple[int, int], men: float, label: Label) -> Estimate:
    """`men`: how many the least odds are."""
    gap, worth = apart(*players), worth_between(ladder.design, 1, *players)
    scale = ladder.estimate(label.name, worth, (0, 1), label.about)
    if scale.low is None:
        return scale
    if scale.low <= 0:
        why = "not identifiable: at this skill a man is not clearly worth anything; add openings, or other players"
        return Estimate.absent(label.name, why, scale.n, scale.clusters, "opening", label.about)
    return ladder.estimate(label.name, lambda at: men * gap(at) / worth(at), (0, 1), label.about)


def said(records: Sequence[Record], key: Key) -> list[Estimate]:
    """Of each way to ask: the mass of legal moves, with the number of moves and of different texts before them."""
    found: list[Estimate] = []
    for way in ways(records):
        there = [(r, one) for r in records for one in r.get("said", ()) if one.get("reasoning") == way]
        read = [(r, float(one["mass"])) for r, one in there if "mass" in one]
        texts = len({one["text"] for _, one in there})
        about: dict[str, Part] = {"measure": "legal mass", "reasoning": way, "moves": len(there), "texts": texts}
        openings = [f"{r['odds']}, {r['opening']}" for r, _ in read]
        sample = Sample(np.array([[mass] for _, mass in read]).reshape(-1, 1), openings, corners((0, 1)), "no scores")
        made = interval(f"mass of legal moves, {way}", mean(0), sample, key, about=about)
        found.append(replace(made, clustered_by="opening"))
    return found
