"""What was done, unit by unit, so that nothing is done twice.

`segments/NNNN.jsonl` holds one line per unit, written and synced to disk before the unit counts as done. A line that
was cut off when the process was killed does not count. When a run is complete the segments are sealed into one Parquet
file, which holds the same lines. Every process that writes has a segment of its own.

Anything else in that folder (copies made by file synchronisation, lines that are not units) is ignored but kept, and
`remarks` names it. Reading creates no files. A journal does not know what a unit means: it maps a unit's key to its
JSON. Units are given, and sealed, in the order that whoever opens it says, else in that in which they were found.

The records of the first units (`HELD` bytes of them) are kept in memory; those of all others stay in their files, and
are read when they are asked for (`stored.py`). So what a journal takes does not grow with what units found.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from thinkaloud.errors import UserError
from thinkaloud.records.many import Listed
from thinkaloud.runs.sealed import Rows, line_of, texts, write
from thinkaloud.runs.stored import LONG, Count, Lines, Shelf, Stored, from_head, headed, parsed

SEALED = "records.parquet"
SEGMENT = re.compile(r"\d{4,}\.jsonl")
KEPT = ".kept"
"""Ending of a segment that was sealed and held more than units."""
FIELDS: Mapping[str, type] = {"unit": str, "status": str, "phase": str, "task": str}
"""What every unit has."""
HELD = 1 << 24
"""Bytes of lines that are kept in memory."""
Found: TypeAlias = tuple[dict[str, Any], int, int]
"""A unit, where in its file it is (bytes, or a row), and how many bytes it takes."""


def unit_key(**parts: object) -> str:
    """The name of a unit: a hash of everything that determines its result."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


class Journal:
    """The units of one run folder. Reads what is there, appends what is new. `fields`: what a line needs to be a unit;
    `order`: a sort key of units; `UserError` where the sealed file cannot be read."""

    def __init__(
        self, folder: Path, fields: Mapping[str, type] = FIELDS, order: Callable[[Mapping[str, Any]], Any] | None = None
    ) -> None:
        self.folder = folder / "segments"
        self._fields, self._order = fields, order
        self._foreign: dict[str, list[int]] = {}
        self._done: dict[str, Mapping[str, Any]] = {}
        self._from: dict[str, Path] = {}
        self._held = 0
        # newest first: a unit that failed and was done again later counts as done
        for path in reversed(self._segments()):
            self._take(path, Lines(path), self._lines(path))
        sealed = self.folder / SEALED
        self._take(sealed, Rows(sealed), self._sealed())
        self._ordered = order is None
        self._file: int | None = None
        self._good = 0

    def _take(self, path: Path, shelf: Shelf, units: Iterable[Found]) -> None:
        for unit, at, size in units:
            if unit["unit"] not in self._done:
                self._done[unit["unit"]] = self._kept(unit, shelf, at, size)
                self._from[unit["unit"]] = path

    def _kept(self, unit: dict[str, Any], shelf: Shelf, at: int, size: int) -> Mapping[str, Any]:
        """A unit in memory, as long as there is room for it."""
        self._held += size
        here = self._held <= HELD and not isinstance(unit.get(LONG), Count)
        return unit if here else Stored(unit, shelf, at, size)

    def file(self, unit: str) -> Path:
        """The file that a unit was read from; the folder of those that were recorded since."""
        return self._from.get(unit, self.folder)

    def __len__(self) -> int:
        return len(self._done)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        if self._order is not None and not self._ordered:
            self._done = {unit["unit"]: unit for unit in sorted(self._done.values(), key=self._order)}
            self._ordered = True
        return iter(self._done.values())

    def every(self) -> Iterator[dict[str, Any]]:
        """All units as they lie in the files, those that were recorded more than once as often."""
        for path in self._segments():
            yield from (unit for unit, _, _ in self._lines(path, note=False, every=True))
        yield from (unit for unit, _, _ in self._sealed(every=True))

    def get(self, unit: str) -> Mapping[str, Any] | None:
        """The result of a unit, or None if it must still be done (never done, or failed)."""
        found = self._done.get(unit)
        return found if found is not None and found["status"] == "ok" else None

    def remarks(self) -> list[str]:
        """Sentences that name files and lines of the folder that are not counted."""
        said = []
        if self._foreign:
            places = [f"{name} line {', '.join(map(str, numbers[:3]))}" for name, numbers in self._foreign.items()]
            n = sum(map(len, self._foreign.values()))
            said.append(f"{n} lines in {str(self.folder)!r} are no units and are passed over: {'; '.join(places[:3])}")
        for path in self._listed():
            if path.name.endswith(".jsonl") and not SEGMENT.fullmatch(path.name):
                more = [unit for unit, _, _ in self._lines(path, note=False) if unit["unit"] not in self._done]
                if more:
                    said.append(
                        f"{str(path)!r} is no segment and is passed over, but holds {len(more)} units that no segment "
                        f"has: rename it to {self._next().name} if they are to count"
                    )
        return said

    def recorded(self, unit: str) -> Mapping[str, Any] | None:
        """The latest record of a unit, failed or not; None if there is none."""
        return self._done.get(unit)

    def append(self, unit: str, content: Mapping[str, Any]) -> None:
        """Record a unit. When this returns, it is on disk."""
        line = {"unit": unit, **content}
        if isinstance(line.get(LONG), Listed):  # of another journal
            line[LONG] = list(line[LONG])
        try:
            if self._file is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._path = self._next()
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
                self._good = 0
            rest = line_of(line) + b"\n"
            size = len(rest)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
            self._good += size
        except OSError as error:
            self._give_up()
            raise UserError(
                f"cannot write to {str(self.folder)!r}: {error.strerror}; finished units are safe, make room and resume"
            ) from error
        self._done[unit] = self._kept(line, Lines(self._path), self._good - size, size)
        self._ordered = self._order is None

    def _give_up(self) -> None:
        """Stop writing to this segment, leaving only whole lines in it; the next unit starts a new segment."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, self._good)
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Close the segment."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                os.close(file)
            except OSError as error:  # every line was synced
                raise UserError(
                    f"cannot close {str(self.folder)!r}: {error.strerror}; finished units are safe"
                ) from error

    def seal(self) -> None:
        """Turn the segments into one Parquet file, atomically. Needs no model, and may be repeated."""
        import duckdb

        self.close()
        segments = self._segments()
        if not segments:
            return
        part, sealed = self.folder / f"{SEALED}.part", self.folder / SEALED
        try:
            write(part, iter(self))
            if SEALED in self._foreign:
                os.replace(sealed, sealed.with_name(SEALED + KEPT))
            os.replace(part, sealed)
            for segment in segments:
                if segment.name in self._foreign:
                    segment.rename(segment.with_name(segment.name + KEPT))
                else:
                    segment.unlink()
        except (duckdb.Error, OSError, UnicodeError) as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            why = next(iter(str(error).splitlines()), type(error).__name__)
            raise UserError(f"cannot seal {str(sealed)!r}: {why}; finished units are safe, resume goes on") from error
        rows = Rows(sealed)
        for row, unit in enumerate(self._done.values()):
            if isinstance(unit, Stored):
                unit.move(rows, row)

    # ---------------------------------------------------------------------------------------------------- reading

    def _listed(self) -> list[Path]:
        try:
            return sorted(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UserError(f"cannot read {str(self.folder)!r}: {error.strerror}") from error

    def _segments(self) -> list[Path]:
        found = [path for path in self._listed() if SEGMENT.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.stem))

    def _next(self) -> Path:
        """The name of the next segment, after all that exist or existed."""
        names = [path.name.removesuffix(KEPT) for path in self._listed()]
        numbers = [int(name.removesuffix(".jsonl")) for name in names if SEGMENT.fullmatch(name)]
        return self.folder / f"{max(numbers, default=0) + 1:04d}.jsonl"

    def _lines(self, path: Path, note: bool = True, every: bool = False) -> Iterator[Found]:
        """The units of a segment, as `_sealed`. A last line without a line end was cut off by a kill: that unit does
        not count."""
        at = 0
        try:
            with open(path, "rb") as lines:
                for number, raw in enumerate(lines, 1):
                    short = None if every or self._held + len(raw) <= HELD else headed(raw)
                    unit = self._unit(raw, short) if raw.endswith(b"\n") else None
                    if unit is not None:
                        yield unit, at, len(raw)
                    elif note and raw.strip() and raw.endswith(b"\n"):
                        self._foreign.setdefault(path.name, []).append(number)
                    at += len(raw)
        except OSError as error:
            raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error

    def _unit(self, raw: str | bytes, short: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """A unit from its text; `short`: the same, read before."""
        try:
            unit = parsed(raw) if short is None else short
        except (ValueError, RecursionError):
            return None
        fits = isinstance(unit, dict) and all(_is(unit.get(name), of) for name, of in self._fields.items())
        return unit if fits else None

    def _sealed(self, every: bool = False) -> Iterator[Found]:
        """The units of the sealed file; without their records where there is no room for these, unless `every` is to be
        whole."""
        path = self.folder / SEALED
        if not os.path.isfile(path):
            return
        room = None if every else max(0, HELD - self._held)
        for row, (text, size, whole) in enumerate(texts(path, room)):
            unit = self._unit(text, None if whole else from_head(text)) if isinstance(text, str) else None
            if unit is None:
                self._foreign.setdefault(SEALED, []).append(row + 1)
            else:
                yield unit, row, size


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) or (kind is list and isinstance(value, Count))
