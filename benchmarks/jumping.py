"""A clock that jumps: backwards and far forwards, and that stands still. What a run measures must hang on none of it.

    with jumping(random.Random(1)):
        thinkaloud.run(...)

What Python promises of its clocks is kept and nothing more: `time.time` and dates may jump anywhere, `time.monotonic`
and `time.perf_counter` stand still for a while and jump forwards, and never go back. Files still get the true time of
the system. Knows nothing about runs but which of their modules asks for a date by name.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any

YEARS = 365.25 * 86_400
AWAY = (0.0, 1.0, -1.0, 3_600.0, -86_400.0, 10 * YEARS, -10 * YEARS, 60 * YEARS, -70 * YEARS)
"""Seconds by which the time of day may be wrong; the last is before 1970."""
LEAPS = (0.0, 0.0, 0.0, 0.001, 1.0, 90.0)
"""Seconds by which a clock that only grows may leap."""
STANDS = 12
"""Readings during which such a clock may stand still, at most: `asyncio` waits until it has moved."""


def away(clock: Callable[[], float], rng: random.Random) -> Callable[[], float]:
    """A time of day that is wrong by something else every now and then."""
    wrong = [0.0]

    def read() -> float:
        if rng.random() < 0.2:
            wrong[0] = rng.choice(AWAY)
        return clock() + wrong[0]

    return read


def leaping(clock: Callable[[], float], rng: random.Random, leaps: tuple[float, ...] = LEAPS) -> Callable[[], float]:
    """A clock that stands still for some readings, then leaps."""
    shown, ahead, left = [clock()], [0.0], [0]

    def read() -> float:
        if left[0] > 0:
            left[0] -= 1
        else:
            ahead[0] += rng.choice(leaps)
            shown[0] = max(shown[0], clock() + ahead[0])
            left[0] = rng.randrange(STANDS) if rng.random() < 0.1 else 0
        return shown[0]

    return read


def dated(read: Callable[[], float]) -> type[datetime]:
    """`datetime`, which reads this clock."""

    class Dated(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.fromtimestamp(read(), tz)

    return Dated


@contextmanager
def jumping(rng: random.Random, leaps: tuple[float, ...] = LEAPS) -> Iterator[None]:
    """Every clock of this process jumps within this block."""
    from thinkaloud.runs import lock

    day = away(time.time, rng)
    put: list[tuple[ModuleType, str, Any]] = [
        (time, "time", day),
        (time, "time_ns", lambda: int(day() * 1e9)),
        (time, "monotonic", leaping(time.monotonic, rng, leaps)),
        (time, "perf_counter", leaping(time.perf_counter, rng, leaps)),
        (lock, "datetime", dated(day)),
    ]
    were = [(module, name, getattr(module, name)) for module, name, _ in put]
    try:
        for module, name, clock in put:
            setattr(module, name, clock)
        yield
    finally:
        for module, name, clock in were:
            setattr(module, name, clock)
