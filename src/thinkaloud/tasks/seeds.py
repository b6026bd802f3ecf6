"""Seeds for sets of generated questions: derived and never chosen, and far enough apart.

    root = SHA256(protocol_hash || beacon)
    seed = the first 4 bytes of SHA256("thinkaloud/seed/v1" 0 root 0 "family/split/level/j"), halved: 31 bits

The beacon may be a public random value that appeared after the protocol was fixed: then no one can have seen the
questions before. A generator that makes question i from `seed + i` (reasoning-gym does) gives nearly the same set for
neighbouring seeds, so two sets of a family must lie further apart than the largest set is long; else j goes up by 1.

This module knows nothing about generators and keeps no list of earlier draws: distances hold among the sets that it is
given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from thinkaloud.errors import UserError


class Set(NamedTuple):
    """A set of questions: which family, for what use (dev, test, ...), how difficult."""

    family: str
    split: str
    level: int


def root(protocol_hash: bytes, beacon: bytes = b"") -> bytes:
    """32 bytes from which all seeds of a protocol follow."""
    return hashlib.sha256(protocol_hash + beacon).digest()


def candidate(origin: bytes, wanted: Set, j: int) -> int:
    """The j-th candidate for the seed of a set, in [0, 2^31)."""
    name = "/".join(map(str, (*wanted, j)))
    digest = hashlib.sha256(b"thinkaloud/seed/v1\0" + origin + b"\0" + name.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def draw_seeds(origin: bytes, sets: Sequence[Set], largest: int) -> dict[Set, int]:
    """A seed for each set, in their order: the first candidate that is more than `largest` (the number of questions in
    the largest set) away from every seed that a set of the same family has by then. ValueError if there may be no room
    for so many sets."""
    if 2 * largest * len(sets) >= 1 << 31:
        raise ValueError(f"{len(sets)} sets of up to {largest} questions do not fit among 2^31 seeds")
    seeds: dict[Set, int] = {}
    for wanted in sets:
        taken = [seed for other, seed in seeds.items() if other.family == wanted.family]
        j = 0
        while any(abs(candidate(origin, wanted, j) - seed) <= largest for seed in taken):
            j += 1
        seeds[wanted] = candidate(origin, wanted, j)
    return seeds


def refuse_overlap(questions: Mapping[Set, Sequence[str]]) -> None:
    """The last check, on the questions themselves: raises `UserError` if one is in two sets, or twice in one set."""
    first: dict[str, Set] = {}
    for where, texts in questions.items():
        for text in texts:
            digest = hashlib.sha256(text.encode()).hexdigest()
            if digest in first:
                raise UserError(f"{first[digest]} and {where} share the question {text[:80]!r}")
            first[digest] = where
