"""How long the texts between question and answer are, against what they stand for.

    length filler:KIND / own                      filler in the place of the reasoning
    length paraphrase / own                       the reasoning in other words
    length filler:KIND:paraphrase / paraphrase    filler in the place of the paraphrase

Lengths are what the records hold as `tokens`: the model's own tokens where it shows them, else words, digits and marks.
Filler that is shorter than what it stands for leaves the missing tokens' part of the ability to content, so these rows
should not be below 1. Ratios of means over items, with no bound on what an unseen item might have. This module does not
know how lengths were counted.
"""

from __future__ import annotations

from dataclasses import replace

from thinkaloud.metrics.baseline import fillers
from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import about
from thinkaloud.records.condition import PARAPHRASE, read
from thinkaloud.stats.bootstrap import KEY, interval, ratio
from thinkaloud.vocabulary import Estimate, Key

OWN = "own"


def lengths(records: Many, key: Key = KEY) -> list[Estimate]:
    """One row a filler and one of the paraphrase, each over the items that have both texts."""
    ok = numbers(records).ok
    pairs = [(name, PARAPHRASE if read(name).form == PARAPHRASE else OWN) for name in ["paraphrase", *fillers(ok)]]
    return [_row(ok, name, like, key) for name, like in pairs]


def _row(ok: Numbers, name: str, like: str, key: Key) -> Estimate:
    sample = ok.sample(
        [ok.tokens(name), ok.tokens(like)], [UNIT, UNIT], f"no item has {name} and {like} with their lengths"
    )
    of = about(measure="length", condition=name, against=like)
    return interval(f"length {name} / {like}", ratio(0, 1), replace(sample, extremes=None), key, about=of)
