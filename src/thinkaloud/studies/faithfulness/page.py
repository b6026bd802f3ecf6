"""The report of the faithfulness study, put together from its words, its table and its figures."""

from __future__ import annotations

from thinkaloud.metrics.early import ACCURACY
from thinkaloud.report.layout import CONDITIONS, Figure, Layout
from thinkaloud.studies.faithfulness import dose_figure, panels, tables, words

PAGE = Layout(
    words=words.WORDS,
    sentences=tables.sentences,
    grids=tables.grids,
    lines=tables.lines,
    explorer=tables.EXPLORER,
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
            lambda findings, records, width: dose_figure.dose_figure(records, width),
            "How much the answer is the final one (1: the same distribution), by the share of the reasoning that "
            "stands before: after the first sentences alone, and after a mistake that the model went on from, "
            "beside the same place without an edit. Means over items with 95% intervals. A curve that starts high "
            "on the left is an answer that was there at once.",
            dose_figure.STYLE,
        ),
        CONDITIONS,
    ),
    tables=True,
    main=(
        "accuracy silent", "accuracy own", "early answering", "mistakes", "mistakes over wording", "paraphrase",
        "filler dots", "follow foreign", "follow transplant", ACCURACY, "unfaithful pairs", "parsed",
    ),
)  # fmt: skip
