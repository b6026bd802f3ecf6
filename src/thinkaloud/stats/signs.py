"""Is a paired difference 0? By its signs: if the two arms were exchangeable in every item, any sign would do as well.

`sign_flip` is exact (all sign patterns are counted) where every difference that is not 0 is equally large, as right and
wrong answers are, however many they are, or where no more than `LISTED` are not 0. Otherwise `FLIPS` random signs are
drawn. Differences of 0 change nothing. Unlike a t test it does not take five of five in one direction for certain: no
p is below 2^(1 - n), so few items cannot confirm anything after a correction for many families.

This module takes differences to be symmetric about 0 if there is no effect, and to be independent.
"""

from __future__ import annotations

import math

import numpy as np

from thinkaloud.stats.bootstrap import KEY, Array
from thinkaloud.vocabulary import Key

LISTED = 14
"""Up to so many differences all sign patterns are listed (half of 2^14 lines: fewer than would be drawn)."""
FLIPS = 9_999
EQUAL = 1e-9


def sign_flip(differences: Array, key: Key = KEY) -> float:
    """Two-sided p of a mean of 0: how often signs by chance give a mean as far from 0; `differences` [items]. 1 where
    nothing differs. `key`: of the random signs, where there are any."""
    moved = differences[np.abs(differences) > EQUAL]
    sizes = np.abs(moved)
    if not len(moved):
        return 1.0
    if np.ptp(sizes) <= EQUAL:
        return _binomial(int((moved > 0).sum()), len(moved))
    seen = abs(float(moved.sum()))
    if len(moved) <= LISTED:
        return float((np.abs(_all_signs(len(moved)) @ sizes) >= seen - EQUAL).mean())
    signs = key.rng.integers(0, 2, size=(FLIPS, len(moved)), dtype=np.int8) * 2.0 - 1
    return float((1 + (np.abs(signs @ sizes) >= seen - EQUAL).sum()) / (FLIPS + 1))


def _binomial(up: int, n: int) -> float:
    """p of so many of n going up, where up and down are equally likely (the sign test; McNemar's exact test)."""
    most = max(up, n - up)
    return min(1.0, float(sum(math.comb(n, k) for k in range(most, n + 1)) / 2 ** (n - 1)))


def _all_signs(n: int) -> Array:
    """Every pattern of signs with the first one up, [2^(n-1), n]: the other half is the same from the other side."""
    numbers = np.arange(2 ** (n - 1))[:, None] >> np.arange(n - 1)
    return np.hstack([np.ones((len(numbers), 1)), 1.0 - 2 * (numbers & 1)])
