"""A run in which nothing ends for a while says that it is at work, and no oftener than that."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from thinkaloud.cli.progress import progress
from thinkaloud.runs.alive import Heard, heartbeat
from thinkaloud.runs.caps import Caps
from thinkaloud.runs.progress import NullProgress


@dataclass
class Kept(NullProgress):
    """What was said."""

    words: list[str] = field(default_factory=list)

    def alive(self, text: str) -> None:
        self.words.append(text)


def during(told: Heard, work: float, every: float, steps: int = 0) -> None:
    async def run() -> None:
        async with heartbeat(told, Caps(), every):
            for _ in range(max(1, steps)):
                await asyncio.sleep(work / max(1, steps))
                if steps:
                    told.advance(1, "a unit")

    asyncio.run(run())


def test_silence_is_broken_and_a_busy_run_says_nothing_more() -> None:
    quiet, busy = Kept(), Kept()
    during(Heard(quiet), 0.5, 0.1)
    assert quiet.words[0] == "at work, 0 tokens in 0 min"
    during(Heard(busy), 0.3, 5.0, steps=10)
    assert busy.words == []
    before = Heard(NullProgress()).last
    assert before <= time.monotonic()


def test_a_progress_of_ones_own_need_not_know_of_it() -> None:
    class Own:
        def expect(self, units: float) -> None: ...

        def advance(self, units: float, what: str) -> None: ...

        def say(self, text: str) -> None: ...

    during(Heard(Own()), 0.1, 0.02)  # type: ignore[arg-type]


def test_lines_say_where_the_run_stands(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as shown:
        shown.expect(4)
        shown.advance(1, "first")
        shown.alive("at work, 7 tokens in 2 min")
    assert capsys.readouterr().err == " 25%  at work, 7 tokens in 2 min\n"
