"""The findings of a run as a tidy table: one row an estimate, what it is about in columns of its own.

The parts of `Estimate.about` (arm, budget, condition and so on) differ from study to study. The table has a column for
every part that any of its estimates has, in the order of their names, and null where an estimate lacks it. Which parts
there are is for the studies to say: this module knows no name of a part and no study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from thinkaloud.errors import UserError, unknown
from thinkaloud.vocabulary import Finding, Part

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

Kind = Literal["duckdb", "pandas", "polars", "arrow"]
"""Whose table it is."""
Row = dict[str, Part | None]
NEEDS = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}
"""Kind of table -> the package that it needs besides those of the core."""

COLUMNS: Mapping[str, str] = {
    "study": "VARCHAR", "model": "VARCHAR", "task": "VARCHAR", "difficulty": "BIGINT", "estimate": "VARCHAR",
    "value": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE", "n": "BIGINT", "clusters": "BIGINT",
    "clustered_by": "VARCHAR", "reason": "VARCHAR",
}  # fmt: skip
"""What every row has, with DuckDB's types; the parts follow."""


def columns(findings: Sequence[Finding]) -> dict[str, str]:
    """The columns of the table with their types: `COLUMNS`, then the parts. A part whose values are all whole numbers
    is BIGINT, all numbers DOUBLE, anything else VARCHAR. A part called like one of `COLUMNS` becomes `about_NAME`."""
    found: dict[str, list[Part]] = {}
    for finding in findings:
        for name, value in finding.estimate.about.items():
            found.setdefault(_column(name), []).append(value)
    return {**COLUMNS, **{name: _type(found[name]) for name in sorted(found)}}


def rows(findings: Sequence[Finding]) -> list[Row]:
    """The rows of the table as plain data, each with every column."""
    types = columns(findings)
    return [_row(finding, types) for finding in findings]


def frame(findings: Sequence[Finding], kind: Kind = "duckdb") -> Any:
    """The table as somebody's data frame. `UserError` where its package is not installed, or there is no such kind."""
    if kind != "duckdb" and kind not in NEEDS:
        raise unknown("kind of table", kind, ("duckdb", *NEEDS))
    package = NEEDS.get(kind)
    if package is not None and find_spec(package) is None:
        raise UserError(f"a table for {kind} needs it: pip install {package} (frame() needs nothing)")
    made = relation(findings)
    if kind == "pandas":
        return made.df()
    if kind == "polars":
        return made.pl()
    return made if kind == "duckdb" else made.to_arrow_table()


def relation(findings: Sequence[Finding]) -> DuckDBPyRelation:
    """The table as a relation of DuckDB, in a database in memory that lives as long as the relation."""
    import duckdb

    types = columns(findings)
    connection = duckdb.connect()
    named = ", ".join(f"{quoted(name)} {of}" for name, of in types.items())
    connection.execute(f"create table findings ({named})")
    values = [list(row.values()) for row in rows(findings)]
    if values:
        connection.executemany(f"insert into findings values ({', '.join('?' * len(types))})", values)
    return connection.table("findings")


def quoted(name: str) -> str:
    """A name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _row(finding: Finding, types: Mapping[str, str]) -> Row:
    estimate = finding.estimate
    there: Row = {
        "study": finding.study, "model": finding.model, "task": finding.task, "difficulty": finding.difficulty,
        "estimate": estimate.name, "value": estimate.value, "low": estimate.low, "high": estimate.high,
        "n": estimate.n, "clusters": estimate.clusters, "clustered_by": estimate.clustered_by,
        "reason": estimate.reason, **{_column(name): value for name, value in estimate.about.items()},
    }  # fmt: skip
    found = {name: there.get(name) for name in types}
    return {
        name: str(value) if types[name] == "VARCHAR" and value is not None else value for name, value in found.items()
    }


def _column(part: str) -> str:
    return f"about_{part}" if part in COLUMNS else part


def _type(values: Sequence[Part]) -> str:
    if any(isinstance(value, str) for value in values):
        return "VARCHAR"
    return "BIGINT" if all(isinstance(value, int) for value in values) else "DOUBLE"
