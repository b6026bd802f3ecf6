"""A recorded unit whose records stay in the file that they were written to, and are read whenever they are asked for.

What is short of a unit (where it is, whether it failed, what it cost) is in memory, most of it as a text. So a run of
any length can be gone on with: a unit takes some hundred bytes, however much it found. This module does not know what a
unit means.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from thinkaloud.errors import UserError
from thinkaloud.records.many import Listed
from thinkaloud.vocabulary import Record

T = TypeVar("T")
LONG = "records"
"""The field that stays in the file."""
_READER = msgspec.json.Decoder()
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
SHORT = ("unit", "of", "phase", "task", "status")
"""Fields that are asked for again and again."""
_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
"""The fields of units, in their order: the same for nearly all, and kept once."""


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
            raise gone(self.path, str(error.strerror)) from error


@dataclass(frozen=True, slots=True)
class Count:
    """How many records a unit has, in their place."""

    n: int

    def __len__(self) -> int:
        return self.n


def head(unit: Mapping[str, Any]) -> dict[str, Any]:
    """A unit as JSON may hold it, with the number of its records instead of them."""
    records = unit.get(LONG)
    return {**unit, LONG: len(records)} if isinstance(records, list | Listed) else dict(unit)


def from_head(text: str) -> dict[str, Any] | None:
    """From the JSON of what `head` gave, with a `Count` of the records; None where it is none."""
    try:
        unit = parsed(text)
    except (ValueError, RecursionError):
        return None
    return {**unit, LONG: Count(unit[LONG])} if isinstance(unit, dict) and type(unit.get(LONG)) is int else None


def headed(line: bytes) -> dict[str, Any] | None:
    """A line with a `Count` instead of its records, which are skipped and not made; None where only a reader of all of
    it can tell."""
    try:
        line.decode()  # a text that is skipped is not looked at, and could not be read later
        fields = _FIELDS.decode(line)
        unit: dict[str, Any] = {name: _READER.decode(raw) for name, raw in fields.items() if name != LONG}
        return {name: unit[name] if name != LONG else Count(len(_LIST.decode(fields[LONG]))) for name in fields}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


class Stored(Mapping[str, Any]):
    """A unit as a mapping. Its records are a sequence that reads them anew each time somebody goes through it."""

    __slots__ = ("_at", "_n", "_names", "_rest", "_shelf", "_short", "_size")

    def __init__(self, unit: Mapping[str, Any], shelf: Shelf, at: int, size: int = 0) -> None:
        """`unit`: all of it, or with a `Count` in the place of its records."""
        names = tuple(unit)
        self._names = _NAMES.setdefault(names, names)
        self._short = tuple([_short(unit.get(name)) for name in SHORT])
        records = unit.get(LONG)
        self._n = len(records) if isinstance(records, Sequence | Count) else None
        self._rest = _packed({name: unit[name] for name in names if name not in SHORT and not self._is_long(name)})
        self._shelf, self._at, self._size = shelf, at, size

    def _is_long(self, name: str) -> bool:
        return name == LONG and self._n is not None

    def move(self, shelf: Shelf, at: int) -> None:
        """From now on it is read from another file, also by who has its records already."""
        self._shelf, self._at, self._size = shelf, at, 0

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name in SHORT:
            return self._short[SHORT.index(name)]
        return Shelved(self, self._n or 0) if self._is_long(name) else parsed(self._rest)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def whole(self) -> dict[str, Any]:
        """All of it, read now."""
        try:
            found: dict[str, Any] = parsed(self._shelf.read(self._at, self._size))
        except ValueError as error:
            raise UserError(f"the unit {self['unit'][:8]} has changed since the folder was opened") from error
        if found.get("unit") != self["unit"]:
            raise self._moved()
        return found

    def decoded(self, reader: msgspec.json.Decoder[Any]) -> Any:
        """What a reader makes of it; `ValueError` where it cannot."""
        found = reader.decode(self._shelf.read(self._at, self._size))
        if found.unit != self["unit"]:
            raise self._moved()
        return found

    def _moved(self) -> UserError:
        return UserError(f"the unit {self['unit'][:8]} has been moved since the folder was opened")


class Shelved(Listed):
    """The records of a stored unit."""

    __slots__ = ("_n", "_unit")

    def __init__(self, unit: Stored, n: int) -> None:
        self._unit, self._n = unit, n

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Record]:
        return iter(self._unit.whole()[LONG])

    def structs(self, kind: type[T]) -> Iterator[list[T]]:
        """See `structs`: decoded from the text of the unit, if msgspec can read all of it."""
        try:
            yield self._unit.decoded(_of(kind)).records
        except ValueError:  # half a character, NaN: only Python's own reader can read it
            yield from super().structs(kind)


def _of(kind: Any) -> msgspec.json.Decoder[Any]:
    """A reader of units whose records are structs; made once a kind."""
    if kind not in _READERS:
        _READERS[kind] = msgspec.json.Decoder(msgspec.defstruct("Unit", [("unit", str), (LONG, list[kind])]))
    return _READERS[kind]


_READERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def _short(value: Any) -> Any:
    """Texts that are the same in many units are kept once."""
    return sys.intern(value) if isinstance(value, str) else value


def _packed(fields: Mapping[str, Any]) -> bytes:
    """As JSON, which `parsed` reads."""
    try:
        return msgspec.json.encode(fields)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return json.dumps(fields).encode()


def parsed(text: str | bytes) -> Any:
    """A text of JSON; what only Python's own reader can read (half a character, NaN), it reads. Raises what that
    does."""
    try:
        return _READER.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return json.loads(text)


def gone(path: Path, why: str) -> UserError:
    """What is raised where a file is no longer what it was."""
    return UserError(f"{str(path)!r} has changed since the folder was opened ({why}): give the command again")
