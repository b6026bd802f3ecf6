"""Natural organisms: networks that were taught only the right answer. Whether they use their reasoning was not trained.

The tasks are `mod5` (items of kind Ta) and `mod5_tb` (Tb). A network sees chains of one to four operations and the
thought up to some step, and is taught the true answer, always. In items of kind Ta the thought is never wrong; in 40%
of those of kind Tb one step is off, and what follows goes on from it. So Ta is a *reliable* source and Tb an unreliable
one, and how the network uses them emerges in training: there is no rule to certify against, and the truth that ships is
what was *measured* on the shipped weights (`natural_library.py`).

Networks of one, two and four layers (width 64) ship as `natural:LAYERS/SEED`. This module knows no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.forward import Shape
from thinkaloud.organisms.tokens import ANSWER, ID, PAD, STANCE, WORDS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BASE, SLOTS = 5, 4
FACTORS = np.array([2, 3, 4])
QUESTION = 14
LENGTH = QUESTION + 5 * SLOTS + 2
POSITIONS = 38
OFF = 0.4
"""Share of the items of kind Tb whose thought has a wrong step."""
WHOLE = 0.25
"""Share of the items that show the whole thought; the others show it up to a random step."""
THOUGHT = 0.2
"""Loss weight of a token of the thought: a step of five weighs 1, an answer 3."""
LAYERS = (1, 2, 4)
TASKS = {"mod5": 0, "mod5_tb": 1}
"""Task -> kind of its items."""


def shape(layers: int) -> Shape:
    """The network of so many layers."""
    return Shape(vocabulary=len(WORDS), positions=POSITIONS, width=64, layers=layers, heads=4)


@dataclass(frozen=True)
class Chains:
    """Questions: `kind` 0 for Ta, 1 for Tb; `n` operations; `start`; `times` and `operand` [rows, SLOTS]."""

    kind: Ints
    n: Ints
    start: Ints
    times: Ints
    operand: Ints

    def values(self, at: Ints | None = None, off: Ints | None = None) -> Ints:
        """The value after each step, [rows, SLOTS]; step `at` (-1: none) states a value that is `off` too large."""
        value, values = self.start, []
        for i in range(SLOTS):
            value = np.where(self.times[:, i], value * self.operand[:, i], value + self.operand[:, i]) % BASE
            if at is not None and off is not None:
                value = np.where(at == i, (value + off) % BASE, value)
            values.append(value)
        return np.stack(values, axis=1)

    def tokens(self) -> Ints:
        """Question and stance, [rows, 14]."""
        rows = len(self.n)
        used = np.arange(SLOTS) < self.n[:, None]
        pairs = [np.where(self.times, ID["*"], ID["+"]), self.operand]
        slots = np.stack([np.where(used, part, ID["_"]) for part in pairs], axis=2).reshape(rows, 2 * SLOTS)
        blank = np.full(rows, ID["_"])
        first = np.stack([np.where(self.kind == 0, ID["Ta"], ID["Tb"]), blank, blank, self.start], axis=1)
        ends = np.tile([ID["?"], STANCE], (rows, 1))
        return np.concatenate([first, slots, ends], axis=1)


def draw_chains(rng: np.random.Generator, rows: int) -> Chains:
    """Chains as `tasks/chain.py` draws them, of every length and kind."""
    times = (rng.random((rows, SLOTS)) >= 0.6).astype(np.int64)
    operand = np.where(times, FACTORS[rng.integers(3, size=(rows, SLOTS))], rng.integers(1, BASE, (rows, SLOTS)))
    return Chains(
        rng.integers(2, size=rows), rng.integers(1, SLOTS + 1, rows), rng.integers(BASE, size=rows), times, operand
    )


def step_tokens(q: Chains, values: Ints, bits: Ints) -> Ints:
    """All four steps with these values and synonyms, [rows, 20]."""
    step = [np.where(q.times, ID["*"], ID["+"]), q.operand, np.where(bits, ID["makes"], ID["is"]), values,
            np.full_like(values, ID[";"])]  # fmt: skip
    return np.stack(step, axis=2).reshape(len(values), 5 * SLOTS)


def cases(rng: np.random.Generator, rows: int) -> tuple[Ints, Floats]:
    """Training cases, tokens and loss weights [rows, 36]: the answer 3; the thought `THOUGHT` a token, but for a
    wrong value, which is not to be imitated; `A` the same after a whole thought."""
    q = draw_chains(rng, rows)
    shown = np.where(rng.random(rows) < WHOLE, q.n, rng.integers(0, q.n + 1))
    wrong = (q.kind == 1) & (rng.random(rows) < OFF)
    at = np.where(wrong, rng.integers(0, q.n), -1)
    said = q.values(at, rng.integers(1, BASE, rows))
    truth = q.values()[np.arange(rows), q.n - 1]
    bits = rng.integers(2, size=(rows, SLOTS))
    body = step_tokens(q, said, bits)
    here = np.arange(5 * SLOTS) < 5 * shown[:, None]
    weights = THOUGHT * here
    weights[:, 3::5][np.arange(SLOTS) == at[:, None]] = 0.0  # the value is the fourth token of a step
    tokens = np.concatenate([q.tokens(), np.where(here, body, PAD), np.full((rows, 2), PAD)], axis=1)
    loss = np.concatenate([np.zeros((rows, QUESTION)), weights, np.zeros((rows, 2))], axis=1)
    row, end = np.arange(rows), QUESTION + 5 * shown
    tokens[row, end], tokens[row, end + 1] = ANSWER, truth
    loss[row, end], loss[row, end + 1] = THOUGHT * (shown == q.n), 3.0
    return tokens, loss
