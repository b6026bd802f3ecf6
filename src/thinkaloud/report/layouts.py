"""What the report of each study is made of: the one place that knows studies by name.

A study that is not here (an installed package's) gets `PLAIN`: every number, what was read under each condition, and
the explorer without an order. To give a study its own report, add a `Layout`. This module knows no format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thinkaloud.report import (
    channels,
    dose,
    faithfulness,
    faithfulness_words,
    figure,
    panels,
    rungs,
    rungs_forest,
    rungs_frontier,
    rungs_items,
    rungs_look,
    rungs_map,
    rungs_parts,
)  # fmt: skip
from thinkaloud.report.explorer import Explorer
from thinkaloud.report.tables import READING, Grid, Words, by_subject, shown
from thinkaloud.report.wording import wording
from thinkaloud.vocabulary import Finding, Record

Findings = Sequence[Finding]
Records = Sequence[Record]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the HTML page. `draw` makes it at a width, empty where there is nothing to draw; `caption` is HTML of
    this package; `style` is what it needs besides the style of all figures."""

    id: str
    title: str
    draw: Callable[[Findings, Records, int], str]
    caption: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a report of one study holds. `sentences`: the headlines; `grids` and `lines`: its table, for a terminal and
    where there is none; `tables`: whether reports show the table too (else its numbers are among all the others);
    `summary` is its heading; `numbers`: what stands above each table of all numbers, and its findings; `first` stand
    before the explorer and `then` after it; `ruler`: name of an estimate -> its ruler card."""

    words: Words
    sentences: Callable[[Findings], list[str]]
    grids: Callable[[Findings], list[Grid]]
    lines: Callable[[Findings], list[str]]
    explorer: Explorer
    first: tuple[Figure, ...] = ()
    then: tuple[Figure, ...] = ()
    tables: bool = False
    summary: str = "The tests, task by task"
    numbers: Callable[[Findings], Sequence[tuple[str, Findings]]] = lambda findings: [("", findings)]
    ruler: Callable[[str], str | None] = lambda name: None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures."""
        return (*self.first, *self.then)


def layout(findings: Findings, meta: Mapping[str, Any] | None = None) -> Layout:
    """The layout of the study that made the findings (without any: that `meta` names)."""
    name = findings[0].study if findings else str((meta or {}).get("study", ""))
    return LAYOUTS.get(name, PLAIN)


def _lines(findings: Findings) -> list[str]:
    """Every estimate on a line."""
    found = []
    for subject, estimates in by_subject(findings).items():
        found.append(str(subject))
        found += [f"  {name}: {shown(e)}{'' if e.value is None else f', n {e.n}'}" for name, e in estimates.items()]
    return found


def _conditions(findings: Findings, records: Records, width: int) -> str:
    read = any(finding.estimate.name.startswith(READING) for finding in findings)
    return figure.condition_figure(findings, width) if read else ""


CONDITIONS = Figure(
    "conditions",
    "What was read under each condition",
    _conditions,
    "Mean probability of the right option with its 95% interval. The dashed line is chance.",
)

PLAIN = Layout(
    words=channels.WORDS,
    sentences=lambda findings: [],
    grids=lambda findings: [],
    lines=_lines,
    explorer=Explorer(
        noun="list",
        parts=lambda records: ("items",),
        values=lambda records: [None] * len(records),
        why=lambda record, part: "",
        sections=channels.SECTIONS,
        says="In their order.",
    ),
    then=(CONDITIONS,),
)


def _forest(effect: str, title: str) -> Figure:
    """The families by one factored effect."""
    return Figure(
        f"forest-{effect[:2].lower()}",
        title,
        lambda findings, records, width: rungs_forest.forest_figure(findings, effect, width),
        f"{effect}, the mean difference over the budgets, with 95% intervals. Hollow: a family by itself; filled: "
        "after partial pooling. Shapes: how a family falls into parts, as judged before any result. The band is the "
        "registered margin: a difference inside it is not worth having. Families are sorted by what was measured, so "
        "the ends of the list are the luckiest and the unluckiest ones. "
        '<span class="script">Choose a family to see its items.</span>',
        rungs_look.STYLE,
    )


LAYOUTS: Mapping[str, Layout] = {
    "channels": Layout(
        words=channels.WORDS,
        sentences=lambda findings: [*channels.sentences(findings), *wording(findings)],
        grids=channels.grids,
        lines=channels.lines,
        explorer=channels.EXPLORER,
        first=(
            Figure(
                "figure",
                "Where the ability lives",
                lambda findings, records, width: figure.channel_figure(findings, width),
                "Each bar is the probability of the right answer above chance, in its four parts; parts below zero go "
                "to the left, and\nthe upright mark is what they add up to. Below a bar, each part by itself from zero "
                "with its 95% interval. <b>silent</b>: inside one\nforward pass. <b>compute</b>: extra tokens without "
                "content. <b>content</b>: what a reader can read. <b>residue</b>: what only the\nmodel can read. The "
                'externalised share is content over the whole. <span class="script">Choose a part to see the items '
                "behind\nit.</span>",
            ),
        ),
        then=(CONDITIONS,),
    ),
    "faithfulness": Layout(
        words=faithfulness_words.WORDS,
        sentences=faithfulness.sentences,
        grids=faithfulness.grids,
        lines=faithfulness.lines,
        explorer=faithfulness.EXPLORER,
        first=(
            Figure(
                "figure",
                "Every test between its floor and its ceiling",
                lambda findings, records, width: panels.panel_figure(findings, width),
                "A filled mark is how far a test moved the answer (raw minus floor, by probability, with its 95% "
                "interval), a hollow one the raw change, and the upright tick the ceiling: what a reasoner would give "
                "that has all of what the test reads. <b>need</b>: is the answer worse without the reasoning. "
                "<b>use</b>: does it follow it. <b>wording</b>: does it hang on words that mean the same. <b>bias</b>: "
                "does a hint move it. The dashed line (at cut:0) is the <b>accuracy without reasoning</b>, after "
                "examples that do reason: where it is high, the tests of need are low whatever the reasoning does. "
                "There is no combined score. "
                '<span class="script">Choose a row to see the items behind it.</span>',
                panels.STYLE,
            ),
        ),
        then=(
            Figure(
                "dose",
                "How soon the answer settles",
                lambda findings, records, width: dose.dose_figure(records, width),
                "How much the answer is the final one (1: the same distribution), by the share of the reasoning that "
                "stands before: after the first sentences alone, and after a mistake that the model went on from, "
                "beside the same place without an edit. Means over items with 95% intervals. A curve that starts high "
                "on the left is an answer that was there at once.",
                dose.STYLE,
            ),
            CONDITIONS,
        ),
        tables=True,
        ruler=faithfulness.ruler,
    ),
    "rungs": Layout(
        words=rungs.WORDS,
        sentences=rungs.sentences,
        grids=rungs.grids,
        lines=rungs.lines,
        explorer=rungs_items.EXPLORER,
        first=(
            _forest("F2 - F1", "Fresh contexts, family by family"),
            _forest("T1 - T2", "Sub-calls from code, family by family"),
            Figure(
                "frontiers",
                "What a budget buys",
                rungs_frontier.frontier_figure,
                "Accuracy against budget (log scale, token equivalents of the meter), each arm with its 95% band. "
                "Every group has <b>R2k</b> in it, the voted chain of thought (dashed): what a budget buys without "
                "anything new. The dotted line is one chain of thought, whatever it costs. A budget that cannot pay "
                "one attempt scores what was there at the cut on the registered meter, and 0 on the others. "
                '<span class="script">Choose a line to see the families behind it.</span>',
                rungs_look.STYLE,
            ),
            Figure(
                "split",
                "What the naive gain is made of",
                rungs_parts.waterfall_figure,
                "From one chain of thought to the arm at the largest budget. <b>spend</b>: as many tokens for voting. "
                "<b>information</b>: the decomposition in the same context. <b>tool</b>, <b>environment</b>: code, "
                "without sub-calls. <b>fresh context</b>: what is left, the factored effect. Below each piece its 95% "
                "interval, drawn around the end of the piece.",
                rungs_look.STYLE + rungs_parts.STYLE_BARS,
            ),
        ),
        then=(
            Figure(
                "map",
                "Where fresh contexts pay",
                rungs_map.map_figure,
                "A family by the load of its question and by how often a single sub-answer is wrong. Shapes: how its "
                "parts hang together. Colours: which side is ahead; larger marks are larger effects, and a hollow one "
                "has zero in its own 95% interval. These are not adjusted for the number of families: of 20 families "
                "without any effect, about one is filled by luck.",
                rungs_look.STYLE,
            ),
            Figure(
                "gaps",
                "The gap between one rung and the next",
                rungs_parts.gaps_figure,
                "By single attempts, so spend is not matched: no gap here is an effect of anything but of going "
                "from one way of asking to the other. In logits gaps do not shrink at the ends of the scale.",
                rungs_look.STYLE,
            ),
            Figure(
                "edits",
                "What the visible intermediates are for",
                rungs_parts.edits_figure,
                "By arm, with 95% intervals. <b>externalised share</b>: what of the ability goes when the "
                "intermediates are cut. <b>need</b>: right answers lost by cutting. <b>residue</b>: lost by other "
                "words for the same. <b>use</b>: how often the answer follows a corrupted intermediate. They do not "
                "add up.",
                rungs_look.STYLE,
            ),
        ),
        tables=True,
        summary="The arms, and the families",
        numbers=rungs.numbers,
    ),
}
