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

from collections.abc import Sequence
from functools import partial

from thinkaloud.metrics.readings import UNIT, Column, condition, gather, p_gold, parsed
from thinkaloud.records.about import about
from thinkaloud.records.condition import PARAPHRASE
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, Array, divide, interval, means
from thinkaloud.vocabulary import Estimate, Key, Record

MEASURE = "P(gold) by wording"


def by_wording(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """One row a wording, in alphabetical order; none where no paraphrase names its wordings."""
    ok = parsed(records)
    return [_row(ok, wording, key) for wording in sorted({w for r in ok for w in _wordings(r)})]


def _row(ok: Sequence[ItemRecord], wording: str, key: Key) -> Estimate:
    named = [record for record in ok if wording in _wordings(record)]
    columns: list[Column] = [partial(_share, wording=wording), partial(p_gold, name=PARAPHRASE)]
    of = about(measure=MEASURE, condition=PARAPHRASE, group=wording, by="probability")
    sample = gather(named, columns, [UNIT, UNIT], "no item has it")
    return interval(f'P(gold) paraphrase, "{wording}"', _weighted, sample, key, about=of)


def _wordings(record: ItemRecord) -> list[str]:
    found = condition(record, PARAPHRASE)
    return [] if found is None else [wording for wording in found.get("wordings", ()) if wording is not None]


def _share(record: ItemRecord, wording: str) -> float:
    """How many of the sentences are in a wording."""
    found = _wordings(record)
    return found.count(wording) / len(found)


def _weighted(rows: Array, weights: Array) -> Array:
    """Mean of the second column, each row weighted by the first."""
    share = rows[:, :1]
    return divide(means(share * rows, weights)[:, 1], means(share, weights)[:, 0])
