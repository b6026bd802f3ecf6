"""The map: where do fresh contexts pay? A family is a point, and the answer has a shape, not a yes or no.

Three coordinates, all of a family's items that have both arms of the effect:

    load            mean prompt tokens of the plain question; slopes are per factor, on its logarithm
    step error      share of the checked sub-answers that were wrong, over the attempts of both arms together
    independence    parts / longest chain of dependent parts, mean over items: 1 is a chain, k is k independent parts

and one effect: the area between the curves, with a sign-flip p (`signs.py`; it takes differences to be symmetric if
there is no effect) and Benjamini-Hochberg over the map. Step error is over *both* arms, because the error of one arm
alone would share its luck with the effect and make a slope out of noise.

Slopes are of the effect on each coordinate by itself, in accuracy per standard deviation, the family as the unit, with
HC3 standard errors and t(G - 2). One at a time: the coordinates go together, so no slope is an effect with the others
held, let alone a cause. This module does not know why a family is where it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thinkaloud.metrics.frontier import Name, name_of
from thinkaloud.stats.bootstrap import KEY, Array, t_quantile
from thinkaloud.stats.equivalence import benjamini_hochberg
from thinkaloud.stats.label import Label
from thinkaloud.stats.signs import sign_flip
from thinkaloud.vocabulary import Estimate, Key, Record

FAMILIES = 10
"""Fewer points than this have no slope."""
COORDINATES = ("load", "step error", "independence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A family on the map; a coordinate that nobody knows is None. `adjusted`: p by Benjamini-Hochberg over the map."""

    family: str
    load: float | None
    error: float | None
    independence: float | None
    effect: float
    n: int
    p: float
    adjusted: float = 1.0

    def coordinate(self, name: str) -> float | None:
        """By its name in `COORDINATES`, as the slopes use it."""
        if name == "load":
            return None if not self.load else math.log(self.load)
        return self.error if name == "step error" else self.independence


def points(
    by_task: Mapping[str, Sequence[Record]], rows: Mapping[str, Array], arms: tuple[str, str], key: Key = KEY
) -> list[Point]:
    """A point for each family with items that have both arms; `rows`: the paired differences of its items."""
    found = []
    for family, differences in rows.items():
        if len(differences):
            p = sign_flip(differences, key.child("flip", family))
            load, error, independence = places(by_task[family], arms)
            found.append(
                Point(
                    family=family, load=load, error=error, independence=independence,
                    effect=float(differences.mean()), n=len(differences), p=p,
                )
            )  # fmt: skip
    adjusted = benjamini_hochberg([point.p for point in found])
    return [replace(point, adjusted=p) for point, p in zip(found, adjusted, strict=True)]


def places(records: Sequence[Record], arms: tuple[str, str]) -> tuple[float | None, float | None, float | None]:
    """Load, step error and independence of a family."""
    both = [record for record in records if record["arm"] in arms]
    load = _mean_by_item([(name_of(r), float(r["load"])) for r in both if r.get("load")])
    shape = [(name_of(r), r["parts"] / r["chain"]) for r in both if r.get("parts") and r.get("chain")]
    steps = [a["steps"] for r in both for a in r.get("attempts") or () if a.get("steps")]
    right, known = sum(s[0] for s in steps), sum(s[1] for s in steps)
    return load, 1 - right / known if known else None, _mean_by_item(shape)


def _mean_by_item(values: Sequence[tuple[Name, float]]) -> float | None:
    """Every item counts once, whichever arms it has."""
    once = dict(values)
    return sum(once.values()) / len(once) if once else None


def slopes(label: Label, found: Sequence[Point]) -> list[Estimate]:
    """`NAME slope COORDINATE` for the three coordinates: accuracy per standard deviation of the coordinate."""
    return [
        _slope(label.more(f"slope {coordinate}", role="slope", coordinate=coordinate), coordinate, found)
        for coordinate in COORDINATES
    ]


def _slope(label: Label, coordinate: str, found: Sequence[Point]) -> Estimate:
    known = [(at, point.effect, point.n) for point in found if (at := point.coordinate(coordinate)) is not None]
    count, items = len(known), sum(n for _, _, n in known)

    def absent(why: str) -> Estimate:
        return Estimate.absent(label.name, why, items, count, "family", label.about)

    if count < FAMILIES:
        return absent(f"too few families whose {coordinate} is known (n={count}): a slope needs at least {FAMILIES}")
    x, y = (np.array(column, dtype=np.float64) for column in list(zip(*known, strict=True))[:2])
    if x.std() < 1e-12:
        return absent(f"not identifiable: all families have the same {coordinate}")
    slope, error = hc3((x - x.mean()) / x.std(ddof=1), y)
    if not math.isfinite(error):
        return absent(f"not identifiable: one family alone decides the slope on {coordinate}")
    half = t_quantile(0.975, count - 2) * error
    return Estimate(label.name, slope, slope - half, slope + half, items, count, "family", about=label.about)


def hc3(x: Array, y: Array) -> tuple[float, float]:
    """Least-squares slope and its HC3 standard error: residuals as if each point had been left out."""
    centred = x - x.mean()
    square = float(centred @ centred)
    slope = float(centred @ y) / square
    residual = y - y.mean() - slope * centred
    room = 1 - (1 / len(x) + centred**2 / square)
    if room.min() < 1e-9:
        return slope, math.inf
    return slope, math.sqrt(float((centred**2 * (residual / room) ** 2).sum())) / square


def rows_of(name: str, found: Sequence[Point]) -> list[dict[str, object]]:
    """The map as a table: a row a family, plain JSON; `name` is the effect."""
    return [
        {
            "effect": name, "family": x.family, "load": x.load, "step error": x.error, "independence": x.independence,
            "value": x.effect, "n": x.n, "p": x.p, "adjusted p": x.adjusted,
        }
        for x in found
    ]  # fmt: skip
