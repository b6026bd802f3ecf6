"""P(gold) after paraphrases by the wording of their sentences: is one of them misread?

Paraphrases draw the wording of each sentence evenly from all that its form has, item by item, so what a wording does to
the model is part of what items differ in, and of every interval. But the mean hides a wording that the model reads
wrongly, which is a fault of the paraphrase and not of the reasoning: it lowers content and raises residue.

    P(gold) paraphrase, "WORDING"    mean over the items that have it, each weighted by the share of its sentences that
                                     are in this wording

All of an item's sentences have a part in each of its rows, so a wording that is misread shows here by less than it does
where it stands alone. Only tasks that name their wordings have these rows (`tasks/traits.Worded`). This module does not
know what a wording means.
"""

from __future__ import annotations

from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT, widened
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.records.condition import PARAPHRASE
from thinkaloud.stats.bootstrap import KEY, interval, ratio
from thinkaloud.vocabulary import Estimate, Key

MEASURE = "P(gold) by wording"


def by_wording(records: Many, key: Key = KEY) -> list[Estimate]:
    """One row a wording, in alphabetical order; none where no paraphrase names its wordings."""
    ok = numbers(records).ok
    return [_row(ok, wording, key) for wording in sorted(ok.wordings)]


def _row(ok: Numbers, wording: str, key: Key) -> Estimate:
    named = ok.wordings[wording]
    columns = [ok.spread(named.at, named.values), ok.p_gold(PARAPHRASE)]
    of = about(measure=MEASURE, condition=PARAPHRASE, group=wording, by="probability")
    sample = widened(ok.sample(columns, [UNIT, UNIT], "no item has it"), lambda rows: rows[:, :1] * rows[:, 1:])
    return interval(f'P(gold) paraphrase, "{wording}"', ratio(2, 0), sample, key, about=of)
