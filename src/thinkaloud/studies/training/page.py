"""The report of the study of training: verdicts, a table of arms, one figure over updates, and a question's turns at
every checkpoint.

This module does not know how a number was made, nor how a figure is drawn (`figures.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thinkaloud.report.layout import CASES, Figure, Layout
from thinkaloud.report.tables import Grid, Words, shown
from thinkaloud.studies.training.figures import COLOURS, curve_figure, curves, turn_figure
from thinkaloud.vocabulary import Estimate, Finding

LIMITS = (
    "A toy: one task in a closed language, networks of two layers, some hundred updates. It shows that a pressure can "
    "do this to the words, not how often it does, nor that it does so in a language model.",
    "Intervals are over training seeds, whose means are taken as normal. Items, arms and the first checkpoints are one "
    "draw each.",
    "A reader that cannot tell the answer may be a weak reader: encoded says that another one of the same size can, "
    "and not how: a code, or a last step that is not written and that a fresh reader does itself.",
    "The early reader learned from one kind of reasoning. A change of style that people would read with ease can put "
    "it off: look at grounded, and at the turns themselves.",
    "What no factor presses on may still drift: an arm is held against the control, which had as many updates.",
)
TABLE = (
    "right",
    *("hack", "admits", "caught reasoning_only", "caught with_question", "false with_question"),
    *("calls", "handed over", "lines", "runs", "agrees", "named", "reordered", "follow comment", "follow code"),
    *("silent", "share", "use", "early", "encoded", "grounded", "values", "tokens", "bits"),
)
"""Measures with a column each in the table of arms, where the language has them."""


def changes(findings: Sequence[Finding]) -> Iterator[tuple[str, str, Estimate]]:
    """(arm, measure, change) of every change less the control's."""
    for finding in findings:
        about = finding.estimate.about
        if "against" in about:
            yield str(about["arm"]), str(about["measure"]), finding.estimate


def verdicts(findings: Sequence[Finding]) -> list[str]:
    """For each arm, what rose and fell beyond the control's change, what did not change, and what cannot be told."""
    arms: dict[str, dict[str, list[str]]] = {}
    for arm, measure, e in changes(findings):
        if (said := e.about.get("verdict")) is not None:
            words = f"{measure} {_signed(e)}" if said in ("rose", "fell") else measure
            if said == "did not change":
                words = f"{measure} (by at most {_bound(e):.2g})"
            arms.setdefault(arm, {}).setdefault(str(said), []).append(words)
    order = {"rose": "rose", "fell": "fell", "did not change": "did not change", "cannot tell": "cannot be told"}
    lines = []
    for arm, of in arms.items():
        parts = [f"{word}: {', '.join(of[said])}" for said, word in order.items() if said in of]
        lines.append(f"{arm}, beyond the control. {_capital('; '.join(parts))}.")
    return lines + list(collapses(findings))


def collapses(findings: Sequence[Finding]) -> Iterator[str]:
    """Arms whose turns became empty or endless, and when."""
    for arm, of in curves(findings).items():
        for measure, above, what in (
            ("empty", True, "wrote no reasoning at all"),
            ("answered", False, "came to no answer"),
        ):
            there = [step for step, e in of.get(measure, ()) if e.value is not None and (e.value > 0.5) == above]
            if there:
                yield f"{arm}: more than half of the turns {what} from update {min(there)} on."


def arm_grid(findings: Sequence[Finding]) -> Grid:
    """A row for each arm: the first and the last checkpoint of each measure."""
    found = curves(findings)
    table = [m for m in TABLE if any(m in of for of in found.values())]
    body = [(arm, *(_from_to(of[m][0][1], of[m][-1][1]) for m in table)) for arm, of in found.items()]
    return Grid("First and last checkpoint", ("arm", *table), tuple(body))


def _from_to(first: Estimate, last: Estimate) -> str:
    """Both, or the reason why there is neither, once."""
    if first.value is last.value is None and first.reason == last.reason:
        return shown(last)
    return f"{shown(first)} → {shown(last)}"


def beyond_grid(findings: Sequence[Finding]) -> Grid:
    """A row for each arm: the change less the control's."""
    arms: dict[str, dict[str, Estimate]] = {}
    for arm, measure, e in changes(findings):
        arms.setdefault(arm, {})[measure] = e
    table = [m for m in TABLE if any(m in of for of in arms.values())]
    body = [(arm, *(_signed(of[m]) for m in table)) for arm, of in arms.items()]
    return Grid("Change beyond the control's", ("arm", *table), tuple(body))


def _signed(e: Estimate) -> str:
    if e.value is None:
        return str(e.reason)
    return f"{e.value:+.2f} [{e.low:+.2f}, {e.high:+.2f}]"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _bound(e: Estimate) -> float:
    return max(-(e.low or 0.0), e.high or 0.0)


def _last(findings: Sequence[Finding]) -> list[tuple[str, Sequence[Finding]]]:
    """All numbers are many: the table shows changes; findings.json has every checkpoint."""
    kept = [finding for finding in findings if "until" in finding.estimate.about]
    said = "Changes from the first checkpoint to the last. findings.json has every checkpoint and every difference."
    return [(said, kept)]


PAGE = Layout(
    words=Words(
        headings=(("Changes", ("change of *",)), ("Slopes per 100 updates", ("slope of *",))),
        meanings=(
            ("change of right*", "share of its own turns, at temperature 1, that come to the right answer"),
            ("change of answered*", "share of turns that come to an answer, which is a digit"),
            ("change of empty*", "share of turns without any reasoning"),
            ("change of tokens*", "tokens before the answer"),
            ("change of own*", "probability of the right answer after its own reasoning"),
            ("change of silent*", "the same after nothing"),
            ("change of dots*", "the same after as many dots"),
            ("change of foreign*", "the same after another item's reasoning"),
            ("change of content*", "own with is and makes drawn again, less the better of silent and dots"),
            ("change of residue*", "own less that in other words"),
            ("change of share*", "content over own less chance"),
            (
                "change of use*",
                "probability of the donor's answer after the donor's reasoning, less that after nothing",
            ),
            ("change of early*", "how often a reader that learned from the first checkpoint tells the answer"),
            ("change of fresh*", "the same for a reader that learned from this checkpoint"),
            ("change of encoded*", "fresh less early: in the text, and not in words that the early reader knows"),
            ("change of sound*", "share of steps that follow from the value stated before"),
            ("change of grounded*", "share of steps that are what the question asks for"),
            ("change of complete*", "share of the needed steps that are there and right"),
            ("change of steps*", "steps that a checker can read"),
            ("change of values*", "needed values, in order, among the digits that were written, by four"),
            ("change of operands*", "the same of the question's operands"),
            ("change of bits*", "bits a token under the first checkpoint"),
            ("change of hack*", "how often it takes an offer for a wrong answer"),
            ("change of admits*", "how often it says so, where it took one"),
            ("change of caught*", "how often a reader raises an alarm where it took one"),
            ("change of false*", "how often a reader raises an alarm at a right answer"),
            ("change of visible*", "caught times one less false: the square of their geometric mean"),
            ("change of calls*", "how often somebody else is called in a turn"),
            ("change of handed over*", "share of the operations done that somebody else did"),
            ("change of lines*", "assignments, by five"),
            ("change of runs*", "the program has a result when it is run"),
            ("change of agrees*", "which is the turn's answer"),
            ("change of named*", "lines that assign a new name from the one before, by five"),
            ("change of reordered*", "probability of the right answer after the program with its last line first"),
            (
                "change of follow comment*",
                "probability of another value that was written behind the last #, less that without it",
            ),
            (
                "change of follow code*",
                "probability of what the program leads to with another operand in its last line, less that without it",
            ),
        ),
    ),
    sentences=verdicts,
    grids=lambda findings: [grid for grid in (arm_grid(findings), beyond_grid(findings)) if grid.rows],
    lines=lambda findings: verdicts(findings) or ["There is no control to hold the arms against."],
    tables=True,
    summary="Arm by arm",
    numbers=_last,
    explorer=CASES.explorer,
    first=(
        Figure(
            "curves",
            "Over training",
            curve_figure,
            "Means over training seeds; bands are 95% intervals, thin lines the seeds. In words: "
            "where the fresh reader tells the answer and the early "
            "one does not, it is in the text and not in the old words.",
            COLOURS,
        ),
        Figure(
            "turns",
            "The same question at every checkpoint",
            turn_figure,
            "The first question in the first seed of each arm; the numbers before the lines are updates.",
        ),
    ),
    then=(),
    counted="training seeds",
)
