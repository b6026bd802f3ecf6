"""Reasoning is a short program, in names that are drawn for every turn, with each value behind a `#`:

    c = 8   a = c + 4 # 2   d = a * 7 # 4   e = d + 5 # 9   b = e + 1 # 0         -> A 0

(in one line, without the spaces between lines). In half of what the first checkpoint is taught tokens are left out, as
in `words`. A program is *run* as Python would run it (modulo 10): a line that is none, or a name that was not assigned,
and it has no result. That is a reader which needs neither the question nor the values.

Causal tests, where a program runs and ends in a line with its value: names drawn again (`reworded`), lines in another
order (`reordered`), another value behind the last `#` (`follow comment`) or another operand in the last line (`follow
code`, after a last line without its value): which of the two does the answer go with?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thinkaloud.organisms.recipes import BASE, Ints, N, Questions, run
from thinkaloud.organisms.tokens import ID, WORDS
from thinkaloud.studies.training.languages.contract import (
    Cases,
    Columns,
    Language,
    Written,
    cases,
    dropped,
    plainly,
    prompts,
    questions,
    where,
)
from thinkaloud.studies.training.languages.words import punctuated

NAMES = tuple(range(len(WORDS), len(WORDS) + N + 1))
EQUALS, VALUE = len(WORDS) + N + 1, len(WORDS) + N + 2
VOCABULARY = (*WORDS, *"abcde", "=", "#")
SIGNS = (ID["+"], ID["*"])
LINE = 7
"""Tokens of a line with its value; the first one has three."""


def programs(q: Questions, rng: np.random.Generator) -> Ints:
    """The complete right program of each question, [rows, 31]."""
    rows = len(q.start)
    names = np.argsort(rng.random((rows, N + 1)), axis=1) + NAMES[0]
    values, signs = run(q.start, q.times, q.operand), np.where(q.times, SIGNS[1], SIGNS[0])

    def all_rows(token: int) -> Ints:
        return np.full(rows, token)

    parts = [names[:, 0], all_rows(EQUALS), q.start]
    for i in range(N):
        line = [names[:, i + 1], all_rows(EQUALS), names[:, i], signs[:, i], q.operand[:, i]]
        parts += [*line, all_rows(VALUE), values[:, i]]
    return np.stack(parts, axis=1)


def base(rng: np.random.Generator, rows: int) -> Cases:
    """What a first checkpoint is taught: in half of the turns tokens are left out."""
    q = questions(rng, rows)
    return cases(prompts(q), dropped(programs(q, rng), rng), q.hint)


def complete(rng: np.random.Generator, rows: int) -> Cases:
    """Nothing left out."""
    q = questions(rng, rows)
    return cases(prompts(q), programs(q, rng), q.hint)


# ------------------------------------------------------------------------------------------------------------- running


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment: to a name, a digit, or `name sign operand`; `value`: what stands behind its `#`."""

    tokens: tuple[int, ...]
    name: int
    body: tuple[int, ...]
    value: int | None


def lines(thought: Sequence[int]) -> list[Line] | None:
    """The lines of a program; None where some token belongs to none."""
    starts = [at for at in range(len(thought) - 1) if thought[at] in NAMES and thought[at + 1] == EQUALS]
    if not thought or not starts or starts[0] != 0:
        return None
    found = []
    for start, end in zip(starts, [*starts[1:], len(thought)], strict=True):
        tokens = tuple(thought[start:end])
        body, value = tokens[2:], None
        if len(body) >= 2 and body[-2] == VALUE and body[-1] < BASE:
            body, value = body[:-2], body[-1]
        number = len(body) == 1 and body[0] < BASE
        work = len(body) == 3 and body[0] in NAMES and body[1] in SIGNS and body[2] < BASE
        if not number and not work:
            return None
        found.append(Line(tokens, tokens[0], body, value))
    return found


def result(program: Sequence[Line] | None) -> int | None:
    """The value that the last line assigns, modulo 10; None where Python would stop with an error."""
    values: dict[int, int] = {}
    for line in program or ():
        if len(line.body) == 1:
            values[line.name] = line.body[0]
            continue
        before, sign, operand = line.body
        if before not in values:
            return None
        values[line.name] = (values[before] * operand if sign == SIGNS[1] else values[before] + operand) % BASE
    return values[program[-1].name] if program else None


def python(thought: Sequence[int]) -> str:
    """The program in Python, which prints the value of the last line."""
    program, text = lines(thought), []
    for line in program or ():
        text.append(f"{VOCABULARY[line.name]} = ({' '.join(VOCABULARY[token] for token in line.body)}) % {BASE}")
    return "\n".join([*text, f"print({VOCABULARY[program[-1].name]})"]) if program else "this is no program"


# ------------------------------------------------------------------------------------------------------------ measures


def renamed(tokens: Ints, rng: np.random.Generator) -> Ints:
    """The same programs in names that are drawn again, one row's for the whole row."""
    names = rng.permutation(N + 1) + NAMES[0]
    return np.where(np.isin(tokens, NAMES), names[np.clip(tokens - NAMES[0], 0, N)], tokens)


def spelled(before: Sequence[int], thought: Sequence[int]) -> list[int]:
    """What the program does in the steps of the task's grammar: names and the start are left out, `#` reads `is`."""
    kept = [ID["is"] if token == VALUE else token for token in thought if token not in (*NAMES, EQUALS)]
    first = next((at for at, token in enumerate(kept) if token in SIGNS), len(kept))
    return punctuated(kept[first:])


def columns(written: Written) -> Columns:
    """`lines` and `runs`, of five lines and as a yes or no; `agrees`: with the turn's answer; `named`: share of the
    lines that assign a new name from the one before; and the causal tests, with the floor of each."""
    turns, answers = written.turns, written.turns.answers
    rows = range(len(turns.size))
    thoughts = [turns.thought(row) for row in rows]
    found = [lines(thought) for thought in thoughts]
    got = [result(program) for program in found]
    table: dict[str, list[float | None]] = {
        "lines": [min(1.0, len(program or ()) / (N + 1)) for program in found],
        "runs": [float(one is not None) for one in got],
        "agrees": [float(one is not None and one == answer) for one, answer in zip(got, answers, strict=True)],
        "named": [_named(program) for program in found],
    }
    whole = [program if _whole(program) and one is not None else None for program, one in zip(found, got, strict=True)]
    gold, there = written.asked.gold, np.array([program is not None for program in whole])
    shuffled = [_joined([p[-1], *p[:-1]]) if p else thoughts[row] for row, p in zip(rows, whole, strict=True)]
    table["reordered"] = where(there, written.read(shuffled, gold))
    other = np.array([_another(one, thought) for one, thought in zip(got, thoughts, strict=True)])
    comments = [[*thought[:-1], int(digit)] for thought, digit in zip(thoughts, other, strict=True)]
    table["follow comment"] = where(there, written.read(comments, other))
    table["follow comment floor"] = where(there, written.read(thoughts, other))
    changed = [_changed(p) if p else None for p in whole]
    there = np.array([p is not None for p in changed])
    coded = [_joined(p) if p else thoughts[row] for row, p in zip(rows, changed, strict=True)]
    bare = [_joined(p)[:-2] if p else thoughts[row] for row, p in zip(rows, whole, strict=True)]
    leads = np.array([result(p) or 0 for p in changed])
    table["follow code"] = where(there, written.read(coded, leads))
    table["follow code floor"] = where(there, written.read(bare, leads))
    return table


def _another(result: int | None, thought: Sequence[int]) -> int:
    """A digit that is neither the result nor what stands at the end."""
    apart = ((result or 0) + 3) % BASE
    return apart if apart not in thought[-1:] else (apart + 1) % BASE


def _named(program: Sequence[Line] | None) -> float:
    """Share of the needed lines that assign a name that was not used before, and use the one assigned last."""
    good, used, last = 0, set[int](), None
    for line in program or ():
        good += line.name not in used and (len(line.body) == 1 if last is None else line.body[0] == last)
        used.add(line.name)
        last = line.name
    return min(1.0, good / (N + 1))


def _whole(program: Sequence[Line] | None) -> bool:
    """Whether the last line does something and states its value, behind at least two others."""
    return bool(program and len(program) > 2 and len(program[-1].body) == 3 and program[-1].value is not None)


def _joined(program: Sequence[Line]) -> list[int]:
    return [token for line in program for token in line.tokens]


def _changed(program: Sequence[Line]) -> list[Line] | None:
    """The program with another operand in its last line, without its value, that leads elsewhere; None if none does."""
    *head, last = program
    before, sign, operand = last.body
    for other in (3, 7, 9) if sign == SIGNS[1] else (operand % (BASE - 1) + 1,):
        body = (before, sign, other)
        changed = [*head, Line((*last.tokens[:2], *body), last.name, body, None)]
        if result(changed) != result(program):
            return changed
    return None


PROGRAMS = Language(
    name="programs",
    base=base,
    taught={"mixed": plainly(base), "words": plainly(complete)},
    reworded=renamed,
    words=VOCABULARY,
    room=3 + LINE * N + 4,
    spelled=spelled,
    columns=columns,
)
