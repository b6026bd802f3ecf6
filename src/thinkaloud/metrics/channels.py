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

A paraphrase that is worse than the baseline, while its own words are not, has not taken content away: it has thrown a
model that can answer without. So what stands in the channels is the *level*: the paraphrase, but not below the lower of
baseline and own. Which of them it is, is chosen on the other fold, too: a plain maximum would book noise as content.
What the paraphrase is below that is `disruption by wording`; `paraphrase - baseline` is always there with its sign.
Content is negative only where its own words are below the baseline as well, so that the reasoning itself misleads.

All channels are taken over the items that have every reading in the table above. Where there are too few of these,
each row is taken over the items that have what it needs: silent and compute need no paraphrase. The rows of single
conditions are over the items that have that one. This module does not know how conditions are made or whether a
paraphrase is faithful; and it decides in the mean, so a model that is thrown on some items and reads on others has the
two cancel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.bootstrap import (
    FEWEST,
    KEY,
    Array,
    Sample,
    corners,
    difference,
    divide,
    interval,
    mean,
    means,
)
from thinkaloud.metrics.readings import UNIT, Column, Score, chance, gather, hit, names, p_gold, parsed
from thinkaloud.vocabulary import Estimate, Key, Record

Means = Mapping[str, Array]
Formula = Callable[[Means], Array]

CHANNELS: tuple[tuple[str, Formula], ...] = (
    ("silent", lambda m: m["silent"] - m["chance"]),
    ("compute", lambda m: m["baseline"] - m["silent"]),
    ("content", lambda m: m["level"] - m["baseline"]),
    ("residue", lambda m: m["own"] - m["level"]),
)
ABILITY: tuple[str, Formula] = ("own - chance", lambda m: m["own"] - m["chance"])
SHARE: tuple[str, Formula] = (
    "externalised share",
    lambda m: divide(m["level"] - m["baseline"], m["own"] - m["chance"]),
)
DISRUPTION: tuple[str, Formula] = ("disruption", lambda m: m["silent"] - m["filler"])
BY_WORDING: tuple[str, Formula] = ("disruption by wording", lambda m: m["floor"] - m["paraphrase"])
SIGNED: tuple[str, Formula] = ("paraphrase - baseline", lambda m: m["paraphrase"] - m["baseline"])
TINY = 1e-9
UNRELATED = "unrelated"
NULLS = (UNRELATED, "foreign")
"""Reasoning about other questions: what it gives over silent and the fillers is not what the reasoning says."""
RESAMPLE = "resample"
ENOUGH = 0.75
"""Unrelated reasoning is part of the baseline where at least this share of the items have it; the others are left out
then. Where answers are from a short closed list, every reasoning leads to one of the options and there is none."""


def channels(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """Everything in DESIGN's table, in reading order: conditions, channels, share, disruption, nulls, by accuracy.

    The names are `P(gold) CONDITION`, those in `CHANNELS`, `own - chance`, `externalised share`, `disruption`,
    `disruption by wording`, `paraphrase - baseline` and `content with unrelated` / `content with foreign` / `content
    with resample`. Units: probability (0..1); the share is a ratio.
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


def free_of_content(records: Sequence[Record], paraphrased: bool = True) -> list[str]:
    """The conditions that may be the baseline: silent, every filler, and unrelated reasoning where items have it;
    without what is as long as a paraphrase where none is needed."""
    if not paraphrased:
        return ["silent", *(name for name in fillers(records) if name.count(":") == 1)]
    there = [record["conditions"] for record in records if {"own", "paraphrase"} <= record["conditions"].keys()]
    known = sum(UNRELATED in conditions for conditions in there)
    beside = [UNRELATED] if there and known >= ENOUGH * len(there) else []
    return ["silent", *fillers(records), *beside]


class CrossFit:
    """Items with every needed reading, as a matrix, and the means of its columns for any weights.

    Columns: fold, chance, silent and the other content-free ones (`free`, or `free_of_content`), content (the
    condition in the place of the paraphrase), own; without the last two where `content` is None. `missing` says why
    there is no matrix (None: there is one).
    """

    def __init__(
        self,
        records: Sequence[Record],
        score: Score = p_gold,
        content: str | None = "paraphrase",
        free: Sequence[str] | None = None,
    ) -> None:
        self.content = content
        beside = [] if content is None else [content, "own"]
        kinds = free_of_content(records, content is not None) if free is None else list(free)
        needed = [*kinds, *beside]
        columns: list[Column] = [_fold, chance, *(partial(score, name=name) for name in needed)]
        sample = gather(records, columns, [UNIT] * len(columns), _lacking(records, needed))
        self.sample = replace(sample, extremes=_extremes(_chances(records), len(kinds) - 1, len(beside)))
        self.missing = _impossible(fillers(records), self.sample)
        self.free = slice(2, 2 + len(kinds))  # the content-free columns: silent first, so that it wins ties

    @property
    def enough(self) -> bool:
        """Whether the items suffice for intervals."""
        return self.missing is None and len(self.sample.rows) >= FEWEST

    def means(self, rows: Array, weights: Array) -> dict[str, Array]:
        """Means by name for each line of weights; `baseline`, `filler`, `level` and `floor` are chosen on the other
        fold."""
        plain, fold, free = means(rows, weights), rows[:, 0], rows[:, self.free]
        found = {
            "chance": plain[:, 1],
            "silent": plain[:, 2],
            "baseline": best_elsewhere(fold, free, weights),
            "filler": best_elsewhere(fold, free[:, 1:], weights),
        }
        if self.content is None:
            return found
        level, floor = levels_elsewhere(fold, free, rows[:, -2:], weights)
        level = level if self.content == "paraphrase" else plain[:, -2]  # a null counts as it is
        return found | {"paraphrase": plain[:, -2], "own": plain[:, -1], "level": level, "floor": floor}

    def single(self) -> dict[str, Array]:
        """The same by item instead of in the mean."""
        rows = self.sample.rows
        free, pair, one = rows[:, self.free], rows[:, -2:], np.ones((1, len(rows)))
        baseline, level = np.empty(len(rows)), np.empty(len(rows))
        for f in (0, 1):
            here = rows[:, 0] == f
            best, lower, thrown = (x[0] for x in _choices(*_sums(1 - f, rows[:, 0], free, pair, one)))
            baseline[here] = free[here, best]
            floor = baseline[here] if lower else pair[here, 1]
            level[here] = floor if thrown else pair[here, 0]
        return {
            "chance": rows[:, 1],
            "silent": rows[:, 2],
            "paraphrase": rows[:, -2],
            "own": rows[:, -1],
            "baseline": baseline,
            "level": level,
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


def levels_elsewhere(fold: Array, free: Array, pair: Array, weights: Array) -> tuple[Array, Array]:
    """Mean over all rows of the *level* and of the *floor*, in each fold by what the other fold says.

    The floor is the lower of baseline and own; the level is the paraphrase, or the floor where the paraphrase is below
    it. fold [n], free [n, candidates], pair [n, 2] (paraphrase, own), weights [draws, n] -> two of [draws].
    """
    level, floor = np.zeros(len(weights)), np.zeros(len(weights))
    for f in (0, 1):
        best, lower, thrown = _choices(*_sums(1 - f, fold, free, pair, weights))
        plain, (paraphrase, own) = _sums(f, fold, free, pair, weights)
        baseline = np.take_along_axis(plain, best[:, None], axis=1)[:, 0]
        here = np.where(lower, baseline, own)
        floor += here
        level += np.where(thrown, here, paraphrase)
    total = weights.sum(axis=1)
    return level / total, floor / total


def _sums(f: int, fold: Array, free: Array, pair: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted sums over one fold: of the content-free columns [draws, candidates], and of paraphrase and own
    [2, draws]."""
    here = (fold == f)[:, None]
    return weights @ (free * here), (weights @ (pair * here)).T


def _choices(free: Array, pair: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """What one fold says to the other, a line each: which content-free column is best, whether that is at most as good
    as own, and whether the paraphrase is below both."""
    best, (paraphrase, own) = free.argmax(axis=1), pair
    most = free.max(axis=1)
    return best, most <= own, paraphrase < np.minimum(most, own) - TINY


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
    why = _refused(records) if "paraphrase" in absent else ""
    return f"no item has {' or '.join(absent)}{why}" if absent else f"no item has all of {', '.join(needed)}"


def _refused(records: Sequence[Record]) -> str:
    """Why paraphrases are missing, as far as the records say: the commonest reason."""
    whys = Counter(str(record["rejected"]["why"]) for record in records if record.get("rejected"))
    if not whys:
        return ""
    (why, times), total = whys.most_common(1)[0], sum(whys.values())
    return f": {why}" if times == total else f": {why} ({times} of {total}; the records say why for each)"


def _fold(record: Record) -> float:
    return float(record["fold"])


def _extremes(chances: tuple[float, float], others: int, beside: int) -> Array:
    """The most extreme items that there may be, in the columns of `CrossFit`; the content-free conditions other than
    silent move together: what one of them alone does to the best of them, all of them do."""
    found = corners(UNIT, chances, UNIT, UNIT, *[UNIT] * beside)
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
    free = fit if fit.enough else CrossFit(ok, score, content=None)  # silence and fillers need no paraphrase
    rows = {
        name: (free if name in ("silent", "compute") else fit).estimate(name, formula, key)
        for name, formula in CHANNELS
    }
    ability = fit.estimate(*ABILITY, key)
    if not fit.enough:
        ability = _over_chance(ABILITY[0], "own", ok, score, key)
    if not free.enough:
        rows["silent"] = _over_chance("silent", "silent", ok, score, key)
    signed, wording = fit.estimate(*SIGNED, key), fit.estimate(*BY_WORDING, key)
    rows["content"] = _content(rows["content"], signed, wording)
    return [
        *rows.values(),
        ability,
        _share(fit, ability, rows["content"], key),
        _disruption(free.estimate(*DISRUPTION, key)),
        _by_wording(wording),
        signed,
    ]


def _over_chance(name: str, condition: str, ok: Sequence[Record], score: Score, key: Key) -> Estimate:
    """One condition minus chance, over the items that have it."""
    columns: list[Column] = [chance, partial(score, name=condition)]
    sample = gather(ok, columns, [_chances(ok), UNIT], f"no item has {condition}")
    return interval(name, difference(1, 0), sample, key)


def _content(content: Estimate, signed: Estimate, wording: Estimate) -> Estimate:
    """Content, or *none* where the paraphrase is clearly below the baseline and its own words are not: then what is
    lost is disruption, and the paraphrase shows nothing of what the words say."""
    if content.value is None or signed.value is None or wording.value is None:
        return content
    assert content.high is not None and signed.high is not None and wording.low is not None
    if wording.low <= TINY or signed.high >= -TINY or content.high < -TINY:
        return content
    why = (
        f"none: the paraphrase is below the content-free baseline (paraphrase - baseline = {_shown(signed)}), its own "
        "words are not: disruption by wording"
    )
    return Estimate.absent(content.name, why, content.n)


def _share(fit: CrossFit, ability: Estimate, content: Estimate, key: Key) -> Estimate:
    """Content over own - chance; absent, and never 0, where there is no ability to have a share of."""
    name, formula = SHARE
    if ability.value is None or ability.low is None:
        return Estimate.absent(name, ability.reason or "", ability.n)
    if ability.low <= 0:
        why = f"not identifiable: own is not above chance (own - chance = {_shown(ability)})"
        return Estimate.absent(name, why, ability.n)
    if content.value is None:
        return Estimate.absent(name, content.reason or "", content.n)
    return fit.estimate(name, formula, key)


def _by_wording(signed: Estimate) -> Estimate:
    """Reported only where the paraphrase is below both the baseline and own: otherwise it disrupts nothing."""
    if signed.value is None or signed.value > TINY:
        return signed
    why = (
        "none: the paraphrase is not below the content-free baseline and own (the lower of them - paraphrase = "
        f"{_shown(signed)})"
    )
    return Estimate.absent(signed.name, why, signed.n)


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
