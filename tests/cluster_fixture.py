"""A study whose units can be made to fail in every way, for workers in other processes: which, the environment says."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from thinkaloud.study import Asked, Do, Study, Unit
from thinkaloud.vocabulary import (
    Completion,
    Estimate,
    Key,
    Model,
    ModelCard,
    Prompt,
    Reading,
    Record,
    Sampling,
    Usage,
)

TROUBLE = "CLUSTER_TEST_TROUBLE"
"""`FOLDER kind=number ...`: what happens at which unit; `once`: only the first time, which a file in FOLDER shows."""
UNITS = 12


class Odd(ValueError):
    """An error of somebody else's, which cannot be sent to another process."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} is not {other}")


class Counted(Study):
    """Units that hang on one that decides: what it found is in what they are made of."""

    name, question = "counted", "How many?"

    async def run(self, asked: Asked, do: Do) -> list[str]:
        do.expect(UNITS)
        first = await do.unit(Unit(phase="decide", subject="level", work=partial(decide, asked.seed)))
        level = first.records[0]["level"]
        units = [self._unit(i, level) for i in range(UNITS)]
        done = await do.each([partial(do.unit, unit) for unit in units])
        return [f"{sum(len(one.records) for one in done)} records at level {level}"]

    def _unit(self, i: int, level: int) -> Unit:
        work = partial(measured, i, level)
        return Unit(
            phase=self.name, subject=f"part {i % 2}", at={"i": i}, content={"level": level}, work=work,
            title=f"unit {i}",
        )  # fmt: skip

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        values = [record["value"] for record in records if record["status"] == "ok"]
        mean = sum(values) / len(values)
        return [Estimate("mean", mean, min(values), max(values), len(values), len(values), clustered_by="item")]


async def decide(seed: int, session: Model) -> list[Record]:
    return [{"item": "level", "status": "ok", "level": 3 + seed}]


async def measured(i: int, level: int, session: Model) -> list[Record]:
    trouble(i)
    await asyncio.sleep(0.01)
    return [{"item": f"{i}-{k}", "status": "ok", "value": (i * 7 + k * level) % 11} for k in range(3)]


def trouble(i: int) -> None:
    """Whatever is to happen at this unit."""
    folder, *said = os.environ.get(TROUBLE, "").split() or [""]
    for kind, at in (one.split("=") for one in said):
        if int(at) != i:
            continue
        if kind == "kill" or (kind == "kill-once" and _first(Path(folder) / f"{kind}-{i}")):
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "hang" or (kind == "hang-once" and _first(Path(folder) / f"{kind}-{i}")):
            time.sleep(600)  # and does not let go of the process
        if kind == "odd":
            raise Odd(i, level_of(i))


class Ledgered:
    """A model of somebody's own without a gate. What it computes it writes into a file first, which no worker that is
    killed takes along: so many words of the prompt, and as many as the prompt says."""

    card = ModelCard("ledgered", "own", "v1", "completion", "exact", 4096, frozenset({"prefill"}))

    def __init__(self, ledger: Path) -> None:
        self.ledger, self.usage = ledger, Usage()

    def session(self) -> Ledgered:
        return Ledgered(self.ledger)

    def tokens(self, text: str) -> list[str]:
        return text.split()

    def lower(self, prompt: Prompt) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        return (), tuple(self.tokens(prompt.question)), ""

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        words = self.tokens(prompt.question)
        wrote = min(sampling.tokens, int(words[-1]))
        with self.ledger.open("a") as file:
            file.write(f"{len(words) + wrote}\n")
        await asyncio.sleep(0.01)
        trouble(int(words[0]))
        self.usage += Usage(len(words), len(words), wrote, 1)
        return Completion("so " * wrote, wrote, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        raise NotImplementedError


def counted_in(ledger: Path) -> int:
    """All that was computed."""
    return sum(map(int, ledger.read_text().split())) if ledger.exists() else 0


class Asking(Study):
    """Units whose requests are made side by side."""

    name, question = "asking", "How much is written?"
    takes = frozenset({"model"})

    async def run(self, asked: Asked, do: Do) -> list[str]:
        units = [
            Unit(phase=self.name, subject="all", at={"i": i}, work=partial(written, i), title=f"unit {i}")
            for i in range(UNITS)
        ]
        await do.each([partial(do.unit, unit) for unit in units])
        return []

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        n = len(records)
        return [Estimate("words", sum(record["words"] for record in records) / n, 0, 99, n, n, clustered_by="item")]


async def written(i: int, session: Model) -> list[Record]:
    asked = [session.generate(Prompt((), f"{i} a b c {5 + k}"), Sampling(12), Key((str(i),))) for k in range(4)]
    done = await asyncio.gather(*asked)
    return [{"item": f"{i}-{k}", "status": "ok", "words": one.tokens} for k, one in enumerate(done)]


def level_of(i: int) -> int:
    return i + 1


def _first(mark: Path) -> bool:
    there = mark.exists()
    mark.touch()
    return not there


def told() -> Any:
    """A progress that keeps what was said."""

    class Told:
        said: list[str] = []  # noqa: RUF012  (one for each call)

        def expect(self, units: float) -> None: ...

        def advance(self, units: float, what: str) -> None: ...

        def say(self, text: str) -> None:
            self.said.append(text)

    return Told()
