"""Where the ability lives: silent, compute, content and residue, and the externalised share.

    reading             what stands between question and answer
    own                 the model's reasoning, as written
    paraphrase          the same meaning in other words
    filler              as many meaningless tokens as own, and as many as the paraphrase (the stronger counts)
    unrelated           reasoning about another question that leads to none of this item's options
    silent              nothing
    chance              nothing, and no model: 1 / number of options

The content-free *baseline* is whichever of silent, the fillers and unrelated reasoning is best: what an answer gains
from any reasoning at all is not what this reasoning says, so it is compute and not content. Which one that is must not
be decided on the items it is then measured on: the best of several noisy means is too high. So the items are in two
folds, and each fold uses the choice of the other (re-made in every bootstrap resample). For one choice the channels are
linear, so they add up to own - chance, item by item and in the mean.

All channels are taken over the items that have every reading in the table above; the rows of single conditions over
the items that have that one. This module does not know how conditions are made or whether a paraphrase is faithful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from thinkaloud.metrics.bootstrap import KEY, Array, Sample, corners, divide, interval, mean, means
from thinkaloud.metrics.readings import UNIT, Column, Score, chance, gather, hit, names, p_gold, parsed
from thinkaloud.vocabulary import Estimate, Key, Record

Means = Mapping[str, Array]
Formula = Callable[[Means], Array]

CHANNELS: tuple[tuple[str, Formula], ...] = (
    ("silent", lambda m: m["silent"] - m["chance"]),
    ("compute", lambda m: m["baseline"] - m["silent"]),
    ("content", lambda m: m["paraphrase"] - m["baseline"]),
    ("residue", lambda m: m["own"] - m["paraphrase"]),
)
ABILITY: tuple[str, Formula] = ("own - chance", lambda m: m["own"] - m["chance"])
SHARE: tuple[str, Formula] = (
    "externalised share",
    lambda m: divide(m["paraphrase"] - m["baseline"], m["own"] - m["chance"]),
)
DISRUPTION: tuple[str, Formula] = ("disruption", lambda m: m["silent"] - m["filler"])
UNRELATED = "unrelated"
NULLS = (UNRELATED, "foreign")
"""Reasoning about other questions: what it gives over silent and the fillers is not what the reasoning says."""
RESAMPLE = "resample"
ENOUGH = 0.75
"""Unrelated reasoning is part of the baseline where at least this share of the items have it; the others are left out
then. Where answers are from a short closed list, every reasoning leads to one of the options and there is none."""


def channels(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """Everything in DESIGN's table, in reading order: conditions, channels, share, disruption, nulls, by accuracy.

    The names are `P(gold) CONDITION`, those in `CHANNELS`, `own - chance`, `externalised share`, `disruption` and
    `content with unrelated` / `content with foreign` / `content with resample`. Units: probability (0..1); the share is
    a ratio.
    """
    ok = parsed(records)
    return [
        *conditions(ok, key),
        *table(ok, p_gold, key),
        *_nulls(ok, key),
        *_by_accuracy(ok, key),
    ]


def by_item(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """The four channels of each item (by its id); they add up to the item's own - chance.

    Which content-free condition is an item's baseline is chosen on the other fold, so single items are meaningful only
    beside all the others. Empty where the channels cannot be estimated at all.
    """
    fit = CrossFit(parsed(records))
    if fit.missing:
        return {}
    single = fit.single()
    values = {name: formula(single) for name, formula in CHANNELS}
    items = fit.sample.clusters or ()
    return {str(item): {name: float(v[i]) for name, v in values.items()} for i, item in enumerate(items)}


def fillers(records: Sequence[Record]) -> list[str]:
    """Names of the filler conditions that were asked in their own form: `filler:KIND` (as long as own) and
    `filler:KIND:paraphrase` (as long as the paraphrase)."""
    return [name for name in names(records, "filler:") if not name.endswith(":mismatched")]


def free_of_content(records: Sequence[Record]) -> list[str]:
    """The conditions that may be the baseline: silent, every filler, and unrelated reasoning where items have it."""
    there = [record["conditions"] for record in records if {"own", "paraphrase"} <= record["conditions"].keys()]
    known = sum(UNRELATED in conditions for conditions in there)
    beside = [UNRELATED] if there and known >= ENOUGH * len(there) else []
    return ["silent", *fillers(records), *beside]


class CrossFit:
    """Items with every needed reading, as a matrix, and the means of its columns for any weights.

    Columns: fold, chance, silent and the other content-free ones (`free`, or `free_of_content`), content (the
    condition in the place of the paraphrase), own. `missing` says why there is no matrix (None: there is one).
    """

    def __init__(
        self,
        records: Sequence[Record],
        score: Score = p_gold,
        content: str = "paraphrase",
        free: Sequence[str] | None = None,
    ) -> None:
        kinds = free_of_content(records) if free is None else list(free)
        needed = [*kinds, content, "own"]
        columns: list[Column] = [_fold, chance, *(partial(score, name=name) for name in needed)]
        sample = gather(records, columns, [UNIT] * len(columns), _lacking(records, needed))
        self.sample = replace(sample, extremes=_extremes(_chances(records), len(kinds) - 1))
        self.missing = _impossible(fillers(records), self.sample)
        self.free = slice(2, 2 + len(kinds))  # the content-free columns: silent first, so that it wins ties

    def means(self, rows: Array, weights: Array) -> dict[str, Array]:
        """Means by name for each line of weights; `baseline` and `filler` are chosen on the other fold."""
        plain = means(rows, weights)
        return {
            "chance": plain[:, 1],
            "silent": plain[:, 2],
            "paraphrase": plain[:, -2],
            "own": plain[:, -1],
            "baseline": best_elsewhere(rows[:, 0], rows[:, self.free], weights),
            "filler": best_elsewhere(rows[:, 0], rows[:, self.free][:, 1:], weights),
        }

    def single(self) -> dict[str, Array]:
        """The same by item instead of in the mean."""
        rows = self.sample.rows
        free = rows[:, self.free]
        baseline = np.where(rows[:, 0] == 0, free[:, _choice(rows, free, 1)], free[:, _choice(rows, free, 0)])
        return {
            "chance": rows[:, 1],
            "silent": rows[:, 2],
            "paraphrase": rows[:, -2],
            "own": rows[:, -1],
            "baseline": baseline,
        }

    def estimate(self, name: str, formula: Formula, key: Key) -> Estimate:
        """A formula of the means with its interval."""
        if self.missing:
            return Estimate.absent(name, self.missing, len(self.sample.rows))

        def statistic(rows: Array, weights: Array) -> Array:
            return formula(self.means(rows, weights))

        return interval(name, statistic, self.sample, key)


def best_elsewhere(fold: Array, columns: Array, weights: Array) -> Array:
    """Mean over all rows of, in each fold, the column whose mean is highest in the *other* fold (first of equals).

    fold [n] of 0 and 1, columns [n, candidates], weights [draws, n] -> [draws].
    """
    sums = [weights @ (columns * (fold == f)[:, None]) for f in (0, 1)]
    chosen = [np.take_along_axis(sums[f], sums[1 - f].argmax(axis=1)[:, None], axis=1)[:, 0] for f in (0, 1)]
    found: Array = (chosen[0] + chosen[1]) / weights.sum(axis=1)
    return found


def _choice(rows: Array, free: Array, fold: int) -> int:
    """Which content-free column is best in a fold."""
    return int(free[rows[:, 0] == fold].sum(axis=0).argmax())


def _impossible(kinds: Sequence[str], sample: Sample) -> str | None:
    """Why the channels cannot be estimated from this sample, None if they can (its size is the interval's affair)."""
    if not kinds:
        return "not measured: no item has a filler reading, so the content-free baseline is unknown"
    if not len(sample.rows):
        return f"not measured: {sample.lacking}"
    empty = {0.0, 1.0} - set(sample.rows[:, 0])
    if empty:
        return f"not measured: no item in fold {min(empty):.0f}, the baseline has to be chosen on separate items"
    return None


def _lacking(records: Sequence[Record], needed: Sequence[str]) -> str:
    """Which conditions no record has; if each is there somewhere, that none has them all."""
    absent = [name for name in needed if not any(name in record["conditions"] for record in records)]
    return f"no item has {' or '.join(absent)}" if absent else f"no item has all of {', '.join(needed)}"


def _fold(record: Record) -> float:
    return float(record["fold"])


def _extremes(chances: tuple[float, float], others: int) -> Array:
    """The most extreme items that there may be, in the columns of `CrossFit`; the content-free conditions other than
    silent move together: what one of them alone does to the best of them, all of them do."""
    found = corners(UNIT, chances, UNIT, UNIT, UNIT, UNIT)
    apart = np.repeat(found[:, 3:4], others, axis=1)
    return np.hstack([found[:, :3], apart, found[:, 4:]])


def _chances(records: Sequence[Record]) -> tuple[float, float]:
    """Bounds of chance: it is known, not estimated, so an unseen item has one of those that occur."""
    found = [chance(record) for record in records] or [0.0]
    return min(found), max(found)


def conditions(ok: Sequence[Record], key: Key) -> list[Estimate]:
    """P(gold) under each condition, over the items that have it; those asked in a foreign form come last."""
    order = ["own", "paraphrase", "silent", *fillers(ok), UNRELATED, "foreign", RESAMPLE]
    mismatched = [name for name in names(ok, "") if name.endswith(":mismatched")]
    floor = interval("P(gold) chance", mean(0), gather(ok, [chance], [_chances(ok)], "no record is ok"), key)
    return [
        *(_condition(ok, name, p_gold, key) for name in order),
        floor,
        *(_condition(ok, name, p_gold, key) for name in mismatched),
    ]


def _condition(ok: Sequence[Record], name: str, score: Score, key: Key) -> Estimate:
    """Mean score under one condition."""
    sample = gather(ok, [partial(score, name=name)], [UNIT], f"no item has {name}")
    return interval(f"P(gold) {name}", mean(0), sample, key)


def table(ok: Sequence[Record], score: Score, key: Key) -> list[Estimate]:
    """The channels, what they add up to, the externalised share, and disruption."""
    fit = CrossFit(ok, score)
    ability = fit.estimate(*ABILITY, key)
    return [
        *(fit.estimate(name, formula, key) for name, formula in CHANNELS),
        ability,
        _share(fit, ability, key),
        _disruption(fit.estimate(*DISRUPTION, key)),
    ]


def _share(fit: CrossFit, ability: Estimate, key: Key) -> Estimate:
    """Content over own - chance; absent, and never 0, where there is no ability to have a share of."""
    name, formula = SHARE
    if ability.value is None or ability.low is None:
        return Estimate.absent(name, ability.reason or "", ability.n)
    if ability.low <= 0:
        why = f"not identifiable: own is not above chance (own - chance = {_shown(ability)})"
        return Estimate.absent(name, why, ability.n)
    return fit.estimate(name, formula, key)


def _disruption(signed: Estimate) -> Estimate:
    """Reported only where the best filler is worse than silence: otherwise it is compute, not disruption."""
    if signed.value is None or signed.value > 0:
        return signed
    why = f"none: the best filler is not below silent (silent - best filler = {_shown(signed)})"
    return Estimate.absent(signed.name, why, signed.n)


def _nulls(ok: Sequence[Record], key: Key) -> list[Estimate]:
    """Content, recomputed with another reasoning in the place of the paraphrase. For reasoning about other questions
    the baseline is silent and the fillers: it is asked what such reasoning adds to them."""
    formula, empty = dict(CHANNELS)["content"], ["silent", *fillers(ok)]
    fits = {other: CrossFit(ok, content=other, free=empty) for other in NULLS} | {
        RESAMPLE: CrossFit(ok, content=RESAMPLE)
    }
    return [fit.estimate(f"content with {other}", formula, key) for other, fit in fits.items()]


def _by_accuracy(ok: Sequence[Record], key: Key) -> list[Estimate]:
    """The main rows again, with 1 for a right most-probable option and 0 for a wrong one."""
    kept = ("silent", "content", "externalised share")
    rows = [
        *(_condition(ok, name, hit, key) for name in ("own", "silent")),
        *(row for row in table(ok, hit, key) if row.name in kept),
    ]
    return [replace(row, name=f"{row.name} (accuracy)") for row in rows]


def _shown(row: Estimate) -> str:
    return f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
