"""findings.json: estimates as rows of plain JSON, and back, held to their types.

This module does not know how an estimate is made.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of
from thinkaloud.records.schema import check
from thinkaloud.report.notebook import Findings
from thinkaloud.vocabulary import Estimate, Finding, Part


class FindingRow(TypedDict):
    """A row of findings.json."""

    study: str
    model: str
    task: str
    difficulty: int | None
    estimate: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    clustered_by: str
    reason: str | None
    about: dict[str, Part]


class FindingsFile(TypedDict):
    """findings.json. `unfinished` says how far the run is, where it is not through."""

    format: int
    unfinished: NotRequired[str]
    findings: list[FindingRow]


def read_findings(folder: Path) -> Findings:
    """The estimates of a folder's findings.json; `UserError` where there are none yet, or a value is missing or of a
    wrong type."""
    path = folder / "findings.json"
    if not os.path.isfile(path):
        raise UserError(f"{str(folder)!r} is not finished: thinkaloud resume {folder}")
    hint = f"thinkaloud report {folder} makes it anew"
    found = loaded(path, hint)
    try:
        check(found, FindingsFile)
        return Findings(finding_from_dict(row) for row in found["findings"])
    except (UserError, ValueError) as error:
        raise UserError(f"{str(path)!r} is damaged ({error}): {hint}") from error


def loaded(path: Path, hint: str) -> Any:
    """A file of JSON; `hint` is the way out where it is damaged."""
    try:
        return json_of(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}; {hint}") from error
    except ValueError as error:
        raise UserError(f"{str(path)!r} is damaged ({error}): {hint}") from error


def finding_as_dict(finding: Finding) -> FindingRow:
    """A row of findings.json."""
    e = finding.estimate
    return {
        "study": finding.study,
        "model": finding.model,
        "task": finding.task,
        "difficulty": finding.difficulty,
        "estimate": e.name,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "n": e.n,
        "clusters": e.clusters,
        "clustered_by": e.clustered_by,
        "reason": e.reason,
        "about": dict(e.about),
    }


def finding_from_dict(row: FindingRow) -> Finding:
    """The finding of a row."""
    estimate = Estimate(
        row["estimate"], row["value"], row["low"], row["high"], row["n"], row["clusters"],
        clustered_by=row["clustered_by"], reason=row["reason"], about=row["about"],
    )  # fmt: skip
    return Finding(row["study"], row["model"], row["task"], row["difficulty"], estimate)
