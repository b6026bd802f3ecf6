"""What was done, unit by unit, so that nothing is done twice.

`segments/NNNN.jsonl` holds one line per unit, written and synced to disk before the unit counts as done. A line that
was cut off when the process was killed does not count. When a run is complete the segments are sealed into one Parquet
file, which holds the same lines. Every process that writes has a segment of its own.

Anything else in that folder (copies made by file synchronisation, lines that are not units) is ignored but kept, and
`remarks` names it. Reading creates no files. A journal does not know what a unit means: it maps a unit's key to its
JSON. Units are given, and sealed, in the order that whoever opens it says, else in that in which they were found.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError

SEALED = "records.parquet"
SEGMENT = re.compile(r"\d{4,}\.jsonl")
KEPT = ".kept"
"""Ending of a segment that was sealed and held more than units."""
FIELDS: Mapping[str, type] = {"unit": str, "status": str, "phase": str, "task": str}
"""What every unit has."""


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
        self._done: dict[str, dict[str, Any]] = {}
        self._from: dict[str, Path] = {}
        # newest first: a unit that failed and was done again later counts as done
        for path in reversed(self._segments()):
            for unit in self._lines(path):
                self._keep(unit, path)
        for unit in self._sealed():
            self._keep(unit, self.folder / SEALED)
        self._ordered = order is None
        self._file: int | None = None
        self._good = 0

    def _keep(self, unit: dict[str, Any], path: Path) -> None:
        self._done.setdefault(unit["unit"], unit)
        self._from.setdefault(unit["unit"], path)

    def file(self, unit: str) -> Path:
        """The file that a unit was read from; the folder of those that were recorded since."""
        return self._from.get(unit, self.folder)

    def __len__(self) -> int:
        return len(self._done)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._order is not None and not self._ordered:
            self._done = {unit["unit"]: unit for unit in sorted(self._done.values(), key=self._order)}
            self._ordered = True
        return iter(self._done.values())

    def every(self) -> Iterator[dict[str, Any]]:
        """All units as they lie in the files, those that were recorded more than once as often."""
        for path in self._segments():
            yield from self._lines(path, note=False)
        yield from self._sealed()

    def get(self, unit: str) -> dict[str, Any] | None:
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
                more = [unit for unit in self._lines(path, note=False) if unit["unit"] not in self._done]
                if more:
                    said.append(
                        f"{str(path)!r} is no segment and is passed over, but holds {len(more)} units that no segment "
                        f"has: rename it to {self._next().name} if they are to count"
                    )
        return said

    def recorded(self, unit: str) -> dict[str, Any] | None:
        """The latest record of a unit, failed or not; None if there is none."""
        return self._done.get(unit)

    def append(self, unit: str, content: Mapping[str, Any]) -> None:
        """Record a unit. When this returns, it is on disk."""
        line = {"unit": unit, **content}
        try:
            if self._file is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._next(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
                self._good = 0
            rest = _line(line) + b"\n"
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
        self._done[unit] = line
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
        rows = [(u["unit"], u["phase"], u["task"], u["status"], _line(u).decode()) for u in self]
        connection = duckdb.connect()
        try:
            connection.execute("create table u (unit text, phase text, task text, status text, json text)")
            connection.executemany("insert into u values (?, ?, ?, ?, ?)", rows)
            connection.table("u").write_parquet(str(part), compression="zstd")
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
        finally:
            connection.close()

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

    def _lines(self, path: Path, note: bool = True) -> Iterator[dict[str, Any]]:
        """The units of a segment. A last line without a line end was cut off by a kill: that unit does not count."""
        try:
            *lines, _torn = path.read_bytes().split(b"\n")
        except OSError as error:
            raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
        for number, raw in enumerate(lines, 1):
            unit = self._unit(raw)
            if unit is not None:
                yield unit
            elif note and raw.strip():
                self._foreign.setdefault(path.name, []).append(number)

    def _unit(self, raw: str | bytes) -> dict[str, Any] | None:
        try:
            unit = json.loads(raw)
        except (ValueError, RecursionError):
            return None
        whole = isinstance(unit, dict) and all(isinstance(unit.get(name), of) for name, of in self._fields.items())
        return unit if whole else None

    def _sealed(self) -> Iterator[dict[str, Any]]:
        path = self.folder / SEALED
        if not os.path.isfile(path):
            return
        import duckdb

        connection = duckdb.connect()
        try:
            query = connection.execute("select json from read_parquet(?)", [str(path)])
            texts = [text for (text,) in query.fetchall()]
        except (duckdb.Error, OSError, UnicodeError) as error:
            why = next(iter(str(error).splitlines()), type(error).__name__)
            raise UserError(
                f"{str(path)!r} cannot be read ({why}): put a whole copy of it there, or move it away and resume to "
                "measure its units again"
            ) from error
        finally:
            connection.close()
        for number, text in enumerate(texts, 1):
            unit = self._unit(text) if isinstance(text, str) else None
            if unit is None:
                self._foreign.setdefault(SEALED, []).append(number)
            else:
                yield unit


def _line(unit: Mapping[str, Any]) -> bytes:
    """A unit as one line of JSON. A lone surrogate becomes its escape sequence, and is read back unchanged."""
    return json.dumps(unit, ensure_ascii=False).encode("utf-8", "backslashreplace")
