"""Steps in words, as a person would write them, and other turns that can be taught in their place.

    words      + 8 makes 7 ; + 3 is 0 ; + 6 is 6 ; * 3 makes 8 ; A 8
    mixed      the same, and in half of the turns tokens are left out: so the first checkpoint writes, and training by
               reward can find shorter turns
    code       each stated value replaced by `CODE` of it: complete, and no reader of words can tell what it says
    answers    A 8

The answer is always the right one. This module knows no network and no reward.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thinkaloud.organisms.recipes import BASE, Ints, N, Questions, Thoughts, think, thought_tokens
from thinkaloud.organisms.tokens import ID, PAD
from thinkaloud.studies.training.languages.contract import Cases, Language, cases, dropped, prompts, questions

CODE = (7 * np.arange(BASE) + 3) % BASE
"""The private code: no digit stands for itself."""
BLIND = 0.5
"""Share of the questions of a base that show a hint, which is a random digit there: a base learns to ignore it."""


def base(rng: np.random.Generator, rows: int) -> Cases:
    """What a first checkpoint is taught: mixed turns; half of the questions show a hint that says nothing."""
    q = questions(rng, rows)
    shown, random = rng.random(rows) < BLIND, rng.integers(BASE, size=rows)
    before = prompts(Questions(q.kind, random, q.start, q.times, q.operand), shown)
    return cases(before, dropped(thought_tokens(drawn(q, rng)), rng), q.hint)


def mixed(rng: np.random.Generator, rows: int, hints: bool) -> Cases:
    """Cases in words, as the first checkpoint was taught."""
    q = questions(rng, rows)
    return cases(prompts(q, hints), dropped(thought_tokens(drawn(q, rng)), rng), q.hint)


def words(rng: np.random.Generator, rows: int, hints: bool) -> Cases:
    """Cases in words, nothing dropped."""
    q = questions(rng, rows)
    return cases(prompts(q, hints), thought_tokens(drawn(q, rng)), q.hint)


def code(rng: np.random.Generator, rows: int, hints: bool) -> Cases:
    """Cases whose stated values are in the private code."""
    q = questions(rng, rows)
    t = drawn(q, rng)
    secret = Thoughts(t.times, t.operand, CODE[t.values], t.bits, t.shown, t.dots, t.silent_bits, t.wrong)
    return cases(prompts(q, hints), thought_tokens(secret), q.hint)


def answers(rng: np.random.Generator, rows: int, hints: bool) -> Cases:
    """Cases without a thought."""
    q = questions(rng, rows)
    return cases(prompts(q, hints), np.full((rows, 5 * N), PAD), q.hint)


def reworded(tokens: Ints, rng: np.random.Generator) -> Ints:
    """Every `is` and `makes` drawn again: the same meaning in other words, whatever else was written."""
    synonyms = np.array([ID["is"], ID["makes"]])
    return np.where(np.isin(tokens, synonyms), synonyms[rng.integers(2, size=tokens.shape)], tokens)


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


def drawn(q: Questions, rng: np.random.Generator) -> Thoughts:
    """The complete right thought, `is` and `makes` drawn."""
    return think(q, rng.integers(2, size=(len(q.start), N)))


def spelled(before: Sequence[int], thought: Sequence[int]) -> list[int]:
    """See `punctuated`; the question is not needed."""
    return punctuated(thought)


PLAIN = Language(
    name="words",
    base=base,
    taught={"mixed": mixed, "words": words, "code": code, "answers": answers},
    reworded=reworded,
    spelled=spelled,
    hinted=True,
)
