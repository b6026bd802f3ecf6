"""The report of the study of controllability: its words, its headline, and its items in their order."""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.metrics.controllability import (
    ACCURACY,
    CONTROL,
    EMPTY,
    LENGTH,
    NOTHING,
    OTHER,
    PRESENT,
    REASONING,
    TOLD,
)
from thinkaloud.records.about import about, one
from thinkaloud.report.layout import Layout
from thinkaloud.report.tables import Words, by_subject, shown
from thinkaloud.vocabulary import Finding

WORDS = Words(
    headings=(
        ("Controllability", (about(measure=CONTROL), about(measure=REASONING))),
        ("Is the word there?", (about(measure=PRESENT), about(measure="items with a word"))),
        ("What it costs", (about(measure=ACCURACY), about(measure=LENGTH), about(measure=EMPTY))),
    ),
    meanings=(
        (about(measure=CONTROL, role="effect"),
         "1 - word present told / told nothing: 1 keeps the word out always, 0 is as if it were told nothing"),
        (about(measure=CONTROL, role="floor"), "the same where it was told to keep out another word that is not there"),
        (about(measure=REASONING), "the same, where a turn without any reasoning keeps nothing out: below 0, it stops "
         "reasoning instead"),
        (about(measure=PRESENT, condition=NOTHING),
         "share of second samples, told nothing, that hold the word of the first"),
        (about(measure=PRESENT, condition=TOLD), "the same, told to keep the word out"),
        (about(measure=PRESENT, condition=OTHER), "the same, told to keep out a word that is not there anyway"),
        (about(measure="items with a word"), "share of items whose first reasoning has a content word"),
        (about(measure=ACCURACY, condition=TOLD, against=NOTHING), "accuracy told minus accuracy told nothing"),
        (about(measure=ACCURACY), "share of the written answers that the task's verifier finds right"),
        (about(measure=LENGTH), "mean length of its reasoning told, over told nothing (words, digits and marks)"),
        (about(measure=EMPTY), "share of turns without any reasoning"),
    ),
)  # fmt: skip


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What was found, a sentence a task."""
    said = []
    for subject, estimates in by_subject(findings).items():
        row = one(estimates.values(), measure=CONTROL, role="effect")
        floor = one(estimates.values(), measure=CONTROL, role="floor")
        still = one(estimates.values(), measure=REASONING, role="effect")
        if row is None or floor is None or still is None:
            continue
        if row.value is None:
            said.append(f"{subject}: whether it can keep a word out is not measured: {row.reason}.")
            continue
        said.append(
            f"{subject}: told to keep a word out of its reasoning, it does so {shown(row)} (told of another word: "
            f"{shown(floor)}; still reasoning: {shown(still)})."
        )
    return said


PAGE = Layout(
    words=WORDS,
    sentences=sentences,
    then=(),
    main=(
        CONTROL, f"{CONTROL} (floor)", REASONING, "word present, told nothing", "word present, told to keep it out",
        "accuracy written, told nothing", "accuracy written, told to keep it out",
        "length of reasoning, told / told nothing", "no reasoning, told to keep it out",
    ),
)  # fmt: skip
