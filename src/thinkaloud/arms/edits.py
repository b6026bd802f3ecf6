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
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thinkaloud.arms.ask import Edit, cut, same
from thinkaloud.budget.trace import Trace
from thinkaloud.conditions.truncate import replace_step
from thinkaloud.errors import NothingChanged
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
    """An intervention on one attempt: how it edits, how many intermediates it changes, the answer that it implies."""

    edit: Edit
    about: int
    implied: str | None = None


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why an attempt has no intervention of a kind."""

    why: str


def intermediates(trace: Trace) -> list[Intermediate]:
    """What came back to the arm itself, in order."""
    below = [node for node in trace.nodes if node.parent == 0]
    came = [Intermediate(node.kind, node.asked, node.text) for node in below if node.kind in ("sub", "tool")]
    thoughts = [cut(node.text)[0] for node in below if node.title == "aloud"]
    return came or [Intermediate("thought", "", thought) for thought in thoughts if thought]


@dataclass(frozen=True, slots=True)
class Edited:
    """The attempt that an intervention is about: its task and item, and what it answered."""

    task: Task
    item: Item
    answer: str


def change(
    kind: str, came: Sequence[Intermediate], others: Sequence[Intermediate], about: Edited, key: Key
) -> Change | NotMade:
    """The intervention of this kind on these intermediates, or why there is none. `others` are another item's."""
    if not came:
        return NotMade("nothing came back that could be changed")
    if kind == "cut":
        kinds = {one.kind for one in came}
        return _changing(lambda k, asked, text: ("" if k == "thought" else GONE) if k in kinds else None, kind, came)
    if kind == "reword":
        return _reword(came, about.task, key)
    if kind == "replace":
        return _replace(came, others)
    return _corrupt(came[-1], others, about, key)


Rewrite = Callable[[str, str, str], str | None]
"""(`thought`, `sub` or `tool`; what was asked; what came back) -> the text in its place, or None to leave it."""


def _changing(
    rewrite: Rewrite, name: str, came: Sequence[Intermediate], implied: str | None = None
) -> Change | NotMade:
    """The intervention that puts another text in the place of what came back, and is none where the text would be the
    same: an edit that changes nothing must not be taken for an answer that did not change."""

    def edit(kind: str, asked: str, text: str) -> tuple[str, str] | None:
        found = rewrite(kind, asked, text)
        return None if found is None or found.split() == text.split() else (found, name)

    about = sum(edit(one.kind, one.asked, one.text) is not None for one in came)
    return Change(edit, about, implied) if about else NotMade("it would leave every text as it is")


def _reword(came: Sequence[Intermediate], task: Task, key: Key) -> Change | NotMade:
    if came[0].kind != "thought":
        kinds = {one.kind for one in came}
        return _changing(lambda k, asked, text: f"It comes to {text}" if k in kinds and text else None, "reword", came)
    made = {one.text: task.paraphrase(task.parse(one.text), key) for one in came}
    known = {text: other.text for text, other in made.items() if other is not None}
    if len(known) < len(made):
        return NotMade("the task has no paraphrase of a reasoning")
    return _changing(lambda k, asked, text: known.get(text) if k == "thought" else None, "reword", came)


def _replace(came: Sequence[Intermediate], others: Sequence[Intermediate]) -> Change | NotMade:
    kinds = {one.kind for one in came}
    if kinds.isdisjoint({one.kind for one in others}):
        return NotMade("nothing of this kind came back to the other item")
    at = {(one.kind, one.asked, one.text): others[i % len(others)].text for i, one in enumerate(came)}
    return _changing(
        lambda k, asked, text: at.get((k, asked, text), others[-1].text) if k in kinds else None, "replace", came
    )


def _corrupt(last: Intermediate, others: Sequence[Intermediate], about: Edited, key: Key) -> Change | NotMade:
    try:
        found = _wrong_thought(last.text, about, key) if last.kind == "thought" else None
    except NothingChanged as fault:
        return NotMade(str(fault))
    if found is None:
        found = _wrong_value(last.text, others, about, key)
    if found is None:
        return NotMade("there is nothing else that the last text could state")
    wrong, implied = found
    place = (last.kind, last.asked, last.text)
    return _changing(lambda *there: wrong if there == place else None, "corrupt", [last], implied)


def _wrong_thought(text: str, about: Edited, key: Key) -> tuple[str, str | None] | None:
    """The reasoning up to its last step, which states something else (`Task.mistake`)."""
    own: Transcript = about.task.parse(text)
    made = about.task.mistake(about.item, own, len(own.steps) - 1, key) if own.steps else None
    if made is None:
        return None
    implied = made.implied if made.implied and not same(made.implied, about.answer) else None
    return replace_step(own, made.at, made.step).text, implied


def _wrong_value(text: str, others: Sequence[Intermediate], about: Edited, key: Key) -> tuple[str, str | None] | None:
    """Another option for an option, another number for the last number, else what came back elsewhere."""
    item, answer = about.item, about.answer
    if any(same(text, option) for option in item.options):
        wrong = [option for option in item.options if not same(option, text) and not same(option, item.gold)]
        if wrong:
            chosen = pick(key.rng, wrong)
            return chosen, chosen if same(text, answer) else None
    numbers = list(NUMBER.finditer(text))
    if numbers:
        at = numbers[-1]
        value = int(at[0]) + whole(key.rng, 1, 3)
        return f"{text[: at.start()]}{value}{text[at.end() :]}", str(value) if same(at[0], answer) else None
    different = [other.text for other in others if not same(other.text, text)]
    return (pick(key.rng, different), None) if different else None
