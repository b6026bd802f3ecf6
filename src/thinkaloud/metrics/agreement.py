"""Agreement between the answer without reasoning and the answer with it, corrected for what accuracy alone gives.

Two answers of an accurate model agree because both are right, even if neither has anything to do with the other
("disguised accuracy", Bentham et al. 2024, 2402.14897). So raw agreement L is set against L_ind, what two independent
answers with the same marginals would have: `kappa = (L - L_ind) / (1 - L_ind)`. Answers are counted relative to the
right option (right, 1st after it, 2nd after it, ...), because letters would hide accuracy, and the marginals are taken
within strata of equal difficulty (task and level), because a mixture of easy and hard items agrees by itself.

This module does not know whether agreement means that the reasoning was not used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thinkaloud.metrics.bootstrap import KEY, Array, Sample, interval
from thinkaloud.metrics.readings import best, parsed
from thinkaloud.vocabulary import Estimate, Key, Record


def agreement(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """`same answer silent and own` (L), the same `by accuracy alone` (L_ind) and `agreement (kappa)`."""
    sample, options, strata = _sample(parsed(records))

    def kappa(rows: Array, weights: Array) -> Array:
        same, alone = expected(rows, weights, options, strata)
        return np.divide(same - alone, 1 - alone, out=np.full_like(same, np.nan), where=1 - alone > 1e-9)

    return [
        interval("same answer silent and own", lambda r, w: expected(r, w, options, strata)[0], sample, key),
        interval("same answer by accuracy alone", lambda r, w: expected(r, w, options, strata)[1], sample, key),
        interval("agreement (kappa)", kappa, sample, key),
    ]


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


def _sample(ok: Sequence[Record]) -> tuple[Sample, int, int]:
    """The items that have silent and own, the largest number of options, and the number of strata."""
    options = max((len(record["options"]) for record in ok), default=1)
    names = sorted({(record["task"], record["level"]) for record in ok})
    found = [(r, _relative(r, "silent", options), _relative(r, "own", options)) for r in ok]
    full = [(r, a, b) for r, a, b in found if a is not None and b is not None]
    rows = [[names.index((r["task"], r["level"])), *a, *b] for r, a, b in full]
    one = np.eye(options)
    extremes = [[s, *a, *b] for s in range(len(names)) for a in one for b in one]
    width = 1 + 2 * options
    sample = Sample(
        np.array(rows, dtype=np.float64).reshape(len(rows), width),
        [r["item"] for r, _, _ in full],
        np.array(extremes, dtype=np.float64).reshape(len(extremes), width),
        "no item has silent and own",
    )
    return sample, options, len(names)


def _relative(record: Record, name: str, options: int) -> list[float] | None:
    """The answer as a distribution over (right option, 1st after it, ...); exactly equal best options share it."""
    answers = best(record, name)
    if answers is None:
        return None
    m = len(record["options"])
    return [((record["gold"] + k) % m in answers) / len(answers) if k < m else 0.0 for k in range(options)]
