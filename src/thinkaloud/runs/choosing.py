"""Which of a level's questions are shown as examples and which are asked, and what a reader is told of it.

An example shows how to reason before an answer. One without reasoning would teach the model to write none, so only
questions with worked reasoning become examples. Where no question has any, all are asked without examples, silently as
aloud: otherwise the two would differ in more than the reasoning. This module draws nothing and asks no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.vocabulary import Item, Key, Record, Task


def drawn(task: Task, level: int, wanted: int, key: Key) -> list[Item]:
    """`wanted` questions of a level, or all that it has where it has fewer."""
    try:
        return task.items(level, wanted, key)
    except TooFewItems as few:
        return task.items(level, few.have, key)


def apart(items: Sequence[Item], shots: int) -> tuple[list[Item], list[Item]]:
    """At most `shots` examples, the first that have worked reasoning, and the other items."""
    examples = [item for item in items if item.worked.steps][:shots]
    taken = {item.id for item in examples}
    return examples, [item for item in items if item.id not in taken]


def too_few(task: Task, level: int, fits: int, taken: Mapping[str, int]) -> UserError:
    """The error of a level with fewer questions than are wanted; `taken`: how many are for something else than to be
    measured, `fits`: how many are left."""
    used = [f"{n} {what}" for what, n in taken.items() if n]
    have = fits + sum(taken.values())
    left = f" and {fits} are left to measure" if used else ""
    out = f"--items {fits} fits" if fits > 0 else "give fewer --shots, a level instead of the edge, or more questions"
    return UserError(f"task {task.name!r} has {have} questions at level {level}: {', '.join([*used])}{left}; {out}")


def about_examples(task: str, examples: Sequence[Item], wanted: int) -> list[str]:
    """What a reader of a report must know where there are fewer examples than were asked for."""
    if len(examples) >= wanted:
        return []
    if not examples:
        return [
            f"{task}: no question has worked reasoning, so none could show how to reason: all are asked without "
            "examples, silently as aloud. Give some of them `reasoning` (docs/add-a-task.md) to have examples."
        ]
    return [f"{task}: {len(examples)} examples, not {wanted}: no other question drawn has worked reasoning."]


# --------------------------------------------------------------------------------------------- nothing was measured


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
            ends = Counter(_ended(record.get("thought") or {}) for record in lost)
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
    return record["status"] == "ok" or bool(record.get("conditions"))


def _why(task: str, records: Sequence[Record]) -> str:
    n = len(records)
    if any(record.get("thought") for record in records):
        ends = Counter(_ended(record.get("thought") or {}) for record in records)
        (cause, out), most = ends.most_common(1)[0]
        return f"{task}: nothing was measured. In {most} of {n} items {cause}: {out}."
    why, most = Counter(str(record.get("error") or record["status"]) for record in records).most_common(1)[0]
    return f"{task}: nothing was measured. In {most} of {n} items: {why}."


def _ended(thought: Mapping[str, Any]) -> tuple[str, str]:
    """How a reasoning came to nothing, and the way out."""
    if thought.get("finish") == "length":
        return (
            "the model went on writing until there was no room left and came to no answer",
            "examples show it where to end (`reasoning` in the file, --shots), or take another model",
        )
    return (
        "the model wrote no reasoning before its answer",
        "examples show it how to reason (`reasoning` in the file, --shots), or take another model",
    )
