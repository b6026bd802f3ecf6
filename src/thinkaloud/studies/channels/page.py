"""The report of the channels study, put together from its words, its table and its figure."""

from __future__ import annotations

from thinkaloud.report.layout import CONDITIONS, Figure, Layout
from thinkaloud.report.wording import wording
from thinkaloud.studies.channels import words
from thinkaloud.studies.channels.figure import channel_figure

PAGE = Layout(
    words=words.WORDS,
    sentences=lambda findings: [*words.sentences(findings), *wording(findings)],
    grids=words.grids,
    lines=words.lines,
    explorer=words.EXPLORER,
    first=(
        Figure(
            "figure",
            "Where the ability lives",
            lambda findings, records, width: channel_figure(findings, width),
            "Each bar is the probability of the right answer above chance, in its four parts; parts below zero go to "
            "the left, and the upright mark is what they add up to. Below a bar, each part by itself from zero with "
            "its 95% interval. <b>silent</b>: inside one forward pass. <b>compute</b>: extra tokens without content. "
            "<b>content</b>: what a reader can read. <b>residue</b>: what only the model can read. The externalised "
            'share is content over the whole. <span class="script">Choose a part to see the items behind it.</span>',
        ),
    ),
    then=(CONDITIONS,),
    main=(
        "P(gold) chance", "P(gold) silent", "P(gold) own", "P(gold) paraphrase", *words.CHANNELS, words.TOTAL,
        words.SHARE, "follow transplant", "early AOC", "parsed",
    ),
)  # fmt: skip
