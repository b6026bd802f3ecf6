"""Interventions on what an arm's processes give back: cut, reword, replace, corrupt.

They hit the *visible intermediates* of an attempt: what its sub-processes and tools gave back to the arm itself, or,
where it has none of these, its own reasoning. The attempt is then run again; up to the edit it goes the old way.

    cut       every intermediate is gone                 what is lost is what the answer needs
    reword    every one says the same in other words     what is lost is what only the wording held
    replace   every one is another item's                the null: what any intermediate at all does
    corrupt   the last one states something else         does the answer follow?

Where a corrupted statement has an implied answer (it was one of the options, or it was the answer itself) that is
known here. Rewording is safe by construction and modest: a sub-answer is put into a sentence, a reasoning is reworded
by its task or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.arms.ask import Edit, cut, same
from thinkaloud.budget.trace import Trace
from thinkaloud.interventions.truncate import replace_step
from thinkaloud.tasks.draws import pick, whole
from thinkaloud.vocabulary import Item, Key, Task, Transcript

KINDS = ("cut", "reword", "replace", "corrupt")
GONE = "?"
"""What stands where a sub-answer or a result was cut: questions that are built from it stay readable."""
NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True)
class Intermediate:
    """A visible intermediate: `thought`, `sub` or `tool`, what was asked and what came back."""

    kind: str
    asked: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """An intervention on one attempt: how it edits, how many intermediates it is about, the answer that it implies."""

    edit: Edit
    about: int
    implied: str | None = None


def intermediates(trace: Trace) -> list[Intermediate]:
    """What came back to the arm itself, in order."""
    below = [node for node in trace.nodes if node.parent == 0]
    came = [Intermediate(node.kind, node.asked, node.text) for node in below if node.kind in ("sub", "tool")]
    thoughts = [cut(node.text)[0] for node in below if node.title == "aloud"]
    return came or [Intermediate("thought", "", thought) for thought in thoughts if thought]


@dataclass(frozen=True, slots=True)
class Answered:
    """An item of a task, and what an attempt answered to it."""

    task: Task
    item: Item
    answer: str


def change(
    kind: str, came: Sequence[Intermediate], others: Sequence[Intermediate], own: Answered, key: Key
) -> Change | None:
    """The intervention of this kind on the intermediates that led to an answer; None where there is none. `others` are
    another item's."""
    if not came:
        return None
    kinds = {one.kind for one in came}
    if kind == "cut":
        return Change(lambda k, asked, text: ("" if k == "thought" else GONE, "cut") if k in kinds else None, len(came))
    if kind == "reword":
        return _reword(came, own.task, key)
    if kind == "replace":
        return _replace(came, others)
    return _corrupt(came[-1], others, own, key)


def _reword(came: Sequence[Intermediate], task: Task, key: Key) -> Change | None:
    if came[0].kind != "thought":
        kinds = {one.kind for one in came}
        return Change(
            lambda k, asked, text: (f"It comes to {text}", "reword") if k in kinds and text else None, len(came)
        )
    made = {one.text: task.paraphrase(task.parse(one.text), key) for one in came}
    known = {text: other.text for text, other in made.items() if other is not None}
    if len(known) < len(made):
        return None
    return Change(
        lambda k, asked, text: (known[text], "reword") if k == "thought" and text in known else None, len(came)
    )


def _replace(came: Sequence[Intermediate], others: Sequence[Intermediate]) -> Change | None:
    if not others or {one.kind for one in others}.isdisjoint({one.kind for one in came}):
        return None
    at = {(one.kind, one.asked, one.text): others[i % len(others)].text for i, one in enumerate(came)}
    kinds = {one.kind for one in came}

    def edit(kind: str, asked: str, text: str) -> tuple[str, str] | None:
        if kind not in kinds:
            return None
        return at.get((kind, asked, text), others[-1].text), "replace"

    return Change(edit, len(came))


def _corrupt(last: Intermediate, others: Sequence[Intermediate], own: Answered, key: Key) -> Change | None:
    found = _wrong_thought(last.text, own, key) if last.kind == "thought" else None
    if found is None:
        found = _wrong_value(last.text, others, own, key)
    if found is None:
        return None
    wrong, implied = found

    def edit(kind: str, asked: str, text: str) -> tuple[str, str] | None:
        return (wrong, "corrupt") if (kind, asked, text) == (last.kind, last.asked, last.text) else None

    return Change(edit, 1, implied)


def _wrong_thought(text: str, own: Answered, key: Key) -> tuple[str, str | None] | None:
    """The reasoning up to its last step, which states something else (`Task.mistake`)."""
    thought: Transcript = own.task.parse(text)
    made = own.task.mistake(own.item, thought, len(thought.steps) - 1, key) if thought.steps else None
    if made is None:
        return None
    implied = made.implied if made.implied and not same(made.implied, own.answer) else None
    return replace_step(thought, made.at, made.step).text, implied


def _wrong_value(text: str, others: Sequence[Intermediate], own: Answered, key: Key) -> tuple[str, str | None] | None:
    """Another option for an option, another number for the last number, else what came back elsewhere."""
    if any(same(text, option) for option in own.item.options):
        wrong = [option for option in own.item.options if not same(option, text) and not same(option, own.item.gold)]
        if wrong:
            chosen = pick(key.rng, wrong)
            return chosen, chosen if same(text, own.answer) else None
    numbers = list(NUMBER.finditer(text))
    if numbers:
        at = numbers[-1]
        value = int(at[0]) + whole(key.rng, 1, 3)
        return f"{text[: at.start()]}{value}{text[at.end() :]}", str(value) if same(at[0], own.answer) else None
    different = [other.text for other in others if not same(other.text, text)]
    return (pick(key.rng, different), None) if different else None
