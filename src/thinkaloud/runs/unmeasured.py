"""Of which tasks nothing, or not everything, could be measured, why, and what to do. Reads recorded units only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thinkaloud.records.shape import part
from thinkaloud.vocabulary import Record


def unmeasured(study: str, units: Iterable[Mapping[str, Any]]) -> list[str]:
    """For each task of which nothing could be measured: why, and what to do."""
    found = _by_task(study, units)
    return [_why(task, records) for task, records in found.items() if records and not any(map(_read, records))]


def unfinished(study: str, units: Iterable[Mapping[str, Any]]) -> list[str]:
    """For each task that was measured, how many items are missing because their reasoning came to nothing, and why."""
    said = []
    for task, records in _by_task(study, units).items():
        lost = [record for record in records if record["status"] == "unparsed"]
        if lost and any(map(_read, records)):
            ends = Counter(_ended(part(record, "thought")) for record in lost)
            causes = "; ".join(f"in {n} {cause}: {out}" for (cause, out), n in ends.most_common())
            said.append(f"{task}: {len(lost)} of {len(records)} items are unparsed and in no number: {causes}.")
    return said


def _by_task(study: str, units: Iterable[Mapping[str, Any]]) -> dict[str, list[Record]]:
    by_task: dict[str, list[Record]] = {}
    for unit in units:
        if unit["phase"] == study and unit["status"] == "ok":
            by_task.setdefault(unit["task"], []).extend(unit["records"])
    return by_task


def _read(record: Record) -> bool:
    return record["status"] == "ok" or bool(part(record, "conditions"))


def _why(task: str, records: Sequence[Record]) -> str:
    n = len(records)
    if any(part(record, "thought") for record in records):
        ends = Counter(_ended(part(record, "thought")) for record in records)
        (cause, out), most = ends.most_common(1)[0]
        return f"{task}: nothing was measured. In {most} of {n} items {cause}: {out}."
    why, most = Counter(str(record.get("error") or record["status"]) for record in records).most_common(1)[0]
    noun = "items" if "item" in records[0] else "records"
    return f"{task}: nothing was measured. In {most} of {n} {noun}: {why}."


def _ended(thought: Mapping[str, Any]) -> tuple[str, str]:
    """How a reasoning came to nothing, and the way out."""
    if thought.get("outcome") == "refused":
        return "the model declined to answer", "the report shows what it wrote; ask another model, or in other words"
    if thought.get("finish") == "length":
        return (
            "the model went on writing until there was no room left and came to no answer",
            "examples show it where to end (`reasoning` in the file, --shots), or take another model",
        )
    return (
        "the model wrote no reasoning before its answer",
        "examples show it how to reason (`reasoning` in the file, --shots), or take another model",
    )
