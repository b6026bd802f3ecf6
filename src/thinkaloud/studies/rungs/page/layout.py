"""The report of the rungs study, put together from its words, its tables and its figures."""

from __future__ import annotations

from thinkaloud.report.layout import Figure, Layout
from thinkaloud.studies.rungs.page import forest, frontier, items, map, marks, panels, waterfall, words
from thinkaloud.studies.rungs.page.found import EFFECTS, Effect


def _forest(effect: Effect, title: str) -> Figure:
    """The families by one factored effect."""
    return Figure(
        f"forest-{effect.arm.lower()}",
        title,
        lambda findings, records, width: forest.forest_figure(findings, effect, width),
        f"{effect.title} ({effect.name}): the mean difference over the budgets, with 95% intervals. "
        "Hollow: a family by itself; filled: after partial pooling. Shapes: how a family falls into parts, as judged "
        "before any result. The band is the "
        "registered margin: a difference inside it is not worth having. Families are sorted by what was measured, so "
        "the ends of the list are the luckiest and the unluckiest ones. "
        '<span class="script">Choose a family to see its items.</span>',
        marks.STYLE,
    )


PAGE = Layout(
    words=words.WORDS,
    sentences=words.sentences,
    grids=words.grids,
    lines=words.lines,
    explorer=items.EXPLORER,
    first=(
        _forest(EFFECTS[0], "Fresh contexts, family by family"),
        _forest(EFFECTS[1], "Sub-calls, family by family"),
        Figure(
            "frontiers",
            "What a budget buys",
            frontier.frontier_figure,
            "Accuracy against budget (log scale, token equivalents of the meter), each arm with its 95% band. "
            "Every group has <b>self-consistency (R2k)</b> in it, the voted chain of thought (dashed): what a budget "
            "buys without anything new. The dotted line is one chain of thought, whatever it costs. A budget that "
            "cannot pay one attempt scores what was there at the cut on the registered meter, and 0 on the others. "
            '<span class="script">Choose a line to see the families behind it.</span>',
            marks.STYLE,
        ),
        Figure(
            "split",
            "What the naive gain is made of",
            waterfall.waterfall_figure,
            "From one chain of thought to the arm at the largest budget. <b>spend</b>: as many tokens for voting. "
            "<b>information</b>: the decomposition in the same context. <b>tool</b>, <b>environment</b>: code, "
            "without sub-calls. <b>fresh context</b>: what is left, the factored effect. Below each piece its 95% "
            "interval, drawn around the end of the piece.",
            marks.STYLE + waterfall.STYLE_BARS,
        ),
    ),
    then=(
        Figure(
            "map",
            "Where fresh contexts pay",
            map.map_figure,
            "A family by the load of its question and by how often a single sub-answer is wrong. Shapes: how its "
            "parts hang together. Colours: which side is ahead; larger marks are larger effects, and a hollow one "
            "has zero in its own 95% interval. These are not adjusted for the number of families: of 20 families "
            "without any effect, about one is filled by luck.",
            marks.STYLE,
        ),
        Figure(
            "gaps",
            "The gap between one rung and the next",
            panels.gaps_figure,
            "By single attempts, so spend is not matched: no gap here is an effect of anything but of going "
            "from one way of asking to the other. In logits gaps do not shrink at the ends of the scale.",
            marks.STYLE,
        ),
        Figure(
            "edits",
            "What the visible intermediates are for",
            panels.edits_figure,
            "By arm, with 95% intervals. <b>externalised share</b>: what of the ability goes when the "
            "intermediates are cut. <b>need</b>: right answers lost by cutting. <b>residue</b>: lost by other "
            "words for the same. <b>use</b>: how often the answer follows a corrupted intermediate. They do not "
            "add up.",
            marks.STYLE,
        ),
    ),
    tables=True,
    summary="The arms, and the families",
    numbers=words.numbers,
)
