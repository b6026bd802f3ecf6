"""Tables out: findings (a row an estimate, `runs/table.py`) and records (a row an item and condition), as Parquet, CSV
or JSON.

Records of studies differ. The long form serves all of them: what every row can have is a column, anything else a study
keeps is in `rest` as JSON, so nothing is lost. Each record also has one row whose `condition` is empty: what belongs to
the item as a whole (its reasoning, its status and the reason if it failed). Conditions of the rungs are `attempt:0`,
`short:1000`, `edit:cut`. Missing is null, never 0. Lists are JSON in Parquet and CSV.

This module knows the shape of records and nothing about what conditions mean.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import CannotWrite, UserError, unknown
from thinkaloud.joining import joined
from thinkaloud.records.shape import asks, attempts, part, readings
from thinkaloud.runs import table
from thinkaloud.runs.folder import write
from thinkaloud.vocabulary import Reading, Record

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run

Row = dict[str, Any]

RECORDS: Mapping[str, str] = {
    "study": "VARCHAR", "model": "VARCHAR", "task": "VARCHAR", "level": "BIGINT", "item": "VARCHAR",
    "sample": "BIGINT", "fold": "BIGINT", "arm": "VARCHAR", "condition": "VARCHAR", "status": "VARCHAR",
    "error": "VARCHAR", "question": "VARCHAR", "options": "JSON", "gold": "BIGINT", "gold_text": "VARCHAR",
    "between": "VARCHAR", "sentences": "JSON", "wrote": "VARCHAR", "answer": "VARCHAR", "right": "BOOLEAN",
    "p_gold": "DOUBLE", "implied": "BIGINT", "p_implied": "DOUBLE", "probabilities": "JSON", "logprobs": "JSON",
    "margin": "DOUBLE", "mass": "DOUBLE", "changed": "JSON", "rest": "JSON",
}  # fmt: skip
"""Columns of the records. `right`: the most probable option is the gold (null where options are exactly equal and one
of them is right); `answer`: the most probable option, or what an attempt answered."""

ITEM = ("task", "level", "item", "sample", "fold", "arm", "status", "error", "question", "options", "gold")
LONGEST = 1 << 28
"""Bytes of the longest row."""


def export_table(run: Run, kind: str, records: bool = False, out: Path | None = None) -> tuple[Path, int]:
    """Write the findings of a run, or its records, and return the file and its number of rows."""
    if kind not in ("parquet", "csv", "json"):
        raise unknown("format", kind, ("parquet", "csv", "json"))
    path = out if out is not None else run.folder / f"{'records' if records else 'findings'}.{kind}"
    if isdir(path):
        raise UserError(f"{str(path)!r} is a folder: give --out a file")
    rows = record_rows(run) if records else table.rows(run.findings)
    columns = RECORDS if records else table.columns(run.findings)
    rows = [{name: _finite(row.get(name)) for name in columns} for row in rows]
    if kind == "json":
        write(path, "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")
    else:
        _write(rows, columns, path, kind)
    return path, len(rows)


def record_rows(run: Run) -> list[Row]:
    """Every record of a run in the long form; lists and `rest` are plain Python here."""
    return [{"study": run.study.name, "model": run.card.name, **row} for record in run.records for row in _rows(record)]


def _rows(record: Record) -> Iterator[Row]:
    """The rows of one record: that of the item, then one for each condition or attempt."""
    item = {name: record.get(name) for name in ITEM}
    asked = asks(record)
    item["gold_text"] = record["options"][record["gold"]] if asked else None
    read = readings(record) if asked else {}
    tried = _tried(record)
    spread = {*(["conditions"] if read else []), *(["attempts", "short", "edits"] if tried else [])}
    rest = {name: value for name, value in record.items() if name not in (*ITEM, *spread)}
    thought = part(record, "thought")
    said = [step["text"] for step in thought.get("steps", ())] if thought else None
    yield {
        **item, "condition": None, "between": None if said is None else joined(said), "sentences": said,
        "wrote": thought.get("text"), "answer": thought.get("conclusion"), "right": thought.get("right"),
        "rest": rest,
    }  # fmt: skip
    for name, condition in read.items():
        yield {**item, "condition": name, **_condition(record, condition)}
    for name, attempt in tried.items():
        rest = {key: value for key, value in attempt.items() if key not in ("answer", "right")}
        yield {**item, "condition": name, "answer": attempt["answer"], "right": attempt["right"], "rest": rest}


def _tried(record: Record) -> dict[str, Mapping[str, Any]]:
    """Attempts by name, of a record that has any."""
    found = {f"attempt:{k}": attempt for k, attempt in enumerate(record["attempts"])} if attempts(record) else {}
    found |= {f"short:{budget}": attempt for budget, attempt in part(record, "short").items()}
    found |= {f"edit:{name}": edit for name, edit in part(record, "edits").items() if edit is not None}
    known = all(isinstance(one, Mapping) and {"answer", "right"} <= one.keys() for one in found.values())
    return found if known else {}


def _condition(record: Record, condition: Mapping[str, Any]) -> Row:
    """What was read under one condition."""
    logprobs, gold, implied = condition["logprobs"], record["gold"], condition.get("implied")
    reading = Reading(tuple(logprobs))
    probabilities = list(reading.probabilities)
    top = [i for i, x in enumerate(logprobs) if x == max(logprobs)]
    named = ("between", "changed", "logprobs", "margin", "mass", "implied", "wrote")
    return {
        "between": joined(condition["between"]),
        "sentences": condition["between"],
        "wrote": condition.get("wrote"),
        "answer": record["options"][top[0]] if len(top) == 1 else None,
        "right": None if len(top) > 1 and gold in top else gold in top,
        "p_gold": probabilities[gold],
        "implied": implied,
        "p_implied": None if implied is None else probabilities[implied],
        "probabilities": probabilities,
        "logprobs": list(logprobs),
        "margin": condition.get("margin"),
        "mass": condition.get("mass"),
        "changed": condition.get("changed"),
        "rest": {name: value for name, value in condition.items() if name not in named},
    }


def _write(rows: Sequence[Row], columns: Mapping[str, str], path: Path, kind: str) -> None:
    """Through DuckDB, by way of a file with a row a line; whole or not at all."""
    import duckdb

    types = {name: "VARCHAR" if of == "JSON" else of for name, of in columns.items()}
    part = path.with_name(path.name + ".part")
    form = "(format parquet, compression zstd)" if kind == "parquet" else "(format csv, header)"
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "rows.jsonl"
        with lines.open("w", encoding="utf-8") as file:
            for row in rows:
                plain = {name: _flat(row[name], of) for name, of in columns.items()}
                file.write(json.dumps(plain, ensure_ascii=False) + "\n")
        connection = duckdb.connect()
        try:
            named = ", ".join(f"{table.quoted(name)}: {_quoted(of)}" for name, of in types.items())
            source = (
                f"read_json({_quoted(str(lines))}, columns = {{{named}}}, format = 'newline_delimited', "
                f"maximum_object_size = {LONGEST})"
            )
            connection.execute(f"copy (select * from {source}) to {_quoted(str(part))} {form}")
            os.replace(part, path)
        except (duckdb.Error, OSError, UnicodeError) as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise CannotWrite(f"cannot write {str(path)!r}: {str(error).splitlines()[0]}") from error
        finally:
            connection.close()


def _flat(value: Any, of: str) -> Any:
    return json.dumps(value, ensure_ascii=False) if of == "JSON" and value is not None else value


def _finite(value: Any) -> Any:
    """Without numbers that JSON does not have: a log-probability of minus infinity is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
