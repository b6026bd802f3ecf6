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

import numpy as np

from thinkaloud.metrics.numbers import LEGIBLE, Numbers
from thinkaloud.metrics.readings import CONTINUES, UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.stats.bootstrap import KEY, Array, interval, mean
from thinkaloud.vocabulary import Estimate, Key

UNVERIFIED = "not verifiable beyond numbers and negations"


def legibility(records: Many, key: Key = KEY) -> list[Estimate]:
    """The four shares and the rows about paraphrases over the items that are ok, `parsed` over all records."""
    made = numbers(records)
    ok = made.ok
    unread = "the task does not know its own steps"
    shares = [_mean(name, ok, ok.legible[:, i], unread, key) for i, name in enumerate(LEGIBLE)]
    paraphrased = [*_paraphrased(ok, key), _mean("paraphrase reworded", ok, ok.reworded, "no item has paraphrase", key)]
    if why := made.unable(CONTINUES):  # nothing of it was tried
        paraphrased = [Estimate.absent(row.name, why, about=row.about) for row in paraphrased]
    return [*shares, *paraphrased, _mean("parsed", made, made.read.astype(np.float64), "there are no records", key)]


def _mean(name: str, over: Numbers, column: Array, lacking: str, key: Key) -> Estimate:
    return interval(name, mean(0), over.sample([column], [UNIT], lacking), key, about=about(measure=name))


def _paraphrased(ok: Numbers, key: Key) -> list[Estimate]:
    """Validity: the share of items whose paraphrase a grammar read back; and where they were made without one, the
    share that passed."""
    passed, by_grammar = ~np.isnan(ok.grammar), ok.grammar == 1.0
    there, read = int(passed.sum()), int(by_grammar.sum())
    valid = _mean("paraphrase validity", ok, by_grammar.astype(np.float64), "no record is ok", key)
    others = any(by != "rules" for by, _ in ok.rejected.values()) or there > read
    if not others:
        return [valid]
    if not read:
        why = f"{UNVERIFIED}: {there} of {len(ok)} paraphrases passed these; no grammar read them"
        valid = Estimate.absent(valid.name, why, len(ok), about=valid.about)
    return [valid, _mean("paraphrase accepted", ok, passed.astype(np.float64), "no record is ok", key)]
