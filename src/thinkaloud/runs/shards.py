"""A run in parts: each process does its share of the units in a folder of its own, and `whole/merge.py` makes one run.

Every shard goes through the whole program of the study. Units that measure nothing (the search for a level, the tuning
of a prompt) decide what is measured, so every shard does all of them, and all come to the same; or the merge says where
they do not. The units that measure are only noted on the way. Once all are known they are cut, in the order of
`order.py`, into as many stretches of the same cost as there are shards: neighbours stay together, such as the
checkpoints of one training, or the questions of one task, which share what an engine has computed.

`shard.json` says which part a folder is and, once it is known, what was planned: the same in all shards, or they are
not of one run. A study whose program depends on what it measured cannot be cut; one that knows it says so
(`Undivided`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from thinkaloud._version import __version__
from thinkaloud.errors import UserError
from thinkaloud.models.profile import Profile
from thinkaloud.models.session import profile_of
from thinkaloud.runs import manifest
from thinkaloud.runs.caps import CapReached
from thinkaloud.runs.execute import placed
from thinkaloud.runs.following import Following
from thinkaloud.runs.identity import known
from thinkaloud.runs.order import canonical
from thinkaloud.runs.typed import typed
from thinkaloud.study import Done, Study, Unit, digest_of

FILE = "shard.json"
MOST = 100_000
"""Shards of one run; more is a slip of the pen."""


@runtime_checkable
class Undivided(Protocol):
    """A study whose units cannot be done apart; `undivided` says why. Where that depends on the settings, it is a
    function of them, and says nothing (an empty text) where the units can be."""

    undivided: str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) `of` so many."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def takes(self, units: Sequence[Unit]) -> list[Unit]:
        """Which of these units are this part's: those whose middle lies in its stretch of the whole cost."""
        ranked = sorted(units, key=lambda unit: canonical(unit.phase, unit.subject, unit.at))
        costs = [unit.cost for unit in ranked]
        if not any(costs):
            costs = [1.0] * len(costs)
        ends, total = list(accumulate(costs)), sum(costs)
        middles = ((end - cost / 2) / total for end, cost in zip(ends, costs, strict=True))
        numbers = [min(self.of, int(middle * self.of) + 1) for middle in middles]  # the last may lie at the very end
        return [unit for unit, number in zip(ranked, numbers, strict=True) if number == self.number]


def shard_of(text: str) -> Shard:
    """From `2/4`; `UserError` where it is none."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    if match is None:
        raise UserError(f"--shard is {text!r}: give which part of how many, such as 1/4")
    number, of = map(int, match.groups())
    if not 1 <= of <= MOST:
        raise UserError(f"--shard is {text!r}: a run has from 1 to {MOST:,} parts")
    if not 1 <= number <= of:
        raise UserError(f"--shard is {text!r}: parts are numbered from 1 to {of}")
    return Shard(number, of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What `shard.json` holds. `thinkaloud` and `code`: what did the units; `profile`: how the model reasons in a
    block, without which the program cannot be gone through again; `planned`: the place of every unit of the whole run
    and a digest of what it is made of; `mine`: those of them that this shard measures. Both are None until all shared
    units are done."""

    shard: Shard
    thinkaloud: str
    code: str
    profile: Profile | None = None
    planned: tuple[tuple[str, ...], ...] | None = None
    mine: tuple[tuple[str, ...], ...] | None = None

    @staticmethod
    def load(folder: Path) -> Part | None:
        """Of a folder; None for one that is no shard, `UserError` where the file cannot be read."""
        return typed(folder / FILE, Part, "give the shard's command again in another --out")

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def begun(text: str) -> Part:
    """The part that `--shard` asks for, before anything is known of it."""
    return Part(shard=shard_of(text), thinkaloud=__version__, code=manifest.code())


def named(name: str, part: Part | None) -> str:
    """What the folder of a part is called, where a whole run's has this `name`."""
    return name if part is None else f"{name}-shard-{part.shard.number}-of-{part.shard.of}"


def check_whole(folder: Path) -> None:
    """`UserError` for a folder that is a part of a run."""
    part = Part.load(folder)
    if part is not None:
        raise UserError(f"{str(folder)!r} is shard {part.shard} of a run: thinkaloud merge of all shards makes the run")


def undivided(study: Study, settings: Any) -> str:
    """Why what a study does next depends on what it measured, with these settings; empty where it does not."""
    if not isinstance(study, Undivided):
        return ""
    return study.undivided if isinstance(study.undivided, str) else study.undivided(settings)


def made_of(unit: Unit) -> str:
    """A digest of what a unit is made of, wherever it is done."""
    who = known(unit.model).digest if unit.model is not None else ""
    return digest_of({"content": unit.content, "who": who})


def check_divided(study: Study, settings: Any) -> None:
    """`UserError` where a study cannot be cut into shards with these settings."""
    if why := undivided(study, settings):
        raise UserError(f"{study.name} cannot be run in shards: {why}; run it without --shard")


@dataclass
class Sharded(Following):
    """One pass over a shard's units."""

    shard: Shard = field(default_factory=lambda: Shard(1, 1))
    measured: list[Unit] = field(default_factory=list)
    made_of: dict[tuple[str, ...], str] = field(default_factory=dict)
    mine: list[Unit] = field(default_factory=list)

    async def run(self) -> list[str] | None:
        """What every shard does, then what this one measures. No notes: the whole run has them."""
        if await super().run() is None:
            return None
        self.mine = self.shard.takes(self.measured)
        self.progress.expect(sum(unit.cost for unit in self.mine))
        try:
            await asyncio.gather(*map(super().unit, self.mine))
        except CapReached:
            return None
        return []

    async def unit(self, unit: Unit) -> Done:
        """What decides something is done now; what is measured is noted."""
        self.made_of[unit.place] = made_of(unit)
        if unit.phase != self.study.name:
            return await super().unit(unit)
        self.measured.append(unit)
        return Done()

    def part(self, before: Part) -> Part:
        """What is known now, beside what was known `before`."""
        return Part(
            shard=self.shard, thinkaloud=before.thinkaloud, code=before.code,
            profile=profile_of(self.asked.model),
            planned=tuple((*place, self.made_of[place]) for place in sorted(self.made_of)),
            mine=tuple(unit.place for unit in self.mine),
        )  # fmt: skip


def lacking(part: Part, units: Sequence[Mapping[str, Any]]) -> int | None:
    """How many of a shard's own units are not done; None where its plan is not known yet."""
    if part.mine is None:
        return None
    done = {placed(unit) for unit in units if unit["status"] == "ok"}
    return sum(place not in done for place in part.mine)


def told(part: Part, units: Sequence[Mapping[str, Any]], study: str) -> str:
    """How much of a shard is done, in a few words."""
    left = lacking(part, units)
    if part.mine is None or left is None:
        return f"{sum(unit['phase'] == study and unit['status'] == 'ok' for unit in units)} units"
    return f"{len(part.mine) - left} of {len(part.mine)} units"


def check_same(folder: Path, part: Part | None) -> None:
    """`UserError` where the folder holds another part of a run than is asked for, or a whole run."""
    there = Part.load(folder)
    held, wanted = (f"shard {one.shard}" if one is not None else "a whole run" for one in (there, part))
    if held != wanted:
        raise UserError(f"{str(folder)!r} holds {held}, and this is {wanted}: give another --out")
