"""What was done, unit by unit, so that nothing is done twice.

`segments/NNNN.jsonl` holds one line a unit, written and synced before the unit counts as done. A line that was torn by
a kill is not counted. When a run is complete the segments are sealed into one Parquet file, which holds the same lines.
Every process that writes has a segment of its own.

A journal knows nothing about what a unit means: it maps a unit's key to its JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError

SEALED = "records.parquet"


def unit_key(**parts: object) -> str:
    """The name of a unit: a hash of everything that determines its result."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


class Journal:
    """The units of one run folder. Reads what is there, appends what is new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "segments"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._done: dict[str, dict[str, Any]] = {}
        for unit in self._stored():
            self._done.setdefault(unit["unit"], unit)
        self._writer: Any = None

    def __len__(self) -> int:
        return len(self._done)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._done.values())

    def get(self, unit: str) -> dict[str, Any] | None:
        """What a unit left behind, or None if it is still to do (never done, or failed)."""
        found = self._done.get(unit)
        return found if found is not None and found["status"] == "ok" else None

    def append(self, unit: str, content: Mapping[str, Any]) -> None:
        """Record a unit; on return it is on the disk."""
        line = {"unit": unit, **content}
        try:
            if self._writer is None:
                self._writer = self._segment().open("x", encoding="utf-8")
            self._writer.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._writer.flush()
            os.fsync(self._writer.fileno())
        except OSError as error:
            raise UserError(
                f"cannot write to {str(self.folder)!r}: {error.strerror}; finished units are safe, make room and resume"
            ) from error
        self._done[unit] = line

    def close(self) -> None:
        """Let go of the segment."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def seal(self) -> None:
        """Turn the segments into one Parquet file (whole or not at all); needs no model and may be repeated."""
        import duckdb

        self.close()
        segments = sorted(self.folder.glob("*.jsonl"))
        if not segments:
            return
        part, sealed = self.folder / f"{SEALED}.part", self.folder / SEALED
        rows = [
            (u["unit"], u["phase"], u["task"], u["level"], u["status"], json.dumps(u, ensure_ascii=False)) for u in self
        ]
        connection = duckdb.connect()
        try:
            connection.execute(
                "create table u (unit text, phase text, task text, level bigint, status text, json text)"
            )
            connection.executemany("insert into u values (?, ?, ?, ?, ?, ?)", rows)
            connection.table("u").write_parquet(str(part), compression="zstd")
        except duckdb.IOException as error:
            raise UserError(f"cannot seal {str(sealed)!r}: {error}") from error
        finally:
            connection.close()
        os.replace(part, sealed)
        for segment in segments:
            segment.unlink()

    def _segment(self) -> Path:
        numbers = [int(p.stem) for p in self.folder.glob("*.jsonl")]
        return self.folder / f"{max(numbers, default=0) + 1:04d}.jsonl"

    def _stored(self) -> Iterator[dict[str, Any]]:
        # newest first: a unit that failed and was done again later counts as done
        for path in sorted(self.folder.glob("*.jsonl"), reverse=True):
            for raw in path.read_bytes().split(b"\n"):
                try:
                    yield json.loads(raw)
                except ValueError:
                    continue  # torn by a kill: this unit was not done
        if (self.folder / SEALED).is_file():
            import duckdb

            connection = duckdb.connect()
            query = connection.execute("select json from read_parquet(?)", [str(self.folder / SEALED)])
            yield from (json.loads(text) for (text,) in query.fetchall())
            connection.close()
