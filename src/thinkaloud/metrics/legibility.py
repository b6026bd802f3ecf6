"""Legibility: could a reader check the reasoning at all?

The four shares (readable, sound, grounded, complete) are counted by the task, step by step; here they are only
averaged. Beside them stand the numbers every other estimate depends on: how many items could be measured at all
(`parsed`), and for how many the reasoning could be put into other words that the task's grammar read back as the same
(`paraphrase validity`): where that share is low, content and residue describe a chosen few. Where no grammar made them,
`paraphrase accepted` is the share that passed the checks there are; what no grammar read back is *not verifiable beyond
numbers and negations*, which is no validity. `paraphrase reworded` is the share of sentences that came out in other
words: wordings are drawn evenly from all, the used one included.

This module does not know whether the answer depends on the steps: a legible reasoning may be decoration.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.metrics.readings import CONTINUES, UNIT, Column, condition, gather, parsed, typed, unable
from thinkaloud.records.about import about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, interval, mean
from thinkaloud.vocabulary import Estimate, Key, Record

UNVERIFIED = "not verifiable beyond numbers and negations"
SHARES = ("readable", "sound", "grounded", "complete")


def legibility(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """The four shares and the rows about paraphrases over the items that are ok, `parsed` over all records."""
    ok = parsed(records)
    unread = "the task does not know its own steps"
    columns: list[tuple[str, Sequence[ItemRecord], Column, str]] = [
        *((name, ok, _share(name), unread) for name in SHARES),
        ("paraphrase reworded", ok, _reworded, "no item has paraphrase"),
        ("parsed", typed(records), lambda record: float(record["status"] == "ok"), "there are no records"),
    ]
    rows = {
        name: interval(name, mean(0), gather(over, [column], [UNIT], lacking), key, about=about(measure=name))
        for name, over, column, lacking in columns
    }
    paraphrased = [*_paraphrased(ok, key), rows["paraphrase reworded"]]
    if why := unable(records, CONTINUES):  # nothing of it was tried
        paraphrased = [Estimate.absent(row.name, why, about=row.about) for row in paraphrased]
    return [*(rows[name] for name in SHARES), *paraphrased, rows["parsed"]]


def _paraphrased(ok: Sequence[ItemRecord], key: Key) -> list[Estimate]:
    """Validity: the share of items whose paraphrase a grammar read back; and where they were made without one, the
    share that passed."""
    checks = [_check(record) for record in ok]
    there, read = sum(check is not None for check in checks), checks.count("grammar")
    accepted, valid = (
        interval(name, mean(0), gather(ok, [column], [UNIT], "no record is ok"), key, about=about(measure=name))
        for name, column in (
            ("paraphrase accepted", lambda record: float(_check(record) is not None)),
            ("paraphrase validity", lambda record: float(_check(record) == "grammar")),
        )
    )
    others = any(rejected["by"] != "rules" for record in ok if (rejected := record.get("rejected"))) or there > read
    if not others:
        return [valid]
    if not read:
        why = f"{UNVERIFIED}: {there} of {len(ok)} paraphrases passed these; no grammar read them"
        valid = Estimate.absent(valid.name, why, len(ok), about=valid.about)
    return [valid, accepted]


def _check(record: ItemRecord) -> str | None:
    """How the paraphrase of an item was checked, None where it has none."""
    found = condition(record, "paraphrase")
    return None if found is None else str(found.get("check", "grammar"))


def _reworded(record: ItemRecord) -> float | None:
    """Share of the sentences of the paraphrase that are not those of its own reasoning."""
    found = condition(record, "paraphrase")
    if found is None or not found["between"]:
        return None
    return len(found["changed"]) / len(found["between"])


def _share(name: str) -> Column:
    """One legibility share of an item, None where the task does not know its steps."""

    def column(record: ItemRecord) -> float | None:
        found = record["thought"]["legible"]
        return None if found is None else float(found[name])

    return column
