"""Decompositions of a question into sub-questions: how such a list is written, parsed and filled in.

    1. What is 5 + 6?
    2. What is #1 + 3?

Parts are numbered from 1; `#1` stands for the answer of part 1. A part refers to earlier parts only, so they can be
answered in their order, and two parts that do not lead to each other in any order. The *final* question comes after
them. Either it refers to parts and needs nothing else, or it refers to none: then it is the item's own question, to be
asked again with the parts and their answers standing before it.

A task offers its own decomposition as `decompose(item)`. This module does not know models, budgets, or whether a
decomposition helps. The task's decomposition is made with knowledge of the answer: it is an oracle's, and says nothing
about what a model would have written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.tasks.grammar import Form
from thinkaloud.tasks.traits import Decomposable
from thinkaloud.vocabulary import Item, Step, Task

REFERENCE = re.compile(r"#([0-9]{1,4})\b")
_MARKS = r"[ \t>*_-]*"
_NUMBERED = re.compile(
    rf"{_MARKS}(?:#|(?:sub-?question|question|part|step|q)[ \t]*)?([0-9]{{1,4}})[*_]*[.):](?:[*_]*[ \t]+|[*_]+)(\S.*)",
    re.IGNORECASE,
)
INDENT = "   "
"""Indentation of every line of a part but its first."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-question, in which `#1` stands for the answer of part 1, and its right answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Sub-questions and the last question, whose answer is the item's. ValueError if there is no part, or if one refers
    to itself, to a later one or to one that is not there."""

    parts: tuple[Part, ...]
    final: str

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a decomposition needs at least one part")
        for number, text in enumerate((*(part.question for part in self.parts), self.final), 1):
            if bad := [k for k in references(text) if not 1 <= k < number]:
                raise ValueError(f"part {number} refers to #{bad[0]}, which does not stand before it: {text!r}")

    def needs(self, number: int) -> tuple[int, ...]:
        """Numbers of the parts that this part refers to, ascending; one past the last part is the final question."""
        return references(self.final if number == len(self.parts) + 1 else self.parts[number - 1].question)

    @property
    def chain(self) -> int:
        """How many parts the longest path of dependent parts has: 1 if they are all independent."""
        lengths: list[int] = []
        for number in range(1, len(self.parts) + 1):
            lengths.append(1 + max((lengths[k - 1] for k in self.needs(number)), default=0))
        return max(lengths)

    @property
    def answers(self) -> tuple[str, ...]:
        """The right answers, in order."""
        return tuple(part.answer for part in self.parts)

    def text(self) -> str:
        """The parts as numbered lines, without the final question; `read_parts` reads them back."""
        return numbered([part.question for part in self.parts])


def decompose(task: Task, item: Item) -> Decomposition | None:
    """The task's own decomposition of an item; None where it has none."""
    return task.decompose(item) if isinstance(task, Decomposable) else None


# ---------------------------------------------------------------------------------------------- writing and reading


def numbered(questions: Sequence[str]) -> str:
    """Numbered lines; further lines of a question are indented below its first."""
    return "\n".join(f"{k}. {q.strip()}".replace("\n", "\n" + INDENT) for k, q in enumerate(questions, 1))


def references(text: str) -> tuple[int, ...]:
    """Numbers of the parts a text refers to, ascending, each once."""
    return tuple(sorted({int(number) for number in REFERENCE.findall(text)}))


def fill(text: str, answers: Sequence[str | None]) -> str:
    """The text with every `#k` replaced by the k-th answer; where that is missing, the reference stays as it is."""

    def put(match: re.Match[str]) -> str:
        k = int(match[1])
        answer = answers[k - 1] if 1 <= k <= len(answers) else None
        return match[0] if answer is None else answer

    return REFERENCE.sub(put, text)


def read_parts(text: str) -> tuple[str, ...]:
    """The sub-questions that a model wrote as numbered lines; () if there are none.

    Takes "1." as well as "1)", "1:", "**1.**", "Step 1:" or "#1:", and blank lines in between. An indented line right
    below a part continues it; any other line is ignored. Only the first list counts: it ends where a number is not
    larger than the one before (a list of answers may follow). Parts are then numbered anew from 1, and references with
    them. A part that refers to itself, to a later part or to one that is not there cannot be asked: it is left out, and
    so is every part that refers to one left out.
    """
    kept: list[str] = []
    new: dict[int, int] = {}  # number as written -> number now
    for number, question in _listed(text):
        if all(k in new for k in references(question)):
            kept.append(REFERENCE.sub(lambda match: f"#{new[int(match[1])]}", question))
            new[number] = len(kept)
    return tuple(kept)


def _listed(text: str) -> Iterator[tuple[int, str]]:
    """The first numbered list of a text: ascending numbers as written, and their texts."""
    number, open_part = -1, False
    lines: list[str] = []
    for line in text.splitlines():
        found = _NUMBERED.fullmatch(line.rstrip())
        if found and (question := found[2].strip(" \t*_")):
            if int(found[1]) <= number:
                break
            if lines:
                yield number, "\n".join(lines)
            number, lines, open_part = int(found[1]), [question], True
        elif open_part and line.startswith((" ", "\t")) and line.strip():
            lines.append(line.strip())
        else:
            open_part = False
    if lines:
        yield number, "\n".join(lines)


# --------------------------------------------------------------------------------------- from a family's own reasoning


def from_work(
    trace: Callable[[Mapping[int, str]], Sequence[Step]], forms: Mapping[str, Form], final: str
) -> Decomposition | None:
    """One part per step, asked as its form `asks`; None if a form does not say how it is asked, or there is no step.

    `trace` gives the right steps where step i stated `said[i]`. A slot that its form calls `carried` refers to the step
    whose stated value it takes: the one that, when it alone states something else, puts just that into the slot. So two
    equal numbers of which only one was carried are told apart.
    """
    steps = trace({})
    used = [forms.get(str(step.form)) for step in steps]
    if not steps or any(form is None or form.asks is None for form in used):
        return None
    parts = []
    for at, step in enumerate(steps):
        form = forms[str(step.form)]
        slots = dict(step.fields)
        for slot in form.carried:
            if (source := _source(trace, forms, steps, at, slot)) is not None:
                slots[slot] = f"#{source + 1}"
        parts.append(Part(str(form.asks).format(**slots), str(step.value)))
    return Decomposition(tuple(parts), final)


def _source(
    trace: Callable[[Mapping[int, str]], Sequence[Step]],
    forms: Mapping[str, Form],
    steps: Sequence[Step],
    at: int,
    slot: str,
) -> int | None:
    """The step from which a slot of step `at` takes its value, the nearest first; None if the value comes from the
    question."""
    stated = {i: str(step.value) for i, step in enumerate(steps)}
    for source in reversed(range(at)):
        if stated[source] != steps[at].fields[slot]:
            continue
        form = forms[str(steps[source].form)]
        for other in form.kind(str(form.value)).others(stated[source]):
            changed = trace({**stated, source: other})
            if len(changed) > at and changed[at].fields.get(slot) == other:
                return source
    return None
