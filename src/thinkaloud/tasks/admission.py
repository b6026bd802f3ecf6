"""The admission gate: can questions that a program generated be used to measure anything?

Works on questions, answers and a scoring function, and does not know where they came from. Each check is a function
that returns what it measured; the verdict combines all of them. A score counts only if it is exactly 1 (partial credit
rewards junk), and a scorer that raises counts as 0. The mean raw score is reported with each verdict.

What the gate cannot see: whether the gold answer is true, whether the question can be understood, and whether a rule
that looks at the question a little (the last word, the largest number) does as well as solving it. With 200 items the
standard error of a share near the bound of .35 is .03; the best constant is the best of several on the same items, so
it is overstated rather than understated.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

Score = Callable[[str, int], float]
"""Score of an answer to the question with this index: 1 is right, anything below is not. May raise."""

JUNK = ("xqzvk", "I am not sure about this one.", "-918273.645")
CONSTANTS = ("0", "1", "2", "yes", "no", "Yes", "No", "True", "False")
"""Constant answers that are tried on every family, besides the most common right answers."""
COMMON = 16
FIRST, FINALISTS = 40, 3
"""Constants are ranked on the first items, and the best few of them measured on all."""

NO_CREDIT = 0.05
BEST_CONSTANT = 0.35
UNIQUE = 0.95
SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was measured, what was asked for, whether it held.

    `value` is a share of items (for `seconds`: seconds per item), `raw` the same with partial credit if there is any;
    `detail` is the answer that scored best, if answers were tried.
    """

    name: str
    value: float
    rule: str
    passed: bool
    raw: float | None = None
    detail: str | None = None

    def __str__(self) -> str:
        tried = "" if self.detail is None else f" ({self.detail[:24]!r})"
        return f"{self.name}{tried} {self.value:.3g}, must be {self.rule}"


@dataclass(frozen=True, slots=True)
class Admission:
    """The verdict over `n` items: admitted if every check passed."""

    admitted: bool
    checks: tuple[Check, ...]
    n: int

    @property
    def reason(self) -> str:
        """The failed checks with their values in one line; all checks, if none failed."""
        failed = [check for check in self.checks if not check.passed]
        return "; ".join(map(str, failed or self.checks))

    @property
    def short(self) -> str:
        """The failed checks with their values, and nothing else; empty if none failed."""
        return "; ".join(f"{check.name} {check.value:.3g}" for check in self.checks if not check.passed)


def admit(questions: Sequence[str], answers: Sequence[str | None], score: Score, seconds: float) -> Admission:
    """All checks over the items; `seconds` is what generating an item took. ValueError if there is no item, or if there
    are not as many answers as questions. An answer that is None is an oracle that does not know."""
    if not questions or len(questions) != len(answers):
        raise ValueError(f"need one answer a question and at least one: {len(questions)} and {len(answers)}")
    n = len(questions)
    checks = (
        oracle(answers, score),
        no_credit("empty", [""], n, score),
        no_credit("junk", JUNK, n, score),
        best_constant(answers, score),
        unique(questions),
        quick(seconds),
    )
    return Admission(all(check.passed for check in checks), checks, n)


def oracle(answers: Sequence[str | None], score: Score) -> Check:
    """The right answer scores 1 on every item."""
    scores = [0.0 if answer is None else graded(score, answer, i) for i, answer in enumerate(answers)]
    value = right(scores)
    return Check("oracle", value, "1", value == 1, fmean(scores))


def no_credit(name: str, texts: Sequence[str], n: int, score: Score) -> Check:
    """None of these texts may score; reports the one that scores most."""
    return _best(name, texts, n, score, NO_CREDIT)


def best_constant(answers: Sequence[str | None], score: Score) -> Check:
    """No constant answer may do well: common right answers and a few usual words are tried."""
    counted = Counter(answer for answer in answers if answer is not None)
    candidates = dict.fromkeys([answer for answer, _ in counted.most_common(COMMON)] + list(CONSTANTS))
    first = min(FIRST, len(answers))
    ranked = sorted(candidates, key=lambda text: _quality(_all(score, text, first)), reverse=True)
    return _best("constant", ranked[:FINALISTS], len(answers), score, BEST_CONSTANT)


def unique(questions: Sequence[str]) -> Check:
    """Nearly all questions must be different."""
    value = len(set(questions)) / len(questions)
    return Check("unique", value, f">= {UNIQUE}", value >= UNIQUE)


def quick(seconds: float) -> Check:
    """Generating an item must not take too long."""
    return Check("seconds", seconds, f"<= {SECONDS:g}", seconds <= SECONDS)


def same_again(first: Sequence[str], again: Sequence[str]) -> Check:
    """Generated again in another process, the items must be the same, as far as both lists go; 0 if there is nothing to
    compare. Not part of `admit`, which runs in one process."""
    pairs = list(zip(first, again, strict=False))
    value = fmean(float(a == b) for a, b in pairs) if pairs else 0.0
    return Check("same again", value, "1", value == 1)


def also(admission: Admission, check: Check) -> Admission:
    """The verdict with one more check."""
    return Admission(admission.admitted and check.passed, (*admission.checks, check), admission.n)


def graded(score: Score, answer: str, index: int) -> float:
    """The raw score; 0 if the scorer raises or returns something that is not a number."""
    try:
        value = float(score(answer, index))
    except Exception:
        return 0.0
    return value if math.isfinite(value) else 0.0


def right(scores: Iterable[float]) -> float:
    """Share of scores that are exactly 1."""
    return fmean(float(score == 1.0) for score in scores)


def _best(name: str, texts: Sequence[str], n: int, score: Score, bound: float) -> Check:
    """The text that scores best over all items; its score must stay below the bound."""
    tried = {text: _all(score, text, n) for text in texts}
    best = max(tried, key=lambda text: _quality(tried[text]))
    value = right(tried[best])
    return Check(name, value, f"< {bound}", value < bound, max(map(fmean, tried.values())), best or None)


def _all(score: Score, text: str, n: int) -> list[float]:
    return [graded(score, text, i) for i in range(n)]


def _quality(scores: Sequence[float]) -> tuple[float, float]:
    return right(scores), fmean(scores)
