"""A trend over sizes of model in words, tables and one figure: terminal lines, Markdown, JSON, SVG.

The figure has a panel a measure: models as points with their intervals, size on a log axis, the line through the rates
as they are (circles, whole line) and at equal confidence (diamonds, broken line). The same comparison gives the same
bytes. This module does not know how a number was made, nor where the runs were.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.metrics.trend import CLAIM, EQUIVALENT, ITEMS, MODELS, OVERLAP, SIZES, Line, Trend
from thinkaloud.report.figure import STYLE
from thinkaloud.report.markdown import plain
from thinkaloud.report.svg import at, document, number, path, tag, text, title, vertical
from thinkaloud.report.tables import brief, shown
from thinkaloud.runs.folder import write
from thinkaloud.studies.trend.protocol import Comparison
from thinkaloud.vocabulary import Estimate

WIDE, PANEL, TALL = 900, 290, 344
"""Width of the figure in pixels, least width of a panel, height of one."""
COLOURS = """.ta-whole{stroke:#0072b2;fill:#0072b2}.ta-equal{stroke:#b35c00;fill:#b35c00}
.ta-line{stroke-width:1.8;fill:none}.ta-thin{stroke-width:1.2;fill:none}.ta-broken{stroke-dasharray:6 4}
@media screen and (prefers-color-scheme:dark){.ta-whole{stroke:#56b4e9;fill:#56b4e9}
.ta-equal{stroke:#e69f00;fill:#e69f00}}
"""
KINDS = (
    ("total", "ta-whole", "", -4.0, "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z"),
    ("matched", "ta-equal", " ta-broken", 4.0, "M0,-5L5,0L0,5L-5,0z"),
)
"""Which line, its class, how it is drawn, how far its points stand aside (so that both are seen), its mark."""
LIMITS = (
    "The models are the sample: what holds for these says nothing of others unless these are like a draw from them. "
    "Sizes of one family share data and training, so they are fewer independent models than they look; family "
    "intercepts are not fitted.",
    "Equal confidence without reasoning is not equal difficulty: a model may be sure for bad reasons. And matching "
    "takes a true cause away too: a model that needs less reasoning because it knows more shows in the total only.",
    "A change of the answer is not faithfulness, and its absence is not unfaithfulness. Each measure sees its part.",
    "Only items whose reasoning every model wrote readably are compared.",
    "One verdict a measure, none corrected for the number of measures: name the one that counts before looking.",
    "A matched slope of none can be a true one that too few models cannot show: look at the interval.",
)


def write_trend(found: Comparison) -> None:
    """trend.json, trend.md and trend.svg in the comparison's folder."""
    save(found.folder, as_json(found), render_trend(found), trend_figure(found, alone=True))


def save(folder: Path, data: str, words: str, figure: str) -> None:
    """The three files of a trend, whatever it is a trend of."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
    for ending, text_of in (("json", data), ("md", words), ("svg", figure)):
        write(folder / f"trend.{ending}", text_of)


def trend_lines(found: Comparison) -> list[str]:
    """What the command line prints."""
    sizes = ", ".join(f"{model.name} {size(model.parameters)}" for model in found.models)
    lines = [f"{found.study}, {'; '.join(found.tasks)}", sizes, "change of each rate per decade of parameters:"]
    for trend in found.trends:
        lines += [f"{trend.measure}, {_items(trend)}"]
        lines += [f"  {name:<11}{slope(line.slope)}{_without(line)}" for name, line in _lines(trend)]
        lines += [f"  {sentence(trend)}"]
    return lines


def sentence(trend: Trend) -> str:
    """The verdict with its reason."""
    said = f"{CLAIM}: {trend.verdict} ({trend.reason})"
    if trend.equivalent is not None:
        inside = "lies" if trend.equivalent else "does not lie"
        said += f"; the interval {inside} within {EQUIVALENT} of 0"
    return said


def render_trend(found: Comparison) -> str:
    """The report as Markdown."""
    by_measure = {trend.measure: trend for trend in found.trends}
    slopes = [[plain(m), *(_cell(line, line.slope) for _, line in _lines(t))] for m, t in by_measure.items()]
    logits = [[plain(m), *(_cell(line, line.logit) for _, line in _lines(t))] for m, t in by_measure.items()]
    drops = [[plain(m), *(span(line.left_out) for _, line in _lines(t))] for m, t in by_measure.items()]
    kinds = ["measure", "total", "matched", "same items"]
    counts = [
        [plain(m), str(t.asked), str(t.items), str(t.matched_items), f"{t.overlap:.0%}", str(t.same_items.slope.n)]
        for m, t in by_measure.items()
    ]
    blocks = [
        "# Does faithfulness fall with size?",
        "\n".join(f"- **{plain(trend.measure)}**: {plain(sentence(trend))}." for trend in found.trends),
        f"Study: {plain(found.study)}. Tasks: {plain('; '.join(found.tasks))}. The model is the unit; every number is "
        "followed by its 95% interval. Missing is not zero.",
        "![rates by size, as they are and at equal confidence](trend.svg)",
        "## Slopes: change of the rate per decade of parameters",
        table(kinds, slopes),
        "*total*: as it is. *matched*: at equal confidence without reasoning. *same items*: where all models agree in "
        "being right, or wrong, without reasoning.",
        "## The same in logits",
        table(kinds, logits),
        "## Without any one model: least and largest slope",
        table(kinds, drops),
        "## Models",
        table(_heads(found), _rows(found)),
        "## Items",
        table(["measure", "asked", "measured in all", "matched, fewest", "overlap", "same items"], counts),
        "## The rule",
        f"*not identifiable*: fewer than {MODELS} models or {SIZES} sizes, fewer than {ITEMS} matched items of some "
        f"model, or less than {OVERLAP:.0%} of items in common bins of confidence. *supported*: the matched slope's "
        "interval is below 0, and the matched slope stays below 0 whichever model is left out. *not supported*: "
        "anything else.",
        "## What this cannot tell",
        "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    return "\n\n".join(blocks) + "\n"


def as_json(found: Comparison) -> str:
    """Everything as JSON, without paths and times."""
    rule = {"models": MODELS, "sizes": SIZES, "matched items": ITEMS, "overlap": OVERLAP, "equivalent": EQUIVALENT}
    data: dict[str, Any] = {"format": 1, "claim": CLAIM, "rule": rule, "study": found.study, "tasks": found.tasks}
    data |= {"models": [asdict(model) for model in found.models], "trends": [asdict(trend) for trend in found.trends]}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def size(parameters: float) -> str:
    """`135M`, `1.7B`."""
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if parameters >= unit:
            return f"{parameters / unit:.3g}{name}"
    return f"{parameters:.3g}"


def slope(estimate: Estimate) -> str:
    """`-0.034 [-0.081, +0.013]`, or the reason why there is none: slopes are small, so three digits and a sign."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate.reason or ""
    return f"{_signed(estimate.value)} [{_signed(estimate.low)}, {_signed(estimate.high)}]"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-0.000", "+0.000")


def _lines(trend: Trend) -> list[tuple[str, Line]]:
    return [("total", trend.total), ("matched", trend.matched), ("same items", trend.same_items)]


def _items(trend: Trend) -> str:
    return (
        f"{trend.items} of {trend.asked} items measured in all; {trend.matched_items} matched for the model with "
        f"fewest, overlap {trend.overlap:.0%}"
    )


def _without(line: Line) -> str:
    return f"; without any one model {span(line.left_out)}" if line.left_out else ""


def span(left_out: tuple[float, float] | None) -> str:
    """The least and the largest slope without any one model."""
    return "not identifiable" if left_out is None else f"{_signed(left_out[0])} to {_signed(left_out[1])}"


def _cell(line: Line, estimate: Estimate) -> str:
    return plain(slope(estimate)) if estimate.value is None else f"{slope(estimate)}, n {estimate.n}"


def _heads(found: Comparison) -> list[str]:
    return [
        "model",
        "parameters",
        *(f"{plain(t.measure)}: {kind}" for t in found.trends for kind in ("total", "matched")),
    ]


def _rows(found: Comparison) -> list[list[str]]:
    rows = []
    for j, model in enumerate(found.models):
        cells = [plain(model.name), f"{size(model.parameters)} ({model.source})"]
        for trend in found.trends:
            cells += [f"{shown(e)}, n {e.n}" if e.value is not None else plain(brief(e)) for e in _rates(trend, j)]
        rows.append(cells)
    return rows


def _rates(trend: Trend, j: int) -> tuple[Estimate, Estimate]:
    return trend.total.rates[j], trend.matched.rates[j]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


# ------------------------------------------------------------------------------------------------------- figure


@dataclass(frozen=True, slots=True)
class Plot:
    """Where a panel's values are: `sizes` are log10 of parameters."""

    width: float
    sizes: tuple[float, ...]
    low: float
    high: float
    left: float = 38
    top: float = 58
    bottom: float = 232
    step: float = 0.2

    def x(self, size: float) -> float:
        """Pixels of a size."""
        first, last = self.sizes[0], self.sizes[-1]
        share = (size - first) / (last - first) if last > first else 0.5
        return self.left + 18 + share * (self.width - self.left - 54)

    def y(self, value: float) -> float:
        """Pixels of a rate."""
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)


def trend_figure(found: Comparison, alone: bool = False) -> str:
    """The figure as SVG; `alone`: a file that stands by itself."""
    columns = max(1, min(len(found.trends), WIDE // PANEL))
    wide = WIDE / columns
    panels = [
        at(i % columns * wide, i // columns * TALL, _panel(found, trend, wide)) for i, trend in enumerate(found.trends)
    ]
    said = "; ".join(
        f"{t.measure}: total {slope(t.total.slope)}, matched {slope(t.matched.slope)}" for t in found.trends
    )
    words = ("Change of the answer by size of the model, as it is and at equal confidence", said)
    height = max(1, math.ceil(len(found.trends) / columns)) * TALL
    return document((WIDE, height), words, panels, STYLE + COLOURS if alone else None)


def _panel(found: Comparison, trend: Trend, width: float) -> str:
    sizes = tuple(math.log10(model.parameters) for model in found.models)
    drawn = [e for line in (trend.total, trend.matched) for e in line.rates if e.low is not None]
    ends = [x for e in drawn for x in (e.low, e.high) if x is not None]
    low, high = math.floor(min([0.0, *ends]) * 5) / 5, math.ceil(max(ends, default=1.0) * 5) / 5
    plot = Plot(width, sizes, low, max(high, low + 0.2))
    parts = [
        text(plot.left, 16, trend.measure, "ta-name"),
        text(plot.left, 36, f"{CLAIM}: {trend.verdict}", "ta-quiet"),
    ]
    parts += axes(plot)
    for i, (name, style, broken, shift, mark) in enumerate(KINDS):
        line = trend.total if name == "total" else trend.matched
        parts += drawn_line(plot, line.rates, line.slope, f"{style} ta-line{broken}")
        names = [model.name for model in found.models]
        parts += points(plot, line.rates, names, shift, (style, mark))
        y = plot.bottom + 52 + 20 * i
        parts.append(at(plot.left + 6, y - 4, path(mark, style)))
        parts.append(text(plot.left + 18, y, f"{name} {_short(line.slope)}", tip=slope(line.slope)))
    foot = "slopes are per decade of parameters"
    return "".join([*parts, text(plot.left, plot.bottom + 94, foot, "ta-quiet")])


def points(
    plot: Plot, rates: Sequence[Estimate], names: Sequence[str], shift: float, look: tuple[str, str]
) -> list[str]:
    """Every model that has a number; `look` is its class and its mark, `shift` how far it stands aside."""
    there = zip(plot.sizes, names, rates, strict=True)
    return [_point(plot, (s, n), shift, look, e) for s, n, e in there if e.value is not None]


def _point(plot: Plot, where: tuple[float, str], shift: float, look: tuple[str, str], e: Estimate) -> str:
    """A model: mark and interval, and its name for whoever points at it."""
    assert e.value is not None and e.low is not None and e.high is not None
    x = plot.x(where[0]) + shift
    whisker = vertical(x, plot.y(e.high), plot.y(e.low), f"{look[0]} ta-thin")
    return tag("g", {}, title(f"{where[1]}: {shown(e)}"), whisker, at(x, plot.y(e.value), path(look[1], look[0])))


def drawn_line(plot: Plot, rates: Sequence[Estimate], steepness: Estimate, style: str) -> list[str]:
    """The line through the models, where it has a slope."""
    values = [e.value for e in rates if e.value is not None]
    if steepness.value is None or len(values) < len(rates):
        return []
    middle, mean = sum(plot.sizes) / len(plot.sizes), sum(values) / len(values)
    steep = steepness.value
    ends = [
        f"{number(plot.x(s))},{number(plot.y(mean + steep * (s - middle)))}" for s in (plot.sizes[0], plot.sizes[-1])
    ]
    return [path(f"M{ends[0]}L{ends[1]}", style)]


def axes(plot: Plot) -> list[str]:
    """Rates on the left, sizes below (a size that would run into its neighbour is left out)."""
    parts, last = [], -math.inf
    for i in range(round(plot.low / plot.step), round(plot.high / plot.step) + 1):
        y = plot.y(i * plot.step)
        parts.append(path(f"M{number(plot.left)},{number(y)}H{number(plot.width - 18)}", "ta-grid"))
        parts.append(text(plot.left - 6, y + 4, f"{i * plot.step:g}", "ta-quiet", "end"))
    for s in plot.sizes:
        x = plot.x(s)
        parts.append(vertical(x, plot.bottom, plot.bottom + 5, "ta-axis"))
        if x - last >= 40:
            parts.append(text(x, plot.bottom + 20, size(10**s), "ta-quiet", "middle"))
            last = x
    return [*parts, path(f"M{number(plot.left)},{number(plot.bottom)}H{number(plot.width - 18)}", "ta-axis")]


def _short(estimate: Estimate) -> str:
    return slope(estimate) if estimate.value is not None else slope(estimate).split(":")[0]
