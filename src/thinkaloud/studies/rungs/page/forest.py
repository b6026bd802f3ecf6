"""The figure of the families: the factored effect in each, raw and shrunken, below what all of them say together.

A family is a line: its raw effect is a hollow mark with a faint interval, its shrunken one (partial pooling: what the
family's own items and all the others say of it) a filled mark. The mark's shape is how the family falls into parts, as
judged before any result. The band is the margin below which a gain is not worth having. This module does not know how a
number was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import called
from thinkaloud.report.figure import SINGLE, WIDE, Frame, cut
from thinkaloud.report.figure import STYLE as SHARED
from thinkaloud.report.svg import document, number, path, rect, text, vertical
from thinkaloud.report.tables import Subject, brief, shown
from thinkaloud.studies.rungs.page.families import Pooled, pooled
from thinkaloud.studies.rungs.page.found import WHOLE, Effect, Found, read
from thinkaloud.studies.rungs.page.lists import behind
from thinkaloud.studies.rungs.page.marks import LOOKS, STYLE, around, axis, dot, ends, legend, part
from thinkaloud.tasks.kinds import kind_of
from thinkaloud.vocabulary import Estimate, Finding

LINE, HEAD, FOOT = 20, 58, 40
"""Height of a family's line, and of what stands above and below the lines."""
KINDS: dict[str, tuple[str, str]] = {
    "map": LOOKS[0], "chain": LOOKS[3], "search": LOOKS[2], "recall": LOOKS[4], "other": LOOKS[1],
}  # fmt: skip
"""How a family falls into parts -> its class and mark."""


@dataclass(frozen=True, slots=True)
class Line:
    """One family: its effect by itself and, where there is one, after partial pooling."""

    subject: Subject
    kind: str
    raw: Estimate
    shrunken: Estimate | None


def lines(found: Found, whole: Pooled) -> list[Line]:
    """The families from the largest effect to the smallest; those without a number last."""
    rows = []
    for subject, estimates in found.families.items():
        area = whole.effect.area(estimates, found.primary)
        if area is not None:
            rows.append(Line(subject, kind_of(subject.task), area, whole.of(subject)))
    return sorted(rows, key=lambda row: (row.raw.value is None, -(row.raw.value or 0.0)))


def forest_figure(findings: Sequence[Finding], effect: Effect, width: int = WIDE, alone: bool = False) -> str:
    """The whole figure for one effect; empty where no family has it."""
    found = read(findings)
    whole = pooled(found, effect)
    rows = lines(found, whole)
    if not rows:
        return ""
    margins = [whole.margin, -whole.margin] if whole.margin is not None else []
    drawn = [*ends([row.raw for row in rows]), *ends([row.shrunken for row in rows]), *margins]
    low, high, step = around(
        [*drawn, *ends([whole.here, whole.anywhere, whole.prediction])], 8 if width > SINGLE else 5
    )
    left, right = (150, width - 16) if width < SINGLE else (220, width - 150)
    frame = Frame(left, right, low, high, 0, f"tf{width}")
    above, height = _whole(frame, whole, found)
    top = HEAD + height
    bottom = top + len(rows) * LINE
    body = [
        *_key(rows, whole, width),
        *([rect(frame.x(-whole.margin), HEAD - 12, frame.x(whole.margin) - frame.x(-whole.margin), bottom - HEAD + 12,
                class_="ta-margin")] if whole.margin is not None else []),
        *axis(frame, HEAD - 12, bottom, step),
        vertical(frame.x(0), HEAD - 12, bottom, "ta-axis"),
        *above,
        *(_family(frame, top + (i + 0.5) * LINE, row) for i, row in enumerate(rows)),
        *_foot(effect, width, bottom),
    ]  # fmt: skip
    said = "; ".join(f"{row.subject}: {brief(row.raw)}" for row in rows)
    words = (f"{effect.called} in each family, raw and shrunken", f"All: {brief(whole.here)}; {said}")
    return document((width, bottom + 60), words, body, SHARED + STYLE if alone else None)


def _foot(effect: Effect, width: int, bottom: float) -> list[str]:
    """What the axis is: the two arms in words, in two lines where there is no room for one."""
    arms = f"{called(effect.arm)} minus {called(effect.against)}"
    lines = [f"{arms}: difference of the share of right answers"]
    if width < SINGLE:
        lines = [arms, "difference of the share of right answers"]
    return [text(width / 2, bottom + 34 + 16 * i, line, "ta-quiet", "middle") for i, line in enumerate(lines)]


def _whole(frame: Frame, whole: Pooled, found: Found) -> tuple[list[str], float]:
    """What all families say together, and its height: this pool, families like these, and where one more would lie."""
    rows = [
        ("this pool", whole.here, "these families and no others"),
        ("families like these", whole.anywhere, "the mean over families like these"),
        ("one more family", whole.prediction, "where the effect in one more family would lie"),
    ]
    parts, y = [], HEAD
    for name, estimate, meaning in rows:
        if estimate is None:
            continue
        middle = y + LINE / 2
        inside = [
            rect(0, middle - LINE / 2, frame.right, LINE, class_="ta-hit"),
            text(frame.left - 12, middle + 4, name, "ta-name", "end"),
            *(
                _prediction(frame, middle, estimate)
                if estimate is whole.prediction
                else _diamond(frame, middle, estimate)
            ),
        ]
        if frame.right > SINGLE:
            inside.append(text(frame.right + 14, middle + 4, _beside(estimate, estimate is whole.prediction)))
        words = f"{whole.effect.called}, {meaning}: {shown(estimate)}, {estimate.clusters} families"
        parts.append(part(WHOLE, behind(estimate.about), words, *inside))
        y += LINE
    return parts, y - HEAD + (10 if parts else 0)


def _beside(estimate: Estimate, interval: bool) -> str:
    """The number at the right; of a prediction only its interval."""
    told = brief(estimate)
    return told[told.index("[") :] if interval and "[" in told else told


def _diamond(frame: Frame, y: float, estimate: Estimate) -> list[str]:
    """The interval as the width of a diamond."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return [text(frame.left + 4, y + 4, brief(estimate), "ta-quiet")]
    a, b, c = (number(frame.x(v)) for v in (estimate.low, estimate.value, estimate.high))
    return [path(f"M{a},{number(y)}L{b},{number(y - 6)}L{c},{number(y)}L{b},{number(y + 6)}Z", "ta-pool")]


def _prediction(frame: Frame, y: float, estimate: Estimate) -> list[str]:
    if estimate.low is None or estimate.high is None:
        return [text(frame.left + 4, y + 4, brief(estimate), "ta-quiet")]
    a, b = number(frame.x(estimate.low)), number(frame.x(estimate.high))
    return [path(f"M{a},{number(y)}H{b}M{a},{number(y - 4)}v8M{b},{number(y - 4)}v8", "ta-pool ta-stroke")]


def _family(frame: Frame, y: float, row: Line) -> str:
    """One family's line."""
    style, shape = KINDS[row.kind]
    single = frame.right < SINGLE
    name = row.subject.task if row.subject.level is None else f"{row.subject.task}, {row.subject.level}"
    inside = [
        rect(0, y - LINE / 2, frame.right + (12 if single else 146), LINE, class_="ta-hit"),
        text(frame.left - 12, y + 4, cut(name, 19 if single else 30), anchor="end"),
    ]
    if row.shrunken is None or row.shrunken.value is None:
        inside += dot(frame, y, row.raw, (style, shape))
    else:
        inside += [
            *dot(frame, y - 4, row.raw, (style, shape), hollow=True),
            *dot(frame, y + 4, row.shrunken, (style, shape)),
        ]
    if not single and row.raw.value is not None:
        inside.append(text(frame.right + 14, y + 4, brief(row.raw), "ta-quiet"))
    told = f"{row.subject} ({row.kind}): {row.raw.name} {shown(row.raw)}, n {row.raw.n}"
    told += f"; shrunken {shown(row.shrunken)}" if row.shrunken is not None else ""
    return part(row.subject, behind(row.raw.about), told, *inside)


def _key(rows: Sequence[Line], whole: Pooled, width: int) -> list[str]:
    """What the shapes, filled and hollow, and the band are."""
    seen = {row.kind for row in rows}
    style, shape = KINDS["other"]
    marks = [(kind, path(look[1], look[0])) for kind, look in KINDS.items() if kind in seen]
    if any(row.shrunken is not None for row in rows):
        marks += [("raw", path(shape, f"{style} ta-open")), ("shrunken", path(shape, style))]
    if whole.margin is not None:
        marks.append((f"margin {whole.margin:g}", rect(-7, -7, 14, 14, class_="ta-margin")))
    return legend(marks, width)[0]
