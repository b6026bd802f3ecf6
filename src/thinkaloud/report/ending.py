"""How reasonings ended, what models wrote as answers and how silence was asked for: the words of reports for these."""

from __future__ import annotations

from thinkaloud.metrics.outcomes import BOUND, OUTCOME, TREATED
from thinkaloud.metrics.silences import SILENCE
from thinkaloud.metrics.written import ACCURACY, UNREAD
from thinkaloud.records.about import about
from thinkaloud.report.tables import Which

HEADINGS: tuple[tuple[str, tuple[Which, ...]], ...] = (
    ("Answers that the model wrote", (about(measure=ACCURACY), about(measure=UNREAD))),
    ("Silence in its forms", (about(measure=SILENCE),)),
    ("How the reasoning ended, and bounds", (about(measure=OUTCOME), about(measure=BOUND))),
)
MEANINGS: tuple[tuple[Which, str], ...] = (
    (about(measure=ACCURACY, outcome="the rest wrong"), "the same over all items, with every unread answer wrong"),
    (about(measure=ACCURACY), "share of the written answers that the task's verifier finds right, over the items whose "
     "answer could be read; one draw an item"),
    (about(measure=UNREAD), "share of items whose text holds no answer that could be read; they are not counted as "
     "wrong"),
    (about(measure=SILENCE), "P(gold) without reasoning as it was asked for, minus the same in another form; clearly "
     "below 0 means that the baseline is too low"),
    (about(measure=BOUND, outcome="the rest wrong"), "P(gold) own over all items, with 0 for every item that could not "
     "be read: the mean cannot be lower"),
    (about(measure=BOUND, outcome="the rest right"), "the same with 1: it cannot be higher"),
    (about(measure=BOUND, outcome="closed only"), "P(gold) own over the items whose reasoning ended by itself"),
    *((about(measure=OUTCOME, outcome=one), f"share of all items; {how}") for one, how in TREATED.items()),
    (about(measure=OUTCOME), "share of all items whose reasoning ended by itself, before an answer"),
)  # fmt: skip
"""Which estimates -> what they are."""
