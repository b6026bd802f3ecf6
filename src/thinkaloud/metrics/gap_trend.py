"""Do gaps between rungs widen with size? A line through models for each gap, on two scales, and a verdict by a rule.

As in `metrics/trend.py`: the unit is the MODEL, each has one number, and the interval is Student's t with (models - 2)
degrees of freedom, with what only the items know added and never shorter than the items alone allow. A model's number
is the mean over families of the family's own gap (`metrics/gaps.py`: single attempts, spend not matched, R2k voted at
the largest budget), over the families of which every model has `FEWEST` items, each family counting alike. Each model
answers at its own level; `same_levels` counts the families whose level is the same for all. An item that several models
were asked is left out of all of them at once.

Two inferences. `slope` is of *this pool*: other items of these families. `beyond` is of *families like these*: the same
with families left out in turn instead of items, and never shorter. It knows that the slope may differ between families;
no scatter of the models shows that, for they share the families. Fewer than `FEWEST` families say nothing of others.

Two scales, because each alone can make a trend out of nothing: near the ends of the accuracy scale a difference of
accuracies must shrink, and a difference of logits is stretched. On the logit scale a gap is the difference of the
logits of (k + .5) / (n + 1), n the items of the model that has fewest in that family; where nothing or everything is
right that is only how many items there were (`pinned`: the share of a model's accuracies within one item of an end, for
the model with most).

THE RULE. *not identifiable*: fewer than `MODELS` models or `SIZES` sizes, or more than `PINNED` of some model's
accuracies at an end. *widens*: on both scales the interval of the slope lies above 0, and the slope stays above 0
whichever model is left out; *narrows*: below. *depends on the scale*: the interval of one scale leaves 0 out and that
of the other does not, or they lie on opposite sides. *not decided*: anything else. A gap X - Y is signed: it widens
when X gains on Y, also where X is behind.

This module does not know what else differs between models, nor about folders or figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.frontier import Frontier, Name, frontiers
from thinkaloud.metrics.gaps import GAPS, pairs
from thinkaloud.metrics.trend import (
    MODELS,
    SIZES,
    Sized,
    Spread,
    ascending,
    left_out,
    line_weights,
    logits,
    rate_of,
    slope_of,
    too_few,
)
from thinkaloud.stats.bootstrap import FEWEST, Array, unseen_share
from thinkaloud.vocabulary import Estimate, Record

PINNED = 0.5
"""A larger share of a model's accuracies than this at an end of the scale leaves its logit gap unknown."""

GapVerdict = Literal["widens", "narrows", "not decided", "depends on the scale", "not identifiable"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A line through models on one scale: each model's gap, the slope per decade of parameters (`slope`: this pool,
    `beyond`: families like these), and the least and the largest slope when one model is left out."""

    rates: tuple[Estimate, ...]
    slope: Estimate
    beyond: Estimate
    left_out: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class GapTrend:
    """All about one gap. `families` by name are those of which every model has enough items, `same_levels` of them at
    one level for all models; `items` are those of the model that has fewest; `pinned`: see the module's first lines.
    `verdict` is about this pool, `beyond` about families like these."""

    gap: str
    families: tuple[str, ...]
    same_levels: int
    items: int
    pinned: float
    raw: Scale
    logit: Scale
    verdict: GapVerdict
    reason: str
    beyond: GapVerdict
    reason_beyond: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one family: the items that have both arms, and their two scores [items, 2]."""

    items: tuple[Name, ...]
    scores: Array


Cells = Sequence[Sequence[Cell]]
"""[families][models]"""


def gap_trends(models: Sequence[Sized], budgets: Sequence[int], meter: str) -> list[GapTrend]:
    """A trend for each gap that every model has in some common family; models in ascending order of size."""
    models = ascending(models)
    found = [_frontiers(model.records, budgets, meter) for model in models]
    made = []
    for left, right in GAPS:
        there = [{f: cell for f, x in own.items() if (cell := _cell(x, left, right, meter))} for own in found]
        families = [family for family in there[0] if all(family in own for own in there)]
        if families:
            cells = [[own[family] for own in there] for family in families]
            made.append(gap_trend(f"{left} - {right}", families, cells, models))
    return made


def levels(models: Sequence[Sized]) -> dict[str, tuple[Any, ...]]:
    """Family -> the level of each model, in ascending order of size; only families that all of them have."""
    found = [{str(record["task"]): record["level"] for record in model.records} for model in ascending(models)]
    return {family: tuple(own[family] for own in found) for family in found[0] if all(family in own for own in found)}


def _frontiers(records: Sequence[Record], budgets: Sequence[int], meter: str) -> dict[str, Mapping[str, Frontier]]:
    by_task: dict[str, list[Record]] = {}
    for record in records:
        by_task.setdefault(str(record["task"]), []).append(record)
    return {task: frontiers(own, budgets, meter) for task, own in by_task.items()}


def _cell(found: Mapping[str, Frontier], left: str, right: str, meter: str) -> Cell | None:
    """Both scores of the items that have them; None where there are too few."""
    gap = pairs(found, meter).get((left, right))
    return None if gap is None or len(gap.items) < FEWEST else Cell(gap.items, gap.scores)


# ---------------------------------------------------------------------------------------------------- from the cells


def gap_trend(gap: str, families: Sequence[str], cells: Cells, models: Sequence[Sized]) -> GapTrend:
    """The two lines and the verdict of one gap; `models` are in ascending order."""
    sizes = np.log10([model.parameters for model in models])
    counted = np.array([[min(len(cell.items) for cell in row)] for row in cells], dtype=np.float64)
    left, names = _left_out_once(cells), [model.name for model in models]
    spread = Spread(sizes, left.strata, min(sum(len(row[j].items) for row in cells) for j in range(len(models))))
    raw = _line(left, names, spread, None)
    logit = _line(left, names, spread, counted)
    right = left.whole * counted[:, :, None]  # how many are right
    at_end = (right < 1 - 1e-9) | (right > counted[:, :, None] - 1 + 1e-9)
    pinned = float(at_end.mean(axis=(0, 2)).max())
    known = levels(models)
    same = sum(len(set(known[family])) == 1 for family in families if family in known)
    here = judge(sizes, raw, logit, pinned)
    beyond = judge(sizes, replace(raw, slope=raw.beyond), replace(logit, slope=logit.beyond), pinned)
    return GapTrend(gap, tuple(families), same, spread.n, pinned, raw, logit, *here, *beyond)


@dataclass(frozen=True, slots=True)
class _Drops:
    """Accuracies `whole` [families, models, 2], and what becomes of them when one item is left out: for each item its
    family and stratum, which models it was asked (`asked` [items, models]) and their accuracies [items, models, 2]."""

    whole: Array
    family: NDArray[np.int64]
    strata: NDArray[np.int64]
    asked: NDArray[np.bool_]
    without: Array

    def at(self, counted: Array | None) -> Array:
        """One number a model on a scale, with all items and with all but one: [1 + items, models]."""
        each = _gap(self.whole, counted)
        own = None if counted is None else counted[self.family]
        moved = np.where(self.asked, _gap(self.without, own) - each[self.family], 0.0) / len(each)
        return np.concatenate([each.mean(axis=0)[None], each.mean(axis=0) + moved])

    def families(self, counted: Array | None) -> Array:
        """The same with all families and with all but one: [1 + families, models]."""
        each = _gap(self.whole, counted)
        without = (each.sum(axis=0) - each) / max(1, len(each) - 1)
        return np.concatenate([each.mean(axis=0)[None], without])

    def end(self, share: float, upper: NDArray[np.bool_], counted: Array | None) -> Array:
        """One number a model if a share of its items were not as seen: the first arm right on them and the second
        wrong where `upper` [models], else the other way round."""
        extreme = np.stack([upper, ~upper], axis=-1).astype(np.float64)
        found: Array = _gap((1 - share) * self.whole + share * extreme, counted).mean(axis=0)
        return found


def _gap(accuracies: Array, counted: Array | None) -> Array:
    """First minus second of accuracies [..., models, 2], as they are or (given how many items they rest on) in
    logits."""
    scaled = accuracies if counted is None else logits(accuracies, counted[..., None])
    return np.asarray(scaled[..., 0] - scaled[..., 1], dtype=np.float64)


def _left_out_once(cells: Cells) -> _Drops:
    """Leave every item of every family out once. Items of one level of one family are a stratum."""
    whole = np.array([[cell.scores.mean(axis=0) for cell in row] for row in cells])
    family, strata, asked, without = [], [], [], []
    numbers: dict[tuple[int, Any], int] = {}
    for f, row in enumerate(cells):
        place = {name: i for i, name in enumerate(dict.fromkeys(name for cell in row for name in cell.items))}
        was = np.zeros((len(place), len(row)), dtype=np.bool_)
        drop = np.repeat(whole[f][None], len(place), axis=0)
        for j, cell in enumerate(row):
            here, n = [place[name] for name in cell.items], len(cell.items)
            was[here, j] = True
            drop[here, j] = (cell.scores.sum(axis=0) - cell.scores) / (n - 1)
        family += [f] * len(place)
        strata += [numbers.setdefault((f, _level(name)), len(numbers)) for name in place]
        asked.append(was)
        without.append(drop)
    places = np.array(family, dtype=np.int64), np.array(strata, dtype=np.int64)
    return _Drops(whole, *places, np.concatenate(asked), np.concatenate(without))


def _level(name: Name) -> Any:
    """The level of an item's name."""
    return name[0] if isinstance(name, tuple) else None


def _line(left: _Drops, names: Sequence[str], spread: Spread, counted: Array | None) -> Scale:
    """The line on one scale; `counted` [families, 1]: in logits."""
    at, share, models = left.at(counted), unseen_share(spread.n), len(names)
    low, high = (left.end(share, np.full(models, upper), counted) for upper in (False, True))
    rates = tuple(rate_of(name, at[:, j], (low[j], high[j]), spread) for j, name in enumerate(names))
    title = "slope" if counted is None else "logit slope"
    lacking = too_few(spread.sizes)
    if lacking is not None:
        none = Estimate.absent(title, lacking, spread.n)
        return Scale(rates, none, none, None)
    weights = line_weights(spread.sizes)
    ends = [float(np.where(sign * weights > 0, high, low) @ weights) for sign in (-1, 1)]
    slope = slope_of(title, at, ends, spread)
    return Scale(rates, slope, _beyond(slope, left.families(counted), spread), left_out(at[0], spread.sizes))


def _beyond(here: Estimate, at: Array, spread: Spread) -> Estimate:
    """The slope for families like these, never surer than that of this pool; at [1 + families, models]."""
    families = len(at) - 1
    if families < FEWEST:
        why = f"not identifiable: {families} families, at least {FEWEST} are needed to speak of others"
        return Estimate.absent(here.name, why, spread.n)
    ends = [end for end in (here.low, here.high) if end is not None]
    found = slope_of(here.name, at, ends, Spread(spread.sizes, np.zeros(families, dtype=np.int64), families))
    return replace(found, n=spread.n)


# ------------------------------------------------------------------------------------------------------------ the rule


def judge(sizes: Array, raw: Scale, logit: Scale, pinned: float) -> tuple[GapVerdict, str]:
    """The rule: verdict and the reason for it."""
    different = len(np.unique(sizes))
    short = (
        (len(sizes) < MODELS, f"number of models {len(sizes)}, at least {MODELS} are needed"),
        (different < SIZES, f"number of different sizes {different}, at least {SIZES} are needed"),
        (
            pinned > PINNED,
            f"{pinned:.0%} of some model's accuracies are (nearly) 0 or 1, which have no logits to compare",
        ),
        (raw.left_out is None or logit.left_out is None, "without one of the models there is no slope"),
        (raw.slope.value is None or logit.slope.value is None, raw.slope.reason or logit.slope.reason or ""),
    )
    lacking = next((why.removeprefix("not identifiable: ") for lacks, why in short if lacks), None)
    if lacking is not None:
        return "not identifiable", lacking
    sides = side(raw.slope), side(logit.slope)
    if sides == (0, 0):
        return "not decided", "the intervals of both slopes contain 0"
    if sides[0] != sides[1]:
        words = {1: "above 0", 0: "not different from 0", -1: "below 0"}
        return "depends on the scale", f"the slope is {words[sides[0]]} as it is and {words[sides[1]]} in logits"
    where = "above" if sides[0] > 0 else "below"
    if not all(_stays(scale, sides[0]) for scale in (raw, logit)):
        return "not decided", f"both slopes are {where} 0, but not whichever model is left out"
    behind = [e.value is not None and e.value * sides[0] < 0 for e in raw.rates]
    beside = "; the gap is on the other side of 0 for every model, so the rungs come closer" if all(behind) else ""
    reason = f"both slopes are {where} 0, whichever model is left out{beside}"
    return ("widens" if sides[0] > 0 else "narrows"), reason


def side(slope: Estimate) -> int:
    """1 or -1 where the interval leaves 0 out, else 0."""
    if slope.low is None or slope.high is None:
        return 0
    return int(slope.low > 0) - int(slope.high < 0)


def _stays(scale: Scale, sign: int) -> bool:
    """Whether the slope keeps its sign whichever model is left out."""
    return scale.left_out is not None and all(sign * end > 0 for end in scale.left_out)
