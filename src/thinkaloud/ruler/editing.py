"""What an editor is worth, measured where truth is known: on sentences of the built-in tasks, read by their grammars.

The editor gets a sentence or two of a task's right reasoning as if it were any text, and the grammar reads what came
back: the same (`same`), something else (`other`), or nothing that it knows (`unread`; what it means is then unknown).
So it can be counted

    accepted                      texts whose paraphrase the checks let through
    kept the meaning              of accepted ones that the grammar reads: the same
    read back                     of accepted ones: those that the grammar reads at all
    wrong ones let through        of paraphrases that say something else: those that the checks accepted
    right ones refused            of paraphrases that say the same, in other words: those that the checks refused
    mistakes made                 sentences for which it wrote one
    mistakes that are one         of those that the grammar reads: another statement, not the same in other words

The checks have rows of their own, without any model: the grammar itself writes what is right (another wording) and what
is wrong (another value, two things exchanged), and the rows say how much of each they refuse and let through. So have
the rules for any text: how many sentences they have other words for, and how many they leave with their meaning.

Each item gives one trial to a row, so trials are independent as far as items are. These are short sentences of a
grammar: on other text an editor may be better or worse. This module asks no model what a text means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from thinkaloud.conditions import plain_wording
from thinkaloud.conditions.checks import astray, misshapen
from thinkaloud.conditions.editor import Edited, Editor
from thinkaloud.conditions.mistake import mistake_by_model
from thinkaloud.conditions.stated_number import mistake_by_number
from thinkaloud.joining import joined
from thinkaloud.models.session import open_session
from thinkaloud.records.about import about
from thinkaloud.stats.wilson import wilson
from thinkaloud.tasks import open_task
from thinkaloud.tasks.draws import pick
from thinkaloud.tasks.family import Family
from thinkaloud.tasks.grammar import Grammar
from thinkaloud.vocabulary import Estimate, Item, Key, Model, Step, Transcript

TASKS = (
    "chain_sum",
    "chain_mixed",
    "story",
    "variables",
    "coin",
    "swaps",
    "directions",
    "weekday",
    "compare",
    "recall",
)
LEVEL = 3
"""Of each task's levels, counted from 1."""
TOGETHER = 2
"""So many sentences that follow each other make a text."""
Meaning = Literal["same", "other", "unread"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A text of a task, what became of it, and what the grammar makes of that; `new` is None where nothing was made."""

    old: str
    new: str | None
    accepted: bool
    meaning: Meaning


Trials = Sequence[Trial]


def editor_card(model: Model | None, items: int, key: Key, tasks: Sequence[str] = TASKS) -> list[Estimate]:
    """Every row; without a `model` those of the checks and rules alone. `items`: how many of each task."""
    texts = list(_texts(tasks, items, key))
    rows = [*check_rows(texts, key), *rule_rows(texts, key)]
    return rows if model is None else [*asyncio.run(editor_rows(model, texts, key)), *rows]


@dataclass(frozen=True, slots=True)
class Text:
    """A text from an item's right reasoning: sentences `first` to `last` (without it), and the task that reads them."""

    task: Family[object]
    item: Item
    first: int
    last: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its sentences."""
        return self.item.worked.steps[self.first : self.last]

    @property
    def text(self) -> str:
        """As it is shown to an editor."""
        return joined([step.text for step in self.steps])


def _texts(tasks: Sequence[str], items: int, key: Key) -> Iterator[Text]:
    """A text of every item."""
    for name in tasks:
        task = open_task(name)
        assert isinstance(task, Family)
        level = task.levels[min(LEVEL, len(task.levels)) - 1]
        for item in task.items(level, items, key.child("editor")):
            first = int(key.child(item.id).rng.integers(max(1, len(item.worked.steps) - TOGETHER + 1)))
            yield Text(task, item, first, min(first + TOGETHER, len(item.worked.steps)))


def meaning(grammar: Grammar, old: str, new: str) -> Meaning:
    """Whether `new` says what `old` says, by the grammar that reads both."""
    before, after = ([(step.form, dict(step.fields)) for step in grammar.parse(text).steps] for text in (old, new))
    if not after or any(form is None for form, _ in after):
        return "unread"
    return "same" if before == after else "other"


# ------------------------------------------------------------------------------------------------------ an editor


async def editor_rows(model: Model, texts: Sequence[Text], key: Key) -> list[Estimate]:
    """What the model makes of them."""
    session = open_session(model)
    editor = Editor(session, key.child("editor"))
    edits = await asyncio.gather(*(editor.reword(one.text, one.item.options) for one in texts))
    trials = [_edited(one, made) for one, made in zip(texts, edits, strict=True)]
    written = await asyncio.gather(*(_mistaken(session, one, key) for one in texts))
    return [
        _share("accepted", trials, lambda t: t.accepted),
        _share("read back", [t for t in trials if t.accepted], lambda t: t.meaning != "unread"),
        _share("kept the meaning", _read(trials, True), lambda t: t.meaning == "same"),
        _share("wrong ones let through", [t for t in trials if t.meaning == "other"], lambda t: t.accepted),
        _share("right ones refused", [t for t in trials if t.meaning == "same"], lambda t: not t.accepted),
        *_mistakes("mistakes", written),
    ]


def _edited(text: Text, made: Edited) -> Trial:
    """A copy is refused and no paraphrase that means the same: it is `unread` as well."""
    new = made.text if made.text is not None else made.wrote.strip()
    copied = new.split() == text.text.split()
    said: Meaning = "unread" if copied else meaning(text.task.grammar, text.text, new)
    return Trial(text.text, new, made.text is not None, said)


async def _mistaken(session: Model, text: Text, key: Key) -> Trial:
    """A mistake in the last sentence of a text."""
    own, at = Transcript(text.steps), len(text.steps) - 1
    made = await mistake_by_model(session, text.item, own, at, key.child(text.item.id, "mistake"))
    return _trial_of(text, None if made is None else made.step.text)


def _trial_of(text: Text, new: str | None) -> Trial:
    old = text.steps[-1].text
    return Trial(old, new, new is not None, "unread" if new is None else meaning(text.task.grammar, old, new))


def _mistakes(name: str, trials: Trials) -> list[Estimate]:
    return [
        _share(f"{name} made", trials, lambda t: t.new is not None),
        _share(f"{name} that are one", _read(trials, True), lambda t: t.meaning == "other"),
    ]


# ------------------------------------------------------------------------------------------------------ the checks


def check_rows(texts: Sequence[Text], key: Key) -> list[Estimate]:
    """How the checks do on paraphrases that are right, and on such that are wrong, both by the grammar."""
    right, valued, exchanged = (
        [trial for one in texts if (trial := _checked(one, make(one, key))) and trial.meaning == meant]
        for make, meant in ((_reworded, "same"), (_revalued, "other"), (_exchanged, "other"))
    )
    return [
        _share("checks: right ones refused", right, lambda t: not t.accepted),
        _share("checks: another value let through", valued, lambda t: t.accepted),
        _share("checks: two things exchanged let through", exchanged, lambda t: t.accepted),
    ]


def _checked(text: Text, new: str | None) -> Trial | None:
    """A text and another one as the checks and the grammar see them; None where there is no other one."""
    if new is None or new.split() == text.text.split():
        return None
    fine = astray(text.text, new, text.item.options) is None and misshapen(text.text, new) is None
    return Trial(text.text, new, fine, meaning(text.task.grammar, text.text, new))


def _reworded(text: Text, key: Key) -> str | None:
    """The text in other wordings of the grammar."""
    made = text.task.paraphrase(Transcript(text.steps), key.child(text.item.id, "right"))
    return None if made is None else made.text


def _revalued(text: Text, key: Key) -> str | None:
    """In other wordings, with another value in the last sentence."""
    grammar, step = text.task.grammar, text.steps[-1]
    form = grammar.forms[str(step.form)]
    if form.value is None or step.value is None:
        return None
    others = form.kind(form.value).others(step.value)
    if not others:
        return None
    value = pick(key.child(text.item.id, "value").rng, others)
    return _said(text, grammar.restate(step, value), key)


def _exchanged(text: Text, key: Key) -> str | None:
    """In other wordings, with two things of one kind exchanged in the last sentence, where that says something else."""
    step = text.steps[-1]
    form = text.task.grammar.forms[str(step.form)]
    slots = [slot for slot in form.slots if slot not in form.symmetric]
    pairs = [
        (a, b) for i, a in enumerate(slots) for b in slots[i + 1 :]
        if form.kind(a) is form.kind(b) and step.fields[a] != step.fields[b]
    ]  # fmt: skip
    if not pairs:
        return None
    a, b = pick(key.child(text.item.id, "pair").rng, pairs)
    return _said(text, form(**{**step.fields, a: step.fields[b], b: step.fields[a]}), key)


def _said(text: Text, last: Step, key: Key) -> str | None:
    """The text with another last sentence, in other wordings."""
    other = Transcript((*text.steps[:-1], text.task.grammar.step(last.text)))
    made = text.task.paraphrase(other, key.child(text.item.id, "wrong"))
    return None if made is None else made.text


# ------------------------------------------------------------------------------------------------------ the rules


def rule_rows(texts: Sequence[Text], key: Key) -> list[Estimate]:
    """The rules for any text: what they reword, and whether a changed number is a mistake."""
    known = [Trial(one.text, None, plain_wording.ways(one.text) > 1, "unread") for one in texts]
    drawn = [_checked(one, plain_wording.reworded(one.text, key.child(one.item.id))) for one in texts]
    numbers = [_trial_of(one, _number(one, key)) for one in texts]
    return [
        _share("rules: has other words", known, lambda t: t.accepted),
        _share("rules: kept the meaning", _read([t for t in drawn if t], False), lambda t: t.meaning == "same"),
        *_mistakes("rules: mistakes", numbers),
    ]


def _number(text: Text, key: Key) -> str | None:
    made = mistake_by_number(text.item, Transcript(text.steps), len(text.steps) - 1, key.child(text.item.id, "number"))
    return None if made is None else made.step.text


def _read(trials: Trials, accepted: bool) -> Trials:
    """Those that the grammar reads, of all or of the accepted ones."""
    return [one for one in trials if one.meaning != "unread" and (one.accepted or not accepted)]


def _share(name: str, trials: Trials, hit: Callable[[Trial], bool]) -> Estimate:
    """The share of trials that are so, with Wilson's interval; absent where there are none."""
    n, of = len(trials), about(measure=name)
    if not n:
        return Estimate.absent(name, "no text of this kind came about", about=of)
    count = sum(map(hit, trials))
    low, high = wilson(count, n)
    return Estimate(name, count / n, low, high, n, n, about=of)
