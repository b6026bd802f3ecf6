"""Of which tasks nothing, or not everything, could be measured, why, and what to do. Reads recorded units only, one
after the other: what is kept of them is counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.records.shape import part
from thinkaloud.vocabulary import Record

Way = tuple[str, str]
"""How a reasoning came to nothing, and the way out."""


@dataclass(slots=True)
class Tally:
    """The records of a task: how many there are, of items or not, and whether something was read from any of them.
    `ends`: how the reasoning of all came to nothing, if it did; `lost`: of those that are unparsed; `whys`: errors, or
    what else their status is."""

    items: bool
    thought: bool = False
    read: bool = False
    n: int = 0
    ends: Counter[Way] = field(default_factory=Counter)
    lost: Counter[Way] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        """Count one more."""
        thought = part(record, "thought")
        self.n += 1
        self.thought |= bool(thought)
        self.read |= record["status"] == "ok" or bool(part(record, "conditions"))
        self.ends[_ended(thought)] += 1
        if record["status"] == "unparsed":
            self.lost[_ended(thought)] += 1
        self.whys[str(record.get("error") or record["status"])] += 1


def tallies(study: str, units: Iterable[Mapping[str, Any]]) -> dict[str, Tally]:
    """Of every task of which there are records."""
    found: dict[str, Tally] = {}
    for unit in units:
        if unit["phase"] == study and unit["status"] == "ok":
            for record in unit["records"]:
                found.setdefault(unit["task"], Tally("item" in record)).add(record)
    return found


def unmeasured(found: Mapping[str, Tally]) -> list[str]:
    """For each task of which nothing could be measured: why, and what to do."""
    return [_why(task, tally) for task, tally in found.items() if not tally.read]


def unfinished(found: Mapping[str, Tally]) -> list[str]:
    """For each task that was measured, how many items are missing because their reasoning came to nothing, and why."""
    said = []
    for task, tally in found.items():
        if tally.lost and tally.read:
            causes = "; ".join(f"in {n} {cause}: {out}" for (cause, out), n in tally.lost.most_common())
            said.append(f"{task}: {tally.lost.total()} of {tally.n} items are unparsed and in no number: {causes}.")
    return said


def _why(task: str, tally: Tally) -> str:
    if tally.thought:
        (cause, out), most = tally.ends.most_common(1)[0]
        return f"{task}: nothing was measured. In {most} of {tally.n} items {cause}: {out}."
    why, most = tally.whys.most_common(1)[0]
    return f"{task}: nothing was measured. In {most} of {tally.n} {'items' if tally.items else 'records'}: {why}."


def _ended(thought: Mapping[str, Any]) -> Way:
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
