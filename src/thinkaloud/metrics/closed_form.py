"""What a chain of noisy steps, a vote, a verifier and an escalation score, exactly: oracles for the arms.

Values are one of v, a wrong step is off by one of the v - 1 wrong amounts, all alike, and values are added up modulo v.
That noise is a mixture: with probability 1 - e v/(v - 1) nothing, else a guess. A sum is right if no step was a guess,
and by luck if any was, so over steps with errors e_1 .. e_n

    kept = prod (1 - e_i v/(v - 1))        right = 1/v + (1 - 1/v) kept

and all wrong answers are equally likely. Everything else here is an exact sum over attempts that are independent given
`right`. Ours; single-shot against chunk-and-aggregate with context and aggregator noise is the setting of 2506.16411.
This module knows no arms, no models and no spend.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product


def kept(errors: Iterable[float], values: int = 10) -> float:
    """Probability that no step was a guess."""
    return math.prod(1 - error * values / (values - 1) for error in errors)


def right(share: float, values: int = 10) -> float:
    """Probability of the right answer where a share was not a guess."""
    return 1 / values + (1 - 1 / values) * share


@lru_cache(maxsize=4096)
def majority(p: float, k: int, values: int = 10) -> float:
    """Expected score of a majority of k attempts, each right with probability p and else one of the v - 1 wrong
    answers, all alike; ties are split.

    The right answer has m votes and t wrong ones have m too, none more: k! p^m/m! times the coefficient of
    x^(k-m) y^t in (sum_{j<m} (qx)^j/j! + y (qx)^m/m!)^(v-1), q = (1-p)/(v-1); it scores 1/(t + 1).
    """
    wrong = (1 - p) / (values - 1)
    total = 0.0
    for m in range(1, k + 1):
        rest = k - m
        ways = {(0, 0): 1.0}  # (votes given to wrong answers, how many of these are tied)
        for _ in range(values - 1):
            new: dict[tuple[int, int], float] = {}
            for (votes, tied), weight in ways.items():
                for j in range(min(m, rest - votes) + 1):
                    at = (votes + j, tied + (j == m))
                    new[at] = new.get(at, 0.0) + weight * wrong**j / math.factorial(j)
            ways = new
        shared = sum(weight / (tied + 1) for (votes, tied), weight in ways.items() if votes == rest)
        total += math.factorial(k) * p**m / math.factorial(m) * shared
    return total


@lru_cache(maxsize=4096)
def best_of(p: float, wrong: float, k: int = 3, values: int = 10) -> float:
    """The first of k candidates that a verifier accepts (its verdict is wrong with probability `wrong`), the most
    frequent where it accepts none: sum_i r^(i-1) p (1 - wrong) + P(none accepted, the most frequent is right), with
    r = p wrong + (1 - p)(1 - wrong) the probability that a candidate is rejected."""
    rejected = p * wrong + (1 - p) * (1 - wrong)
    accepted = sum(rejected**i * p * (1 - wrong) for i in range(k))
    return accepted + most_frequent([(p * wrong, (1 - p) * (1 - wrong))] * k, values)


@lru_cache(maxsize=4096)
def escalated(snap: float, p: float, wrong: float, values: int = 10) -> float:
    """A snap answer if it is accepted, else one aloud if that is, else the most frequent of that and three more."""
    first = snap * (1 - wrong)
    on = snap * wrong + (1 - snap) * (1 - wrong)
    second = p * (1 - wrong)
    rest = most_frequent([(p * wrong, (1 - p) * (1 - wrong)), *[(p, 1 - p)] * 3], values)
    return first + on * (second + rest)


def most_frequent(candidates: Sequence[tuple[float, float]], values: int = 10) -> float:
    """P(the most frequent candidate is right), the first of equals; each has (weight of right, weight of wrong), and
    wrong ones are spread evenly over v - 1 answers. Weights need not add up to 1: a condition is then in them."""
    total = 0.0
    for pattern in product((True, False), repeat=len(candidates)):
        weight = math.prod(c[0] if mark else c[1] for c, mark in zip(candidates, pattern, strict=True))
        if weight and any(pattern):
            total += weight * _wins(pattern, values - 1)
    return total


@lru_cache(maxsize=256)
def _wins(pattern: tuple[bool, ...], wrong: int) -> float:
    """P(right ones win) where the others are one of `wrong` answers each, over all ways in which these may be equal."""
    others = pattern.count(False)
    won = 0
    for drawn in product(range(1, wrong + 1), repeat=others):
        rest = iter(drawn)
        shown = [0 if mark else next(rest) for mark in pattern]
        won += max(shown, key=shown.count) == 0
    return won / float(wrong**others)
