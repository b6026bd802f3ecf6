"""Figures of the study of givers: the contrasts against every taker, and every arm over its lessons.

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from thinkaloud.report.layout import Figure
from thinkaloud.report.series import STYLE, mark, style, ticks
from thinkaloud.report.svg import at, document, number, path, text, title, vertical, whisker
from thinkaloud.report.tables import signed, whole
from thinkaloud.studies.givers.estimates import CONTRASTS, MARGIN, ODDS
from thinkaloud.studies.givers.found import Found, found_in
from thinkaloud.vocabulary import Estimate, Finding, Record

WORDS, ROW, GAP, NAMES = 170, 18, 14, 200
"""Room for the names of contrasts, the height of a line, the space between contrasts, and room for a name below."""
TALL, LEFT, RIGHT, ASIDE = 210, 64, 18, 4
"""Height of the plot of lessons, room beside it, and how far apart the points of one stop are drawn."""
COLOURS = f"""{STYLE}.ta-fig .ta-reach{{stroke-width:1;stroke-opacity:.6}}
.ta-fig .ta-margin{{stroke:none;fill:#59636e;fill-opacity:.12}}
"""
Scale = Callable[[float], float]


def _scale(values: Sequence[float], low: float, high: float) -> tuple[Scale, tuple[float, float]]:
    """From Elo to pixels, with a little room at both ends."""
    least, most = min(values), max(values)
    room = (most - least) * 0.05 or 1.0
    ends = (least - room, most + room)
    return (
        lambda value: low + (min(ends[1], max(ends[0], value)) - ends[0]) / (ends[1] - ends[0]) * (high - low)
    ), ends


def contrast_figure(findings: Sequence[Finding], width: int) -> str:
    """Every contrast against every taker, at odds."""
    return "".join(_forest(found, width) for found in found_in(findings))


def _forest(found: Found, width: int) -> str:
    rows = [(name, found.every(measure="contrast", contrast=name, odds=ODDS)) for name in CONTRASTS]
    there = [e for _, some in rows for e in some if e.value is not None]
    if not there:
        return ""
    ends_of = [end for e in there for end in (e.low or 0.0, e.high or 0.0)]
    x, ends = _scale([*ends_of, -MARGIN, MARGIN], WORDS, width - 12)
    block = ROW * len(found.takers) + GAP
    high = 24 + block * len(rows)
    parts = [path(f"M{number(x(-MARGIN))},20H{number(x(MARGIN))}V{high}H{number(x(-MARGIN))}z", "ta-margin")]
    for tick in ticks(*ends):
        parts += [vertical(x(tick), 20, high, "ta-axis" if tick == 0 else "ta-grid"),
                  text(x(tick), high + 16, signed(tick), "ta-quiet", "middle")]  # fmt: skip
    for i, (name, some) in enumerate(rows):
        parts.append(text(WORDS - 10, 24 + block * i + 14, name, "ta-name" if i < 3 else "", "end"))
        parts += _lines(found, some, x, 24 + block * i + 10)
    parts.append(text(0, 12, f"{found.subject}: Elo at odds", "ta-name"))
    parts += _legend(found.takers, high + 34, width, found.held_out)
    said = "; ".join(f"{e.name}: {whole(e)}" for e in there)
    return document((width, high + 40 + _tall(len(found.takers), width)), ("Contrasts", said), parts)


def _lines(found: Found, some: Sequence[Estimate], x: Scale, y: float) -> Iterator[str]:
    for j, e in enumerate(some):
        there = y + ROW * j
        if e.value is None or e.low is None or e.high is None:
            yield text(x(0) + 6, there + 4, whole(e), "ta-quiet")
            continue
        yield whisker(x, there, e.low, e.high, style(j))
        yield at(x(e.value), there, path(mark(j), style(j), title(f"{e.name}: {whole(e)}")))


def _legend(names: Sequence[str], y: float, width: int, bold: str = "") -> Iterator[str]:
    beside = max(1, width // NAMES)
    for i, name in enumerate(names):
        there = (12 + i % beside * NAMES, y + i // beside * 18)
        yield at(*there, path(mark(i), style(i)))
        yield text(there[0] + 12, there[1] + 4, f"{name} (held out)" if name == bold else name,
                   "ta-name" if name == bold else "")  # fmt: skip


def _tall(names: int, width: int) -> int:
    """Height of their legend."""
    return 18 * -(-names // max(1, width // NAMES))


def lesson_figure(findings: Sequence[Finding], width: int) -> str:
    """Every arm over its lessons, against the held-out taker at odds."""
    return "".join(_lessons(found, width) for found in found_in(findings))


def _lessons(found: Found, width: int) -> str:
    curves = {arm: [e for e in found.every(measure="curve", arm=arm, taker=found.held_out) if e.value is not None]
              for arm in found.parts("arm", measure="curve")}  # fmt: skip
    curves = {arm: line for arm, line in curves.items() if len(line) > 1}
    if not curves:
        return ""
    every = [end for line in curves.values() for e in line for end in (e.low or 0.0, e.high or 0.0)]
    last = max(int(e.about["stop"]) for line in curves.values() for e in line)
    y, ends = _scale(every, TALL + 16, 16)

    def x(stop: object) -> float:
        return LEFT + int(str(stop)) / last * (width - LEFT - RIGHT)

    parts = [text(0, 10, f"{found.subject}: Elo at odds", "ta-name")]
    for tick in ticks(*ends):
        parts += [path(f"M{LEFT},{number(y(tick))}H{number(x(last))}", "ta-axis" if tick == 0 else "ta-grid"),
                  text(LEFT - 18, y(tick) + 4, signed(tick), "ta-quiet", "end")]  # fmt: skip
    for stop in sorted({int(e.about["stop"]) for line in curves.values() for e in line}):
        parts.append(text(x(stop), TALL + 34, str(stop), "ta-quiet", "middle"))
    for i, line in enumerate(curves.values()):
        aside = ASIDE * (i - (len(curves) - 1) / 2)
        points = [(x(e.about["stop"]) + aside, y(e.value or 0.0)) for e in line]
        parts.append(path("M" + "L".join(f"{number(a)},{number(b)}" for a, b in points), f"{style(i)} ta-curve"))
        parts += [vertical(a, y(e.high or 0.0), y(e.low or 0.0), f"{style(i)} ta-reach")
                  for (a, _), e in zip(points, line, strict=True)]  # fmt: skip
        parts += [at(a, b, path(mark(i), style(i), title(f"{e.name}: {whole(e)}")))
                  for (a, b), e in zip(points, line, strict=True)]  # fmt: skip
    parts += _legend(list(curves), TALL + 54, width)
    said = "; ".join(f"{e.name}: {whole(e)}" for line in curves.values() for e in line)
    return document((width, TALL + 60 + _tall(len(curves), width)), ("Arms over their lessons", said), parts)


def _drawn(draw: Callable[[Sequence[Finding], int], str]) -> Callable[[Sequence[Finding], Sequence[Record], int], str]:
    return lambda findings, records, width: draw(findings, width)


FIGURES = (
    Figure("contrasts", "What start and opponent do", _drawn(contrast_figure),
           "Elo with 95% intervals over training seeds; a line for each taker. The grey band is 25 Elo either way: "
           "smaller differences do not matter here. The first three contrasts are the headline.", COLOURS),
    Figure("lessons", "Over training", _drawn(lesson_figure),
           "Means over seeds with 95% intervals, against the held-out taker, after so many lessons. Points of one "
           "stop are drawn side by side; at 0 all arms are the base net."),
)  # fmt: skip
