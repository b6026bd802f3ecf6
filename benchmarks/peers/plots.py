"""Results as figures: CPU seconds against size where a workload has several, and as bars where it has one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from contenders import CONTENDERS
from results import Line, Summary, summaries

from thinkaloud.report import svg

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 720, 380, 60, 220, 34
ROW, NAMES, ROOM = 20, 210, 470
COLOURS = ("#59636e", "#e69f00", "#cc79a7", "#56b4e9", "#8a5a00", "#b0883b", "#0072b2", "#009e73")
STYLE = (
    ".ta-fig{font:12px system-ui,sans-serif}.ta-fig text{fill:#1c2126}.ta-fig .quiet{fill:#59636e}"
    ".ta-fig .name{font-weight:600;font-size:13px}.ta-ground{fill:#fff}.grid{stroke:#e3e7eb}.line{fill:none;"
    "stroke-width:2}.whisker{stroke:#1c2126;fill:none}"
    + "".join(f".p{i}{{stroke:{c}}}.b{i}{{fill:{c}}}" for i, c in enumerate(COLOURS))
)


def plots(lines: Sequence[Line]) -> dict[str, str]:
    """File name -> figure, for what there is."""
    found = [one for one in summaries(lines) if one.cpu is not None]
    out = {}
    for workload in dict.fromkeys(one.workload for one in found):
        mine = [one for one in found if one.workload == workload]
        out[f"{workload}.svg"] = curves(workload, mine) if len({one.size for one in mine}) > 1 else bars(workload, mine)
    return out


def curves(workload: str, found: Sequence[Summary]) -> str:
    """Both axes are logarithmic: a straight line of slope one is cost in proportion to size."""
    tokens = workload == "linear"
    at = {(one.peer, one.size): (float(one.unique if tokens else one.size), _cpu(one)) for one in found}
    x = _Axis([p for p, _ in at.values()], LEFT, WIDTH - RIGHT)
    y = _Axis([p for _, p in at.values()], HEIGHT - 40, TOP + 10)
    unit = "unique tokens" if tokens else "sentences"
    body = [svg.text(0, 12, f"{workload}: CPU seconds against {unit}", "name")]
    for value in y.ticks:
        body.append(svg.path(f"M{LEFT},{svg.number(y(value))}H{WIDTH - RIGHT}", "grid"))
        body.append(svg.text(LEFT - 6, y(value) + 4, f"{value:g}", "quiet", "end"))
    body += [svg.text(x(v), HEIGHT - 20, f"{v:g}", "quiet", "middle") for v in sorted({p for p, _ in at.values()})]
    ends: list[tuple[float, float, str]] = []
    for index, peer in _shown(found):
        points = sorted(point for (name, _), point in at.items() if name == peer)
        way = "L".join(f"{svg.number(x(px))},{svg.number(y(py))}" for px, py in points)
        body.append(svg.path(f"M{way}", f"line p{index}", svg.title(CONTENDERS[peer].title)))
        body += [svg.rect(x(px) - 3, y(py) - 3, 6, 6, class_=f"b{index}") for px, py in points]
        ends.append((y(points[-1][1]), x(points[-1][0]), CONTENDERS[peer].title))
    below = 0.0
    for height, right, title in sorted(ends):
        below = max(height, below + 14)  # names must not lie on each other
        body.append(svg.text(right + 10, below + 4, title))
    words = (f"{workload}: CPU seconds against {unit}", _spoken(found))
    return svg.document((WIDTH, HEIGHT), words, body, STYLE)


def bars(workload: str, found: Sequence[Summary]) -> str:
    """One bar a peer, with least and most."""
    most = max(one.cpu.high for one in found if one.cpu is not None)
    body = [svg.text(0, 12, f"{workload}: CPU seconds", "name")]

    def at(seconds: float) -> float:
        return NAMES + seconds * ROOM / most

    for row, (index, peer) in enumerate(_shown(found)):
        one = next(one for one in found if one.peer == peer)
        assert one.cpu is not None
        y = TOP + row * ROW
        body.append(svg.text(NAMES - 8, y + 12, CONTENDERS[peer].title, anchor="end"))
        body.append(svg.rect(NAMES, y + 2, at(one.cpu.median) - NAMES, ROW - 7, class_=f"b{index}"))
        body.append(svg.whisker(at, y + 8, one.cpu.low, one.cpu.high, "whisker"))
        body.append(svg.text(at(one.cpu.high) + 6, y + 12, f"{one.cpu.median:.1f}", "quiet"))
    height = TOP + len(_shown(found)) * ROW
    return svg.document((NAMES + ROOM + 50, height), (f"{workload}: CPU seconds", _spoken(found)), body, STYLE)


class _Axis:
    """Logarithmic, from values to pixels."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = math.log(min(values)), math.log(max(values))
        self._start, self._end = start, end
        powers = range(math.floor(self._low / math.log(10)), math.ceil(self._high / math.log(10)) + 1)
        self.ticks = [v for p in powers for v in (10.0**p, 3 * 10.0**p) if min(values) <= v <= max(values)]

    def __call__(self, value: float) -> float:
        share = (math.log(value) - self._low) / ((self._high - self._low) or 1)
        return self._start + share * (self._end - self._start)


def _shown(found: Sequence[Summary]) -> list[tuple[int, str]]:
    """Number (its colour) and name of every peer that has something to show."""
    there = {one.peer for one in found}
    return [(index, peer) for index, peer in enumerate(CONTENDERS) if peer in there]


def _cpu(one: Summary) -> float:
    assert one.cpu is not None
    return one.cpu.median


def _spoken(found: Sequence[Summary]) -> str:
    return "; ".join(f"{CONTENDERS[one.peer].title}, size {one.size}: {_cpu(one):.1f}" for one in found)
