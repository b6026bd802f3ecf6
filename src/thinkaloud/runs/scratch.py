"""A folder of the run at hand for what only saves time when the run is gone on with, such as a half-finished training.

No number may depend on it: it may be empty, gone or of an earlier attempt. It is removed when the run is done. Outside
of a run (a plan, Inspect) there is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

NAME = "scratch"
_folder: ContextVar[Path | None] = ContextVar("scratch", default=None)


def scratch() -> Path | None:
    """The folder, which need not exist yet; None where there is none."""
    return _folder.get()


@contextmanager
def in_folder(run: Path) -> Iterator[None]:
    """Within this block, `scratch()` is in this run's folder."""
    before = _folder.set(run / NAME)
    try:
        yield
    finally:
        _folder.reset(before)


def removed(run: Path) -> None:
    """Nothing goes on from this run any more."""
    shutil.rmtree(run / NAME, ignore_errors=True)
