"""Self-consistency from one pool of attempts: what a majority of k of them is expected to score.

Of N attempts at a question every set of k is equally likely. The set gives the answer that most of it gave; answers
that are tied share the win evenly; an attempt without an answer has no vote, and a set without any vote scores 0. The
expectation over all sets is exact and needs no list of sets: for each number of votes m that may win, the ways to draw
are the coefficients of a product of one short polynomial an answer.

Answers are counted as written, so two spellings of the right answer are two candidates: a vote does not know which
answers are right. With answers AAABC and gold A, k = 1..5 score .6, .6, .8, 1, 1. Where right answers are a minority a
vote hurts, so self-consistency is a curve over k and not its largest k. This module does not know what an attempt cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import lru_cache
from math import comb

import numpy as np

from thinkaloud.stats.bootstrap import Array

Candidate = tuple[int, float]
"""How many attempts gave an answer, and what share of those was marked right (0 or 1 if the marking is consistent)."""


def majority(answers: Sequence[Hashable | None], right: Sequence[bool], k: int) -> float:
    """Expected score of a majority of k of the attempts; 0 for k = 0. `None` is no answer."""
    if not 0 <= k <= len(answers):
        raise ValueError(f"a vote of {k} needs between 0 and {len(answers)} attempts")
    return curve(answers, right)[k - 1] if k else 0.0


def curve(answers: Sequence[Hashable | None], right: Sequence[bool]) -> tuple[float, ...]:
    """`majority` for k = 1, 2, ... up to all attempts."""
    marks: dict[Hashable, list[bool]] = defaultdict(list)
    for answer, mark in zip(answers, right, strict=True):
        if answer is not None:
            marks[answer].append(bool(mark))
    candidates = tuple(sorted((len(found), sum(found) / len(found)) for found in marks.values()))
    return _curve(candidates, len(answers) - sum(count for count, _ in candidates))


@lru_cache(maxsize=100_000)
def _curve(candidates: tuple[Candidate, ...], silent: int) -> tuple[float, ...]:
    """The curve depends on nothing but counts, and few patterns of counts occur: each is computed once."""
    total = silent + sum(count for count, _ in candidates)
    won = np.zeros(total + 1)
    for m in range(1, max((count for count, _ in candidates), default=0) + 1):
        for mine in sorted({c for c in candidates if c[0] >= m and c[1] > 0}):
            others = list(candidates)
            others.remove(mine)
            times = candidates.count(mine)
            ways = _ways(tuple(count for count, _ in others), silent, m)  # [drawn from the others, tied with me]
            shared = ways @ (1 / np.arange(1, ways.shape[1] + 1))
            won[m : m + len(shared)] += times * mine[1] * comb(mine[0], m) * shared
    return tuple(float(min(1.0, won[k] / comb(total, k))) for k in range(1, total + 1))


def _ways(counts: tuple[int, ...], silent: int, m: int) -> Array:
    """[j, t]: ways to draw j of the others so that none has more than m votes and t of them have exactly m.

    Floats: the largest number, 64 choose 32, is about 2e18, so a share has 15 right digits.
    """
    size = silent + sum(counts)
    ways = np.zeros((size + 1, len(counts) + 1))
    ways[: silent + 1, 0] = [comb(silent, i) for i in range(silent + 1)]
    for count in counts:
        new = np.zeros_like(ways)
        for i in range(min(count, m - 1) + 1):
            new[i:] += comb(count, i) * ways[: size + 1 - i]
        if count >= m:
            new[m:, 1:] += comb(count, m) * ways[: size + 1 - m, :-1]
        ways = new
    return ways
