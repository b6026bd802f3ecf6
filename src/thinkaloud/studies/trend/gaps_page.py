"""Trends of the gaps between rungs over sizes of model, in words, tables and one figure.

The figure has a row a gap and two panels a row, accuracy and logits: models as points with their intervals, size on a
log axis, the line through them. The same comparison gives the same bytes. This module does not know how a number was
made, nor where the runs were.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from thinkaloud.metrics.gap_trend import PINNED, GapTrend, Scale
from thinkaloud.metrics.trend import MODELS, SIZES
from thinkaloud.report.figure import STYLE
from thinkaloud.report.markdown import plain
from thinkaloud.report.svg import at, document, text
from thinkaloud.report.tables import brief, shown
from thinkaloud.studies.trend.page import COLOURS, KINDS, TALL, WIDE, Plot, axes, drawn_line, points, save, size, slope
from thinkaloud.studies.trend.page import span as span_of
from thinkaloud.studies.trend.page import table as table_of
from thinkaloud.studies.trend.protocol import Comparison
from thinkaloud.vocabulary import Estimate

QUESTION = "Do the gaps between rungs widen with size?"
HERE, BEYOND = "this pool", "families like these"
RULE = (
    f"*not identifiable*: fewer than {MODELS} models or {SIZES} sizes, or more than {PINNED:.0%} of some model's "
    "accuracies (a family and an arm each) within one item of 0 or of 1. *widens*: on both scales the interval of the "
    "slope is above 0, and the slope stays above 0 whichever model is left out. *narrows*: below. *depends on the "
    "scale*: the interval of one scale leaves 0 out and that of the other does not, or they lie on opposite sides. "
    "*not decided*: anything else. X - Y widens when X gains on Y, also where X is behind."
)
LIMITS = (
    "A gap is a difference of single attempts, so spend is not matched: a gap that widens is no effect of the higher "
    "rung but of all that it may spend. R2k is voted, at the largest budget.",
    "The models are the sample. Sizes of one family share data and training, so they are fewer independent models than "
    "they look; family intercepts are not fitted. Size goes along with all that differs between models.",
    "Where each model answers at its own level (`--difficulty edge`) questions get harder with the model by design: "
    "the slope is then that of the gap where the model is neither lost nor perfect, and not on the same questions.",
    "Logits of few items are pulled to 0 near the ends, the more the fewer items: two accuracies near 0 have a small "
    "gap on either scale, whatever they would have on more items.",
    "A verdict a gap and none corrected for their number: name the gap that counts before looking.",
    "Not decided is not none: look at the interval.",
)


def write_gaps(found: Comparison) -> None:
    """trend.json, trend.md and trend.svg in the comparison's folder."""
    save(found.folder, gaps_json(found), render_gaps(found), gaps_figure(found, alone=True))


def gap_lines(found: Comparison) -> list[str]:
    """What the command line prints."""
    sizes = ", ".join(f"{model.name} {size(model.parameters)}" for model in found.models)
    lines = [f"{found.study}, {'; '.join(found.tasks)}", sizes, "change of each gap per decade of parameters:"]
    for gap in found.gaps:
        lines.append(f"{gap.gap}, {_counted(gap)}")
        for name, scale in _scales(gap):
            without = f"; without any one model {span_of(scale.left_out)}" if scale.left_out else ""
            lines.append(f"  {name:<9}{slope(scale.slope)}{without}")
        lines += [f"  {line}" for line in sentences(gap)]
    return lines


def sentences(gap: GapTrend) -> list[str]:
    """The verdicts with their reasons."""
    return [
        f"{HERE}: {gap.verdict} ({gap.reason})",
        f"{BEYOND}: {gap.beyond} ({gap.reason_beyond})",
    ]


def render_gaps(found: Comparison) -> str:
    """The report as Markdown."""
    slopes = [
        [
            gap.gap,
            *(_cell(e) for _, scale in _scales(gap) for e in (scale.slope, scale.beyond)),
            *(span_of(scale.left_out) for _, scale in _scales(gap)),
        ]
        for gap in found.gaps
    ]
    heads = [f"{scale}, {where}" for scale in ("accuracy", "logits") for where in (HERE, BEYOND)]
    without = ["accuracy, without any one model", "logits, without any one model"]
    counts = [
        [gap.gap, str(len(gap.families)), str(gap.same_levels), str(gap.items), f"{gap.pinned:.0%}"]
        for gap in found.gaps
    ]
    blocks = [
        f"# {QUESTION}",
        "\n".join(f"- **{gap.gap}**: {plain('; '.join(sentences(gap)))}." for gap in found.gaps),
        f"Study: {plain(found.study)}. Families: {plain('; '.join(found.tasks))}. The model is the unit; every number "
        "is followed by its 95% interval. Missing is not zero.",
        "![gaps by size, in accuracy and in logits](trend.svg)",
        "## Slopes: change of the gap per decade of parameters",
        table_of(["gap", *heads, *without], slopes),
        f"*{HERE}*: other items of these families. *{BEYOND}*: other families, too.",
        "## Models",
        *(
            table_of(["model", "parameters", *(f"{gap.gap}, {name}" for gap in found.gaps)], _rows(found, i))
            for i, name in enumerate(("accuracy", "logits"))
        ),
        "## Families and items",
        table_of(["gap", "families", "at the same level", "items, fewest", "at an end, most"], counts),
        "## The rule",
        RULE,
        "## What this cannot tell",
        "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    return "\n\n".join(blocks) + "\n"


def gaps_json(found: Comparison) -> str:
    """Everything as JSON, without paths and times."""
    rule = {"models": MODELS, "sizes": SIZES, "pinned": PINNED}
    data: dict[str, Any] = {"format": 1, "question": QUESTION, "rule": rule, "study": found.study}
    data |= {"families": found.tasks, "models": [asdict(model) for model in found.models]}
    data["gaps"] = [asdict(gap) for gap in found.gaps]
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _scales(gap: GapTrend) -> tuple[tuple[str, Scale], tuple[str, Scale]]:
    return ("accuracy", gap.raw), ("logits", gap.logit)


def _counted(gap: GapTrend) -> str:
    """How many families and items, and whether all models have the same levels."""
    families = len(gap.families)
    where = "at the same level" if gap.same_levels == families else f"of them {gap.same_levels} at the same level"
    return (
        f"{families} {'family' if families == 1 else 'families'}, {where}, {gap.items} items of the model with fewest"
    )


def _cell(estimate: Estimate) -> str:
    return plain(slope(estimate)) if estimate.value is None else f"{slope(estimate)}, n {estimate.n}"


def _rows(found: Comparison, scale: int) -> list[list[str]]:
    """A row a model, on one scale."""
    rows = []
    for j, model in enumerate(found.models):
        rates = [_scales(gap)[scale][1].rates[j] for gap in found.gaps]
        cells = [f"{shown(e)}, n {e.n}" if e.value is not None else plain(brief(e)) for e in rates]
        rows.append([plain(model.name), f"{size(model.parameters)} ({model.source})", *cells])
    return rows


# ------------------------------------------------------------------------------------------------------------- figure


def gaps_figure(found: Comparison, alone: bool = False) -> str:
    """The figure as SVG; `alone`: a file that stands by itself."""
    wide, panels = WIDE / 2, []
    for i, gap in enumerate(found.gaps):
        panels += [at(j * wide, i * TALL, _panel(found, gap, j, wide)) for j in (0, 1)]
    said = "; ".join(f"{gap.gap}: {', '.join(f'{n} {slope(s.slope)}' for n, s in _scales(gap))}" for gap in found.gaps)
    words = ("Gaps between rungs by size of the model, in accuracy and in logits", said)
    return document((WIDE, max(1, len(found.gaps)) * TALL), words, panels, STYLE + COLOURS if alone else None)


def _panel(found: Comparison, gap: GapTrend, which: int, width: float) -> str:
    """One gap on one scale."""
    name, scale = _scales(gap)[which]
    sizes = tuple(math.log10(model.parameters) for model in found.models)
    low, high, step = _range([x for e in scale.rates for x in (e.low, e.high) if x is not None])
    plot = Plot(width, sizes, low, high, step=step)
    style, mark = KINDS[which][1], KINDS[which][4]
    parts = [text(plot.left, 16, f"{gap.gap}, {name}", "ta-name"), *axes(plot)]
    if which == 0:  # a verdict is of both scales together
        parts.append(text(plot.left, 36, f"{HERE}: {gap.verdict}; {BEYOND}: {gap.beyond}", "ta-quiet"))
    parts += drawn_line(plot, scale.rates, scale.slope, f"{style} ta-line")
    parts += points(plot, scale.rates, [model.name for model in found.models], 0, (style, mark))
    for i, (where, e) in enumerate(((HERE, scale.slope), (BEYOND, scale.beyond))):
        words = slope(e) if e.value is not None else slope(e).split(":")[0]
        parts.append(text(plot.left, plot.bottom + 52 + 20 * i, f"slope, {where}: {words}", tip=slope(e)))
    return "".join(parts)


def _range(ends: Sequence[float]) -> tuple[float, float, float]:
    """Lowest, highest and step of an axis that holds these and 0, with ten steps at most."""
    low, high = min([0.0, *ends]), max([0.0, *ends])
    step = next((s for s in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / s <= 8), 5.0)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, max(high, low + step), step
