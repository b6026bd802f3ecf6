"""Engines: programs of their own that a process of ours starts, keeps for many games, and ends.

Three things go wrong with them, and they are told apart. One that is not there or is no engine at all is a `UserError`,
before any game. One that breaks off, hangs or talks nonsense is a `ModelError` of the unit, which `resume` plays again:
never a lost game. A move that is not legal is none of these: it is left to whoever plays the game (`Chosen.move`). This
module knows no game and no language of engines.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Protocol

from thinkaloud.errors import UserError

HANG, HELLO = 60.0, 10.0
"""Seconds for a move, and for the first words."""
PLACES = ("/usr/games", "/usr/local/games", str(Path(sys.executable).parent))
"""Where systems keep engines that are not on the path, and where packages of Python that bring one put it."""


class Running(Protocol):
    """An engine's process."""

    def close(self) -> None:
        """End it."""
        ...


RUNNING: list[Running] = []
"""Engines of this process that have not been ended."""


def located(engine: str, speaks: str = "UCI", such_as: str = "stockfish") -> str:
    """The program of a path or a name; `UserError` where there is none."""
    found = shutil.which(engine) or next(filter(None, (shutil.which(engine, path=place) for place in PLACES)), None)
    if found is None:
        raise UserError(
            f"no engine {engine!r}: give the path of a program that speaks {speaks}, or install it ({such_as})"
        )
    return found


def end(one: Running | None) -> None:
    """End an engine, if there is one."""
    if one is not None:
        one.close()
        if one in RUNNING:
            RUNNING.remove(one)


def close_all() -> None:
    """End all engines of this process. To be called before it ends: it would wait for them forever."""
    while RUNNING:
        RUNNING.pop().close()
