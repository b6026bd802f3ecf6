"""Which form do worths have? Forms of the ladder of a finished run of the study of odds, each fitted to its games.

    python benchmarks/odds_forms.py FOLDER...

From a straight line in skill, which is all that the first one has, to a strength of its own for every player as giver
and as taker at all odds, and to even games in which every pair is free. For each: the deviance from the results of all
cells, how many numbers were fitted, how far scores lie from what it expects (by chance: if it were true, each game by
itself), and, where the scores are known, how far from these (root mean square). Openings are not regarded, so these
fits are by themselves and by another optimiser than the study's. What a form adds to the one before it is held against
chi-square.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, xlogy
from scipy.stats import chi2

from thinkaloud.api import open_run
from thinkaloud.stats.davidson import Array, Ints
from thinkaloud.studies.odds.estimates import gathered

SMALL = 1e-6
"""A penalty that keeps strengths of which the games say nothing where they are."""


@dataclass(frozen=True)
class Cells:
    """Who gave to whom at which odds and who moved first, with scores, games, and what is known of the scores."""

    giver: Ints
    taker: Ints
    odds: Ints
    first: Array
    score: Array
    games: Array
    known: Array
    players: int
    kinds: int


def cells(folder: str) -> Cells:
    """Of the first board of a run."""
    games = gathered([dict(r) for r in open_run(folder).records])
    players, odds = list(games.players), list(games.odds)
    found: dict[tuple[int, int, int, float], list[tuple[float, float]]] = {}
    for r in games.sound:
        side = 1.0 if r["first"] == "giver" else -1.0
        place = (players.index(r["giver"]), players.index(r["taker"]), odds.index(r["odds"]), side)
        found.setdefault(place, []).append((float(r["score"]), float(r.get("exact", math.nan))))
    giver, taker, kind, first = (np.array(column) for column in zip(*found, strict=True))
    score, known = np.array([np.mean(rows, axis=0) for rows in found.values()]).T
    games_of = np.array([len(rows) for rows in found.values()], dtype=float)
    return Cells(giver, taker, kind, first, score, games_of, known, len(players), len(odds))


@dataclass(frozen=True)
class Form:
    """`numbers`: how many of its parameters are free; `length`: how many there are; `d`: what they say of all cells."""

    name: str
    numbers: int
    length: int
    d: Callable[[Array], Array]


def line(c: Cells, name: str, power: int = 1, colour: bool = True, apart: bool = True) -> Form:
    """Worth as a polynomial in skill, of giver and taker `apart` or of their mean; `colour`: the first move is worth
    more to the stronger."""

    def d(at: Array) -> Array:
        s, rest = at[: c.players], at[c.players :].reshape(-1, c.kinds)[:, c.odds]
        giver, taker = s[c.giver] - s.mean(), s[c.taker] - s.mean()
        mean = (giver + taker) / 2
        worth = sum(rest[2 + i] * (giver if apart else mean) ** i for i in range(power + 1))
        worth = worth + (sum(rest[2 + power + i] * taker**i for i in range(1, power + 1)) if apart else 0)
        found: Array = giver - taker + c.first * (rest[0] + colour * rest[1] * mean) - np.where(c.odds, worth, 0)
        return found

    terms = power * (1 + apart) + 1
    numbers = (c.players - 1) + c.kinds * (1 + colour) + (c.kinds - 1) * terms
    return Form(name, numbers, c.players + (2 + terms) * c.kinds, d)


def strengths(c: Cells, name: str, pairs: bool = False) -> Form:
    """Every player has a strength as giver and one as taker at all odds; `pairs`: any two have even chances of their
    own."""
    each = c.kinds * c.players

    def d(at: Array) -> Array:
        giving, taking = at[: 2 * each].reshape(2, c.kinds, c.players)
        taking = np.vstack([giving[:1], taking[1:]])
        colour, free = at[2 * each : 2 * each + 2 * c.kinds].reshape(2, -1), at[2 * each + 2 * c.kinds :]
        mean = (giving[0][c.giver] + giving[0][c.taker]) / 2
        level = giving[c.odds, c.giver] - taking[c.odds, c.taker]
        even = free.reshape(c.players, -1)[c.giver, c.taker] if pairs else level
        found: Array = np.where(c.odds, level, even) + c.first * (colour[0][c.odds] + colour[1][c.odds] * mean)
        return found

    there, met = len(set(c.giver)) + len(set(c.taker)) - 1, len(set(zip(c.giver, c.taker, strict=True)))
    numbers = (met if pairs else c.players - 1) + 2 * c.kinds + (c.kinds - 1) * there
    return Form(name, numbers, 2 * each + 2 * c.kinds + c.players**2, d)


def fitted(c: Cells, form: Form) -> tuple[float, Array]:
    """Deviance, and the score that is expected of each cell."""

    def deviance(p: Array) -> float:
        parts = xlogy(c.score, c.score / p) + xlogy(1 - c.score, (1 - c.score) / (1 - p))
        return float(2 * (c.games * parts).sum())

    def of(at: Array) -> Array:
        return np.clip(expit(form.d(at)), 1e-12, 1 - 1e-12)

    start = np.random.default_rng(0).normal(0, 0.05, form.length)
    found = minimize(lambda at: deviance(of(at)) + SMALL * at @ at, start, method="BFGS", options={"gtol": 1e-4})
    return deviance(of(found.x)), of(found.x)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folders", nargs="+")
    for folder in asked.parse_args().folders:
        c = cells(folder)
        shown(c, folder)


def shown(c: Cells, folder: str) -> None:
    """The table of a run."""
    forms = [
        line(c, "a straight line in skill", colour=False, apart=False),
        line(c, "+ first move by skill", apart=False),
        line(c, "+ differences of skill count otherwise at odds (the study's)"),
        line(c, "+ curved", power=2),
        strengths(c, "+ free for every player"),
        strengths(c, "+ even games free for every pair", pairs=True),
    ]
    print(f"{folder}: {len(c.score)} cells, {c.games.sum():.0f} games")
    print("| worth | numbers | deviance | p of what was added | apart | by chance | from known |")
    print("|---|---|---|---|---|---|---|")
    before = (0.0, 0)
    for i, form in enumerate(forms):
        deviance, p = fitted(c, form)
        more = form.numbers - before[1]
        told = f"{chi2.sf(max(0.0, before[0] - deviance), more):.4f}" if i else ""
        apart = np.average(np.abs(c.score - p), weights=c.games)
        chance = np.average(np.sqrt(2 / np.pi * p * (1 - p) / c.games), weights=c.games)
        known = "" if np.isnan(c.known).any() else f"{np.sqrt(np.mean((p - c.known) ** 2)):.4f}"
        print(
            f"| {form.name} | {form.numbers} | {deviance:.0f} | {told} | {apart:.4f} | {chance:.4f} | {known} |",
            flush=True,
        )
        before = (deviance, form.numbers)


if __name__ == "__main__":
    main()
