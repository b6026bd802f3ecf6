"""The benchmarks that have a name (`benchmarks.toml`), and what a spec such as `bbh:navigate:../data/bbh` means.

    gsm8k                      from the hub
    gsm8k:../data/test.jsonl   from a local copy: the file, or its folder
    bbh:navigate               a part of a benchmark that has parts
    bbh:navigate:../data/bbh   a part from a local copy
    bbh:../data/navigate.json  likewise

This module opens nothing.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from thinkaloud.errors import UserError, unknown
from thinkaloud.tasks.columns import Columns

TABLE = Path(__file__).with_name("benchmarks.toml")
PART = "{part}"
"""Stands in a configuration for the part's name; `{Part}` for the same with a capital letter."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`dataset`, `config` and `split` are what the hub calls it; `columns` is a map as `--map` says it (empty: the
    usual names); `mathematics`: answers are graded as mathematics; `parts`: names of which one is asked, the `usual`
    one where none is said; `canary`: its authors ask that it is never put into training data."""

    about: str
    dataset: str
    split: str
    columns: str
    licence: str
    config: str = ""
    mathematics: bool = False
    canary: bool = False
    parts: tuple[str, ...] = ()
    usual: str = ""

    def configured(self, part: str) -> str:
        """What the hub calls the configuration of this part."""
        return self.config.replace(PART, part).replace("{Part}", part.title())

    def stems(self, part: str) -> tuple[str, ...]:
        """How the file of a local copy may begin, the likeliest first."""
        return tuple(dict.fromkeys(name for name in (part, self.configured(part), self.split) if name))

    @property
    def map(self) -> Columns:
        """Its columns."""
        return Columns.of(self.columns)


@dataclass(frozen=True, slots=True)
class Named:
    """What a spec says: which benchmark, which part of it (empty: it has none), and where a local copy is, if any."""

    name: str
    benchmark: Benchmark
    part: str
    path: Path | None


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """Name -> benchmark, in the order of the table."""
    raw = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: msgspec.convert(entry, Benchmark, strict=True) for name, entry in raw.items()}


def is_benchmark(spec: str) -> bool:
    """Whether the spec names a benchmark."""
    return spec.partition(":")[0] in benchmarks()


def named(spec: str) -> Named:
    """What a spec says. Raises `UserError` with the nearest part, or for a local copy that is not there."""
    name, _, rest = spec.partition(":")
    one = benchmarks()[name]
    if not one.parts:
        return Named(name, one, "", _there(rest) if rest else None)
    if os.path.isfile(rest):
        return Named(name, one, _part_of(Path(rest), one), Path(rest))
    part, _, path = rest.partition(":")
    if not path and part not in one.parts and (os.path.isdir(part) or os.sep in part):
        part, path = "", part
    if part and part not in one.parts:
        raise unknown(f"part of {name}", part, one.parts)
    if not part and not one.usual:
        raise UserError(f"{name} has {len(one.parts)} parts: name one, as in {name}:{one.parts[0]}")
    return Named(name, one, part or one.usual, _there(path) if path else None)


def rebased(spec: str, base: Path) -> str:
    """The spec with a relative path to a local copy that begins at `base`."""
    for at in (i for i, mark in enumerate(spec) if mark == ":"):
        if spec[at + 1 :] and os.path.exists(base / spec[at + 1 :]):
            return spec[: at + 1] + str(base / spec[at + 1 :])
    return spec


def _there(path: str) -> Path:
    if not os.path.exists(path):
        raise UserError(f"no such file or folder: {path!r}")
    return Path(path)


def _part_of(path: Path, one: Benchmark) -> str:
    """The part that a file's name says; the usual one, or the name itself, where it says none."""
    return path.stem if path.stem in one.parts else one.usual or path.stem
