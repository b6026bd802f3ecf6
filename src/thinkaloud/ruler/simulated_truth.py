"""What every arm scores and spends with a simulated model, by formulas: accuracy, tokens, and so accuracy at a budget.

Every sentence of a simulated task has a known number of words, so every prompt has, and a step's error is known by
where it stands. For n steps, s examples, q = words of the question and L(e) = `closed_form.right` of the errors:

    R0 R1   s(q+6) + q+5      n steps at once            R2 A   s(q+5n+6) + q+2     n steps, 5 words each
    F1      s(q+15n+8) + q+3  n steps below the plan     F2     n parts, 9 + 2 words each and 20 for every example
    V       `closed_form.best_of`                        E      `closed_form.escalated`
    T0 T2   1 - K                                        T1 F3  parts aloud, (1 - K) of the programs
    P       as R2                                        F2d    as F2

and the last call of F2 (F2d, T1, F3) multiplies what was kept by 1 - G v/(v - 1). `tests/test_simulated.py` holds the
runner against this module. It does not know the dial I, nor what an arm scores below the cost of one attempt, nor on
the meters with a cache what later attempts of arms with several calls cost (that depends on whether they agree): None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from thinkaloud.arms.planner import EXAMPLES, GOAL
from thinkaloud.arms.style import GENERIC
from thinkaloud.budget.ledger import Spend
from thinkaloud.budget.meters import METERS
from thinkaloud.metrics import closed_form
from thinkaloud.organisms.simulated import MOST, Dials
from thinkaloud.tasks.simulated import ALGORITHM, KINDS

STEP, ANSWER, PART = 5, 4, 9
"""Words of a step, of "The answer is 7.", of a part."""
CHECK = 8
"""Words that a check puts below the question: "Proposed answer: 7", "Is the proposed answer right?"."""
ONE_CALL = ("R0", "R1", "R2", "A", "F1")
"""Arms whose later attempts have the prompt of the first, and nothing else."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A simulated model's dials, a kind of question and its level, a family (for its u), how many examples are shown,
    and whether the task's own parts are used."""

    dials: Dials
    kind: str
    level: int
    family: str = ""
    shots: int = 2
    given: bool = False

    @property
    def splits(self) -> bool:
        """Whether the parts are of use."""
        return self.kind in ("chain", "map")

    @property
    def question(self) -> int:
        """Words of the question."""
        return 3 + len(KINDS[self.kind].split()) + self.level - 1

    @property
    def last(self) -> int:
        """Words of the last question by itself (with `#1` in it)."""
        return 5 + (self.level if self.kind == "map" else 1)

    def before(self, shot: int) -> int:
        """Words of a prompt but for the answer's beginning, with examples of so many words besides their question."""
        return self.shots * (2 + self.question + shot) + 2 + self.question

    @property
    def silent(self) -> int:
        """Words of the prompt of a snap judgement."""
        return self.before(ANSWER) + 3

    @property
    def aloud(self) -> int:
        """Words of the prompt that is answered aloud."""
        return self.before(STEP * self.level + ANSWER)

    @property
    def whole(self) -> int:
        """Words of the prompt of a plan, without "Parts:"."""
        return self.before(15 * self.level + 2 + ANSWER)

    @property
    def part(self) -> int:
        """Words of a part's prompt: two examples of each shown question (one where it has one part), with their step
        where the parts are the steps."""
        return self.shots * min(2, self.level) * (2 + PART + STEP * self.splits + ANSWER) + 2 + PART

    @property
    def final_shots(self) -> int:
        """Words of the examples of the last call."""
        noted = self.question + 1 + (PART + 2) * self.level
        return self.shots * (2 + (self.last if self.splits else noted) + ANSWER)

    @property
    def final(self) -> int:
        """Words of the last call's prompt."""
        alone = self.given and self.splits
        return self.final_shots + 5 + (self.last if alone else self.question + 1 + (PART + 2) * self.level)

    def steps(self, words: int, hard: bool, silent: bool = False, apart: int = STEP) -> float:
        """What is kept of all steps, `apart` words from each other, the first after so many; of one where it is recall
        (after all that was written)."""
        d, sign = self.dials, 1 if hard else -1
        places = [words + apart * i for i in range(self.level)]
        if self.kind == "recall":
            places, silent = [words + apart * self.level], False
        errors = [d.error + sign * d.spread + d.context * at / 1000 + d.silent * silent for at in places]
        return closed_form.kept(min(MOST, max(0.0, error)) for error in errors)


# ---------------------------------------------------------------------------------------------------------- accuracy


def accuracy(arm: str, s: Setting) -> float:
    """Accuracy of one attempt."""
    return sum(halves(arm, s)) / 2


def voted(arm: str, s: Setting, k: int) -> float:
    """Expected score of a vote over k attempts, which are independent given the item's half."""
    return sum(closed_form.majority(p, k) for p in halves(arm, s)) / 2


def halves(arm: str, s: Setting) -> tuple[float, float]:
    """Accuracy of one attempt on hard items and on the others."""
    return _half(arm, s, True), _half(arm, s, False)


def _half(arm: str, s: Setting, hard: bool) -> float:
    aloud, snap = (closed_form.right(x) for x in (s.steps(s.aloud, hard), s.steps(s.silent, hard, True, 0)))
    simple: Mapping[str, Callable[[], float]] = {
        "R0": lambda: snap,
        "R1": lambda: snap,
        "R2": lambda: aloud,
        "P": lambda: aloud,
        "A": lambda: closed_form.right(s.steps(s.aloud + len(ALGORITHM.split()), hard)),
        "F1": lambda: closed_form.right(_same(s, hard)),
        "F2": lambda: closed_form.right(_fresh(s, hard, s.part)),
        "F2d": lambda: closed_form.right(_fresh(s, hard, s.part)),
        "V": lambda: closed_form.best_of(aloud, s.dials.verdict),
        "E": lambda: closed_form.escalated(snap, aloud, s.dials.verdict),
        "T0": lambda: _coded(s, hard),
        "T2": lambda: _coded(s, hard),
        "T1": lambda: closed_form.right(_asking(s, hard)),
        "F3": lambda: closed_form.right(_asking(s, hard)),
    }
    return simple[arm]()


def _same(s: Setting, hard: bool) -> float:
    """F1: the plan (10 words a part) and its two marks stand before the first step."""
    return s.steps(s.whole + 10 * s.level + 2, hard) * closed_form.kept([s.dials.same(s.family)])


def _fresh(s: Setting, hard: bool, words: int) -> float:
    """F2: parts with so many words before each, then the last call, which has to do it all where parts are useless."""
    end = closed_form.kept([s.dials.last(s.family)])
    return end * (s.steps(words, hard, apart=0) if s.splits else s.steps(s.final, hard, True, 0))


def _coded(s: Setting, hard: bool) -> float:
    """T0, T2: a program is right, but what must be recalled is not computed."""
    if s.kind == "recall":
        return closed_form.right(s.steps(_program(s, 0) + 1, hard, apart=0))
    return 1 - s.dials.code


def _asking(s: Setting, hard: bool) -> float:
    """T1, F3: parts or, where these are useless, the question are asked aloud below the arm's own examples."""
    code = closed_form.kept([s.dials.code])
    if not s.splits:
        return code * s.steps(s.aloud, hard)
    parts = s.steps(s.aloud - s.question + PART, hard, apart=0)
    return code * parts * closed_form.kept([s.dials.last(s.family)])


# ------------------------------------------------------------------------------------------------------------- spend


def spend(arm: str, s: Setting) -> Spend:
    """Expected tokens of the first attempt (with an empty cache); not whole numbers where calls depend on luck."""
    both = [_added(_calls(arm, s, hard)) for hard in (True, False)]
    total = both[0] + both[1]
    found = (total.uncached / 2, total.cached / 2, total.cache_write / 2, total.output / 2, 0, total.calls / 2)
    return Spend(*found)  # type: ignore[arg-type]


def votes(arm: str, s: Setting, budget: float, attempts: int, meter: str = "B2") -> int | None:
    """How many attempts a budget pays; None where that depends on luck."""
    first = METERS[meter](spend(arm, s))
    if arm == "E" or (meter in ("B3", "B4") and arm not in ONE_CALL):
        return None
    later = first
    if meter in ("B3", "B4"):
        prompt = spend(arm, s)
        later = METERS[meter](Spend(0, prompt.uncached, 0, prompt.output))
    return sum(first + later * i <= budget for i in range(attempts))


def at_budget(arm: str, s: Setting, budget: float, attempts: int, meter: str = "B2") -> float | None:
    """Accuracy at a budget; None where it pays no attempt, or nobody knows how many."""
    k = votes(arm, s, budget, attempts, meter)
    return voted(arm, s, k) if k else None


Call = tuple[float, float, float, float]
"""Prompt, what of it is cached, output, and how often the call is made."""


def _added(calls: list[Call]) -> Spend:
    rows = [(p - c, c, p - c, out, 0, 1.0) for p, c, out, _ in calls]
    sums = [sum(row[i] * call[3] for row, call in zip(rows, calls, strict=True)) for i in range(6)]
    return Spend(*sums)  # type: ignore[arg-type]


def _calls(arm: str, s: Setting, hard: bool) -> list[Call]:
    """The calls of a first attempt in their order."""
    n, q = s.level, s.question
    aloud: Call = (s.aloud, 0, STEP * n + ANSWER, 1)
    if arm in ("R0", "R1"):
        return [(s.silent, 0, 1, 1)]
    if arm == "A":
        return [(s.aloud + len(ALGORITHM.split()), 0, aloud[2], 1)]
    if arm == "F1":
        plan = 10 * n + 1
        return [(s.whole + 1 + plan * s.given, 0, STEP * n + ANSWER + plan * (not s.given), 1)]
    if arm in ("F2", "F2d"):
        return _parted(s, arm == "F2d")
    if arm == "V":
        again: Call = (s.aloud, s.aloud, aloud[2], 1)
        p = closed_form.right(s.steps(s.aloud, hard))
        other = sum(1 - (1 - x) ** 3 for x in (p, *[(1 - p) / 9] * 9)) - 1  # different answers after the first
        check = _check(s)
        return [aloud, again, again, (check, 1 + q, 1, 1), (check, check - 7, 1, other), (check, check, 1, 2 - other)]
    if arm == "E":
        return _escalation(s, hard)
    if arm in ("T0", "T2"):
        return _program_calls(s, 0)
    if arm == "T1":
        return _program_calls(s, s.shots if s.kind == "recall" else s.shots // 2)
    if arm == "F3":
        return _program_calls(s, s.shots)[:-1]
    if arm == "P":
        return _plan_calls(s)
    return [aloud]


def _parted(s: Setting, nested: bool) -> list[Call]:
    """F2: the plan, the parts, the last call; F2d asks for a plan of each part too. Prompts share their examples, and
    two parts the word "Step" below them; forms share the mark of their first example, or its question if it is asked.
    """
    n, q = s.level, s.question
    calls: list[Call] = [] if s.given and not nested else [(s.whole + 1, 0, 10 * n + 1, 1)]
    if nested:
        each, head = s.whole - q + PART + 1, s.whole - q - 1
        calls += [(each, head + (i > 0), 11, 1) for i in range(n)]
    head = s.part - PART - 1
    calls += [(s.part, head + 1 if i else 1 if calls else 0, PART, 1) for i in range(n)]
    final = s.final if not nested or not s.given else s.final_shots + 5 + q + 1 + (PART + 2) * n
    shared = 1 if s.splits else 1 + q if calls[0][0] == s.whole + 1 else 1
    return [*calls, (final, shared, 1, 1)]


def _check(s: Setting) -> int:
    """Words of the prompt of a check."""
    return s.before(CHECK + 1) + CHECK


def _escalation(s: Setting, hard: bool) -> list[Call]:
    """At once, a check; if rejected aloud, a check; if rejected three more."""
    q, wrong, check = s.question, s.dials.verdict, _check(s)
    snap, p = closed_form.right(s.steps(s.silent, hard, True, 0)), closed_form.right(s.steps(s.aloud, hard))
    on = snap * wrong + (1 - snap) * (1 - wrong)
    agree = snap * wrong * p + (1 - snap) * (1 - wrong) * (1 - p) / 9
    further = on * (p * wrong + (1 - p) * (1 - wrong))
    out = STEP * s.level + ANSWER
    return [
        (s.silent, 0, 1, 1),
        (check, 1 + q, 1, 1),
        (s.aloud, 2 + q, out, on),
        (check, check, 1, agree),
        (check, check - 7, 1, on - agree),
        (s.aloud, s.aloud, out, 3 * further),
    ]


def _code(s: Setting, asks: bool, shown: bool) -> int:
    """Words of a program; `shown`: as an example has it, which asks useless parts where they are useless."""
    n = s.level
    if asks and (shown or s.splits):
        return n * (2 + PART) + (s.last if s.splits else 1)
    if asks or s.kind == "recall":
        return 5 if asks else 1
    return 2 + 1 + 2 * ((2 * n if s.kind == "map" else n + 1) - 1)


def _program(s: Setting, asking: int) -> int:
    """Words of the prompt of a program, without the opening fence; so many examples show programs that ask."""
    if s.kind == "recall" and not asking:
        examples = sum(2 + len(question.split()) + len(code.split()) + 4 + ANSWER for question, code, _ in GENERIC)
        return examples + 2 + s.question
    code = asking * _code(s, True, True) + (s.shots - asking) * _code(s, False, True)
    return s.before(4 + ANSWER) + code


def _program_calls(s: Setting, asking: int) -> list[Call]:
    """The program, what it asks, and the answer after its result."""
    asks = asking > 0
    first, code = _program(s, asking), _code(s, asks, False)
    calls: list[Call] = [(first + 1, 0, code + 1, 1)]
    if asks and s.splits:
        each = s.aloud - s.question + PART
        calls += [(each, each - PART if i else 2 + s.question, STEP + ANSWER, 1) for i in range(s.level)]
        calls.append((s.aloud - s.question + s.last, s.aloud - s.question - 1, ANSWER, 1))
    elif asks:
        calls.append((s.aloud, 2 + s.question, STEP * s.level + ANSWER, 1))
    return [*calls, (first + code + 2 + 2 + 3, first + 1 + code, 1, 1)]


def _plan_calls(s: Setting) -> list[Call]:
    """P: the question is handed on, and what came back is the answer."""
    empty, examples = len(GOAL.format(question="", log="").split()), 0
    for question, steps in EXAMPLES:
        log = ""
        for line, came in steps:
            examples += 2 + empty + len(f"{question} {log} {line}".split())
            log += f"> {line} " + (f"= {came} " if came else "")
    first = examples + 2 + empty + s.question
    second = first + 2 + s.question + 2
    return [(first, 0, 1 + s.question, 1), (s.aloud, 1, STEP * s.level + ANSWER, 1), (second, first - 3, 2, 1)]
