"""Runs made whole and in parts, and what of two folders must be equal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import thinkaloud as ta
from thinkaloud.runs.folder import Run

Made = Callable[..., Run]
"""Makes a run: `out`, and `shard` where it is a part."""


def stopped_clock(patch: pytest.MonkeyPatch) -> None:
    """No unit takes any time, so that two runs can be equal to the last byte."""
    patch.setattr("thinkaloud.runs.execute.time", SimpleNamespace(perf_counter=lambda: 0.0))


def in_parts(make: Made, where: Path, n: int) -> list[Path]:
    """A run in so many shards."""
    return [make(out=where / f"{i}-of-{n}", shard=f"{i}/{n}").folder for i in range(1, n + 1)]


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, but for the rows of the sealed records: those as text."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".parquet"
    }
    return found | {"records": repr(rows(folder)).encode()}


def rows(folder: Path) -> list[Any]:
    """The sealed records as they lie in their file."""
    import duckdb

    path = folder / "segments" / "records.parquet"
    return duckdb.sql(f"select unit, phase, task, status, json from '{path}'").fetchall() if path.is_file() else []


def channels(model: Any = "scripted:mixture:0.5", **more: Any) -> Made:
    """A study over items, with a level to look for and a task without one."""
    given = {"items": 16, **more}
    return lambda **where: ta.run("channels", model, ["chain_sum", "coin"], **given, **where)
