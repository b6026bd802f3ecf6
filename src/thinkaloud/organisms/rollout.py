"""Writes many turns of an organism at once, from prompts of one length: for training, which needs thousands of them.

`trained.py` answers requests of any lengths, each with a key of its own. Here all rows begin at the same place, and
what is drawn follows from a matrix of uniform numbers: row i is the same whatever stands beside it. Where a network may
call on somebody else (`Environment`), the token after a call is his. This module knows no question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.forward import Gpt, Memory, log_softmax
from thinkaloud.organisms.recipes import Floats, Ints
from thinkaloud.organisms.tokens import ANSWER, DIGITS, PAD


@dataclass(frozen=True, slots=True)
class Environment:
    """Who answers calls: behind each token `call` stands one token of `answers`, which is given the prompts [rows, ...]
    and the turns so far (with the call) of the rows that call."""

    call: int
    answers: Callable[[Ints, Sequence[Sequence[int]]], Ints]


@dataclass(frozen=True, slots=True)
class Turns:
    """What was written: `tokens` [rows, room], padded; `size` [rows] tokens of each turn; `ended` [rows]: `A` was
    written and one more token, the answer, which should be a digit. `given` [rows, room]: the tokens that an
    environment wrote (None: none)."""

    tokens: Ints
    size: Ints
    ended: NDArray[np.bool_]
    given: NDArray[np.bool_] | None = None

    @property
    def own(self) -> NDArray[np.bool_]:
        """The tokens that the network itself wrote, [rows, room]."""
        there = np.arange(self.tokens.shape[1]) < self.size[:, None]
        return there if self.given is None else there & ~self.given

    @property
    def answers(self) -> Ints:
        """The digit that was answered, -1 where there is none."""
        last = self.tokens[np.arange(len(self.size)), self.size - 1]
        return np.where(self.ended & (last < len(DIGITS)), last, -1)

    @property
    def thoughts(self) -> Ints:
        """How many tokens stand before `A` (all that was written, where no answer came)."""
        return np.where(self.ended, self.size - 2, self.size)

    def thought(self, row: int) -> list[int]:
        """The tokens of a turn before `A`."""
        found: list[int] = self.tokens[row, : self.thoughts[row]].tolist()
        return found

    def take(self, rows: Ints | NDArray[np.bool_]) -> Turns:
        """Some of the rows."""
        given = None if self.given is None else self.given[rows]
        return Turns(self.tokens[rows], self.size[rows], self.ended[rows], given)


def written(
    net: Gpt, prompts: Ints, uniforms: Floats, temperature: float = 1.0, environment: Environment | None = None
) -> Turns:
    """A turn for each prompt [rows, length], one token for each column of `uniforms` [rows, room] at most; at
    temperature 0 always the likeliest token."""
    rows, room = uniforms.shape
    tokens, size = np.full((rows, room), PAD, np.int64), np.full(rows, room, np.int64)
    ended, answering = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    given, awaited = np.zeros((rows, room), np.bool_), np.zeros(rows, np.int64)
    active, memory = np.arange(rows), Memory()
    logits = net(prompts, memory)
    for column in range(room):
        if temperature == 0:
            drawn = logits.argmax(axis=1)
        else:
            mass = np.exp(log_softmax(logits / np.float32(temperature))).cumsum(axis=1)
            drawn = (mass < uniforms[active, column, None] * mass[:, -1:]).sum(axis=1)
        if environment is not None:
            given[active, column] = column > 0 and tokens[active, column - 1] == environment.call
            drawn = np.where(given[active, column], awaited[active], drawn)
        tokens[active, column] = drawn
        finished = answering[active]
        ended[active[finished]], size[active[finished]] = True, column + 1
        answering[active] = drawn == ANSWER
        active, drawn = active[~finished], drawn[~finished]
        if not len(active) or column == room - 1:
            break
        if finished.any():
            memory.keep(~finished)
        if environment is not None and len(calling := active[drawn == environment.call]):
            so_far = tokens[calling, : column + 1].tolist()
            awaited[calling] = environment.answers(prompts[calling], so_far)
        logits = net(drawn[:, None], memory)
    return Turns(tokens, size, ended, None if environment is None else given)
