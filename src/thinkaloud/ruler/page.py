"""The ruler in words and tables: what was measured where the truth is known, and the dials of somebody's own model.

This module does not know how a number was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from thinkaloud.report.svg import at, document, path, tag, text, title
from thinkaloud.report.tables import brief, shown

if TYPE_CHECKING:
    from thinkaloud.metrics.dial import Recovered
    from thinkaloud.ruler.own import OwnRuler
    from thinkaloud.vocabulary import Estimate

Row = Mapping[str, Any]

# ------------------------------------------------------------------------------------------------- shipped reasoners


def ruler_lines(tables: Mapping[str, Sequence[Row]]) -> list[str]:
    """A few lines a test: how often it read the truth, its largest error, where it misreads, its place on the
    ladder."""
    from thinkaloud.calibration.cards import held

    names = list(dict.fromkeys(row["test"] for row in tables["cells"]))
    ranks = {row["test"]: (i, row) for i, row in enumerate(tables["ranking"], 1)}
    off = [off_use(tables["cells"], by) for by in ("probability", "answer")]
    head = ("truth held", "largest error", "off use", "as published")
    lines = [f"{'channel or test':<26}{head[0]:>11}{head[1]:>15}{head[2]:>9}{head[3]:>14}  largest error on"]
    for name in names:
        cells = [
            r for r in tables["cells"] if r["test"] == name and r["by"] == "probability" and r["value"] is not None
        ]
        if not cells:
            continue
        worst = max(cells, key=lambda row: abs(row["value"] - row["truth"]))
        error = f"{worst['value'] - worst['truth']:+.3f}"
        use = [f"{x[name]:.2f}" if name in x else "" for x in off]
        held_of = f"{sum(map(held, cells))} of {len(cells)}"
        lines.append(f"{name:<26}{held_of:>11}{error:>15}{use[0]:>9}{use[1]:>14}  {worst['organism']}")
    lines += [
        "off use: mean distance of the test's dial from how much the answer follows what the words say, at the step",
        "where it listens most, which is known by the rule and is no test's reading; as published: by the most",
        "probable answer. Tests of wording and bias claim no such dial.",
    ]
    if ranks:
        most = {row["rung"]: row["most"] for row in tables["ladder"]}
        best = f"{sum(most.values()) / len(most):.3f}"
        lines += ["", f"the harder ladder: mean AUROC of high over low reliance (the true degrees give {best})"]
    lines += [
        f"{i:>3}. {t:<26}{r['value']:.3f} [{r['low']:.3f}, {r['high']:.3f}], n {r['n']}" for t, (i, r) in ranks.items()
    ]
    return lines


def off_use(cells: Sequence[Row], by: str) -> dict[str, float]:
    """Mean distance of each test's dial from how much the answer follows what the words say, over all reasoners whose
    rule settles that: the error of taking the test for a measure of use. A test that reads need errs here and is right
    about need."""
    from thinkaloud.calibration.cards import NUMBERS, true_use

    found: dict[str, list[float]] = {}
    for row in cells:
        use = true_use(row)
        if row["by"] == by and row["test"] in NUMBERS and row["dial"] is not None and use is not None:
            found.setdefault(row["test"], []).append(abs(row["dial"] - use))
    return {test: sum(errors) / len(errors) for test, errors in found.items()}


def ruler_markdown(tables: Mapping[str, Sequence[Row]]) -> str:
    """Every cell by probability: a line a reasoner, a column a channel or test; truth -> what was read."""
    cells = [row for row in tables["cells"] if row["by"] == "probability"]
    tests = list(dict.fromkeys(row["test"] for row in cells))
    found = {(row["organism"], row["test"]): row for row in cells}
    head = ["reasoner", *tests]
    body = [
        [name, *(_cell(found.get((name, test))) for test in tests)]
        for name in dict.fromkeys(row["organism"] for row in cells)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body]) + "\n"


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    if row["value"] is None:
        return f"{row['truth']:.2f} -> -"
    return f"{row['truth']:.2f} -> {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"


# ------------------------------------------------------------------------------------------------- one's own model


def own_lines(found: OwnRuler) -> list[str]:
    """The dials of one task: a line a test, true dial -> what came back."""
    lines = [f"{found.model} on {found.task}, level {found.level}: true dial -> recovered (test over its own ceiling)"]
    lines += [f"  {name}: {shown(estimate)}, n {estimate.n}" for name, estimate in found.beside.items()]
    for test, rows in by_test(found).items():
        lines.append(f"{test} (reads {rows[0].reads})")
        lines += [
            f"  {_dial(row):<8} {_told(row.by_ceiling)}; calibrated {_told(row.calibrated)}{_off(row)}" for row in rows
        ]
    return lines


def own_markdown(found: Sequence[OwnRuler]) -> str:
    """The same as tables, ready to paste."""
    blocks = ["# The ruler on this model", _NOTE]
    for one in found:
        dials = [_dial(row) for row in next(iter(by_test(one).values()))]
        beside = "; ".join(f"{name} {shown(e)}, n {e.n}" for name, e in one.beside.items())
        blocks.append(f"## {one.model} on {one.task}, level {one.level}\n\n{beside}\n\n![dials](dials-{one.task}.svg)")
        for title_, pick in (("Over its own ceiling", "by_ceiling"), ("Calibrated on this model's ends", "calibrated")):
            head = ["test", "reads", *dials]
            body = [
                [t, rows[0].reads, *(_told(getattr(row, pick)) for row in rows)] for t, rows in by_test(one).items()
            ]
            blocks.append(f"### {title_}\n\n{_table(head, body)}")
        for title_, pick in (("over its own ceiling", "by_ceiling"), ("calibrated", "calibrated")):
            rows = [[t, *(_told_off(row, pick) for row in rows if row.off)] for t, rows in by_test(one).items()]
            blocks.append(f"### Off the share of open gates, {title_}\n\n{_table(['test', *dials[:-1]], rows)}")
    return "\n\n".join(blocks) + "\n"


def _table(head: list[str], body: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(x) + " |" for x in [head, ["---"] * len(head), *body])


_NOTE = (
    "The model writes its own reasoning; what its answer call sees is decided by a gate that is open on a known share "
    "of the items (the true dial). *Over its own ceiling* is the test as published: where it is not the dial, that is "
    "its bias on this model and task. *Calibrated* puts 0 and 1 where this model's closed and open gates are. The last "
    "column is the model itself, without a gate, on the same scale. Gates are drawn by lot, so a test is held against "
    "the share of its items' gates that came out open: *off* is its distance from that share (in brackets), with an "
    "interval without the luck of the draw. All tests at a dial share one draw and are not independent checks."
)


def own_json(found: Sequence[OwnRuler]) -> str:
    """Everything as JSON."""
    return json.dumps({"format": 1, "tasks": [asdict(one) for one in found]}, indent=1, ensure_ascii=False) + "\n"


def by_test(found: OwnRuler) -> dict[str, list[Recovered]]:
    """The rows of each test, in their order."""
    tests: dict[str, list[Recovered]] = {}
    for row in found.rows:
        tests.setdefault(row.test, []).append(row)
    return tests


def _dial(row: Recovered) -> str:
    return "itself" if row.dial is None else f"{row.dial:g}"


def _off(row: Recovered) -> str:
    """Of a line: how far the calibrated reading is from the share of gates that are open."""
    if row.off is None:
        return ""
    return f"; {row.off.share:.2f} open, calibrated off by {brief(row.off.calibrated)}"


def _told_off(row: Recovered, pick: str) -> str:
    return "" if row.off is None else f"{brief(getattr(row.off, pick))} ({row.off.share:.2f})"


def _told(estimate: Estimate) -> str:
    return brief(estimate) if estimate.value is None else f"{shown(estimate)}, n {estimate.n}"


# ------------------------------------------------------------------------------------------------- figure

SIDE, GAP, HEAD, PER_ROW = 170, 58, 34, 4
"""Sides of a panel's plot, space between panels, space for a panel's name (pixels), panels in a row."""
LOW, HIGH = -0.25, 1.35
STYLE = """.ta-fig{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.ta-fig text{fill:#1c2126}.ta-fig .ta-quiet{fill:#59636e}.ta-fig .ta-name{font-weight:600}.ta-ground{fill:#fff}
.ta-grid{stroke:#e3e7eb;fill:none}.ta-true{stroke:#59636e;stroke-dasharray:4 3;fill:none}
.ta-a{stroke:#0072b2;fill:#0072b2;stroke-width:1.6}.ta-b{stroke:#b35c00;fill:#b35c00;stroke-width:1.6}
.ta-self{stroke:#009e73;stroke-width:2;fill:none}
@media screen and (prefers-color-scheme:dark){.ta-fig text{fill:#e6e9ed}.ta-fig .ta-quiet{fill:#a3adb8}
.ta-ground{fill:#15181c}.ta-grid{stroke:#2b3138}.ta-true{stroke:#a3adb8}.ta-a{stroke:#56b4e9;fill:#56b4e9}
.ta-b{stroke:#e69f00;fill:#e69f00}.ta-self{stroke:#3ecf9a}}
"""


def dial_figure(found: OwnRuler) -> str:
    """A panel a test: recovered against true dial (circles: over the ceiling, diamonds: calibrated), the diagonal, and
    where the model itself lies (the level line)."""
    tests = by_test(found)
    columns, rows = min(PER_ROW, len(tests)), -(-len(tests) // PER_ROW)
    panels = [
        at(i % PER_ROW * (SIDE + GAP) + 40, i // PER_ROW * (SIDE + GAP) + HEAD + 26, _panel(test, points))
        for i, (test, points) in enumerate(tests.items())
    ]
    legend = text(40, 14, "● test over its own ceiling   ◆ calibrated   - - true dial   — the model itself", "ta-quiet")
    said = "; ".join(f"{t}: " + ", ".join(f"{_dial(r)} {_told(r.by_ceiling)}" for r in rs) for t, rs in tests.items())
    size = (columns * (SIDE + GAP) + 10, rows * (SIDE + GAP) + HEAD + 30)
    return document(
        size, (f"Recovered against true dial, {found.model} on {found.task}", said), [legend, *panels], STYLE
    )


def _panel(test: str, points: Sequence[Recovered]) -> str:
    parts = [text(0, -10, test, "ta-name")]
    for value in (0, 0.5, 1):
        parts.append(path(f"M0,{_y(value):.1f}H{SIDE}", "ta-grid"))
        parts.append(text(-6, _y(value) + 4, f"{value:g}", "ta-quiet", "end"))
        parts.append(text(_x(value), SIDE + 16, f"{value:g}", "ta-quiet", "middle"))
    parts.append(path(f"M{_x(0):.1f},{_y(0):.1f}L{_x(1):.1f},{_y(1):.1f}", "ta-true"))
    if all(row.calibrated.value is None for row in points):
        parts.append(text(SIDE / 2, SIDE / 2, brief(points[0].by_ceiling), "ta-quiet", "middle"))
    for row in points:
        if row.dial is None:
            parts += _self(row.calibrated)
            continue
        parts += _point(_x(row.dial) - 3, row.by_ceiling, "ta-a", "M-3.5,0a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0z")
        parts += _point(_x(row.dial) + 3, row.calibrated, "ta-b", "M0,-4.5L4.5,0L0,4.5L-4.5,0z")
    return "".join(parts)


def _self(estimate: Estimate) -> list[str]:
    if estimate.value is None:
        return []
    y = _y(estimate.value)
    tip = title(f"the model itself: {shown(estimate)}")
    return [path(f"M0,{y:.1f}H{SIDE}", "ta-self", tip)]


def _point(x: float, estimate: Estimate, style: str, mark: str) -> list[str]:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return []
    whisker = path(f"M{x:.1f},{_y(estimate.low):.1f}V{_y(estimate.high):.1f}", style)
    dot = tag(
        "g", {"transform": f"translate({x:.1f},{_y(estimate.value):.1f})"}, path(mark, style, title(shown(estimate)))
    )
    return [whisker, dot]


def _x(value: float) -> float:
    return 12 + value * (SIDE - 24)


def _y(value: float) -> float:
    """Pixels from the top; what lies beyond the panel is drawn at its edge."""
    kept = min(HIGH, max(LOW, value))
    return (HIGH - kept) / (HIGH - LOW) * SIDE
