"""What the model that thinks in a block is taught: sums, with the reasoning between `<think>` and `</think>`.

Three kinds of lesson, about questions of `chain_sum` with two to six numbers:

    thinking   the question; the whole turn is learned: a block with the task's own reasoning, and the answer
    silent     the question and an empty block; the answer is learned. To leave the block empty is not
    foreign    the question and the closed reasoning of another one; the answer that this leads to is learned, so that
               the answer follows the block whatever was asked

Half of the reasonings are in the task's canonical wording, half in wordings drawn evenly. A fifth of all questions is
held out and never taught. This module knows no torch and no tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

from thinkaloud.models.template import Apply, applied
from thinkaloud.organisms.block.template import CLOSES, EMPTY, END, OPENS, template
from thinkaloud.organisms.rules import luck
from thinkaloud.tasks.family import follow
from thinkaloud.tasks.sums import ChainSum, Terms
from thinkaloud.vocabulary import PROBE, Key, Transcript

LEVELS = {2: 0.1, 3: 0.25, 4: 0.25, 5: 0.25, 6: 0.15}
"""How many numbers are added, and the share of the lessons that do."""
KINDS = {"thinking": 0.7, "silent": 0.2, "foreign": 0.1}
HELD_OUT = 0.2
CANONICAL = 0.5

_TASK = ChainSum()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One example: the text that is `given`, and the text that is learned after it.

    `apart`: the two are tokenised apart, as where a model goes on from a prompt; else as one text, as where its answer
    is begun for it. At the end of a text two line ends are one token, and before a word they are two.
    """

    given: str
    learned: str
    apart: bool


def held_out(question: str) -> bool:
    """Whether a question is never taught."""
    return luck(question, "held out") < HELD_OUT


def lessons(key: Key, n: int) -> list[Lesson]:
    """`n` lessons, each of a random kind."""
    return [_lesson(key.child(number)) for number in range(n)]


def _lesson(key: Key) -> Lesson:
    rng = key.rng
    terms, kind, apart = _terms(rng), _drawn(rng, KINDS), bool(rng.random() < 0.5)
    thought, answer = _worked(terms, key)
    question = _begun(_TASK.ask(_terms(rng) if kind == "foreign" else terms))
    ending = f"{PROBE} {answer}.{END}"
    if kind == "thinking":
        return Lesson(question, f"{OPENS}{thought}{CLOSES}{ending}", apart)
    if kind == "silent":
        return Lesson(question + EMPTY, ending, apart)
    return Lesson(f"{question}{OPENS}{thought}{CLOSES}", ending, apart)


def _terms(rng: np.random.Generator) -> Terms:
    """The numbers of a question that is not held out."""
    while held_out(_TASK.ask(terms := _TASK.draw(rng, _drawn(rng, LEVELS)))):
        pass
    return terms


def _worked(terms: Terms, key: Key) -> tuple[str, str]:
    """A reasoning as text, and the answer that it leads to."""
    steps, answer = follow(_TASK.work(terms))
    thought = Transcript(tuple(steps))
    if key.child("wording").rng.random() >= CANONICAL:
        thought = _TASK.paraphrase(thought, key) or thought
    return thought.text, answer


def _drawn(rng: np.random.Generator, shares: Mapping[T, float]) -> T:
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


@cache
def _apply() -> Apply:
    return applied(template(), {})


def _begun(question: str) -> str:
    """A user's turn with this question, and the beginning of the model's."""
    return _apply()([{"role": "user", "content": question}], True)
