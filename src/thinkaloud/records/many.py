"""Records of many units one behind the other, as a sequence that holds none of them.

What lies in a file is read each time somebody goes through it, so that a run's records need no memory. Going through
them costs time: whoever needs the same numbers several times takes them out once. This module knows no file, and does
not look into a record.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, TypeVar, overload

import msgspec

from thinkaloud.vocabulary import Record

T = TypeVar("T")


class Listed(Sequence[Record]):
    """A sequence of records that is gone through with `__iter__`; equal to whatever holds equal records."""

    def structs(self, kind: type[T]) -> Iterator[list[T]]:
        """The records as `structs` gives them."""
        yield _made(list(self), kind)

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...

    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            begin, end, step = place.indices(len(self))
            if step < 0:
                return list(self)[place]
            return [self.at(i) for i in range(begin, end, step)] if end < len(self) // 2 else list(self)[place]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self.at(place % len(self))

    def at(self, place: int) -> Record:
        """The record at a place from 0."""
        return next(islice(iter(self), place, None))

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} records>"


def chained(parts: Iterable[Sequence[Record]]) -> Sequence[Record]:
    """The records of several parts: a list where all of them are in memory, else a sequence that holds none."""
    every = [part for part in parts if len(part)]
    if any(isinstance(part, Listed) for part in every):
        return _Chained(every)
    return [record for part in every for record in part]


def structs(records: Sequence[Record], kind: type[T]) -> Iterator[list[T]]:
    """What a struct of msgspec names of each record, and nothing else, some records at a time: of those that lie in
    files the rest is skipped and never made, which is many times as fast. `msgspec.ValidationError` where a field is of
    another type."""
    return records.structs(kind) if isinstance(records, Listed) else iter([_made(records, kind)])


def _made(records: Sequence[Record], kind: type[T]) -> list[T]:
    """By way of JSON where a field is wanted as its text (`msgspec.Raw`); half a character becomes U+FFFD there."""
    of: Any = list[kind]  # type: ignore[valid-type]
    if any(one.type is msgspec.Raw for one in msgspec.structs.fields(kind)):  # type: ignore[arg-type]
        text = json.dumps(list(records), ensure_ascii=False).encode("utf-8", "replace")
        found: list[T] = msgspec.json.decode(text, type=of)
        return found
    found = msgspec.convert(list(records), of)
    return found


def picked(records: Sequence[Record], places: Sequence[int]) -> Sequence[Record]:
    """Those at some places, which rise: a list where all records are in memory."""
    return _Picked(records, places) if isinstance(records, Listed) else [records[place] for place in places]


class _Chained(Listed):
    def __init__(self, parts: Sequence[Sequence[Record]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Record]:
        for part in self._parts:
            yield from part

    def structs(self, kind: type[T]) -> Iterator[list[T]]:
        """See `structs`."""
        for part in self._parts:
            yield from structs(part, kind)

    def at(self, place: int) -> Record:
        """See `Listed`."""
        which = bisect_right(self._ends, place)
        return self._parts[which][place - (self._ends[which - 1] if which else 0)]


class _Picked(Listed):
    def __init__(self, records: Listed, places: Sequence[int]) -> None:
        self._records, self._places = records, places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Record]:
        if len(self._places) == len(self._records):
            return iter(self._records)
        wanted = set(self._places)
        return (record for place, record in enumerate(self._records) if place in wanted)

    def at(self, place: int) -> Record:
        """See `Listed`."""
        return self._records.at(self._places[place])
