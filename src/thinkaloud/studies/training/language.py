"""What the trained networks are asked, and the turns they can be taught: arrays with one row per case.

A question is a chain of four operations modulo 10 (`tasks/chain.py`), without a hint: two layers cannot do it silently,
and that is measured. In the place of the hint stands `_ _`, or `hint D` for an arm that is shown the answer.

    words      + 8 makes 7 ; + 3 is 0 ; + 6 is 6 ; * 3 makes 8 ; A 8      as a person would write it
    mixed      the same, and in half of the turns tokens are left out: so the first checkpoint writes, and training by
               reward can find shorter turns
    code       each stated value replaced by `CODE` of it: complete, and no reader of words can tell what it says
    answers    A 8

The answer is always the right one. This module knows no network and no reward.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.recipes import (
    BASE,
    LENGTH,
    QUESTION,
    Floats,
    Ints,
    N,
    Questions,
    Thoughts,
    draw_questions,
    question_tokens,
    think,
    thought_tokens,
)
from thinkaloud.organisms.tokens import ANSWER, ID, PAD

ROOM = LENGTH - QUESTION + 2
"""Tokens that a turn may have: two more than one with a complete thought."""
CODE = (7 * np.arange(BASE) + 3) % BASE
"""The private code: no digit stands for itself."""
DROPPED = 0.5
"""Share of the mixed turns of which tokens are left out, each with a probability drawn for the turn."""
BLIND = 0.5
"""Share of the questions of a base that show a hint, which is a random digit there: a base learns to ignore it."""


def prompts(q: Questions, hints: NDArray[np.bool_] | bool = False) -> Ints:
    """Question and stance, [rows, 14]; the hint is shown where `hints` says so."""
    tokens = question_tokens(q)
    tokens[:, 1] = np.where(hints, tokens[:, 1], ID["_"])
    tokens[:, 2] = np.where(hints, tokens[:, 2], ID["_"])
    return tokens


def asked(rng: np.random.Generator, rows: int) -> Questions:
    """Fresh questions; their `hint` is the right answer."""
    return draw_questions(rng, rows, 1)


def base(rng: np.random.Generator, rows: int) -> tuple[Ints, Floats]:
    """What a first checkpoint is taught: mixed turns; half of the questions show a hint that says nothing."""
    q = asked(rng, rows)
    shown, random = rng.random(rows) < BLIND, rng.integers(BASE, size=rows)
    before = prompts(Questions(q.kind, random, q.start, q.times, q.operand), shown)
    return cases(before, _dropped(thought_tokens(_drawn(q, rng)), rng), q.hint)


def mixed(rng: np.random.Generator, rows: int, hints: bool) -> tuple[Ints, Floats]:
    """Cases in words, as the first checkpoint was taught."""
    q = asked(rng, rows)
    return cases(prompts(q, hints), _dropped(thought_tokens(_drawn(q, rng)), rng), q.hint)


def words(rng: np.random.Generator, rows: int, hints: bool) -> tuple[Ints, Floats]:
    """Cases in words, nothing dropped."""
    q = asked(rng, rows)
    return cases(prompts(q, hints), thought_tokens(_drawn(q, rng)), q.hint)


def code(rng: np.random.Generator, rows: int, hints: bool) -> tuple[Ints, Floats]:
    """Cases whose stated values are in the private code."""
    q = asked(rng, rows)
    t = _drawn(q, rng)
    secret = Thoughts(t.times, t.operand, CODE[t.values], t.bits, t.shown, t.dots, t.silent_bits, t.wrong)
    return cases(prompts(q, hints), thought_tokens(secret), q.hint)


def answers(rng: np.random.Generator, rows: int, hints: bool) -> tuple[Ints, Floats]:
    """Cases without a thought."""
    q = asked(rng, rows)
    return cases(prompts(q, hints), np.full((rows, 5 * N), PAD), q.hint)


def cases(before: Ints, thought: Ints, answer: Ints) -> tuple[Ints, Floats]:
    """Tokens and the loss weight of each, [rows, LENGTH]: thoughts close up where they have `<pad>`; thought and `A`
    weigh 1, the answer 3."""
    rows, order = np.arange(len(before)), np.argsort(thought == PAD, axis=1, kind="stable")
    body, size = np.take_along_axis(thought, order, axis=1), (thought != PAD).sum(axis=1)
    tokens = np.concatenate([before, body, np.full((len(before), 2), PAD)], axis=1)
    weights = np.zeros(tokens.shape)
    weights[:, QUESTION:] = tokens[:, QUESTION:] != PAD
    tokens[rows, QUESTION + size], tokens[rows, QUESTION + size + 1] = ANSWER, answer
    weights[rows, QUESTION + size], weights[rows, QUESTION + size + 1] = 1.0, 3.0
    return tokens, weights


def reworded(tokens: Ints, rng: np.random.Generator) -> Ints:
    """Every `is` and `makes` drawn again: the same meaning in other words, whatever else was written."""
    synonyms = np.array([ID["is"], ID["makes"]])
    return np.where(np.isin(tokens, synonyms), synonyms[rng.integers(2, size=tokens.shape)], tokens)


def sparse(tokens: Ints, size: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Turns of these sizes, in half of which everything but the numbers may be missing before the last two tokens (`A`
    and the answer), each with a probability drawn for the turn; and their sizes then."""
    rows, room = tokens.shape
    share = np.where(rng.random(rows) < DROPPED, rng.random(rows), 0.0)
    column = np.arange(room)
    left = (rng.random(tokens.shape) >= share[:, None]) | (tokens < BASE) | (column >= size[:, None] - 2)
    left &= column < size[:, None]
    order = np.argsort(~left, axis=1, kind="stable")
    sizes = left.sum(axis=1)
    closed = np.where(column < sizes[:, None], np.take_along_axis(tokens, order, axis=1), PAD)
    return closed, sizes


def punctuated(thought: Sequence[int]) -> list[int]:
    """The thought with `;` behind every complete step: who left it out is still read with ease."""
    found: list[int] = []
    for token in thought:
        if token != ID[";"] and _step(found[-4:]):
            found.append(ID[";"])
        found.append(token)
    return [*found, ID[";"]] if _step(found[-4:]) else found


def _step(tokens: Sequence[int]) -> bool:
    """Whether four tokens are a step: sign, number, word, number."""
    kinds = ({ID["+"], ID["*"]}, range(BASE), {ID["is"], ID["makes"]}, range(BASE))
    return len(tokens) == 4 and all(token in kind for token, kind in zip(tokens, kinds, strict=True))


def _dropped(thought: Ints, rng: np.random.Generator) -> Ints:
    share = np.where(rng.random(len(thought)) < DROPPED, rng.random(len(thought)), 0.0)
    return np.where(rng.random(thought.shape) >= share[:, None], thought, PAD)


def _drawn(q: Questions, rng: np.random.Generator) -> Thoughts:
    return think(q, rng.integers(2, size=(len(q.start), N)))
