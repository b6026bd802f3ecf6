"""Where the ability lives: silent, compute, content and residue, and the externalised share.

    reading             what stands between question and answer
    own                 the model's reasoning, as written
    paraphrase          the same meaning in other words
    filler              as many meaningless tokens as own, and as many as the paraphrase (the stronger counts)
    unrelated           reasoning about another question that leads to none of this item's options
    silent              nothing
    chance              nothing, and no model: 1 / number of options

    silent = silent - chance     compute = baseline - silent     content = level - baseline     residue = own - level

The content-free *baseline* is whichever of silent, the fillers and unrelated reasoning is best: what an answer gains
from any reasoning at all is not what this reasoning says, so it is compute and not content. Content, residue and the
share (content / (own - chance)) are the least over all of these (`baseline.py`): that there is any of them holds
whichever is best (the interval of residue spans those over each of them, since a level chosen from several noisy
baselines is too high). With the best one the four add up to own - chance.

A paraphrase that is worse than the baseline, while its own words are not, has not taken content away: it has thrown a
model that can answer without. So what stands in the channels is the *level*: the paraphrase, but not below the lower of
baseline and own. What the paraphrase is below that is `disruption by wording`; where that is clear, content and the
share are *none*. `paraphrase - baseline` is always there with its sign. Content is negative only where its own words
are below the baseline as well, so that the reasoning itself misleads.

Where an answer is free (no options, `space` is candidates), the same is given *undivided*: by the probability of the
right answer as the model gives it, which is not divided among candidates, over a chance of 0. A model that cannot
answer without reasoning gives the candidates little then, and the division says nothing; this number does.

The share is given where own - chance is clearly above 0, with a lower limit above `CLEAR`: below that the ratio says
nothing.

All channels are taken over the items that have every reading in the table above. Where there are too few of these,
each row is taken over the items that have what it needs: silent and compute need no paraphrase. The rows of single
conditions are over the items that have that one. This module does not know how conditions are made or whether a
paraphrase is faithful; and it decides in the mean, so a model that is thrown on some items and reads on others has the
two cancel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import compress

import numpy as np

from thinkaloud.metrics.baseline import CHANCE, SILENT, TINY, UNRELATED, Beside, bounds, fillers, guess
from thinkaloud.metrics.numbers import Numbers
from thinkaloud.metrics.readings import UNIT
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.records.about import Readout, about
from thinkaloud.records.condition import MISMATCHED, read
from thinkaloud.stats.bootstrap import KEY, Array, Statistic, difference, divide, interval, mean, means
from thinkaloud.vocabulary import Estimate, Key, Part

CHANNELS = ("silent", "compute", "content", "residue")
ABILITY, SHARE, DISRUPTION = "own - chance", "externalised share", "disruption"
BY_WORDING, SIGNED = "disruption by wording", "paraphrase - baseline"
CLEAR = 0.1
"""An ability whose lower limit is not above this has no share: the ratio would say nothing."""
NULLS = (UNRELATED, "foreign")
"""Reasoning about other questions: what it gives over silent and the fillers is not what the reasoning says."""
RESAMPLE = "resample"


def channels(records: Many, key: Key = KEY) -> list[Estimate]:
    """Everything in DESIGN's table, in reading order: conditions, channels, share, disruption, nulls, by accuracy.

    The names are `P(gold) CONDITION`, those in `CHANNELS`, `own - chance`, `externalised share`, `disruption`,
    `disruption by wording`, `paraphrase - baseline` and `content with unrelated` / `content with foreign` / `content
    with resample`. Units: probability (0..1); the share is a ratio.
    """
    ok = numbers(records).ok
    return [
        *conditions(ok, key),
        *table(ok, key=key),
        *_nulls(ok, key),
        *_by_accuracy(ok, key),
        *_undivided(ok, key),
    ]


def by_item(records: Many) -> dict[str, dict[str, float]]:
    """The four channels of each item (by its id); they add up to the item's own - chance.

    Baseline and level are the same conditions for all items, those that they are in the mean. Single items are
    meaningful only beside the others. Empty where the channels cannot be estimated at all.
    """
    ok = numbers(records).ok
    side = Beside(ok)
    if side.missing:
        return {}
    items, rows = compress(ok.items, side.there.tolist()), single(side).tolist()
    return {str(item): dict(zip(CHANNELS, row, strict=True)) for item, row in zip(items, rows, strict=True)}


def single(side: Beside) -> Array:
    """Each item's part in the four channels, [n, 4]."""
    return np.diff(side.sample.rows[:, [CHANCE, SILENT, side.best, side.level, side.own]], axis=1)


def conditions(ok: Numbers, key: Key) -> list[Estimate]:
    """P(gold) under each condition, over the items that have it; those asked in a foreign form come last."""
    order = ["own", "paraphrase", "silent", *fillers(ok), UNRELATED, "foreign", RESAMPLE]
    mismatched = [one.name for one in ok.conditions() if one.form == MISMATCHED]
    sample = ok.sample([ok.chance], [bounds(ok.chance)], "no record is ok")
    floor = interval("P(gold) chance", mean(0), sample, key, about=_reading("chance", "probability"))
    return [
        *(_condition(ok, name, "probability", key) for name in order),
        floor,
        *(_condition(ok, name, "probability", key) for name in mismatched),
    ]


def _condition(ok: Numbers, name: str, by: Readout, key: Key) -> Estimate:
    """Mean score under one condition."""
    sample = ok.sample([ok.score(name, by)], [UNIT], f"no item has {name}")
    return interval(f"P(gold) {name}", mean(0), sample, key, about=_reading(name, by))


def _reading(condition: str, by: Readout) -> Mapping[str, Part]:
    """What a mean score under one condition is about: by answer it is the accuracy."""
    return about(measure="P(gold)" if by == "probability" else "accuracy", **read(condition).about, by=by)


def _quantity(name: str, by: Readout) -> Mapping[str, Part]:
    """What a row of `table` is about."""
    return about(measure=name, condition="paraphrase", by=by) if name == "content" else about(measure=name, by=by)


def table(records: Many, by: Readout = "probability", key: Key = KEY) -> list[Estimate]:
    """The channels, what they add up to, the externalised share, and disruption, of records that are ok."""
    ok = numbers(records)
    side = Beside(ok, by)
    free = side if side.enough else Beside(ok, by, content=None)  # these need no paraphrase

    def of(name: str) -> Mapping[str, Part]:
        return _quantity(name, by)

    ability = (
        side.estimate(ABILITY, difference(side.own, CHANCE), of(ABILITY), key)
        if side.enough
        else _over_chance(ABILITY, "own", ok, by, key)
    )
    silent = (
        free.estimate("silent", difference(SILENT, CHANCE), of("silent"), key)
        if free.enough
        else _over_chance("silent", "silent", ok, by, key)
    )
    compute = free.greatest("compute", _each(free.free, SILENT), of("compute"), key)
    signed = side.least(SIGNED, [difference(side.content, k) for k in side.free], of(SIGNED), key)
    thrown = side.greatest(BY_WORDING, [_thrown(side, k) for k in side.free], of(BY_WORDING), key)
    content = side.least("content", [content_over(side, k) for k in side.free], of("content"), key)
    content = _content(content, signed, thrown)
    residue = side.spanning("residue", [residue_over(side, k) for k in side.free], of("residue"), key)
    share = side.least(SHARE, [share_over(side, k) for k in side.free], of(SHARE), key)
    disruption = free.least(DISRUPTION, _each([SILENT], *free.free[1:]) or [mean(SILENT)], of(DISRUPTION), key)
    return [
        silent,
        compute,
        content,
        residue,
        ability,
        _share(share, ability, content),
        _disruption(disruption),
        _by_wording(thrown),
        signed,
    ]


def _each(left: Iterable[int], *right: int) -> list[Statistic]:
    """Every one of the columns on the left minus every one on the right."""
    return [difference(one, other) for one in left for other in right]


def level(side: Beside, m: Array, baseline: Array) -> Array:
    """The paraphrase, but not below the lower of baseline and own; m [draws, columns] means, baseline [draws]."""
    return np.maximum(m[:, side.content], np.minimum(baseline, m[:, side.own]))


def content_over(side: Beside, free: int) -> Statistic:
    """Level minus one of the content-free columns."""

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        found: Array = level(side, m, m[:, free]) - m[:, free]
        return found

    return statistic


def residue_over(side: Beside, free: int) -> Statistic:
    """Own minus level, with one of the content-free columns as the baseline."""

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        found: Array = m[:, side.own] - level(side, m, m[:, free])
        return found

    return statistic


def share_over(side: Beside, free: int) -> Statistic:
    """Content over own - chance, with one of the content-free columns as the baseline."""
    content = content_over(side, free)

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        return divide(content(rows, weights), m[:, side.own] - m[:, CHANCE])

    return statistic


def _thrown(side: Beside, free: int) -> Statistic:
    """The lower of own and one of the content-free columns, minus the paraphrase."""

    def statistic(rows: Array, weights: Array) -> Array:
        m = means(rows, weights)
        found: Array = np.minimum(m[:, free], m[:, side.own]) - m[:, side.content]
        return found

    return statistic


def _over_chance(name: str, condition: str, ok: Numbers, by: Readout, key: Key) -> Estimate:
    """One condition minus chance, over the items that have it."""
    floor = guess(ok, by)
    sample = ok.sample([floor, ok.score(condition, by)], [bounds(floor), UNIT], f"no item has {condition}")
    return interval(name, difference(1, 0), sample, key, about=_quantity(name, by))


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
    return without(content, why)


def _share(share: Estimate, ability: Estimate, content: Estimate) -> Estimate:
    """Content over own - chance; absent, and never 0, where there is no clear ability to have a share of."""
    if ability.value is None or ability.low is None:
        return without(share, ability.reason or "", ability.n)
    if ability.low <= 0:
        why = f"not identifiable: own is not above chance (own - chance = {_shown(ability)})"
        return without(share, why, ability.n)
    if ability.low <= CLEAR:
        why = f"not identifiable: own is hardly above chance (own - chance = {_shown(ability)}, {CLEAR:g} is needed)"
        return without(share, why, ability.n)
    if content.value is None:
        return without(share, content.reason or "", content.n)
    return share


def _by_wording(signed: Estimate) -> Estimate:
    """Reported only where the paraphrase is below both the baseline and own: otherwise it disrupts nothing."""
    if signed.value is None or signed.value > TINY:
        return signed
    why = (
        "none: the paraphrase is not below the content-free baseline and own (the lower of them - paraphrase = "
        f"{_shown(signed)})"
    )
    return without(signed, why)


def _disruption(signed: Estimate) -> Estimate:
    """Reported only where the best filler is worse than silence: otherwise it is compute, not disruption."""
    if signed.value is None or signed.value > 0:
        return signed
    why = f"none: the best filler is not below silent (silent - best filler = {_shown(signed)})"
    return without(signed, why)


def _nulls(ok: Numbers, key: Key) -> list[Estimate]:
    """Content, recomputed with another reasoning in the place of the paraphrase. For reasoning about other questions
    the baseline is silent and the fillers: it is asked what such reasoning adds to them."""
    empty = ["silent", *fillers(ok)]
    sides = {other: Beside(ok, content=other, free=empty) for other in NULLS}
    sides[RESAMPLE] = Beside(ok, content=RESAMPLE)
    return [
        side.least(
            f"content with {other}",
            [difference(side.content, k) for k in side.free],
            about(measure="content", condition=other, by="probability"),
            key,
        )
        for other, side in sides.items()
    ]


def _by_accuracy(ok: Numbers, key: Key) -> list[Estimate]:
    """The main rows again, with 1 for a right most-probable option and 0 for a wrong one."""
    kept = ("silent", "content", "externalised share")
    rows = [
        *(_condition(ok, name, "answer", key) for name in ("own", "silent")),
        *(row for row in table(ok, "answer", key) if row.name in kept),
    ]
    return [replace(row, name=f"{row.name} (accuracy)") for row in rows]


def _undivided(ok: Numbers, key: Key) -> list[Estimate]:
    """The main rows again for free answers, by the probability of the right answer itself; none without such items."""
    free = ok.where(ok.free)
    kept = ("silent", "content", "residue", ABILITY, SHARE)
    rows = [row for row in table(free, "undivided", key) if row.name in kept] if len(free) else []
    return [replace(row, name=f"{row.name} (undivided)") for row in rows]


def without(row: Estimate, why: str, n: int | None = None) -> Estimate:
    """The same row without its number."""
    return Estimate.absent(row.name, why, row.n if n is None else n, about=row.about)


def _shown(row: Estimate) -> str:
    return f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
