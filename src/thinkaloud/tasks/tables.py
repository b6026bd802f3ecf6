"""The rows of a file of questions, as mappings from column to value: JSON lines, JSON, CSV, TSV or Parquet.

A file of JSON may be one object a line, one list of objects, or one object that holds such a list (`examples`). In CSV
and TSV the first line names the columns, and an empty cell has no value. Parquet is read by duckdb. `files.py` says
which file is which; this module does not know what the columns mean.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of
from thinkaloud.tasks.files import question_lines, table_kind, text_of


@dataclass(frozen=True, slots=True)
class Row:
    """`number`: which line or row it is, from 1; `where`: the same with the file, for messages; `twice`: a field of a
    JSON object that is there twice."""

    number: int
    where: str
    data: Mapping[str, Any]
    twice: str | None = None


def rows(path: Path) -> list[Row]:
    """All rows; blank lines are none. Raises `UserError` naming file and line where one cannot be read."""
    kind = table_kind(path.name)
    if kind == "json":
        return list(_objects(path))
    found = _parquet(path) if kind == "parquet" else _separated(path, "\t" if kind == "tsv" else ",")
    return [Row(i, f"{path}, row {i}", row) for i, row in enumerate(found, 1)]


def short(text: str, limit: int = 80) -> str:
    """The beginning of a text, for a message."""
    return text if len(text) <= limit else text[:limit] + " ..."


def _objects(path: Path) -> Iterator[Row]:
    for number, line in enumerate(question_lines(path), 1):
        if not line.strip():
            continue
        where, twice = f"{path}, line {number}", list[str]()
        try:
            data = json_of(line, lambda pairs, twice=twice: _unique(pairs, twice))  # type: ignore[misc]
        except json.JSONDecodeError as error:
            raise UserError(f"{where}: not JSON ({error.msg} at column {error.colno}): {short(line)}") from None
        if not isinstance(data, dict):
            raise UserError(f"{where}: not a JSON object: {short(line)}")
        yield Row(number, where, data, twice[0] if twice else None)


def _unique(pairs: Sequence[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    twice += [name for name, n in Counter(name for name, _ in pairs).items() if n > 1]
    return dict(pairs)


def _separated(path: Path, usual: str) -> Iterator[Mapping[str, Any]]:
    """Rows of a CSV or TSV file. A file of a program that separates by `;` or tabs is read by what its header has."""
    text = text_of(path)
    header = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max((usual, ",", ";", "\t"), key=header.count) if usual not in header else usual
    csv.field_size_limit(min(sys.maxsize, 1 << 31 - 1))
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if None in row:
                raise UserError(f"{path}, line {reader.line_num}: more cells than the header has columns")
            yield {name.strip(): value or None for name, value in row.items()}
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not CSV ({error})") from None


def _parquet(path: Path) -> list[Mapping[str, Any]]:
    import duckdb

    try:
        found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
        columns = [name for name, *_ in found.description or ()]
        return [dict(zip(columns, map(plain, row), strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        raise UserError(f"cannot read {str(path)!r} as Parquet: {str(error).splitlines()[0]}") from None


def plain(value: Any) -> Any:
    """A value as JSON has it: decimals as numbers, true and dates as texts."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return str(value) if isinstance(value, bool | date | datetime) else value
