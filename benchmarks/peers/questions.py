"""The workloads, made of the arithmetic that thinkaloud's own tasks ask: long sums, worked out step by step.

Needs thinkaloud (the checkout's environment); what it makes is plain data. Options are letters, one token each, unless
a workload says otherwise: that is the kindest form to the peers, which score several-token options one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from workload import Op, Part, Ref, Score, Shots, Workload, Write, units

from thinkaloud.conditions.filler import KINDS, length
from thinkaloud.tasks import open_task
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import PROBE, Item, Key, Transcript

LETTERS = ("A", "B", "C", "D", "E")
QUESTION = 400  # tokens of question part in early answering, as good as words, digits and marks count them
REWORDED = ((" + ", " plus "), (" = ", " makes "), (". ", "; "))


@dataclass(frozen=True)
class Sum:
    """A sum with its steps written out at length, and five options; which is right depends on the sum."""

    numbers: tuple[int, ...]

    @property
    def totals(self) -> list[int]:
        return list(np.cumsum(self.numbers).tolist())

    @property
    def values(self) -> tuple[str, ...]:
        right = self.totals[-1]
        shifts = (0, 2, 5, -4, -1)
        return tuple(str(right + shifts[(k - right) % 5]) for k in range(5))

    @property
    def letter(self) -> str:
        return LETTERS[self.totals[-1] % 5]

    @property
    def question(self) -> str:
        options = "; ".join(f"{letter} {value}" for letter, value in zip(LETTERS, self.values, strict=True))
        return f"{ChainSum().ask(self.numbers)} Options: {options}."

    def step(self, k: int, shift: int = 0) -> str:
        """Step `k` (from 1), about 25 tokens; `shift` makes it a mistake."""
        before, after, x = self.totals[k - 1], self.totals[k] + shift, self.numbers[k]
        return f"Step {k}: adding {x} to {before} gives {after}, so the total so far is {after}."

    def steps(self, n: int) -> tuple[str, ...]:
        return tuple(self.step(k) for k in range(1, n + 1))

    def shot(self, answer: str) -> tuple[str, str]:
        return self.question, " ".join((*self.steps(len(self.numbers) - 1), f"{PROBE} {answer}."))


def _sum(rng: np.random.Generator, steps: int) -> Sum:
    return Sum(tuple(int(x) for x in rng.integers(1, 10, steps + 1)))


def early(sentences: int, numbers: bool = False) -> Workload:
    """A reading after every sentence and before the first."""
    rng = np.random.default_rng(sentences)
    item = _sum(rng, sentences)
    shots: list[tuple[str, str]] = []
    while units(item.question) + sum(units(q + a) for q, a in shots) < QUESTION * 0.8:  # a space is half the rest
        one = _sum(rng, 3)
        shots.append(one.shot(str(one.totals[-1]) if numbers else one.letter))
    options = item.values if numbers else LETTERS
    ops = tuple(
        Score(f"after{k}", "aloud", (item.question,), (*item.steps(k), PROBE), options) for k in range(sentences + 1)
    )
    name = "early_numbers" if numbers else "early"
    note = "options of several tokens (numbers)" if numbers else "options of one token (letters)"
    return Workload(name, sentences, {"aloud": tuple(shots)}, (ops,), note)


def mistakes(questions: int, tokens: int = 40) -> Workload:
    """Four positions of eight: a changed sentence, a continuation, a reading after it."""
    rng = np.random.default_rng(1)
    shots = tuple(one.shot(one.letter) for one in (_sum(rng, 4) for _ in range(3)))
    writes, reads = list[Op](), list[Op]()
    for q in range(questions):
        item = _sum(rng, 8)
        for at in (1, 3, 5, 7):
            start = (*item.steps(at - 1), item.step(at, shift=1))
            name = f"q{q}at{at}"
            writes.append(Write(f"{name}write", "aloud", (item.question,), start, tokens))
            after: tuple[Part, ...] = (*start, Ref(f"{name}write"), PROBE)
            reads.append(Score(f"{name}read", "aloud", (item.question,), after, LETTERS))
    return Workload("mistakes", questions, {"aloud": shots}, (tuple(writes), tuple(reads)))


def samples(questions: int, n: int = 8, tokens: int = 32) -> Workload:
    """`n` thoughts a question; after each the seven readings of the channels study, each with examples of its form."""
    task, key = open_task("chain_sum"), Key(("peers", "samples"))
    items = task.items(4, questions + 3, key)
    examples, asked = items[questions:], items[:questions]
    fillers = {"dots": "...", "musing": "Let me think about this step by step."}
    frames: dict[str, Shots] = {
        "silent": _shots(examples, lambda item: Transcript()),
        "aloud": _shots(examples, lambda item: item.worked),
        **{kind: _shots(examples, partial(_filled, kind)) for kind in ("dots", "repeat", "musing")},
    }
    writes, reads = list[Op](), list[Op]()
    for q, item in enumerate(asked):
        text = _lettered(item)
        writes.append(Write(f"q{q}", "aloud", (text,), (), tokens, n, 0.7))
        for s in range(n):
            own = Ref(f"q{q}", s)
            between: dict[str, tuple[str, tuple[Part, ...]]] = {
                "silent": ("silent", ()),
                "own": ("aloud", (own,)),
                "paraphrase": ("aloud", (Ref(f"q{q}", s, REWORDED),)),
                "foreign": ("aloud", (Ref(f"q{(q + 1) % questions}", (s + 1) % n),)),
                "repeat": ("repeat", (Ref(f"q{q}", s, fill=item.question),)),
                **{kind: (kind, (Ref(f"q{q}", s, fill=words),)) for kind, words in fillers.items()},
            }
            for kind, (frame, there) in between.items():
                reads.append(Score(f"q{q}s{s}{kind}", frame, (text,), (*there, PROBE), LETTERS[: len(item.options)]))
    return Workload("samples", questions, frames, (tuple(writes), tuple(reads)))


def rungs(items: int, tokens: tuple[int, int, int] = (40, 24, 24)) -> Workload:
    """A plan, four parts in fresh contexts, a last call that puts them together, a reading after it."""
    rng = np.random.default_rng(3)
    frames: dict[str, Shots] = {"plan": (), "part": (), "whole": ()}
    for _ in range(4):
        eight = tuple(int(x) for x in rng.integers(1, 10, 8))
        shown = Sum(eight)
        pairs = [(eight[2 * i], eight[2 * i + 1]) for i in range(4)]
        found = [str(a + b) for a, b in pairs]
        frames["plan"] += ((shown.question, _plan(pairs)),)
        for (a, b), total in zip(pairs, found, strict=True):
            frames["part"] += ((f"What is {a} + {b}?", f"{a} + {b} = {total}. {PROBE} {total}."),)
        worked = f"{' + '.join(found)} = {sum(eight)}. {PROBE} {shown.letter}."
        frames["whole"] += ((f"{shown.question} Known: {', '.join(found)}.", worked),)
    frames["part"] = frames["part"][:8]
    stages: tuple[list[Op], ...] = ([], [], [], [])
    for i in range(items):
        numbers = tuple(int(x) for x in rng.integers(1, 10, 8))
        item = Sum(numbers)
        stages[0].append(Write(f"i{i}plan", "plan", (item.question,), ("Parts:",), tokens[0]))
        for p in range(4):
            part = f"What is {numbers[2 * p]} + {numbers[2 * p + 1]}?"
            stages[1].append(Write(f"i{i}part{p}", "part", (part,), (), tokens[1]))
        known: tuple[Part, ...] = (item.question, "Known:", *(Ref(f"i{i}part{p}") for p in range(4)))
        stages[2].append(Write(f"i{i}whole", "whole", known, (), tokens[2]))
        stages[3].append(Score(f"i{i}read", "whole", known, (Ref(f"i{i}whole"), PROBE), LETTERS))
    return Workload("rungs", items, frames, tuple(tuple(stage) for stage in stages))


def linear(tokens: int) -> Workload:
    """One text of about so many tokens, read at its quarters: what a token costs as the context fills."""
    rng = np.random.default_rng(tokens)
    steps = max(4, (tokens - 30) // 32)  # a step is about 28 tokens, and 4 in the question
    item = _sum(rng, steps)
    ops = tuple(
        Score(f"at{k}", "none", (item.question,), (*item.steps(steps * k // 4), PROBE), LETTERS) for k in range(1, 5)
    )
    return Workload("linear", tokens, {"none": ()}, (ops,))


FULL: dict[str, tuple[Callable[[], Workload], ...]] = {
    "early": tuple(partial(early, n) for n in (4, 10, 20, 40)),
    "early_numbers": (partial(early, 4, True),),
    "mistakes": (partial(mistakes, 2),),
    "samples": (partial(samples, 2),),
    "rungs": (partial(rungs, 4),),
}
QUICK: dict[str, tuple[Callable[[], Workload], ...]] = {
    "early": (partial(early, 4),),
    "early_numbers": (partial(early, 2, True),),
    "mistakes": (partial(mistakes, 1, 8),),
    "samples": (partial(samples, 2, 2, 8),),
    "rungs": (partial(rungs, 1, (8, 8, 8)),),
}
# the last is about 8,100 tokens: the context holds 8,192
LINEAR = tuple(partial(linear, n) for n in (500, 1000, 2000, 4000, 7600))


def _plan(pairs: Sequence[tuple[int, int]]) -> str:
    listed = " ".join(f"{i}) What is {a} + {b}?" for i, (a, b) in enumerate(pairs, 1))
    return f"Parts: {listed}"


def _lettered(item: Item) -> str:
    options = "; ".join(f"{letter} {option}" for letter, option in zip(LETTERS, item.options, strict=False))
    return f"{item.question} Options: {options}."


def _filled(kind: str, item: Item) -> Transcript:
    return KINDS[kind](item, length(item.worked.text), length)


def _shots(examples: Sequence[Item], form: Callable[[Item], Transcript]) -> Shots:
    return tuple(
        (_lettered(item), " ".join(filter(None, (form(item).text, f"{PROBE} {LETTERS[item.gold_index]}."))))
        for item in examples
    )
