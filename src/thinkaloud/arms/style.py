"""How an arm's prompts are dressed: an instruction, and solved examples in the form that each kind of call needs.

A style is what tuning chooses (`tuning.py`): every arm is given the same instructions and the same examples to choose
from, and the same number of trials. One example knows its reasoning, its parts and a program where its task does; from
these the shots of every form are made here, so that examples and question always have the same form.

    snap       The answer is 14.
    aloud      5 plus 6 is 11. 11 plus 3 is 14. The answer is 14.
    whole      Parts: 1. What is 5 plus 6? ... Answers: 5 plus 6 is 11. 11 plus 3 is 14. The answer is 14.
    part       (What is 5 plus 6?)  5 plus 6 is 11. The answer is 11.
    final      (the question, then the parts with their answers)  The answer is 14.
    program    a program, its result. The answer is 14.

So a part in a fresh context is shown the same sentence as the same part in one context (where steps and parts are not
one to one, its answer alone), and F2 - F1 is not a matter of form. Where no example has reasoning to show, aloud is
asked without examples ("zero-shot", Kojima et al. 2022, 2205.11916).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from thinkaloud.tasks.parts import Decomposition, decompose, fill, numbered, references
from thinkaloud.tasks.traits import Programmable
from thinkaloud.vocabulary import PROBE, Item, Shot, Task

PARTS, ANSWERS, RESULT = "Parts:", "Answers:", "Result:"
STEP_BY_STEP = "Let's think step by step."
"""The beginning of an answer that is asked without examples."""

FORM = 4
"""Words at the beginning of a question that show its form."""

INSTRUCTIONS = (
    "",
    "Answer the question.",
    "Work it out carefully and check each step.",
    "You are an expert. Be exact.",
)
"""What tuning may choose from; the first is none."""

GENERIC = (
    ("What is 17 times 23?", "print(17 * 23)", "391"),
    ('How often is the letter "r" in the word "strawberry"?', 'print("strawberry".count("r"))', "3"),
)
"""How a program is used, for tasks that have none of their own."""


@dataclass(frozen=True, slots=True)
class Example:
    """A solved question. `thought`: sentences of reasoning (none: nobody wrote any); `parts`: how it falls apart;
    `program`: code that prints the answer; `context`: a long text that the question contains (empty: there is none)."""

    question: str
    answer: str
    thought: tuple[str, ...] = ()
    parts: Decomposition | None = None
    program: str | None = None
    context: str = ""


def example(task: Task, item: Item) -> Example:
    """What a task knows of an item."""
    thought = tuple(step.text for step in item.worked.steps)
    code = task.program(item) if isinstance(task, Programmable) else None
    return Example(item.asked, item.gold, thought, decompose(task, item), code, context_of(item))


def context_of(item: Item) -> str:
    """The long text that a question contains; empty where it has none."""
    return str(item.meta.get("context", ""))


@dataclass(frozen=True)
class Style:
    """The dress of one arm on one task. Its shots are made once: every call of an arm asks for them."""

    examples: tuple[Example, ...] = ()
    instruction: str = ""

    def ask(self, question: str) -> str:
        """The question with the instruction before it."""
        return f"{self.instruction}\n{question}" if self.instruction else question

    @cached_property
    def snap(self) -> tuple[Shot, ...]:
        """Answers alone."""
        return tuple(Shot(self.ask(e.question), (answered(e.answer),)) for e in self.examples)

    @cached_property
    def aloud(self) -> tuple[Shot, ...]:
        """Reasoning, then the answer; only examples that have some."""
        thinking = [e for e in self.examples if e.thought]
        return tuple(Shot(self.ask(e.question), (*e.thought, answered(e.answer))) for e in thinking)

    @cached_property
    def whole(self) -> tuple[Shot, ...]:
        """Parts, their answers and the answer in one turn."""
        shots = []
        for e, d in self._split:
            plan = planned(numbered(without([part.question for part in d.parts], e.context)))
            found = f" \n{notes(without(filled(d), e.context), d.answers)}\n"
            thought = e.thought if e.thought else (found,)
            shots.append(Shot(self.ask(e.question), (plan, ANSWERS, *thought, answered(e.answer))))
        return tuple(shots)

    @cached_property
    def part(self) -> tuple[Shot, ...]:
        """Single parts with their answers: the first and the last of every example. Where a part is a smaller question
        of the same form, the examples themselves."""
        shots = []
        for e, d in self._split:
            questions = filled(d)
            if alike(e):
                shots.append(Shot(self.ask(e.question), (*e.thought, answered(e.answer))))
                continue
            for at in sorted({0, len(questions) - 1}):
                thought = (e.thought[at],) if aligned(e) else ()
                shots.append(Shot(self.ask(questions[at]), (*thought, answered(d.parts[at].answer))))
        return tuple(shots)

    @cached_property
    def final(self) -> tuple[Shot, ...]:
        """The last question, with what was found before it."""
        return tuple(
            Shot(self.ask(last(e.question, d.final, filled(d), d.answers)), (answered(e.answer),))
            for e, d in self._split
        )

    @property
    def _split(self) -> list[tuple[Example, Decomposition]]:
        return [(e, e.parts) for e in self.examples if e.parts is not None and e.parts.parts]

    def programs(self, write: Callable[[Example], str | None]) -> tuple[Shot, ...]:
        """Programs with their results, as `write` makes them from an example; generic ones where it makes none."""
        own = [(e.question, code, e.answer) for e in self.examples if (code := write(e))]
        return tuple(
            Shot(self.ask(question), (fenced(code), f"{RESULT} {answer}", answered(answer)))
            for question, code, answer in own or GENERIC
        )


def aligned(example: Example) -> bool:
    """Whether the sentences of an example's reasoning answer its parts, one after the other (a last one may put them
    together)."""
    if example.parts is None or example.context or alike(example):
        return False
    more = len(example.thought) - len(example.parts.parts)
    said = zip(example.thought, example.parts.answers, strict=False)
    return more in (0, 1) and all(answer.casefold() in sentence.casefold() for sentence, answer in said)


def alike(example: Example) -> bool:
    """Whether the parts of an example are smaller questions of its own form."""
    if example.parts is None or not example.thought:
        return False
    (asked,) = without([example.question], example.context, False)
    first = [part.question for part in example.parts.parts if not references(part.question)]
    parts = without(first, example.context, False)
    if example.context:  # the same question of fewer lines
        return len(parts) > 1 and all(part == asked for part in parts)
    return len(parts) > 1 and all(part.split()[:FORM] == asked.split()[:FORM] for part in parts)


def answered(answer: str) -> str:
    """An answer as a turn ends with it."""
    return f"{PROBE} {answer}."


def fenced(code: str) -> str:
    """A program in a fence."""
    return f"```python\n{code.strip()}\n```"


def planned(text: str) -> str:
    """A plan as it stands in a turn."""
    return f"{PARTS}\n{text}\n"


def filled(parts: Decomposition) -> list[str]:
    """The parts' questions with the right answers of earlier ones in their places."""
    return [fill(part.question, parts.answers) for part in parts.parts]


def without(questions: Sequence[str], context: str, place: bool = True) -> list[str]:
    """Questions without the lines that the context holds already; `place`: which ones they were stands there instead
    (questions hold them one after the other, in order)."""
    there, at, shown = set(context.splitlines()), 0, []
    for question in questions:
        kept = [line for line in question.splitlines() if line not in there]
        gone = len(question.splitlines()) - len(kept)
        if gone and place:
            kept.insert(0, f"In lines {at + 1} to {at + gone}:")
        at += gone
        shown.append(" ".join(kept))
    return shown


def notes(questions: Sequence[str], found: Sequence[str]) -> str:
    """Numbered parts with their answers."""
    return "\n".join(f"{i}. {q} {a}" for i, (q, a) in enumerate(zip(questions, found, strict=True), 1))


def last(question: str, final: str, questions: Sequence[str], found: Sequence[str]) -> str:
    """The last question: `final` with the answers in its places, or the question itself with the parts below it."""
    if "#" in final:
        return fill(final, found)
    return f"{final or question}\n{ANSWERS}\n{notes(questions, found)}"
