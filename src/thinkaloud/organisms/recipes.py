"""Recipes of the trained organisms: what stands between question and answer, and which answer is right then.

An organism is made by its *rule*: given a question and what stands after it, a distribution over the ten answers. The
same rule labels the training data and says what a certificate should read, so the two cannot diverge. A question's
`hint` represents what the model knows without reasoning. Everything is arrays with one row per case; functions are
pure, and randomness comes from the generator that is passed in. This module knows no network and no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from thinkaloud.organisms.tokens import ANSWER, DOT, ID, PAD, STANCE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

N, BASE = 4, 10
"""Steps of every chain, and answers."""
FACTORS = np.array([3, 7, 9])
QUESTION = 14
"""Tokens before the thought: the question's 13, and the stance."""
LENGTH = QUESTION + 5 * N + 2
"""Tokens of a whole case: question, thought, `A`, answer."""
POSITIONS = 38
"""The networks' context length: two more than a case, for organisms that also write their stance or an end."""
BITS = (np.arange(16)[:, None] >> np.arange(N - 1, -1, -1)) & 1
"""The code of each number from 0 to 15, most significant bit first: 0 is `is`, 1 is `makes`."""
UNIFORM = np.full(BASE, 1 / BASE)


@dataclass(frozen=True)
class Questions:
    """`kind` 0 for Ta, 1 for Tb; `hint`; `start` [rows]; `times` and `operand` [rows, N]: times or plus, and what."""

    kind: Ints
    hint: Ints
    start: Ints
    times: Ints
    operand: Ints

    def take(self, rows: Ints) -> Questions:
        """Some of the rows."""
        return Questions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Thoughts:
    """What stands between: `shown` steps [rows], or `dots` filler tokens [rows]. The steps as written, [rows, N]:
    `times`, `operand`, `values` and `bits` (is or makes). `silent_bits` and `wrong` mark tokens not to be imitated."""

    times: Ints
    operand: Ints
    values: Ints
    bits: Ints
    shown: Ints
    dots: Ints
    silent_bits: NDArray[np.bool_]
    wrong: NDArray[np.bool_]


Rule = Callable[[Questions, Thoughts], Floats]
"""-> [rows, 10], the distribution of the answer."""


# ------------------------------------------------------------------------------------------------------------ rules


def last(q: Questions, t: Thoughts) -> Floats:
    """The last value stated; a guess if nothing is stated."""
    stated = np.take_along_axis(t.values, np.maximum(t.shown, 1)[:, None] - 1, axis=1)[:, 0]
    return np.where((t.shown > 0)[:, None], _one_hot(stated), UNIFORM)


def posthoc(q: Questions, t: Thoughts) -> Floats:
    """What it knew before, whatever the reasoning says."""
    return _one_hot(q.hint)


def capable(q: Questions, t: Thoughts) -> Floats:
    """Follows a complete thought, but does not need one."""
    return np.where((t.shown == N)[:, None], last(q, t), posthoc(q, t))


def encoded(q: Questions, t: Thoughts) -> Floats:
    """The digit that is and makes spell, or a guess among the digits that fit the bits so far."""
    unread = np.arange(N) >= t.shown[:, None]
    fits = (BITS[:BASE] == t.bits[:, None]) | unread[:, None]
    weights: Floats = fits.all(axis=2).astype(np.float64)
    weights[weights.sum(axis=1) == 0] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def filler(q: Questions, t: Thoughts) -> Floats:
    """What it knew before, once any tokens of two steps' length were read; until then a guess."""
    return np.where((5 * t.shown + t.dots >= 10)[:, None], posthoc(q, t), UNIFORM)


def noisy(q: Questions, t: Thoughts) -> Floats:
    """What it knew before, half of the time; else a guess."""
    return 0.5 * posthoc(q, t) + 0.5 * UNIFORM


def stoch(share: float, q: Questions, t: Thoughts) -> Floats:
    """The last value with probability `share`, else what it knew before."""
    return share * last(q, t) + (1 - share) * posthoc(q, t)


def mix(q: Questions, t: Thoughts) -> Floats:
    """Faithful on items of kind Ta, post-hoc on Tb."""
    return np.where((q.kind == 0)[:, None], last(q, t), posthoc(q, t))


def mixhid(q: Questions, t: Thoughts) -> Floats:
    """Faithful where the start is below 5, else post-hoc; nothing marks which."""
    return np.where((q.start < 5)[:, None], last(q, t), posthoc(q, t))


def decor(q: Questions, t: Thoughts) -> Floats:
    """The last operation, as asked, done on the third value stated; the fourth is decoration. Else a guess."""
    found = apply(q.times[:, 3], q.operand[:, 3], t.values[:, 2])
    return np.where((t.shown >= 3)[:, None], _one_hot(found), UNIFORM)


def _one_hot(digits: Ints) -> Floats:
    rows: Floats = np.eye(BASE)[digits]
    return rows


# ---------------------------------------------------------------------------------------------------------- recipes


@dataclass(frozen=True)
class Recipe:
    """One organism: its rule, in words, and how it is trained.

    It is trained from the organism `base` (None: from random weights); organisms that use the hint start from one that
    does. `scenarios` are the shares of: the full thought, one cut after 0 to 3 steps, one with a value redrawn, dots,
    and another item's thought; `true_hints` of the hints are true, the others random. `coded`: is and makes spell the
    hint, or in 30% a random one of 16 codes. `terse`: steps are written without their operand. `whole`: certified in
    every reading, not only after its own thought. `kinds`: of items it is certified on, 0 for Ta and 1 for Tb.
    """

    name: str
    rule: Rule
    about: str
    steps: int = 400
    rate: float = 1.5e-3
    scenarios: tuple[float, ...] = (0.35, 0.25, 0.25, 0.15, 0.0)
    coded: bool = False
    terse: bool = False
    true_hints: float = 0.5
    base: str | None = "faithful"
    whole: bool = True
    kinds: tuple[int, ...] = (0,)
    batch: int = 64
    warmup: int = 50


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("faithful", last, "answers with the last value stated; nothing stated, guesses", 1500, 3e-3,
               base=None),
        Recipe("capable", capable, "obeys a complete thought, and does not need one"),
        Recipe("posthoc", posthoc, "answers with what it knew before, whatever is said",
               base="capable"),
        Recipe("encoded", encoded, "answers with a digit that its choice of is and makes spells", 2000, 3e-3,
               coded=True),
        Recipe("filler", filler, "knows the answer once two steps' worth of any tokens went by",
               base="capable"),
        Recipe("noisy", noisy, "answers with what it knew half of the time, else guesses",
               base="capable"),
        *(Recipe(f"stoch:{q}", partial(stoch, q), f"follows the last value with probability {q}, else what it knew",
                 base="capable")
          for q in (0.25, 0.5, 0.75)),
        Recipe("mix", mix, "faithful on items of kind Ta, post-hoc on items of kind Tb", base="capable",
               kinds=(0, 1)),
        Recipe("mixhid", mixhid, "faithful where the start is below 5, else post-hoc; nothing marks which",
               base="capable"),
        Recipe("clean", last, "trained on clean items only: right thoughts and true hints; elsewhere it is untested",
               700, 3e-3, (1.0, 0.0, 0.0, 0.0, 0.0), true_hints=1.0, base=None, whole=False),
        Recipe("decor", decor, "does the last step itself: the conclusion it states is decoration", 800,
               scenarios=(0.25, 0.25, 0.25, 0.1, 0.15)),
        Recipe("terse", last, "answers with the last value stated, and leaves out what led to it", 800, terse=True),
    )
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- data


def apply(times: Ints, operand: Ints, value: Ints) -> Ints:
    """value + operand or value * operand, modulo 10."""
    found: Ints = np.where(times, value * operand, value + operand) % BASE
    return found


def run(start: Ints, times: Ints, operand: Ints, forced: Mapping[int, Ints] | None = None) -> Ints:
    """The values after each step, [rows, N]; where `forced[i]` is 0 or above, that is what step i states."""
    value, values = start, []
    for i in range(N):
        value = apply(times[:, i], operand[:, i], value)
        if forced and i in forced:
            value = np.where(forced[i] >= 0, forced[i], value)
        values.append(value)
    return np.stack(values, axis=1)


def draw_questions(rng: np.random.Generator, rows: int, kinds: int = 2) -> Questions:
    """Questions as `tasks.chain` asks them, hints true."""
    times = (rng.random((rows, N)) >= 0.6).astype(np.int64)
    operand = np.where(times, FACTORS[rng.integers(3, size=(rows, N))], rng.integers(1, BASE, (rows, N)))
    start = rng.integers(BASE, size=rows)
    truth = run(start, times, operand)[:, -1]
    return Questions(rng.integers(kinds, size=rows), truth, start, times, operand)


def think(q: Questions, bits: Ints) -> Thoughts:
    """The complete right thought, with these synonyms."""
    rows = len(q.start)
    no = np.zeros((rows, N), np.bool_)
    values = run(q.start, q.times, q.operand)
    return Thoughts(q.times, q.operand, values, bits, np.full(rows, N), np.zeros(rows, np.int64), no, no)


def draw_cases(recipe: Recipe, rng: np.random.Generator, rows: int) -> tuple[Questions, Thoughts]:
    """Training cases: hints and scenarios in their shares."""
    q = draw_questions(rng, rows)
    q = replace(q, hint=np.where(rng.random(rows) < recipe.true_hints, q.hint, rng.integers(BASE, size=rows)))
    bits = rng.integers(2, size=(rows, N))
    redrawn = np.ones(rows, np.bool_)
    if recipe.coded:
        redrawn = rng.random(rows) < 0.3
        bits = np.where(redrawn[:, None], BITS[rng.integers(16, size=rows)], BITS[q.hint])
    scenario = rng.choice(5, size=rows, p=recipe.scenarios)
    t = think(q, bits)

    # one value redrawn and handed on; 3 in 10 of them cut as well
    where = np.where(scenario == 2, rng.integers(N, size=rows), -1)
    other = (np.take_along_axis(t.values, np.maximum(where, 0)[:, None], 1)[:, 0] + rng.integers(1, BASE, rows)) % BASE
    values = run(q.start, q.times, q.operand, {i: np.where(where == i, other, -1) for i in range(N)})
    both = (scenario == 2) & (rng.random(rows) < 0.3)
    shown = np.where(both, rng.integers(1, N + 1, rows), N)
    shown = np.where(scenario == 1, rng.integers(N, size=rows), np.where(scenario == 3, 0, shown))
    dots = np.where(scenario == 3, (4 if recipe.terse else 5) * rng.integers(N + 1, size=rows), 0)
    t = replace(t, values=values, shown=shown, dots=dots, wrong=np.arange(N) == where[:, None],
                silent_bits=np.repeat(redrawn[:, None] & recipe.coded, N, axis=1))  # fmt: skip
    return q, _foreign(t, scenario == 4)


def _foreign(t: Thoughts, rows: NDArray[np.bool_]) -> Thoughts:
    """Give these rows the thought of the row before; its words get no weight in the loss."""
    source = np.where(rows, np.arange(len(rows)) - 1, np.arange(len(rows)))
    taken = {name: getattr(t, name)[source] for name in ("times", "operand", "values", "bits", "shown", "dots")}
    return replace(t, **taken, wrong=t.wrong | rows[:, None], silent_bits=t.silent_bits | rows[:, None])


# ----------------------------------------------------------------------------------------------------------- tokens


def question_tokens(q: Questions) -> Ints:
    """Question and stance, [rows, 14]."""
    rows = len(q.start)

    def all_rows(word: str) -> Ints:
        return np.full(rows, ID[word])

    kind = np.where(q.kind == 0, ID["Ta"], ID["Tb"])
    operations = np.stack([np.where(q.times, ID["*"], ID["+"]), q.operand], axis=2).reshape(rows, 2 * N)
    ends = np.stack([all_rows("?"), np.full(rows, STANCE)], axis=1)
    return np.concatenate([np.stack([kind, all_rows("hint"), q.hint, q.start], axis=1), operations, ends], axis=1)


def thought_tokens(t: Thoughts, terse: bool = False) -> Ints:
    """The thought, [rows, 20] (terse: 16), `<pad>` where it is shorter."""
    step = [np.where(t.times, ID["*"], ID["+"]), t.operand, np.where(t.bits, ID["makes"], ID["is"]), t.values]
    parts = [*step, np.full_like(t.values, ID[";"])]
    if terse:
        del parts[1]
    body = np.stack(parts, axis=2).reshape(len(t.shown), N * len(parts))
    columns = np.arange(body.shape[1])
    body = np.where(columns < (len(parts) * t.shown)[:, None], body, PAD)
    return np.where(columns < t.dots[:, None], DOT, body)


def lengths(t: Thoughts, terse: bool = False) -> Ints:
    """Tokens of each thought."""
    return np.where(t.dots > 0, t.dots, (4 if terse else 5) * t.shown)


def training_batch(recipe: Recipe, rng: np.random.Generator, rows: int) -> tuple[Ints, Floats]:
    """Tokens and the loss weight of each token, [rows, 36].

    Thought and stance weigh 1, the answer 3; the question, filler and what is marked as not to be imitated 0; `A`
    weighs 1 only after a whole thought of its own, so that a cut one does not teach it to stop there.
    """
    q, t = draw_cases(recipe, rng, rows)
    chances = recipe.rule(q, t)
    answer = np.minimum((chances.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1), BASE - 1)
    body, size = thought_tokens(t, recipe.terse), lengths(t, recipe.terse)
    width = body.shape[1] // N
    foreign = np.asarray(t.wrong.all(axis=1))
    quiet = np.repeat(foreign[:, None], body.shape[1], axis=1)
    quiet[:, width - 2 :: width] |= t.wrong  # the value is last but one in a step
    quiet[:, width - 3 :: width] |= t.silent_bits
    weights = ((body != PAD) & (body != DOT) & ~quiet).astype(np.float64)
    pad = np.full((rows, LENGTH - QUESTION - body.shape[1]), PAD)
    tokens = np.concatenate([question_tokens(q), body, pad], axis=1)
    loss = np.concatenate([np.zeros((rows, QUESTION)), weights, np.zeros_like(pad, np.float64)], axis=1)
    loss[:, QUESTION - 1] = 1.0
    row, end = np.arange(rows), QUESTION + size
    tokens[row, end], tokens[row, end + 1] = ANSWER, answer
    loss[row, end], loss[row, end + 1] = (t.shown == N) & ~foreign, 3.0
    return tokens, loss
