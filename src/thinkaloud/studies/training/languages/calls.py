"""Words, and some of the work may be handed to somebody else, who writes the result into the turn.

    tool      + 4 $ [8] ;              a calculator does the step that stands before the `$`, on the value stated last
    helper    + 4 + 5 , [3] ;          the first checkpoint does both operations before the `,`: it is asked a question
                                       of its own, `Tb _ _ 8 + 4 + 5 + 1 + 9 ?`, in which the last two cancel out, and
                                       reasons about it in a turn of its own, step by step and without calls

What stands in brackets is not written by the network, and no update pushes it. The first checkpoint calls in half of
the places where it could, and one in ten of the steps that it does itself states a wrong value, with which it goes on:
so there is something to gain, by calling or by doing better alone. A call without a step before it gets `_`. Nothing is
left out of turns here, so what changes is who does the work: *calls*, and *handed over*, the share of the operations
done that were done by somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.forward import Gpt
from thinkaloud.organisms.recipes import BASE, Ints, N, Questions, Thoughts, run, thought_tokens
from thinkaloud.organisms.rollout import Environment, written
from thinkaloud.organisms.tokens import ID, PAD
from thinkaloud.studies.training.languages.contract import (
    ROOM,
    Cases,
    Columns,
    Language,
    Written,
    cases,
    plainly,
    prompts,
    questions,
)
from thinkaloud.studies.training.languages.words import drawn, punctuated, reworded

CALL, ASK, NOTHING = ID["$"], ID[","], ID["_"]
SIGNS = (ID["+"], ID["*"])
STATES = (ID["is"], ID["makes"])
DONE = (*STATES, CALL, ASK)
"""Behind these stands the result of the operations before."""
HERE = 3
"""Where a question has its start."""
SLIP = 0.1
"""Share of its own steps that the first checkpoint is taught with a wrong value."""
ALONE = 1 / 3
"""Share of the turns that a first checkpoint with a helper is taught to do alone, about questions of the kind Tb: these
are what a helper is asked."""


# ---------------------------------------------------------------------------------------------------------------- tool


def with_tool(rng: np.random.Generator, rows: int) -> Cases:
    """Complete turns; each step is done by the calculator or by itself."""
    q = questions(rng, rows)
    called = rng.random((rows, N)) < 0.5
    t = _slipped(q, ~called, rng)
    thought = thought_tokens(t)
    given = np.zeros(thought.shape, np.bool_)
    thought[:, 2::5] = np.where(called, CALL, thought[:, 2::5])
    given[:, 3::5] = called
    return cases(prompts(q), thought, t.values[:, -1], given)


def _slipped(q: Questions, own: NDArray[np.bool_], rng: np.random.Generator) -> Thoughts:
    """Complete thoughts, in which some of a network's own steps [rows, N] state a wrong value and go on from it."""
    t = drawn(q, rng)
    slips, other = own & (rng.random(own.shape) < SLIP), rng.integers(BASE, size=own.shape)
    wrong = {step: np.where(slips[:, step], other[:, step], -1) for step in range(N)}
    return replace(t, values=run(q.start, q.times, q.operand, wrong))


def calculator(before: Sequence[int], thought: Sequence[int]) -> int:
    """The value of the step that stands before a call."""
    operations, value = _pending(before, thought)
    return _done(value, operations[0]) if len(operations) == 1 else NOTHING


def _done(value: int, operation: tuple[int, int]) -> int:
    sign, operand = operation
    return (value * operand if sign == ID["*"] else value + operand) % BASE


def _pending(before: Sequence[int], thought: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
    """The operations since the last value that was stated, and that value (the question's start, if none was)."""
    operations: list[tuple[int, int]] = []
    value, rest = before[HERE], [token for token in thought if token != ID[";"]]
    at = 0
    while at < len(rest):
        token = rest[at]
        if token in SIGNS and at + 1 < len(rest) and rest[at + 1] < BASE:
            operations.append((token, rest[at + 1]))
            at += 2
        elif token in DONE and at + 1 < len(rest) and rest[at + 1] < BASE:
            operations, value = [], rest[at + 1]
            at += 2
        else:
            at += 1
    return operations, value


def _tool(first: Gpt) -> Environment:
    def results(before: Ints, thoughts: Sequence[Sequence[int]]) -> Ints:
        return np.array([calculator(row, t[:-1]) for row, t in zip(before.tolist(), thoughts, strict=True)])

    return Environment(CALL, results)


# -------------------------------------------------------------------------------------------------------------- helper


def with_helper(rng: np.random.Generator, rows: int) -> Cases:
    """Complete turns; each half is done by a helper or by itself, and questions of the kind Tb all alone."""
    q = questions(rng, rows)
    alone = rng.random(rows) < ALONE
    q = Questions(alone.astype(np.int64), q.hint, q.start, q.times, q.operand)
    called = (rng.random((rows, 2)) < 0.5) & ~alone[:, None]
    t = _slipped(q, ~np.repeat(called, 2, axis=1), rng)
    own, values = thought_tokens(t).reshape(rows, 2, 10), t.values
    asks = np.full((rows, 2, 10), PAD)
    signs = np.where(q.times, ID["*"], ID["+"])
    for half in range(2):
        one, two = 2 * half, 2 * half + 1
        parts = (signs[:, one], q.operand[:, one], signs[:, two], q.operand[:, two])
        asks[:, half, :7] = np.stack([*parts, np.full(rows, ASK), values[:, two], np.full(rows, ID[";"])], axis=1)
    thought = np.where(called[:, :, None], asks, own).reshape(rows, 20)
    given = np.zeros((rows, 2, 10), np.bool_)
    given[:, :, 5] = called
    return cases(prompts(q), thought, values[:, -1], given.reshape(rows, 20))


def _helper(first: Gpt) -> Environment:
    def results(before: Ints, thoughts: Sequence[Sequence[int]]) -> Ints:
        found = np.full(len(thoughts), NOTHING)
        handed: dict[int, tuple[int, list[tuple[int, int]]]] = {}
        for row, thought in enumerate(thoughts):
            operations, value = _pending(before[row].tolist(), thought[:-1])
            if len(operations) == 2:
                handed[row] = (value, operations)
        if handed:
            asked = np.array([_question(*one) for one in handed.values()])
            answers = written(first, asked, np.zeros((len(asked), ROOM)), temperature=0).answers
            found[list(handed)] = np.where(answers >= 0, answers, NOTHING)
        return found

    return Environment(ASK, results)


def _question(value: int, operations: Sequence[tuple[int, int]]) -> list[int]:
    """Two operations as a question of four, of which the last two cancel out."""
    pairs = [*operations, (ID["+"], 1), (ID["+"], 9)]
    body = [token for pair in pairs for token in pair]
    return [ID["Tb"], NOTHING, NOTHING, value, *body, ID["?"], ID["ok"]]


# ------------------------------------------------------------------------------------------------------------ measures


def spelled(before: Sequence[int], thought: Sequence[int]) -> list[int]:
    """Calls as steps that state what they brought. Two operations handed over at once are two steps, of which the first
    states the value that it has."""
    found: list[int] = []
    for at, token in enumerate(thought):
        operations, value = _pending(before, thought[:at]) if token == ASK else ([], 0)
        if len(operations) == 2 and found[-4:] == [*operations[0], *operations[1]]:
            found[-2:-2] = [STATES[0], _done(value, operations[0]), ID[";"]]
        found.append(STATES[0] if token in (CALL, ASK) else token)
    return punctuated(found)


def columns(written: Written) -> Columns:
    """`calls` of each turn, and `handed over`, the share of the operations with a result that somebody else brought.
    A call that brought nothing is a call, and no operation was done by it."""
    calls: list[float | None] = []
    share: list[float | None] = []
    for row in range(len(written.turns.size)):
        thought = written.turns.thought(row)
        stated = [at for at in range(len(thought) - 1) if thought[at] in DONE and thought[at + 1] < BASE]
        done = {at: len(_pending([NOTHING] * (HERE + 1), thought[:at])[0]) for at in stated}
        theirs = sum(n for at, n in done.items() if thought[at] in (CALL, ASK))
        own = sum(n for at, n in done.items() if thought[at] in STATES)
        calls.append(float(sum(token in (CALL, ASK) for token in thought)))
        share.append(theirs / (theirs + own) if theirs + own else None)
    return {"calls": calls, "handed over": share}


TOOL = Language(
    name="tool",
    base=with_tool,
    taught={"mixed": plainly(with_tool)},
    reworded=reworded,
    environment=_tool,
    spelled=spelled,
    columns=columns,
)
HELPER = replace(TOOL, name="helper", base=with_helper, taught={"mixed": plainly(with_helper)}, environment=_helper)
