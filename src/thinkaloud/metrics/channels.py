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

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from thinkaloud.metrics.bootstrap import (
    KEY,
    difference,
    divide,
    interval,
    mean,
)
from thinkaloud.metrics.crossfit import TINY, UNRELATED, CrossFit, Formula, chances, fillers
from thinkaloud.metrics.readings import UNIT, Column, Score, chance, gather, hit, p_gold, parsed
from thinkaloud.metrics.readings import conditions as conditions_of
from thinkaloud.records.about import Readout, about
from thinkaloud.records.condition import MISMATCHED, read
from thinkaloud.records.item import ItemRecord
from thinkaloud.vocabulary import Estimate, Key, Part, Record

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
NULLS = (UNRELATED, "foreign")
"""Reasoning about other questions: what it gives over silent and the fillers is not what the reasoning says."""
RESAMPLE = "resample"


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


def conditions(ok: Sequence[ItemRecord], key: Key) -> list[Estimate]:
    """P(gold) under each condition, over the items that have it; those asked in a foreign form come last."""
    order = ["own", "paraphrase", "silent", *fillers(ok), UNRELATED, "foreign", RESAMPLE]
    mismatched = [one.name for one in conditions_of(ok) if one.form == MISMATCHED]
    sample = gather(ok, [chance], [chances(ok)], "no record is ok")
    floor = interval("P(gold) chance", mean(0), sample, key, about=_reading("chance", "probability"))
    return [
        *(_condition(ok, name, p_gold, key) for name in order),
        floor,
        *(_condition(ok, name, p_gold, key) for name in mismatched),
    ]


def _condition(ok: Sequence[ItemRecord], name: str, score: Score, key: Key) -> Estimate:
    """Mean score under one condition."""
    sample = gather(ok, [partial(score, name=name)], [UNIT], f"no item has {name}")
    return interval(f"P(gold) {name}", mean(0), sample, key, about=_reading(name, _readout(score)))


def _readout(score: Score) -> Readout:
    return "answer" if score is hit else "probability"


def _reading(condition: str, by: Readout) -> Mapping[str, Part]:
    """What a mean score under one condition is about: by answer it is the accuracy."""
    return about(measure="P(gold)" if by == "probability" else "accuracy", **read(condition).about, by=by)


def _quantity(name: str, by: Readout) -> Mapping[str, Part]:
    """What a row of `table` is about."""
    return about(measure=name, condition="paraphrase", by=by) if name == "content" else about(measure=name, by=by)


def table(ok: Sequence[ItemRecord], score: Score, key: Key) -> list[Estimate]:
    """The channels, what they add up to, the externalised share, and disruption."""
    fit = CrossFit(ok, score)
    free = fit if fit.enough else CrossFit(ok, score, content=None)  # silence and fillers need no paraphrase

    def made(of: CrossFit, name: str, formula: Formula) -> Estimate:
        return of.estimate(name, formula, key, _quantity(name, _readout(score)))

    rows = {name: made(free if name in ("silent", "compute") else fit, name, formula) for name, formula in CHANNELS}
    ability = made(fit, *ABILITY) if fit.enough else _over_chance(ABILITY[0], "own", ok, score, key)
    if not free.enough:
        rows["silent"] = _over_chance("silent", "silent", ok, score, key)
    signed, wording = made(fit, *SIGNED), made(fit, *BY_WORDING)
    rows["content"] = _content(rows["content"], signed, wording)
    return [
        *rows.values(),
        ability,
        _share(made(fit, *SHARE), ability, rows["content"]),
        _disruption(made(free, *DISRUPTION)),
        _by_wording(wording),
        signed,
    ]


def _over_chance(name: str, condition: str, ok: Sequence[ItemRecord], score: Score, key: Key) -> Estimate:
    """One condition minus chance, over the items that have it."""
    columns: list[Column] = [chance, partial(score, name=condition)]
    sample = gather(ok, columns, [chances(ok), UNIT], f"no item has {condition}")
    return interval(name, difference(1, 0), sample, key, about=_quantity(name, _readout(score)))


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
    return _without(content, why)


def _share(share: Estimate, ability: Estimate, content: Estimate) -> Estimate:
    """Content over own - chance; absent, and never 0, where there is no ability to have a share of."""
    if ability.value is None or ability.low is None:
        return _without(share, ability.reason or "", ability.n)
    if ability.low <= 0:
        why = f"not identifiable: own is not above chance (own - chance = {_shown(ability)})"
        return _without(share, why, ability.n)
    if content.value is None:
        return _without(share, content.reason or "", content.n)
    return share


def _by_wording(signed: Estimate) -> Estimate:
    """Reported only where the paraphrase is below both the baseline and own: otherwise it disrupts nothing."""
    if signed.value is None or signed.value > TINY:
        return signed
    why = (
        "none: the paraphrase is not below the content-free baseline and own (the lower of them - paraphrase = "
        f"{_shown(signed)})"
    )
    return _without(signed, why)


def _disruption(signed: Estimate) -> Estimate:
    """Reported only where the best filler is worse than silence: otherwise it is compute, not disruption."""
    if signed.value is None or signed.value > 0:
        return signed
    why = f"none: the best filler is not below silent (silent - best filler = {_shown(signed)})"
    return _without(signed, why)


def _nulls(ok: Sequence[ItemRecord], key: Key) -> list[Estimate]:
    """Content, recomputed with another reasoning in the place of the paraphrase. For reasoning about other questions
    the baseline is silent and the fillers: it is asked what such reasoning adds to them."""
    formula, empty = dict(CHANNELS)["content"], ["silent", *fillers(ok)]
    fits = {other: CrossFit(ok, content=other, free=empty) for other in NULLS} | {
        RESAMPLE: CrossFit(ok, content=RESAMPLE)
    }
    return [
        fit.estimate(f"content with {other}", formula, key, about(measure="content", condition=other, by="probability"))
        for other, fit in fits.items()
    ]


def _by_accuracy(ok: Sequence[ItemRecord], key: Key) -> list[Estimate]:
    """The main rows again, with 1 for a right most-probable option and 0 for a wrong one."""
    kept = ("silent", "content", "externalised share")
    rows = [
        *(_condition(ok, name, hit, key) for name in ("own", "silent")),
        *(row for row in table(ok, hit, key) if row.name in kept),
    ]
    return [replace(row, name=f"{row.name} (accuracy)") for row in rows]


def _without(row: Estimate, why: str, n: int | None = None) -> Estimate:
    """The same row without its number."""
    return Estimate.absent(row.name, why, row.n if n is None else n, about=row.about)


def _shown(row: Estimate) -> str:
    return f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
