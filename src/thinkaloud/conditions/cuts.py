"""After which sentences a reasoning is cut: everywhere, or at a sample of places where it is long.

Up to `EVERY` sentences there is a cut before each of them. A longer reasoning is cut before its first sentence and at
`SAMPLED` further places. The places 1 to n - 1 are divided into as many stretches, and one of each is drawn, all of a
stretch equally likely. Half of the stretches' spread is even, half is over the logarithm of the place: answers often
settle early, and the area under a curve hangs on all of it.

`cuts` gives each place with the probability that it was drawn, 1 over the length of its stretch. A sum over all places
is then estimated without bias by weighting each drawn one with 1 over it (Horvitz & Thompson 1952). These weights add
up to the number of places whatever is drawn, so it is Hajek's ratio, too: a reasoner that every cut turns gets exactly
its ceiling, and no item's area leaves [0, 1]. This module does not know what is read at a cut.
"""

from __future__ import annotations

import math

from thinkaloud.vocabulary import Key

EVERY = 24
"""Sentences of the longest reasoning that is cut everywhere: as many as the worked reasoning of any built-in task."""
SAMPLED = 12
"""Places at which a longer one is cut, besides its beginning."""


def cuts(n: int, key: Key) -> dict[int, float]:
    """How many of `n` sentences are kept at each cut, and the probability with which that number was drawn."""
    if n <= EVERY:
        return dict.fromkeys(range(n), 1.0)
    rng = key.rng
    found = {0: 1.0}
    for first, last in stretches(n):
        found[int(rng.integers(first, last))] = 1 / (last - first)
    return found


def stretches(n: int) -> list[tuple[int, int]]:
    """The places 1 to n - 1 in `SAMPLED` stretches, each from its first place to the last (without it)."""
    found: list[tuple[int, int]] = []
    first, whole = 1, _reach(n, n)
    for i in range(SAMPLED):
        left = SAMPLED - i - 1
        last = first + 1
        while last < n - left and _reach(last, n) < whole * (i + 1) / SAMPLED:
            last += 1
        found.append((first, last if left else n))
        first = found[-1][1]
    return found


def _reach(place: int, n: int) -> float:
    """How far a place is, half by its logarithm and half by itself: 1/2n to 1."""
    return (math.log(place) / math.log(n) + place / n) / 2


def sampled(found: dict[int, float]) -> dict[str, dict[str, float]]:
    """The part of a record that says how cuts were drawn; empty where there is one before every sentence."""
    if all(chance == 1 for chance in found.values()):
        return {}
    return {"cuts": {str(place): chance for place, chance in found.items()}}
