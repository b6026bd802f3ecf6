"""What reasoning buys a language model at the board: one way to ask against another, in Elo and in men.

    own over silent            skill with its own reasoning, less skill without any
    split over silent          the same where the question was taken apart
    own over filler, foreign   against nulls: tokens that say nothing, reasoning about another board
    own over paraphrased       what its own words carry that is lost in other words
    ..., in men                that gap over what the first man missing is worth at the skill between the two

Only players of one model that are asked and read alike are held against each other. A gap in men is what a giver may
lack and still have equal chances; it needs a man that is clearly worth something. Where a text that should have been
another one was its own before nine moves in ten, the two players are all but one, and the gap is *changed nothing*;
where that was so before some, the gap is smaller than it would be. Skills come from one ladder of all games
(`stats/ladder.py`).

Beside them stands, for every player that is a language model and move by move, with intervals over openings: how much
of its probability legal moves had, the share of its moves that were not legal, of texts that were its own, of moves
that its text named, and what a move cost in tokens and calls. This module knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from thinkaloud.stats.bootstrap import Sample, corners, interval, mean
from thinkaloud.stats.label import Label
from thinkaloud.stats.ladder import Ladder, apart, worth_between
from thinkaloud.vocabulary import Estimate, Key, Part, Record

PAIRS = (
    ("own", "silent"), ("paraphrased", "silent"), ("filler", "silent"), ("foreign", "silent"), ("split", "silent"),
    ("own", "paraphrased"), ("own", "filler"), ("own", "foreign"), ("split", "own"),
)  # fmt: skip
"""One way to ask, and what it is held against."""
OTHERS = ("foreign", "paraphrased")
"""Texts that should differ from the player's own."""
NEARLY = 0.9
"""A share of moves: where so many texts are the player's own, the gap of the two players says nothing of the others."""
Said = tuple[Record, Mapping[str, Any]]
"""A game, and what stood before one move of it."""


def speaking(records: Sequence[Record]) -> dict[str, Mapping[str, str]]:
    """Players that are language models -> their `reasoning`, and how they are asked (`ask`) and read (`reads`)."""
    found: dict[str, Mapping[str, str]] = {}
    for r in records:
        found |= {name: about for name, about in r.get("models", {}).items() if name not in found}
    return found


def pairs(players: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Players that are held against each other."""
    found = []
    for (one, a), (other, b) in product(players.items(), repeat=2):
        alike = all(a[name] == b[name] for name in ("ask", "reads"))
        if alike and (a["reasoning"], b["reasoning"]) in PAIRS:
            found.append((PAIRS.index((a["reasoning"], b["reasoning"])), one, other))
    return [(one, other) for _, one, other in sorted(found, key=lambda pair: pair[0])]


def gaps(
    ladder: Ladder, number: Mapping[str, int], material: Sequence[float], records: Sequence[Record]
) -> list[Estimate]:
    """Every pair that was played. `number`: the place of each player; `material`: of the odds, even games first."""
    every = tuple(range(len(material)))
    players, found = speaking(records), []
    for one, other in pairs(players):
        about: dict[str, Part] = {
            "measure": "reasoning", "reasoning": players[one]["reasoning"], "against": players[other]["reasoning"],
            "one": one, "other": other,
        }  # fmt: skip
        name, same = f"{one} over {other}", unchanged(records, one, other, players)
        if same:
            why = f"changed nothing: the text was its own before {same} moves, so the two are all but one player"
            n = ladder.games(*every)
            found.append(Estimate.absent(name, why, n, ladder.clusters(*every), "opening", about))
            continue
        at = (number[one], number[other])
        found.append(ladder.estimate(name, apart(*at), every, about))
        if len(material) > 1:
            about = {**about, "measure": "reasoning in men"}
            found.append(_in_men(ladder, at, material[1], Label(f"{name}, in men", about)))
    return found


def unchanged(records: Sequence[Record], one: str, other: str, players: Mapping[str, Mapping[str, str]]) -> str:
    """Before how many moves (`71 of 72`) a text stood that should have been another one and was the player's own; empty
    where that was so less often than `NEARLY`."""
    if "own" not in (players[one]["reasoning"], players[other]["reasoning"]):
        return ""
    there = [
        said for name in (one, other) if players[name]["reasoning"] in OTHERS for _, said in moves_of(records, name)
    ]
    same = sum(bool(said.get("same")) for said in there)
    return f"{same} of {len(there)}" if there and same >= NEARLY * len(there) else ""


def moves_of(records: Sequence[Record], player: str) -> list[Said]:
    """What stood before every move of a player, with its game."""
    found: list[Said] = []
    for r in records:
        for ply, said in enumerate(r.get("said", ())):
            first = r["first"] if ply % 2 == 0 else ("taker" if r["first"] == "giver" else "giver")
            if said and r[first] == player:
                found.append((r, said))
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


# --------------------------------------------------------------------------------------------------------- move by move


@dataclass(frozen=True)
class Measure:
    """A mean over moves: `of` one of them, None where it has no such number; `share`: whether it lies in [0, 1]."""

    name: str
    of: Callable[[Mapping[str, Any]], float | None]
    share: bool = True


def _number(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda said: float(said[name]) if name in said else None


MEASURES = (
    Measure("legal mass", _number("mass")),
    Measure("illegal", _number("illegal")),
    Measure("same text", _number("same")),
    Measure("follows its text", _number("follows")),
    Measure("parts right", lambda said: said["parts right"] / said["parts"] if "parts" in said else None),
    Measure("prompt tokens", _number("asked"), share=False),
    Measure("written tokens", _number("written"), share=False),
    Measure("calls", _number("calls"), share=False),
)


def spoken(records: Sequence[Record], key: Key) -> list[Estimate]:
    """Of each player that is a language model: see `MEASURES`. With how many moves and different texts there were."""
    found: list[Estimate] = []
    for player, about in speaking(records).items():
        there = moves_of(records, player)
        texts = len({said["text"] for _, said in there})
        refused = sum("refused" in said for _, said in there)
        of: dict[str, Part] = {"player": player, "reasoning": about["reasoning"], "moves": len(there), "texts": texts}
        of |= {"refused": refused} if about["reasoning"] == "paraphrased" else {}
        found += [e for one in MEASURES if (e := _measured(one, there, of, key)) is not None]
    return found


def _measured(measure: Measure, there: Iterable[Said], about: Mapping[str, Part], key: Key) -> Estimate | None:
    read = [(r, x) for r, said in there if (x := measure.of(said)) is not None]
    if not read:
        return None
    openings = [f"{r['odds']}, {r['opening']}" for r, _ in read]
    sample = Sample(np.array([[x] for _, x in read]), openings, corners((0, 1)) if measure.share else None)
    name = f"{measure.name}, {about['player']}"
    made = interval(name, mean(0), sample, key, about={"measure": measure.name, **about})
    return replace(made, clustered_by="opening")
