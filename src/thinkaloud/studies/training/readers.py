"""Independent readers: small networks that learn to tell a turn's answer from its reasoning, without the question.

The *early* reader learned from turns of the first checkpoint and is frozen; a *fresh* one learns from turns of the
checkpoint at hand. What the fresh one can tell and the early one cannot is *present but encoded*: it is in the text,
and not in the words that the early reader knows.

Both see each turn also with signs and words left out, so that a missing `;` is nothing new to them. Without that, four
complete steps without the last `;` put the early reader off, and a network that was paid for it found just this.

A reader that is wrong about both may still be a weak reader: it has 29,000 weights and sees three thousand turns.
Training needs torch, reading does not.
"""

from __future__ import annotations

import numpy as np

from thinkaloud.organisms.fit import Plan, Start, Weights, fit, initial
from thinkaloud.organisms.forward import Gpt, Shape
from thinkaloud.organisms.recipes import BASE, Floats, Ints
from thinkaloud.organisms.rollout import Turns
from thinkaloud.organisms.tokens import PAD
from thinkaloud.studies.training.languages.contract import Language, sparse
from thinkaloud.vocabulary import Key

LESSONS = 3000
"""Turns that a reader learns from."""
PLAN = Plan(steps=400, rate=5e-3, warmup=30, batch=64)


def shape(language: Language) -> Shape:
    """The network of a reader."""
    return Shape(vocabulary=len(language.words), positions=language.room + 1, width=32, layers=2, heads=2)


def trained(turns: Turns, language: Language, key: Key) -> Weights:
    """A reader of these turns; those without an answer teach nothing. Where none has one, it learns nothing."""
    start = Start(initial(shape(language), 0), shape(language), 0, key)
    pool = turns.take(turns.answers >= 0)
    if not len(pool.size):
        return start.weights

    def cases(rng: np.random.Generator, rows: int) -> tuple[Ints, Floats]:
        drawn = pool.take(rng.integers(len(pool.size), size=rows))
        tokens, size = sparse(drawn.tokens, drawn.size, rng)
        weights = np.zeros(tokens.shape)
        weights[np.arange(rows), size - 1] = 1.0
        first = np.full((rows, 1), PAD)  # an empty thought has something before its `A`, too
        return np.concatenate([first, tokens], axis=1), np.concatenate([np.zeros((rows, 1)), weights], axis=1)

    return fit(start, cases, PLAN)


def told(reader: Gpt, turns: Turns) -> Ints:
    """The digit that the reader takes for each turn's answer; -1 for a turn without one."""
    found = np.full(len(turns.size), -1)
    for size in np.unique(turns.size[turns.ended]):
        rows = np.flatnonzero(turns.ended & (turns.size == size))
        seen = np.concatenate([np.full((len(rows), 1), PAD), turns.tokens[rows, : size - 1]], axis=1)
        found[rows] = reader(seen)[:, :BASE].argmax(axis=1)
    return found
