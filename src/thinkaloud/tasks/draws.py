"""Small draws from a numpy generator, in plain Python types. Knows nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

NAMES = ("Ann", "Bob", "Cara", "Dan", "Eve", "Finn", "Gina", "Hugo", "Iris", "Jack", "Kate", "Leo")
"""Short first names that no other word in the built-in tasks resembles."""


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def some(rng: np.random.Generator, choices: Sequence[T], n: int) -> list[T]:
    """`n` different ones of the choices, in random order."""
    return [choices[int(i)] for i in rng.permutation(len(choices))[:n]]


def shuffled(rng: np.random.Generator, choices: Sequence[T]) -> list[T]:
    """All of the choices in random order."""
    return some(rng, choices, len(choices))
