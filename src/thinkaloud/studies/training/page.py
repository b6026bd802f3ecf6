"""The report of the study of training: verdicts, a table of arms, one figure over updates, and a question's turns at
every checkpoint.

The figure has a panel an arm: what the readers tell, the ability, what is silent and how long the reasoning is, as
means over seeds with their 95% intervals. This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from thinkaloud.report.layout import CASES, Figure, Layout
from thinkaloud.report.svg import at, document, number, path, text, vertical
from thinkaloud.report.tables import Grid, Words, shown
from thinkaloud.vocabulary import Estimate, Finding, Record

WIDE, TALL, LEFT, COLUMN = 280, 150, 40, 226
"""Width of a panel, height of its plot, room for its scale, height of a panel."""
LINES = (
    ("right", "ta-right", "M0,-4.6L4.6,0L0,4.6L-4.6,0z", "answers right"),
    ("early", "ta-early", "M-3.2,-3.2h6.4v6.4h-6.4z", "early reader tells the answer"),
    ("fresh", "ta-fresh", "M0,-4.4L4.2,3.4L-4.2,3.4z", "fresh reader tells it"),
    ("silent", "ta-silent", "M-3.6,0a3.6,3.6 0 1,0 7.2,0a3.6,3.6 0 1,0 -7.2,0z", "right without reasoning"),
    ("tokens", "ta-tokens", "", "tokens of reasoning, by 22"),
)
"""Measure, class, mark (none: the line is thick and pale) and words of each line."""
LONGEST = 22
COLOURS = """.ta-right{stroke:#1c2126;fill:#1c2126}.ta-early{stroke:#b35c00;fill:#b35c00}
.ta-fresh{stroke:#0072b2;fill:#0072b2}.ta-silent{stroke:#8a3f78;fill:#8a3f78}.ta-tokens{stroke:#59636e;fill:#59636e}
.ta-fig .ta-curve{stroke-width:1.8;fill:none}.ta-fig .ta-thick{stroke-width:5;stroke-opacity:.28;fill:none}
.ta-fig .ta-band{stroke:none;fill-opacity:.13}
@media screen and (prefers-color-scheme:dark){.ta-right{stroke:#e6e9ed;fill:#e6e9ed}
.ta-early{stroke:#e69f00;fill:#e69f00}.ta-fresh{stroke:#56b4e9;fill:#56b4e9}.ta-silent{stroke:#cc79a7;fill:#cc79a7}}
"""
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
TABLE = ("right", "silent", "share", "use", "early", "encoded", "grounded", "values", "tokens", "bits")
"""Measures with a column each in the table of arms."""


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
    for arm, of in _curves(findings).items():
        for measure, above, what in (
            ("empty", True, "wrote no reasoning at all"),
            ("answered", False, "came to no answer"),
        ):
            there = [step for step, e in of.get(measure, ()) if e.value is not None and (e.value > 0.5) == above]
            if there:
                yield f"{arm}: more than half of the turns {what} from update {min(there)} on."


def arm_grid(findings: Sequence[Finding]) -> Grid:
    """A row for each arm: the first and the last checkpoint of each measure."""
    body = []
    for arm, of in _curves(findings).items():
        cells = [f"{shown(of[m][0][1])} → {shown(of[m][-1][1])}" if m in of else "" for m in TABLE]
        body.append((arm, *cells))
    return Grid("First and last checkpoint", ("arm", *TABLE), tuple(body))


def beyond_grid(findings: Sequence[Finding]) -> Grid:
    """A row for each arm: the change less the control's."""
    arms: dict[str, dict[str, Estimate]] = {}
    for arm, measure, e in changes(findings):
        arms.setdefault(arm, {})[measure] = e
    body = [(arm, *(_signed(of[m]) for m in TABLE)) for arm, of in arms.items()]
    return Grid("Change beyond the control's", ("arm", *TABLE), tuple(body))


def turn_figure(findings: Sequence[Finding], records: Sequence[Record], width: int) -> str:
    """One question in the first seed of every arm: what was written about it at every checkpoint."""
    parts, y = [], 8.0
    shown_ = [r for r in records if r.get("turns") and r["seed"] == min(one["seed"] for one in records)]
    for arm in dict.fromkeys(str(r["task"]) for r in shown_):
        mine = sorted((r for r in shown_ if r["task"] == arm), key=lambda r: int(r["step"]))
        parts.append(text(0, y + 12, f"{arm}: {mine[0]['turns'][0][0]}", "ta-name"))
        y += 20
        for r in mine:
            parts.append(text(46, y + 12, str(r["step"]), "ta-quiet", "end"))
            for line in _wrapped(str(r["turns"][0][1]), max(24, (width - 60) // 7)):
                parts.append(text(56, y + 12, line))
                y += 17
        y += 12
    words = ("One question at every checkpoint", "What was written about the same question, by arm and update.")
    return document((max(width, 320), y), words, parts) if parts else ""


def _wrapped(words: str, most: int) -> list[str]:
    import textwrap

    return textwrap.wrap(words, most) or ["(nothing)"]


def curve_figure(findings: Sequence[Finding], width: int) -> str:
    """A panel an arm."""
    curves = _curves(findings)
    beside = max(1, width // WIDE)
    last = max((step for of in curves.values() for line in of.values() for step, _ in line), default=0)
    if not last:
        return ""
    parts = []
    for i, (arm, of) in enumerate(curves.items()):
        panel = "".join(_panel(arm, of, last, i % beside == 0))
        parts.append(at(i % beside * WIDE, i // beside * COLUMN, panel))
    y = -(-len(curves) // beside) * COLUMN
    for i, (_, style, mark, words) in enumerate(LINES):
        x, down = LEFT + i % max(1, beside) * WIDE, y + i // max(1, beside) * 18.0
        parts.append(at(x, down + 6, path(mark or "M-7,0h14", style if mark else f"{style} ta-thick")))
        parts.append(text(x + 14, down + 10, words))
    tall = y + 18 * (-(-len(LINES) // beside)) + 8
    said = "; ".join(verdicts(findings))
    return document((beside * WIDE, tall), ("Every arm over its updates", said), parts)


def _panel(arm: str, of: Mapping[str, Sequence[tuple[int, Estimate]]], last: int, first: bool) -> Iterator[str]:
    def x(step: float) -> float:
        return LEFT + step / last * (WIDE - LEFT - 24)

    def y(value: float) -> float:
        return 26 + (1 - min(1.0, max(0.0, value))) * TALL

    yield text(LEFT, 14, arm, "ta-name")
    for quarter in range(5):
        yield path(f"M{LEFT},{number(y(quarter / 4))}H{number(x(last) + 6)}", "ta-grid")
        if first:
            yield text(LEFT - 6, y(quarter / 4) + 4, f"{quarter / 4:g}", "ta-quiet", "end")
    yield path(f"M{LEFT},{number(y(0))}H{number(x(last) + 6)}", "ta-axis")
    for share in (0, 0.5, 1):
        yield vertical(x(last * share), y(0), y(0) + 4, "ta-axis")
        yield text(x(last * share), y(0) + 17, f"{last * share:g}", "ta-quiet", "middle")
    for measure, style, mark, _ in LINES:
        scale = LONGEST if measure == "tokens" else 1
        line = [(step, e) for step, e in of.get(measure, ()) if e.value is not None]
        if not line:
            continue
        points = [(x(step), y((e.value or 0.0) / scale)) for step, e in line]
        there = [(x(step), y((e.high or 0.0) / scale)) for step, e in line]
        back = [(x(step), y((e.low or 0.0) / scale)) for step, e in reversed(line)]
        yield path(_through([*there, *back]) + "z", f"{style} ta-band")
        yield path(_through(points), f"{style} {'ta-curve' if mark else 'ta-thick'}")
        yield "".join(at(px, py, path(mark, style)) for px, py in points if mark)


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(px)},{number(py)}" for px, py in points)


def _curves(findings: Sequence[Finding]) -> dict[str, dict[str, list[tuple[int, Estimate]]]]:
    """Arm -> measure -> (update, estimate), in order."""
    found: dict[str, dict[str, list[tuple[int, Estimate]]]] = {}
    for finding in findings:
        about: Mapping[str, Any] = finding.estimate.about
        if "step" in about:
            line = found.setdefault(str(finding.task), {}).setdefault(str(about["measure"]), [])
            line.append((int(about["step"]), finding.estimate))
    return found


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
            ("change of values*", "needed values, in order, among the digits that were written, by four"),
            ("change of operands*", "the same of the question's operands"),
            ("change of bits*", "bits a token under the first checkpoint"),
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
            lambda findings, records, width: curve_figure(findings, width),
            "Means over training seeds; bands are 95% intervals. Where the fresh reader tells the answer and the early "
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
