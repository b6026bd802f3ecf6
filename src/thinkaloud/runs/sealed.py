"""The file of a run that is through: a row for each unit, as text, with what is short of it in columns of their own.

`head` is a unit without its records, with their number instead: a folder of any size is opened from these, and `row`
finds a unit without going through the file. Files of earlier versions have neither, and are read whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import msgspec

from thinkaloud.errors import UserError
from thinkaloud.runs.stored import Stored, gone, head

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PUT = 256
"""Rows that are looked at, at once."""
COLUMNS = {
    "row": "bigint", "unit": "text", "phase": "text", "task": "text", "status": "text", "size": "bigint",
    "head": "text", "json": "text",
}  # fmt: skip
"""Of the file. `head`: a unit without its records, which takes little; `size`: characters of `json`."""
BATCH = 2048
"""Rows that are compressed together, and read at once."""
FORM: Mapping[str, Any] = {"compression": "zstd", "row_group_size": BATCH}
_WRITER = msgspec.json.Encoder()


@dataclass(slots=True)
class Rows:
    """A sealed file; `at` is a row. Neighbours are read together, and the next ones while these are looked at."""

    path: Path
    _first: int = 0
    _texts: list[str] = field(default_factory=list)
    _numbered: bool | None = None

    def read(self, at: int, size: int) -> str:
        """See `Shelf`."""
        if not self._first <= at < self._first + len(self._texts):
            self._turn(at - at % BATCH)
        if not self._first <= at < self._first + len(self._texts):
            raise gone(self.path, f"it has no row {at}")
        return self._texts[at - self._first]

    def _turn(self, first: int) -> None:
        """To the rows from `first` on."""
        follows = first == self._first + len(self._texts)
        ahead, self._texts = _AHEAD.pop((self.path, first), None), []
        self._first, self._texts = first, self._fetched(first) if ahead is None else ahead.result()
        if follows and len(self._texts) == BATCH:
            _AHEAD.clear()
            _AHEAD[self.path, first + BATCH] = _other_thread().submit(self._fetched, first + BATCH)

    def _fetched(self, first: int) -> list[str]:
        import duckdb

        try:
            with duckdb.connect(config={"threads": 1}) as connection:
                if self._numbered is None:
                    self._numbered = "row" in columns_of(connection, self.path)
                # rows that are numbered in the file are found without going through it
                row, given = ("row", "") if self._numbered else ("file_row_number", ", file_row_number = true")
                query = f"select json from read_parquet(?{given}) where {row} between ? and ? order by {row}"
                found = connection.execute(query, [str(self.path), first, first + BATCH - 1]).fetchall()
        except (duckdb.Error, OSError) as error:
            raise gone(self.path, next(iter(str(error).splitlines()), "")) from error
        return [text for (text,) in found]


_AHEAD: dict[tuple[Path, int], Future[list[str]]] = {}
"""What is being read of a file before it is asked for: the rows from a place on; of one file at a time."""


@cache
def _other_thread() -> ThreadPoolExecutor:
    """That reads ahead: taking a file out of its compression needs no Python."""
    return ThreadPoolExecutor(1)


def columns_of(connection: DuckDBPyConnection, path: Path) -> set[str]:
    """Names of the columns of a sealed file."""
    return {name for name, *_ in connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()}


def texts(path: Path, room: int | None = None) -> Iterator[tuple[object, int, bool]]:
    """The rows of a sealed file, in their order: the text of a unit, its length, and whether all of it is there. With
    `room`, those beyond so many characters come without their records, where the file has them so."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            of, beyond = [str(path)], None
            if room is not None and "head" in columns_of(connection, path):
                so_far = "select row, sum(size) over (order by row) s from read_parquet(?)"
                query = connection.execute(f"select min(row) from ({so_far}) where s > ?", [*of, room])
                (beyond,) = query.fetchone() or (None,)
            asked = [("json", "" if beyond is None else f"where row < {beyond}", True)]
            asked += [] if beyond is None else [("head", f"where row >= {beyond}", False)]
            for column, where, whole in asked:
                size = "length(json)" if whole else "size"
                query = connection.execute(f"select {column}, {size} from read_parquet(?) {where}", of)
                while some := query.fetchmany(PUT):
                    yield from ((text, size, whole) for text, size in some)
    except (duckdb.Error, OSError, UnicodeError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(
            f"{str(path)!r} cannot be read ({why}): put a whole copy of it there, or move it away and resume to "
            "measure its units again"
        ) from error


def write(part: Path, units: Iterator[Mapping[str, Any]]) -> None:
    """All units in their order as a Parquet file; of many, some at a time in files of their own, which are joined then.
    So it takes the memory of `BATCH` units, however many there are."""
    import duckdb

    beside = part.with_name(f"{part.name}.d")
    rmtree(beside, ignore_errors=True)
    numbered, written = enumerate(units), [part]
    _written(part, list(islice(numbered, BATCH)))
    try:
        while some := list(islice(numbered, BATCH)):
            beside.mkdir(exist_ok=True)
            written.append(beside / f"{len(written):06d}.parquet")
            _written(written[-1], some)
        if len(written) > 1:
            os.replace(part, beside / part.name)
            written[0] = beside / part.name
            with duckdb.connect(config={"threads": 1}) as connection:  # several keep more in memory to keep the order
                connection.read_parquet([str(one) for one in written]).write_parquet(str(part), **FORM)
    finally:
        rmtree(beside, ignore_errors=True)


def _written(path: Path, some: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Some units as a file."""
    import duckdb
    import numpy as np

    columns = list(zip(*(_row(*one) for one in some), strict=True)) or [()] * len(COLUMNS)
    batch = {
        name: np.array(values, dtype=object if kind == "text" else np.int64)
        for (name, kind), values in zip(COLUMNS.items(), columns, strict=True)
    }
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    with duckdb.connect() as connection:
        connection.register("batch", batch)
        connection.sql(f"select {typed} from batch").write_parquet(str(path), **FORM)


def _row(number: int, unit: Mapping[str, Any]) -> tuple[Any, ...]:
    """The columns of a sealed unit."""
    text = line_of(unit).decode()
    short = line_of(head(unit)).decode()
    return number, unit["unit"], unit["phase"], unit["task"], unit["status"], len(text), short, text


def line_of(unit: Mapping[str, Any]) -> bytes:
    """A unit as one line of JSON. A lone surrogate becomes its escape sequence, and is read back unchanged."""
    whole = unit.whole() if isinstance(unit, Stored) else dict(unit.items())
    try:
        return _WRITER.encode(whole)
    except (TypeError, ValueError, OverflowError, RecursionError):  # what only Python's own writer can write
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "backslashreplace")
