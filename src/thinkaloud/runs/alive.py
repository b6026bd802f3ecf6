"""Says that a run is alive where nothing ends for a while: units that share a model's batches end together, and on a
slow machine that may take an hour. Knows no unit and no terminal.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from thinkaloud.runs.caps import Caps
from thinkaloud.runs.progress import Progress

EVERY = 60.0
"""Seconds without a word after which one is said."""


@dataclass
class Heard:
    """A progress that remembers when it last was told something."""

    progress: Progress
    last: float = field(default_factory=time.monotonic)

    def expect(self, units: float) -> None:
        """See `Progress`."""
        self.last = time.monotonic()
        self.progress.expect(units)

    def advance(self, units: float, what: str) -> None:
        """See `Progress`."""
        self.last = time.monotonic()
        self.progress.advance(units, what)

    def say(self, text: str) -> None:
        """See `Progress`."""
        self.last = time.monotonic()
        self.progress.say(text)

    def alive(self, text: str) -> None:
        """See `Progress`; it counts as no word of its own."""
        self.progress.alive(text)


@asynccontextmanager
async def heartbeat(told: Progress, caps: Caps, every: float = EVERY) -> AsyncIterator[None]:
    """Within this block, `Progress.alive` is told how far the run is whenever it was told nothing for `every` seconds.
    A model that computes without letting go of the process is told of between its batches."""
    heard = told if isinstance(told, Heard) else Heard(told)

    async def beat() -> None:
        while hasattr(heard.progress, "alive"):  # one of a user's own may not have it
            await asyncio.sleep(every / 6)
            if time.monotonic() - heard.last >= every:
                heard.last = time.monotonic()
                heard.alive(f"at work, {caps.spent:,} tokens in {caps.took / 60:.0f} min")

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
