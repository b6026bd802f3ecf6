"""What the coordinator and its workers say to each other.

A unit's work is code of a running program and cannot be sent. So every worker goes through the same program
(`replica.py`), and a unit is asked for by its *place*. This module sends nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.loading import Loading
from thinkaloud.models.profile import Profile
from thinkaloud.runs import manifest
from thinkaloud.runs.config import Config
from thinkaloud.runs.identity import Identity
from thinkaloud.study import Done, Study
from thinkaloud.vocabulary import Model, ModelCard, Record, Task, Usage


class Lost(ThinkaloudError):
    """A worker is gone: its process, its node, or the way to it. What it was doing must be done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a worker goes through: `study`, `model` and `tasks` by name or as objects; `settings` and `loading` with
    paths as they are seen from `directory`; `code`: digest of the package that coordinates, which the worker's must
    equal."""

    study: str | Study | type[Study]
    config: Config
    model: str | Model
    tasks: Sequence[str | Task | type[Task]]
    settings: Any
    loading: Loading
    directory: str = field(default_factory=lambda: os.path.abspath(os.curdir))
    code: str = field(default_factory=manifest.code)


@dataclass(frozen=True, slots=True)
class Sent:
    """A program on its way: pickled, since the classes of its settings may be of a file that must be run first.
    `study`, `directory` and `code` as in `Program`; the study is None where it is an object."""

    study: str | None
    directory: str
    code: str
    pickled: bytes


def sent(program: Program, dumps: Callable[[Any], bytes]) -> Sent:
    """As it is sent; raises what `dumps` raises where an object in it cannot be."""
    study = program.study if isinstance(program.study, str) else None
    return Sent(study, program.directory, program.code, dumps(program))


@dataclass(frozen=True, slots=True)
class About:
    """Who answers in a worker. `host`: of its machine; `pid`: of its process there; `billed`: its sessions count
    tokens; `bounded`: the most that its batches or requests can cost is known beforehand (`models/tolls.py`);
    `identity`: what its units are of."""

    host: str
    pid: int
    card: ModelCard
    profile: Profile | None
    billed: bool
    bounded: bool
    identity: Identity


@dataclass(frozen=True, slots=True)
class News:
    """What came of a unit on which the program's next units depend."""

    place: tuple[str, ...]
    done: Done


@dataclass(frozen=True, slots=True)
class Wanted:
    """A unit to be done. `made_of`: digest of its content (`made_of`), which must be the worker's; `news`: what came of
    units since this worker was asked last; `ticket`: under which it asks before each batch or request, where there are
    caps (None: there are none). There is a new one whenever a unit is wanted again."""

    place: tuple[str, ...]
    made_of: str
    news: tuple[News, ...] = ()
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Asks for room for a batch or request, which can cost `most`. `number`: which one of the ticket."""

    ticket: int
    number: int
    most: Usage


@dataclass(frozen=True, slots=True)
class Spent:
    """What it cost."""

    ticket: int
    number: int
    bill: Usage


Tell = Callable[[Keep | Spent], Exception | None]
"""Tells whoever coordinates, and waits until that was heard; gives why there is no room."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a unit in a worker: its records, or why there are none; `usage`: what it cost in either case."""

    records: Sequence[Record] = ()
    usage: Usage = field(default_factory=Usage)
    failure: Exception | None = None


class Worker(Protocol):
    """A worker that has opened its program."""

    about: About

    async def do(self, wanted: Wanted, heard: Tell) -> Answer:
        """Have a unit done; `Lost` where the worker is gone. What it asks meanwhile, it is answered by `heard`, in the
        event loop of whoever awaits this; all of it before the answer comes."""
        ...

    def end(self) -> None:
        """End it at once, whatever it is doing. May be called again."""
        ...


Start = Callable[[], Coroutine[Any, Any, Worker]]
"""Starts a worker; raises `Lost` where that may go better another time."""
