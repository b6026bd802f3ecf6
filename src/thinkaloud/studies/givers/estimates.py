"""From tests to estimates: the strength of every arm, and what start and opponent did to it. The seed is the unit.

A strength is the Elo of the expected score against one taker, by seed; at *odds* it is the mean of the strengths at all
numbers of men missing. A score of 0 or 1 has no Elo, and then nothing that rests on it is identifiable.

    out of distribution    (odds, equal) - (even, equal)         what having seen odds does
    exploitation           (even, weak) - (even, equal)          what a weak opponent does
    interaction            (odds, weak) - (odds, equal) - exploitation
    exploitation at odds   (odds, weak) - (odds, equal)
    both                   (odds, weak) - (even, equal)
    extra training         (even, equal) - base
    null                   control - (even, equal)               differs in nothing but the draws

All are paired by seed, since all arms of a seed begin with the same base net; intervals are Student's. The first three,
against the held-out taker at odds, are the headline and held together (Holm); every other contrast is shown without p.
This module knows no net, and not how its numbers are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from thinkaloud.stats.davidson import ELO
from thinkaloud.stats.equivalence import ALPHA, holm
from thinkaloud.stats.seeds import BY, over_seeds, p_of
from thinkaloud.studies.givers.recipe import BASE, CONTROL, EQUAL
from thinkaloud.studies.odds.at_breakthrough import label
from thinkaloud.vocabulary import Estimate, Part, Record

GIVER, KNOWN = "giver", "known"
"""The kinds of records: a training with its tests, and what is known of the board."""
ODDS = "odds"
"""All numbers of men missing together."""
MARGIN = 25.0
"""Elo: less either way is too small to matter."""
APART = 100.0
"""Elo: two takers that differ by more, as the base net meets them, are not about as strong."""
LEAST = 5.0
"""Elo between resisting and best response, below which a share of it says nothing."""
REACH = 800.0
"""Elo: the largest contrast that is thought of, for what equal seeds cannot prove."""
CELLS = ("even, equal", "odds, equal", "even, weak", "odds, weak")
CONTRASTS: Mapping[str, Mapping[str, int]] = {
    "out of distribution": {"odds, equal": 1, "even, equal": -1},
    "exploitation": {"even, weak": 1, "even, equal": -1},
    "interaction": {"odds, weak": 1, "odds, equal": -1, "even, weak": -1, "even, equal": 1},
    "exploitation at odds": {"odds, weak": 1, "odds, equal": -1},
    "both": {"odds, weak": 1, "even, equal": -1},
    "extra training": {"even, equal": 1, BASE: -1},
    "null": {CONTROL: 1, "even, equal": -1},
}
HEADLINE = ("out of distribution", "exploitation", "interaction")
BySeed = Mapping[int, float]
"""A number for each seed."""


@dataclass(frozen=True)
class Tried:
    """Which tests: after so many lessons (0: all), and at which temperature (0: the usual one)."""

    stop: int = 0
    temperature: float = 0.0


USUAL = Tried()


@dataclass(frozen=True)
class Seen:
    """The records of a board, put in order. `trainings` by arm and seed."""

    trainings: Mapping[str, Mapping[int, Record]]
    known: Record | None
    roles: Record

    @property
    def seeds(self) -> list[int]:
        """Those of which every arm is there."""
        every = [set(by_seed) for by_seed in self.trainings.values()]
        return sorted(set.intersection(*every)) if every else []

    @property
    def last(self) -> int:
        """The stop that ends a training."""
        return int(self.roles["stops"][-1])

    @property
    def labels(self) -> list[str]:
        """Odds in words: even games, each number of men missing, and all of these together."""
        return [*(label(missing) for missing in (0, *self.roles["missing"])), ODDS]

    @cached_property
    def scores(self) -> Mapping[tuple[str, str, int, int, float], Mapping[int, float]]:
        """By arm, taker, men missing, stop and temperature: scores by seed."""
        found: dict[tuple[str, str, int, int, float], dict[int, float]] = {}
        for arm, by_seed in self.trainings.items():
            for seed in self.seeds:
                for test in by_seed[seed]["tests"]:
                    at = (arm, test["taker"], test["missing"], test["stop"], test["temperature"])
                    found.setdefault(at, {})[seed] = test["score"]
        return found

    @cached_property
    def games(self) -> int:
        """Of a test; 0 where scores are computed."""
        return max((int(test["games"]) for by_seed in self.trainings.values() for r in by_seed.values()
                    for test in r["tests"]), default=0)  # fmt: skip

    def strength(self, arm: str, taker: str, odds: str, tried: Tried = USUAL) -> BySeed | None:
        """In Elo, by seed; None where a score is 0 or 1, or there is none."""
        at = 0 if arm == BASE else tried.stop or self.last
        warmth = tried.temperature or self.roles["temperatures"][0]
        missing = [m for m in (0, *self.roles["missing"]) if odds in (label(m), *([ODDS] if m else []))]
        each = [self.scores.get((arm, taker, m, at, warmth), {}) for m in missing]
        if not all(each) or any(not 0 < score < 1 for by_seed in each for score in by_seed.values()):
            return None
        return {seed: float(np.mean([elo(by_seed[seed]) for by_seed in each])) for seed in each[0]}

    def ceiling(self, giver: str, taker: str, odds: str) -> float | None:
        """The strength of a giver that knows the game, in Elo."""
        tests = self.known["tests"] if self.known is not None else ()
        some = [t["score"] for t in tests if (t["giver"], t["taker"]) == (giver, taker)
                and odds in (label(t["missing"]), *([ODDS] if t["missing"] else []))]  # fmt: skip
        if not some or not all(0 < score < 1 for score in some):
            return None
        return float(np.mean([elo(score) for score in some]))


def elo(score: float) -> float:
    """Of an expected score between 0 and 1."""
    return ELO * math.log(score / (1 - score))


def seen_in(records: Sequence[Record]) -> Seen | None:
    """The records of one board; None where no training is among them."""
    trainings: dict[str, dict[int, Record]] = {}
    for r in records:
        if r.get("kind") == GIVER and r["status"] == "ok":
            trainings.setdefault(r["arm"], {})[r["seed"]] = r
    known = next((r for r in records if r.get("kind") == KNOWN), None)
    first = next((r for by_seed in trainings.values() for r in by_seed.values()), None)
    return Seen(trainings, known, first) if first is not None else None


def estimates(records: Sequence[Record]) -> list[Estimate]:
    """Everything about one board."""
    seen = seen_in(records)
    if seen is None:
        return []
    found: list[Estimate] = []
    for part in (
        _strengths,
        _ceilings,
        contrasts,
        _matched,
        _tried_again,
        _gains,
        _shares,
        _transfer,
        _curves,
        _checks,
    ):
        found += part(seen)
    return _held_together(found, seen)


def _over(name: str, values: BySeed | None, seen: Seen, reach: float = REACH, **about: Part) -> Estimate:
    if values is None:
        n = len(seen.seeds)
        why = "not identifiable: a score of 0 or 1 has no Elo"
        return Estimate.absent(name, why, n, n, BY, about)
    # what is computed rests on endlessly many games
    return over_seeds(name, list(values.values()), seen.games or 10**9, reach, about)


def _each(seen: Seen) -> Iterator[tuple[str, str]]:
    """Takers and odds."""
    return ((taker, odds) for taker in seen.roles["takers"] for odds in seen.labels)


def _combined(seen: Seen, weights: Mapping[str, int], taker: str, odds: str, tried: Tried = USUAL) -> BySeed | None:
    """A sum of strengths by seed, each arm with its weight."""
    by_arm = {arm: seen.strength(arm, taker, odds, tried) for arm in weights}
    there = {arm: by_seed for arm, by_seed in by_arm.items() if by_seed is not None}
    if len(there) < len(weights):
        return None
    return {seed: sum(weight * there[arm][seed] for arm, weight in weights.items()) for seed in seen.seeds}


def _strengths(seen: Seen) -> Iterator[Estimate]:
    for arm in seen.trainings:
        for taker, odds in _each(seen):
            yield _over(f"strength of {arm}, {taker}, {odds}", seen.strength(arm, taker, odds), seen,
                        measure="strength", arm=arm, taker=taker, odds=odds)  # fmt: skip


def _ceilings(seen: Seen) -> Iterator[Estimate]:
    """Of givers that know the game: computed, so that the interval of each is the number itself."""
    for giver in dict.fromkeys(test["giver"] for test in seen.known["tests"]) if seen.known is not None else ():
        for taker, odds in _each(seen):
            name, value = f"strength of {giver}, {taker}, {odds}", seen.ceiling(giver, taker, odds)
            about: dict[str, Part] = {"measure": "ceiling", "giver": giver, "taker": taker, "odds": odds}
            if value is None:
                yield Estimate.absent(name, "not identifiable: a score of 0 or 1 has no Elo", 1, 1, "board", about)
            else:
                yield Estimate(name, value, value, value, 1, 1, "board", None, about)


def contrasts(seen: Seen) -> Iterator[Estimate]:
    """Against every taker, at every odds."""
    for contrast, weights in CONTRASTS.items():
        for taker, odds in _each(seen):
            yield _over(f"{contrast}, {taker}, {odds}", _combined(seen, weights, taker, odds), seen,
                        measure="contrast", contrast=contrast, taker=taker, odds=odds)  # fmt: skip


def _matched(seen: Seen) -> Iterator[Estimate]:
    """Whether the held-out taker is about as strong as the one of training: what the base net has more against it."""
    held, weak = (seen.strength(BASE, seen.roles[role], ODDS) for role in ("held out", "weak"))
    apart = None if held is None or weak is None else {seed: held[seed] - weak[seed] for seed in seen.seeds}
    yield _over("base against the held-out taker less against the one of training", apart, seen, measure="matched",
                taker=seen.roles["held out"])  # fmt: skip


def _tried_again(seen: Seen) -> Iterator[Estimate]:
    """The headline at another temperature, and after fewer lessons."""
    ways = {f"at temperature {one:g}": Tried(temperature=one) for one in seen.roles["temperatures"][1:]}
    ways |= {f"after {stop} lessons": Tried(stop) for stop in seen.roles["stops"][:-1]}
    for contrast in HEADLINE:
        for words, tried in ways.items():
            values = _combined(seen, CONTRASTS[contrast], seen.roles["held out"], ODDS, tried)
            yield _over(f"{contrast}, {words}", values, seen, measure="tried again", contrast=contrast, how=words)


def _gains(seen: Seen) -> Iterator[Estimate]:
    """Over the base net; in even games this is what training cost."""
    for arm in seen.trainings:
        for taker, odds in _each(seen) if arm != BASE else ():
            yield _over(f"{arm} - base, {taker}, {odds}", _combined(seen, {arm: 1, BASE: -1}, taker, odds), seen,
                        measure="gain", arm=arm, taker=taker, odds=odds)  # fmt: skip


def _shares(seen: Seen) -> Iterator[Estimate]:
    """Of what the best response to the taker has above resisting, how much an arm reaches."""
    for arm in seen.trainings if seen.known is not None else ():
        for taker, odds in _each(seen):
            name = f"share of the ceiling, {arm}, {taker}, {odds}"
            about: dict[str, Part] = {"measure": "share", "arm": arm, "taker": taker, "odds": odds}
            floor, top = seen.ceiling("resisting", taker, odds), seen.ceiling("best response", taker, odds)
            strength = seen.strength(arm, taker, odds)
            if floor is None or top is None or strength is None or top - floor < LEAST:
                n, why = len(seen.seeds), "not identifiable: there is no Elo between resisting and best response"
                yield Estimate.absent(name, why, n, n, BY, about)
            else:
                shares = {seed: (value - floor) / (top - floor) for seed, value in strength.items()}
                yield _over(name, shares, seen, REACH / (top - floor), **about)


def _transfer(seen: Seen) -> Iterator[Estimate]:
    """What training at odds against a taker adds to training at odds against an equal, by taker tested."""
    learned = {str(next(iter(by_seed.values()))["opponent"]): arm for arm, by_seed in seen.trainings.items()
               if next(iter(by_seed.values()))["start"] == "odds"}  # fmt: skip
    for opponent, arm in learned.items():
        for taker in seen.roles["takers"] if opponent != EQUAL else ():
            values = _combined(seen, {arm: 1, "odds, equal": -1}, taker, ODDS)
            yield _over(f"transfer, learned on {opponent}, against {taker}", values, seen, measure="transfer",
                        learned=opponent, taker=taker)  # fmt: skip


def _curves(seen: Seen) -> Iterator[Estimate]:
    """At odds, at every stop, against the training taker and the held-out one."""
    for arm in seen.trainings:
        for taker in (seen.roles["weak"], seen.roles["held out"]):
            for stop in (0, *seen.roles["stops"]) if arm != BASE else ():
                who = arm if stop else BASE
                yield _over(f"{arm}, after {stop} lessons, {taker}", seen.strength(who, taker, ODDS, Tried(stop)), seen,
                            measure="curve", arm=arm, taker=taker, stop=stop)  # fmt: skip


def _checks(seen: Seen) -> Iterator[Estimate]:
    """Whether an arm changed what it is named after."""
    for arm, by_seed in seen.trainings.items():
        for what in by_seed[min(by_seed)]["log"]:
            shares = {seed: float(by_seed[seed]["log"][what]) for seed in seen.seeds}
            yield _over(f"{what}, {arm}", shares, seen, 1.0, measure="check", check=what, arm=arm)
    for start in ("even", "odds"):
        pair = [seen.trainings.get(f"{start}, {opponent}", {}) for opponent in ("weak", EQUAL)]
        if all(pair):
            won = {seed: float(pair[0][seed]["log"]["won early"] - pair[1][seed]["log"]["won early"])
                   for seed in seen.seeds}  # fmt: skip
            yield _over(f"weak opponent is weaker, {start}", won, seen, 1.0, measure="check", check="weaker", arm=start)


def _held_together(found: list[Estimate], seen: Seen) -> list[Estimate]:
    """The headline with its adjusted p and a word each."""
    at = {"measure": "contrast", "taker": seen.roles["held out"], "odds": ODDS}
    some = [i for i, e in enumerate(found) if e.value is not None and e.about.get("contrast") in HEADLINE
            and all(e.about.get(name) == value for name, value in at.items())]  # fmt: skip
    values = [_combined(seen, CONTRASTS[str(found[i].about["contrast"])], str(at["taker"]), ODDS) or {} for i in some]
    for i, p in zip(some, holm([p_of(list(by_seed.values())) for by_seed in values]), strict=True):
        about: dict[str, Any] = {**found[i].about, "p": round(p, 5), "verdict": verdict(found[i], p)}
        found[i] = replace(found[i], about=about)
    return found


def verdict(e: Estimate, p: float) -> str:
    """What may be said of a contrast, in this order: it is within the margin; it is there (p by Holm, and its interval
    leaves out 0); it cannot be told."""
    assert e.value is not None and e.low is not None and e.high is not None
    if max(-e.low, e.high) <= MARGIN:
        return f"at most {MARGIN:.0f} Elo"
    if p <= ALPHA and not e.low <= 0 <= e.high:
        return "above 0" if e.value > 0 else "below 0"
    return "cannot be told"
