"""A recorded unit whose records stay in the file that they were written to, and are read whenever they are asked for.

What is short of a unit (where it is, whether it failed, what it cost) is in memory. So a run of any length can be gone
on with: a unit takes some hundred bytes, however much it found. This module does not know what a unit means.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from thinkaloud.errors import UserError
from thinkaloud.records.many import Listed
from thinkaloud.vocabulary import Record

T = TypeVar("T")
LONG = "records"
"""The field that stays in the file."""
BATCH = 256
"""Rows of a sealed file that are read at once."""
_READER = msgspec.json.Decoder()
SAME = ("of", "phase", "task", "status")
"""Fields that are the same in many units: their texts are kept once."""


class Shelf(Protocol):
    """A file of units."""

    def read(self, at: int, size: int) -> str | bytes:
        """The text of a unit."""
        ...


@dataclass(frozen=True, slots=True)
class Lines:
    """A segment; `at` and `size` are bytes."""

    path: Path

    def read(self, at: int, size: int) -> bytes:
        """See `Shelf`."""
        try:
            file = os.open(self.path, os.O_RDONLY)
            try:
                return os.pread(file, size, at)
            finally:
                os.close(file)
        except OSError as error:
            raise _gone(self.path, str(error.strerror)) from error


@dataclass(slots=True)
class Rows:
    """A sealed file; `at` is a row. Neighbours are read together."""

    path: Path
    _first: int = 0
    _texts: list[str] = field(default_factory=list)

    def read(self, at: int, size: int) -> str:
        """See `Shelf`."""
        if not self._first <= at < self._first + len(self._texts):
            self._fetch(at - at % BATCH)
        if not self._first <= at < self._first + len(self._texts):
            raise _gone(self.path, f"it has no row {at}")
        return self._texts[at - self._first]

    def _fetch(self, first: int) -> None:
        import duckdb

        query = (
            "select json from read_parquet(?, file_row_number = true) where file_row_number between ? and ? "
            "order by file_row_number"
        )
        try:
            with duckdb.connect() as connection:
                found = connection.execute(query, [str(self.path), first, first + BATCH - 1]).fetchall()
        except (duckdb.Error, OSError) as error:
            raise _gone(self.path, next(iter(str(error).splitlines()), "")) from error
        self._first, self._texts = first, [text for (text,) in found]


class Stored(Mapping[str, Any]):
    """A unit as a mapping. Its records are a sequence that reads them anew each time somebody goes through it."""

    __slots__ = ("_at", "_head", "_shelf", "_size")

    def __init__(self, unit: Mapping[str, Any], shelf: Shelf, at: int, size: int = 0) -> None:
        self._head = {name: sys.intern(v) if name in SAME and isinstance(v, str) else v for name, v in unit.items()}
        if isinstance(records := self._head.get(LONG), Sequence):
            self._head[LONG] = Shelved(self, len(records))
        self._shelf, self._at, self._size = shelf, at, size

    def move(self, shelf: Shelf, at: int) -> None:
        """From now on it is read from another file, also by who has its records already."""
        self._shelf, self._at, self._size = shelf, at, 0

    def __getitem__(self, name: str) -> Any:
        return self._head[name]

    def whole(self) -> dict[str, Any]:
        """All of it, read now."""
        try:
            found: dict[str, Any] = parsed(self._shelf.read(self._at, self._size))
        except ValueError as error:
            raise UserError(f"the unit {self._head['unit'][:8]} has changed since the folder was opened") from error
        if found.get("unit") != self._head["unit"]:
            raise self._moved()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._head)

    def __len__(self) -> int:
        return len(self._head)

    def decoded(self, reader: msgspec.json.Decoder[Any]) -> Any:
        """What a reader makes of it; `ValueError` where it cannot."""
        found = reader.decode(self._shelf.read(self._at, self._size))
        if found.unit != self._head["unit"]:
            raise self._moved()
        return found

    def _moved(self) -> UserError:
        return UserError(f"the unit {self._head['unit'][:8]} has been moved since the folder was opened")


class Shelved(Listed):
    """The records of a stored unit."""

    __slots__ = ("_n", "_unit")

    def __init__(self, unit: Stored, n: int) -> None:
        self._unit, self._n = unit, n

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Record]:
        return iter(self._unit.whole()[LONG])

    def structs(self, kind: type[T]) -> Iterator[T]:
        """See `structs`: decoded from the text of the unit, if msgspec can read all of it."""
        try:
            return iter(self._unit.decoded(_of(kind)).records)
        except ValueError:  # half a character, NaN: only Python's own reader can read it
            return super().structs(kind)


def _of(kind: Any) -> msgspec.json.Decoder[Any]:
    """A reader of units whose records are structs; made once a kind."""
    if kind not in _READERS:
        _READERS[kind] = msgspec.json.Decoder(msgspec.defstruct("Unit", [("unit", str), (LONG, list[kind])]))
    return _READERS[kind]


_READERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def parsed(text: str | bytes) -> Any:
    """A text of JSON; what only Python's own reader can read (half a character, NaN), it reads. Raises what that
    does."""
    try:
        return _READER.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return json.loads(text)


def _gone(path: Path, why: str) -> UserError:
    return UserError(f"{str(path)!r} has changed since the folder was opened ({why}): give the command again")
