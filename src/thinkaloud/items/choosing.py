"""Chooses which of a level's questions are shown as examples and which are asked, with notes for the report.

An example shows how to reason before an answer. One without reasoning would teach the model to write none, so only
questions with worked reasoning become examples. If no question has any, all conditions are asked without examples, with
and without reasoning; otherwise they would differ in more than the reasoning. This module draws nothing at random and
asks no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.vocabulary import Item, Key, Task


def drawn(task: Task, level: int, wanted: int, key: Key) -> list[Item]:
    """`wanted` questions of a level, or all of them if it has fewer."""
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
    """The error for a level with too few questions. `taken`: how many are used for other purposes than measurement,
    `fits`: how many are left."""
    used = ", ".join(f"{n} {what}" for what, n in taken.items() if n)
    have = fits + sum(taken.values())
    noun = "question" if have == 1 else "questions"
    left = f": {used} and {fits} are left to measure" if used else ""
    out = f"--items {fits} fits" if fits > 0 else "give fewer --shots, a level instead of the edge, or more questions"
    return UserError(f"task {task.name!r} has {have} {noun} at level {level}{left}; {out}")


def about_examples(task: str, examples: Sequence[Item], wanted: int) -> list[str]:
    """A note for the report if there are fewer examples than requested."""
    if len(examples) >= wanted:
        return []
    if not examples:
        return [
            f"{task}: no question has worked reasoning, so none could show how to reason: all are asked without "
            "examples, silently as aloud. Give some of them `reasoning` (docs/add-a-task.md) to have examples."
        ]
    return [f"{task}: {len(examples)} examples, not {wanted}: no other question drawn has worked reasoning."]
