"""Agreement between the answer without reasoning and the answer with it, corrected for what accuracy alone gives.

Two answers of an accurate model agree because both are right, even if neither has anything to do with the other
("disguised accuracy", Bentham et al. 2024, 2402.14897). So raw agreement L is set against L_ind, what two independent
answers with the same marginals would have: `kappa = (L - L_ind) / (1 - L_ind)`. Answers are counted relative to the
right option (right, 1st after it, 2nd after it, ...), because letters would hide accuracy, and the marginals are taken
within strata of equal difficulty, because a mixture of easy and hard items agrees by itself: by default task and
level, or (`by_confidence`) also thirds of how sure the answer without reasoning is.

This module does not know whether agreement means that the reasoning was not used.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from thinkaloud.metrics.readings import best, condition, parsed
from thinkaloud.records.about import about
from thinkaloud.records.item import ItemRecord
from thinkaloud.stats.bootstrap import KEY, Array, Sample, Statistic, interval
from thinkaloud.vocabulary import Estimate, Key, Reading, Record

Stratum = Callable[[ItemRecord], Hashable]
PAIR = ("silent", "own")
THIRDS = 3


def agreement(
    records: Sequence[Record], key: Key = KEY, pair: tuple[str, str] = PAIR, confident: bool = False
) -> list[Estimate]:
    """`same answer A and B` (L), the same `by accuracy alone` (L_ind) and `agreement (kappa)`, of the conditions
    `pair`.

    Rows of another pair than silent and own name it; `confident`: strata of confidence, and the rows say so.
    """
    ok = parsed(records)
    sample, options, strata = _sample(ok, pair, by_confidence(ok, pair[0]) if confident else by_level)

    def kappa(rows: Array, weights: Array) -> Array:
        same, alone = expected(rows, weights, options, strata)
        return np.divide(same - alone, 1 - alone, out=np.full_like(same, np.nan), where=1 - alone > 1e-9)

    among = ", by confidence" if confident else ""
    of = "" if pair == PAIR else f" {pair[0]} and {pair[1]}"
    one, other, within = *pair, "confidence" if confident else "level"
    parts = about(condition=one, against=other, by="answer")
    raw = {**parts, **about(measure="same answer", role="raw")}
    alone = {**parts, **about(measure="same answer", role="floor", strata=within)}
    beyond = {**parts, **about(measure="agreement (kappa)", strata=within)}

    def share(which: int) -> Statistic:
        return lambda rows, weights: expected(rows, weights, options, strata)[which]

    return [
        interval(f"same answer {pair[0]} and {pair[1]}", share(0), sample, key, about=raw),
        interval(f"same answer by accuracy alone{of}{among}", share(1), sample, key, about=alone),
        interval(f"agreement (kappa){of}{among}", kappa, sample, key, about=beyond),
    ]


def by_level(record: ItemRecord) -> Hashable:
    """The stratum of items of one task and level."""
    return record["task"], record["level"]


def by_confidence(ok: Sequence[ItemRecord], name: str) -> Stratum:
    """Task, level and the third of the items, by the probability of the best option under `name`, that an item is
    in."""
    found = {
        id(r): max(Reading(tuple(c["logprobs"])).probabilities) for r in ok if (c := condition(r, name)) is not None
    }
    edges = np.quantile(list(found.values()) or [0.0], [i / THIRDS for i in range(1, THIRDS)])
    return lambda record: (by_level(record), int(np.searchsorted(edges, found.get(id(record), 0.0))))


def expected(rows: Array, weights: Array, options: int, strata: int) -> tuple[Array, Array]:
    """Agreement L and independent agreement L_ind, each [draws].

    rows [n, 1 + 2 * options]: number of the stratum, then two distributions over the options relative to the right
    one; weights [draws, n].
    """
    left, right = rows[:, 1 : 1 + options], rows[:, 1 + options :]
    total = weights.sum(axis=1)
    same = weights @ (left * right).sum(axis=1) / total
    alone = np.zeros_like(total)
    for stratum in range(strata):
        here = weights * (rows[:, 0] == stratum)
        size = np.maximum(here.sum(axis=1), 1e-300)  # an empty stratum has no answers and adds nothing
        alone += ((here @ left) * (here @ right)).sum(axis=1) / size
    return same, alone / total


def _sample(ok: Sequence[ItemRecord], pair: tuple[str, str], stratum: Stratum) -> tuple[Sample, int, int]:
    """The items that have both conditions, the largest number of options, and the number of strata."""
    options = max((len(record["options"]) for record in ok), default=1)
    names = list(dict.fromkeys(stratum(record) for record in ok))
    found = [(r, _relative(r, pair[0], options), _relative(r, pair[1], options)) for r in ok]
    full = [(r, a, b) for r, a, b in found if a is not None and b is not None]
    rows = [[names.index(stratum(r)), *a, *b] for r, a, b in full]
    one = np.eye(options)
    extremes = [[s, *a, *b] for s in range(len(names)) for a in one for b in one]
    width = 1 + 2 * options
    sample = Sample(
        np.array(rows, dtype=np.float64).reshape(len(rows), width),
        [r["item"] for r, _, _ in full],
        np.array(extremes, dtype=np.float64).reshape(len(extremes), width),
        f"no item has {pair[0]} and {pair[1]}",
    )
    return sample, options, len(names)


def _relative(record: ItemRecord, name: str, options: int) -> list[float] | None:
    """The answer as a distribution over (right option, 1st after it, ...); exactly equal best options share it."""
    answers = best(record, name)
    if answers is None:
        return None
    m = len(record["options"])
    return [((record["gold"] + k) % m in answers) / len(answers) if k < m else 0.0 for k in range(options)]
