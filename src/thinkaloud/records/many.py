"""Records of many units one behind the other, as a sequence that holds none of them.

What lies in a file is read each time somebody goes through it, so that a run's records need no memory. Going through
them costs time: whoever needs the same numbers several times takes them out once. This module knows no file, and does
not look into a record.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, overload

from thinkaloud.vocabulary import Record


class Listed(Sequence[Record]):
    """A sequence of records that is gone through with `__iter__`; equal to whatever holds equal records."""

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...

    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            begin, end, step = place.indices(len(self))
            if step < 0:
                return list(self)[place]
            return list(islice(iter(self), begin, end, step))
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


def joined(parts: Iterable[Sequence[Record]]) -> Sequence[Record]:
    """The records of several parts: a list where all of them are in memory, else a sequence that holds none."""
    every = [part for part in parts if len(part)]
    if any(isinstance(part, Listed) for part in every):
        return _Joined(every)
    return [record for part in every for record in part]


class _Joined(Listed):
    def __init__(self, parts: Sequence[Sequence[Record]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Record]:
        for part in self._parts:
            yield from part

    def at(self, place: int) -> Record:
        """See `Listed`."""
        which = bisect_right(self._ends, place)
        return self._parts[which][place - (self._ends[which - 1] if which else 0)]
