"""From games to estimates: scores of cells, and what one ladder of all players says of skill and odds.

    score                 of a cell: who, whom, at which odds; clustered by opening
    skill                 Elo above the mean of all players, from all games at once (`stats/ladder.py`)
    worth of ODDS         Elo, between players of mean skill; also at each player's own skill
    slope of ODDS         how much more they are worth for every Elo of skill
    skill at ODDS         by which share a difference of skill counts for less than at even games
    equal chances         how much stronger than this taker a giver must be
    moving first          what it is worth, at these odds; and how much more for every Elo of skill (where both move
                          at the same time: beginning at the upper left)
    openings              how much they differ in whom they favour, at these odds
    beyond the parts      worth of odds, less that of two others that add up to them

No score of a match is ever turned into a rating. A cell whose games are copies of one another counts for nothing and
says so. Where the expected score of every cell is known, the same ladder is fitted to these as well (*known*): what
endlessly many games would say. This module plays no game, and does not know how its numbers are shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from thinkaloud.stats.bootstrap import Sample, corners, interval, mean
from thinkaloud.stats.davidson import ELO, Array, Design, fit
from thinkaloud.stats.ladder import (
    Ladder,
    Of,
    break_even,
    colour_slope_of,
    damping_of,
    skill,
    slope_of,
    worth_at,
)
from thinkaloud.studies.odds.block import FIRST
from thinkaloud.studies.odds.gathered import Cell, Games, Place, gathered
from thinkaloud.studies.odds.players import REPLACED
from thinkaloud.studies.odds.reasoning import gaps, spoken
from thinkaloud.studies.odds.setups import SIDES, TURNS
from thinkaloud.vocabulary import Estimate, Key, Part, Record

BY = "opening"


def estimates(records: Sequence[Record], key: Key) -> list[Estimate]:
    """Everything about one board."""
    return estimates_of(gathered(records), key)


def estimates_of(games: Games, key: Key) -> list[Estimate]:
    """The same, of games that were gathered before."""
    found = [_score(place, cell, key) for place, cell in games.cells.items()]
    if not games.sound:
        return found
    ladder = _ladder(games, key.child("ladder"))
    number = {name: i for i, name in enumerate(games.players)}
    bought = gaps(ladder, number, games.material, said := games.said)
    return [*found, *_of_ladder(games, ladder), *bought, *spoken(said, key), *_known(games, ladder.design)]


def precise(records: Sequence[Record], key: Key, half: float) -> bool:
    """Whether the worth of every odds is known to so many Elo either way."""
    games = gathered(records)
    if len(games.odds) < 2 or not games.sound:
        return False
    ladder = _ladder(games, key)
    found = [ladder.estimate("worth", worth_at(ladder.design, o), (0, o), {}) for o in range(1, len(games.odds))]
    return all(e.low is not None and e.high is not None and e.high - e.low <= 2 * half for e in found)


# -------------------------------------------------------------------------------------------------------------- cells


def _score(place: Place, cell: Cell, key: Key) -> Estimate:
    giver, taker, odds = place
    name = f"score, {giver} - {taker}, {odds}"
    about: dict[str, Part] = {"measure": "score", "giver": giver, "taker": taker, "odds": odds}
    about |= {"ended illegal": cell.illegal, REPLACED: cell.replaced}
    if cell.exact is not None:
        about |= {"known": round(float(np.mean(cell.exact)), 6)}
    sample = Sample(cell.score[:, None], cell.opening, corners((0, 1)))
    if cell.copies:
        again = f"{cell.copies} of {len(cell)} games are copies of another one"
        why = f"not identifiable: {again}; give openings of more plies"
        return Estimate.absent(name, why, len(cell), sample.size, BY, about)
    return replace(interval(name, mean(0), sample, key, about=about), clustered_by=BY, clusters=sample.size)


# ------------------------------------------------------------------------------------------------------------- ladder


def _ladder(games: Games, key: Key) -> Ladder:
    number = {name: i for i, name in enumerate(games.players)}
    odds = {label: i for i, label in enumerate(games.odds)}
    there = {(*place, FIRST[bool(side)]) for place, cell in games.sound.items() for side in np.unique(cell.first)}
    order = sorted(there, key=lambda c: (odds[c[2]], number[c[0]], number[c[1]], c[3]))
    cell = {one: i for i, one in enumerate(order)}
    design = Design(
        np.array([number[giver] for giver, _, _, _ in order]),
        np.array([number[taker] for _, taker, _, _ in order]),
        np.array([odds[label] for _, _, label, _ in order]),
        np.array([1.0 if first == "giver" else -1.0 for _, _, _, first in order]),
        len(number),
        len(odds),
    )
    openings = sorted({(odds[place[2]], int(i)) for place, one in games.sound.items() for i in np.unique(one.opening)})
    cluster = {one: i for i, one in enumerate(openings)}
    counts = np.zeros((len(openings), len(order), 3))
    for place, one in games.sound.items():
        numbers, which = np.unique(one.opening, return_inverse=True)
        rows = np.array([cluster[odds[place[2]], int(i)] for i in numbers])[which]
        sides = np.array([cell.get((*place, FIRST[side]), -1) for side in (False, True)])[one.first]
        np.add.at(counts, (rows, sides, np.rint(2 - 2 * one.score).astype(np.int64)), 1)
    return Ladder(design, counts, np.array([one for one, _ in openings]), key)


def _of_ladder(games: Games, ladder: Ladder) -> list[Estimate]:
    every = tuple(range(len(games.odds)))
    found = [
        ladder.estimate(f"skill of {name}", skill(i), every, {"measure": "skill", "player": name})
        for i, name in enumerate(games.players)
    ]
    for o, label in enumerate(games.odds):
        found += [*_first(games, ladder, o, label), _openings(ladder, o, label)]
        if o:
            found += _of_odds(games, ladder, o, label)
    if ladder.draws:
        found.append(ladder.estimate("draws", lambda at: np.exp(at[:, -1]), every, {"measure": "draws"}))
    return [*found, *_joint(games, ladder), *_beyond(games, ladder), _misfit(ladder)]


def _first(games: Games, ladder: Ladder, o: int, label: str) -> list[Estimate]:
    """What the first move is worth between players of mean skill, and how much more for every Elo of skill."""
    d = ladder.design
    being, did = SIDES.get(games.game, TURNS)
    place, name = d.colour(o), f"{being}, {label}"
    about: dict[str, Part] = {"measure": "first", "odds": label}
    if ladder.games(o) and not ladder.found.basis[place].any():
        return [Estimate.absent(name, f"only one side {did}", ladder.games(o), ladder.clusters(o), BY, about)]
    growth: dict[str, Part] = {**about, "measure": "first slope", **_p(ladder, _row(d, (d.colour_slope(o), 1.0)), o)}
    return [
        ladder.estimate(name, lambda at: ELO * at[:, place], (o,), about),
        ladder.estimate(f"{name}, for each Elo of skill", colour_slope_of(d, o), (o,), growth),
    ]


def _openings(ladder: Ladder, o: int, label: str) -> Estimate:
    about: dict[str, Part] = {"measure": "spread", "odds": label}
    return ladder.openings(f"openings, {label}", o, about)


def _of_odds(games: Games, ladder: Ladder, o: int, label: str) -> list[Estimate]:
    d, both = ladder.design, (0, o)
    about: dict[str, Part] = {"measure": "worth", "odds": label}
    found = [ladder.estimate(f"worth of {label}", worth_at(d, o), both, about)]
    tested = _p(ladder, _row(d, (d.slope(o), 1.0)), *both)
    found.append(ladder.estimate(f"slope of {label}", slope_of(d, o), both, {**about, "measure": "slope", **tested}))
    if ladder.found.basis[d.damping(o)].any():
        tested = _p(ladder, _row(d, (d.damping(o), 1.0)), *both)
        less: dict[str, Part] = {**about, "measure": "damping", **tested}
        found.append(ladder.estimate(f"skill at {label}", damping_of(d, o), both, less))
    for i, name in enumerate(games.players):
        of = {**about, "player": name}
        found.append(ladder.estimate(f"worth of {label} at the skill of {name}", worth_at(d, o, i), both, of))
        gap = f"equal chances, {label}, against {name}"
        found.append(ladder.estimate(gap, break_even(d, o, i), both, {**of, "measure": "equal chances"}))
    return found


def _joint(games: Games, ladder: Ladder) -> list[Estimate]:
    """All slopes together: their mean, with the test that all of them are 0."""
    d, some = ladder.design, list(range(1, len(games.odds)))
    if len(some) < 2:
        return []
    tested = _p(ladder, np.stack([_row(d, (d.slope(o), 1.0)) for o in some]), 0, *some)
    places = [d.slope(o) for o in some]
    about: dict[str, Part] = {"measure": "mean slope", **tested}
    return [ladder.estimate("mean slope, all odds", lambda at: at[:, places].mean(axis=1), (0, *some), about)]


def _beyond(games: Games, ladder: Ladder) -> list[Estimate]:
    """Whether the worth of odds is the sum of what its parts are worth, between players of mean skill."""
    d, there, found = ladder.design, {label: o for o, label in enumerate(games.odds)}, []
    for whole, (one, other) in ((label, pair) for label in games.odds for pair in games.sums[label]):
        if one not in there or other not in there:
            continue
        parts = [(there[whole], 1.0), (there[one], -1.0), (there[other], -1.0)]
        row, odds = _row(d, *((d.worth(o), w) for o, w in parts)), (0, *dict.fromkeys(o for o, _ in parts))
        about: dict[str, Part] = {"measure": "beyond the parts", "odds": whole, "parts": f"{one} + {other}"}
        name = f"worth of {whole} beyond {one} and {other}"
        found.append(ladder.estimate(name, _linear(ELO * row), odds, {**about, **_p(ladder, row, *odds)}))
    return found


def _misfit(ladder: Ladder) -> Estimate:
    """How far the scores of cells are from what the ladder expects of them, and what chance alone would make of it."""
    total, expected = ladder.counts.sum(axis=0), ladder.expected()
    games, misfit = total.sum(axis=1), ladder.misfit()
    apart = np.abs((total[:, 0] + total[:, 1] / 2) / games - expected)
    rows = np.stack([apart, games], axis=1)
    about: dict[str, Part] = {
        "measure": "misfit",
        "by chance": round(misfit.by_chance, 4),
        "deviance": round(misfit.deviance, 1),
        "cells": len(games),
        "p": round(misfit.p, 5),
    }
    weighted = Sample(rows, None, corners((0, 1), (float(games.min()), float(games.max()))))
    found = interval("misfit", lambda r, w: (w * r[:, 1]) @ r[:, 0] / (w @ r[:, 1]), weighted, ladder.key, about=about)
    return replace(found, clustered_by="cell")


def _p(ladder: Ladder, restriction: Array, *odds: int) -> dict[str, Part]:
    found = ladder.test(np.atleast_2d(restriction), odds)
    return {} if found is None else {"p": round(found.p, 6), "df": found.df}


def _row(design: Design, *places: tuple[int, float]) -> Array:
    found = np.zeros(design.parameters)
    for place, weight in places:
        found[place] += weight
    return found


def _linear(contrast: Array) -> Of:
    return lambda at: at @ contrast


# -------------------------------------------------------------------------------------------------------------- known


def _known(games: Games, design: Design) -> list[Estimate]:
    """The ladder of the expected scores, where these are known: what endlessly many games would say. Not sampled, so
    its interval is the number itself."""
    if 0 not in design.odds:  # as in the ladder of games
        return []
    known: dict[tuple[str, str, str, str], float] = {}
    for place, one in games.sound.items():
        if one.exact is None:
            return []
        for first in (True, False):  # the last of them: all have the same
            known |= {(*place, FIRST[first]): float(x) for x in one.exact[one.first == first][-1:]}
    scores = []
    for giver, taker, o, first in zip(design.giver, design.taker, design.odds, design.first, strict=True):
        side = "giver" if first > 0 else "taker"
        scores.append(known[games.players[giver], games.players[taker], games.odds[o], side])
    won = np.array(scores)
    counts = np.stack([won, 0 * won, 1 - won], axis=1)[None]
    basis = design.basis(draws=False)
    made = fit(design, counts, basis, design.offset(draws=False))
    found: list[Estimate] = []
    of: list[tuple[str, Of, dict[str, Part], Array]] = []
    for i, name in enumerate(games.players):
        of.append((f"skill of {name}", skill(i), {"measure": "skill", "player": name}, _row(design, (i, 1.0))))
    for o, label in enumerate(games.odds):
        if o:
            row = _row(design, (design.worth(o), 1.0))
            worth: dict[str, Part] = {"measure": "worth", "odds": label}
            of.append((f"worth of {label}", worth_at(design, o), worth, row))
            row = _row(design, (design.slope(o), 1.0))
            of.append((f"slope of {label}", slope_of(design, o), {**worth, "measure": "slope"}, row))
    for name, number, about, row in of:
        about = {**about, "role": "known"}
        if not math.isfinite(made.error(row)):
            why = "not identifiable: in cells that are 0 or 1 for sure there is nothing to tell it by"
            found.append(Estimate.absent(f"{name}, known", why, len(won), len(won), "cell", about))
            continue
        value = float(number(made.at)[0])
        found.append(Estimate(f"{name}, known", value, value, value, len(won), len(won), "cell", None, about))
    return found
