"""What is measured at a checkpoint: a column for each measure, a row for each item. The same items, drawn numbers and
donors at every checkpoint and in every arm, so that changes are not changes of items.

    right, answered, empty,        of its own turn at temperature 1: the answer, and what stands before it
    tokens
    own, silent, dots, foreign,    probability of the right answer among the digits, after its own reasoning, nothing,
    reworded                       as many dots, another item's reasoning, its own with `is` and `makes` drawn again
    follow, follow floor           probability of the *donor's* answer after the donor's reasoning, and after nothing
    early, fresh                   a reader without the question tells its answer from its reasoning (`readers.py`)
    readable, sound,               shares of steps that a checker could verify, without and with the question
    grounded, complete, steps      (`tasks/family.py`), wherever it left out a `;`; how many of them can be read
    values, operands               longest run, in order, of the four needed values (operands) among its digits, by
                                   four: says what is still written where no step can be parsed
    bits                           per token of the turn, under the first checkpoint: how foreign its words became

`own` and what stands beside it are read for every turn; the readers, `follow` and the checks where a turn has an
answer. None of these is read by a reward, but `early` by `unread`. What only one language has (offers, calls, programs)
is measured in its own module. This module trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thinkaloud.organisms.forward import Gpt, log_softmax
from thinkaloud.organisms.recipes import BASE, Floats, Ints, N, Questions, run
from thinkaloud.organisms.rollout import Turns
from thinkaloud.organisms.tokens import ANSWER, DOT
from thinkaloud.studies.training.languages.contract import Asked, Language, Written, where
from thinkaloud.studies.training.languages.monitors import TASK
from thinkaloud.studies.training.readers import told
from thinkaloud.tasks.chain import Problem
from thinkaloud.vocabulary import Item, Key

SHOWN = 4
"""Turns of every checkpoint that are kept as they were written."""
Columns = dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is measured: a network, the `first` checkpoint, the `readers` (early and fresh), the language, and how a
    turn is written about each question (from network, questions, uniform numbers)."""

    net: Gpt
    first: Gpt
    readers: Mapping[str, Gpt]
    language: Language
    write: Callable[[Gpt, Asked, Floats], Turns]


def measured(at: Checkpoint, hints: bool, key: Key, items: int) -> dict[str, Any]:
    """The columns of a checkpoint, and some turns in words."""
    task_items = TASK.items(N, items, key)
    rng, again = key.child("drawn").rng, key.child("reworded").rng
    asked = at.language.ask(as_questions(task_items), key.child("offered").rng, hints)
    uniforms = rng.random((items, at.language.room))
    donors = _donors(asked.q, rng)
    turns = at.write(at.net, asked, uniforms)
    thoughts = [turns.thought(row) for row in range(items)]
    theirs = [thoughts[donor] for donor in donors.tolist()]
    answers, gold = turns.answers, asked.gold
    ended = answers >= 0

    def read(between: Sequence[Sequence[int]], which: Ints) -> Floats:
        return answered(at.net, asked.before, between)[np.arange(items), which]

    nothing: list[list[int]] = [[] for _ in range(items)]
    other_words = [at.language.reworded(np.array(t, np.int64), again).tolist() for t in thoughts]
    donated = np.maximum(answers[donors], 0)
    both = ended & ended[donors]
    columns: dict[str, Any] = {
        "right": answers == gold,
        "answered": ended,
        "empty": turns.thoughts == 0,
        "tokens": turns.thoughts,
        "own": read(thoughts, gold),
        "silent": read(nothing, gold),
        "dots": read([[DOT] * len(thought) for thought in thoughts], gold),
        "foreign": read(theirs, gold),
        "reworded": read(other_words, gold),
        "follow": where(both, read(theirs, donated)),
        "follow floor": where(both, read(nothing, donated)),
        "bits": bits(at.first, asked.before, turns),
    }
    for name, reader in at.readers.items():
        columns[name] = where(ended, told(reader, turns) == answers)
    columns |= _checked(task_items, asked, turns, at.language)
    columns |= at.language.columns(Written(task_items, asked, turns, read))
    decode = at.language.decode
    return {
        "columns": {name: [_plain(x) for x in column] for name, column in columns.items()},
        "turns": [
            [decode(asked.before[row].tolist()), decode(turns.tokens[row, : turns.size[row]].tolist())]
            for row in range(SHOWN)
        ],
    }


def answered(net: Gpt, before: Ints, between: Sequence[Sequence[int]]) -> Floats:
    """Distribution over the digits after each row of `before`, what stands between, and `A`, [rows, 10]."""
    found = np.zeros((len(before), BASE))
    size = np.array([len(one) for one in between])
    for length in np.unique(size):
        rows = np.flatnonzero(size == length).tolist()
        tokens = np.array([[*before[row], *between[row], ANSWER] for row in rows])
        chances = np.exp(log_softmax(net(tokens)))[:, :BASE]
        found[rows] = chances / chances.sum(axis=1, keepdims=True)
    return found


def bits(first: Gpt, before: Ints, turns: Turns) -> Floats:
    """Bits a token of what was written by the network itself, `A` and not the answer, under the first checkpoint."""
    logprobs = log_softmax(first(np.concatenate([before, turns.tokens], axis=1)[:, :-1], every=True))
    behind = before.shape[1]
    each = np.take_along_axis(logprobs[:, behind - 1 :], turns.tokens[:, :, None], axis=2)[..., 0]
    counted = turns.own & (np.arange(turns.tokens.shape[1]) < (turns.size - turns.ended)[:, None])
    found: Floats = -(each * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1) / np.log(2)
    return found


def _checked(items: Sequence[Item], asked: Asked, turns: Turns, language: Language) -> Columns:
    """What a checker finds in the words of each turn that has an answer."""
    shares = ("readable", "sound", "grounded", "complete")
    found: Columns = {name: [] for name in (*shares, "steps", "values", "operands")}
    q = asked.q
    needed = run(q.start, q.times, q.operand)
    for row in range(len(turns.size)):
        if turns.answers[row] < 0:
            for column in found.values():
                column.append(None)
            continue
        thought = turns.thought(row)
        said = TASK.parse(language.checked(asked.before[row].tolist(), thought))
        legible = TASK.legible(items[row], said)
        for name in shares:
            found[name].append(float(getattr(legible, name)))
        found["steps"].append(float(sum(step.form is not None for step in said.steps)))
        digits = [token for token in thought if token < BASE]
        found["values"].append(in_order(needed[row].tolist(), digits) / N)
        found["operands"].append(in_order(q.operand[row].tolist(), digits) / N)
    return found


def in_order(wanted: Sequence[int], there: Sequence[int]) -> int:
    """The length of the longest common subsequence."""
    best = [0] * (len(there) + 1)
    for one in wanted:
        above = best[:]
        for i, other in enumerate(there, start=1):
            best[i] = above[i - 1] + 1 if one == other else max(best[i - 1], above[i])
    return best[-1]


def as_questions(items: Sequence[Item]) -> Questions:
    """Items of the task as rows; their `hint` is the right answer."""
    parts: list[Problem] = [item.meta["parts"] for item in items]
    times = np.array([[int(sign == "*") for sign, _ in one.operations] for one in parts])
    operand = np.array([[k for _, k in one.operations] for one in parts])
    gold = np.array([int(item.gold) for item in items])
    return Questions(np.zeros(len(parts), np.int64), gold, np.array([one.start for one in parts]), times, operand)


def _donors(q: Questions, rng: np.random.Generator) -> Ints:
    """For each item another one with another right answer."""
    n = len(q.hint)
    found = (np.arange(n) + 1 + rng.integers(n - 1, size=n)) % n
    for row in range(n):
        while q.hint[found[row]] == q.hint[row]:
            found[row] = (found[row] + 1) % n
    return found


def _plain(value: Any) -> float | None:
    return None if value is None else round(float(value), 5)
