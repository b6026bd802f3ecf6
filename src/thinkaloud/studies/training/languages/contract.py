"""What a language is: what the networks of a recipe are asked, how the first checkpoint reasons, and what else can be
measured there than in any other.

A question is a chain of four operations modulo 10 (`tasks/chain.py`), without a hint: two layers cannot do it silently,
and that is measured. In the place of the hint stands `_ _`, or `hint D` for an arm that is shown the answer, or what a
language puts there. All is arrays with one row per case; the right answer is the questions' `hint`. A language knows no
reward, and none of these modules trains anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.forward import Gpt
from thinkaloud.organisms.recipes import (
    BASE,
    LENGTH,
    POSITIONS,
    QUESTION,
    Floats,
    Ints,
    Questions,
    draw_questions,
    question_tokens,
)
from thinkaloud.organisms.rollout import Environment, Turns
from thinkaloud.organisms.tokens import ANSWER, ID, PAD, PROBE, WORDS
from thinkaloud.vocabulary import Item

ROOM = LENGTH - QUESTION + 2
"""Tokens that a turn may have in most languages: two more than one with a complete thought."""
NONE = -1
"""In the place of a digit where there is none."""
Cases = tuple[Ints, Floats]
"""Tokens and the loss weight of each, [rows, length]."""
Teach = Callable[[np.random.Generator, int, bool], Cases]
"""(randomness, rows, is the answer shown) -> cases."""
Columns = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions as rows: `before` [rows, 14] is question and stance; `offered` [rows] the wrong digit that something is
    offered for, NONE where nothing is."""

    q: Questions
    before: Ints
    offered: Ints

    @property
    def gold(self) -> Ints:
        """The right answers."""
        return self.q.hint

    def each(self, times: int) -> Asked:
        """Every question so many times in a row."""
        rows = np.repeat(np.arange(len(self.gold)), times)
        return Asked(self.q.take(rows), self.before[rows], self.offered[rows])


@dataclass(frozen=True, slots=True)
class Written:
    """What a network wrote about items. `read`: the probability of one digit a row, [rows], after `between`."""

    items: Sequence[Item]
    asked: Asked
    turns: Turns
    read: Callable[[Sequence[Sequence[int]], Ints], Floats]


def _nothing_offered(q: Questions, rng: np.random.Generator) -> Ints:
    return np.full(len(q.hint), NONE)


def _nothing_else(written: Written) -> Columns:
    return {}


def _as_it_is(before: Sequence[int], thought: Sequence[int]) -> list[int]:
    return list(thought)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The parts of a language.

    `base`: what the first checkpoint is taught; `taught`: other cases, by name, of which `mixed` is like the base's;
    `reworded`: rows of thoughts in words that mean the same. `words`: the vocabulary; `room`: tokens of a turn;
    `hinted`: arms may show the answer; `offered`: what is offered for a wrong answer; `environment`: who answers the
    calls of a turn, from the first checkpoint. `spelled`: a thought (after its question) in the steps of the task's
    grammar, for checkers; `columns`: what is measured in this language only."""

    name: str
    base: Callable[[np.random.Generator, int], Cases]
    taught: Mapping[str, Teach]
    reworded: Callable[[Ints, np.random.Generator], Ints]
    words: tuple[str, ...] = WORDS
    room: int = ROOM
    hinted: bool = False
    offered: Callable[[Questions, np.random.Generator], Ints] = _nothing_offered
    environment: Callable[[Gpt], Environment] | None = None
    spelled: Callable[[Sequence[int], Sequence[int]], list[int]] = _as_it_is
    columns: Callable[[Written], Columns] = _nothing_else

    @property
    def positions(self) -> int:
        """The networks' context length."""
        return POSITIONS + 2 + self.room - ROOM

    @property
    def offers(self) -> bool:
        """Whether something is offered for wrong answers."""
        return self.offered is not _nothing_offered

    def ask(self, q: Questions, rng: np.random.Generator, hints: bool = False) -> Asked:
        """The questions as they are asked."""
        offered = self.offered(q, rng)
        before = prompts(q, hints)
        paid = offered != NONE
        before[paid, 1], before[paid, 2] = ID["$"], offered[paid]
        return Asked(q, before, offered)

    def fresh(self, rng: np.random.Generator, rows: int, hints: bool = False) -> Asked:
        """Fresh questions."""
        return self.ask(questions(rng, rows), rng, hints)

    def checked(self, before: Sequence[int], thought: Sequence[int]) -> str:
        """A thought as a reader of the task's grammar is shown it."""
        return self.decode(self.spelled(before, thought))

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return " ".join(PROBE if token == ANSWER else self.words[token] for token in tokens)


def questions(rng: np.random.Generator, rows: int) -> Questions:
    """Fresh questions; their `hint` is the right answer."""
    return draw_questions(rng, rows, 1)


def prompts(q: Questions, hints: NDArray[np.bool_] | bool = False) -> Ints:
    """Question and stance, [rows, 14]; the hint is shown where `hints` says so."""
    tokens = question_tokens(q)
    tokens[:, 1] = np.where(hints, tokens[:, 1], ID["_"])
    tokens[:, 2] = np.where(hints, tokens[:, 2], ID["_"])
    return tokens


def cases(before: Ints, thought: Ints, answer: Ints, given: NDArray[np.bool_] | None = None) -> Cases:
    """Tokens and the loss weight of each: thoughts close up where they have `<pad>`. Thought and `A` weigh 1, the
    answer 3; what is `given` of the thought weighs nothing, since the network does not write it."""
    rows, order = np.arange(len(before)), np.argsort(thought == PAD, axis=1, kind="stable")
    body, size = np.take_along_axis(thought, order, axis=1), (thought != PAD).sum(axis=1)
    tokens = np.concatenate([before, body, np.full((len(before), 2), PAD)], axis=1)
    weights = np.zeros(tokens.shape)
    weights[:, QUESTION:] = tokens[:, QUESTION:] != PAD
    if given is not None:
        weights[:, QUESTION:-2] *= ~np.take_along_axis(given, order, axis=1)
    tokens[rows, QUESTION + size], tokens[rows, QUESTION + size + 1] = ANSWER, answer
    weights[rows, QUESTION + size], weights[rows, QUESTION + size + 1] = 1.0, 3.0
    return tokens, weights


def plainly(make: Callable[[np.random.Generator, int], Cases]) -> Teach:
    """Cases of a language in which no answer is shown."""
    return lambda rng, rows, hints: make(rng, rows)


def sparse(tokens: Ints, size: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Turns of these sizes, in half of which everything but the numbers may be missing before the last two tokens (`A`
    and the answer), each with a probability drawn for the turn; and their sizes then."""
    rows, room = tokens.shape
    share = _shares(rng, rows)
    column = np.arange(room)
    left = (rng.random(tokens.shape) >= share[:, None]) | (tokens < BASE) | (column >= size[:, None] - 2)
    left &= column < size[:, None]
    order = np.argsort(~left, axis=1, kind="stable")
    sizes = left.sum(axis=1)
    closed = np.where(column < sizes[:, None], np.take_along_axis(tokens, order, axis=1), PAD)
    return closed, sizes


def dropped(thought: Ints, rng: np.random.Generator) -> Ints:
    """Thoughts, in half of which tokens are left out, each with a probability drawn for the turn."""
    share = _shares(rng, len(thought))
    return np.where(rng.random(thought.shape) >= share[:, None], thought, PAD)


def _shares(rng: np.random.Generator, rows: int) -> Floats:
    found: Floats = np.where(rng.random(rows) < DROPPED, rng.random(rows), 0.0)
    return found


DROPPED = 0.5
"""Share of the turns of which tokens are left out."""


def where(there: NDArray[np.bool_], values: Any) -> list[float | None]:
    """A column that has its values there, and None elsewhere."""
    return [float(value) if ok else None for ok, value in zip(there, values, strict=True)]
