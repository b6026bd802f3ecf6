"""The factored-cognition effect of one task, and what else a naive comparison of arms would have called by its name.

    factored effect    F2 - F1, T1 - T2        the same parts in fresh contexts; nothing else counts
    naive gain         F2 at b - R2 once       what one reads off a table of systems; it falls into
      spend            R2k at b - R2 once      as many tokens for the plain way
      information      F1 at b - R2k at b      the decomposition, in one context
      fresh context    F2 at b - F1 at b
    naive gain         T1 at b - R2 once       it falls into
      spend, tool      R2k - R2 once, T0 - R2k
      environment      T2 - T0
      fresh context    T1 - T2

The parts are taken over the items that have every arm of the sum, so they add up item by item and in the mean; the
factored effect by itself over the items that have its two arms. `F2 - F1` is the area between the curves over the log
range of the budgets on the primary meter, `F2 - F1 by B1` the same on another meter, `F2 - F1 at b` the difference at a
budget, with a band that holds at all budgets at once. `F2 spend` is what one attempt costs on the primary meter, in the
mean over an item's attempts (on a meter that knows a cache, later ones find the first one's prompt in it) and over the
items that have any. All rows share one bootstrap key. An arm that is not in the records, or is `absent` in all of them,
has no rows; an arm with too few items has rows that say so.

This module does not know about families or verdicts (`pool.py`, `equivalence.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thinkaloud.budget.meters import METERS
from thinkaloud.metrics import gaps
from thinkaloud.metrics.arm_edits import edits
from thinkaloud.metrics.frontier import Frontier, area_weights, common, crossing, frontiers, paired
from thinkaloud.stats.bootstrap import KEY, Array
from thinkaloud.stats.columns import SIGNED, Columns, estimates
from thinkaloud.stats.label import Label, label
from thinkaloud.vocabulary import Estimate, Key, Record

EFFECTS = (("F2", "F1"), ("T1", "T2"))
"""The two forms of the factored-cognition effect."""
GAINS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "F2": (("spend", "R2"), ("information", "F1"), ("fresh context", "F2")),
    "T1": (("spend", "R2"), ("tool", "T0"), ("environment", "T2"), ("fresh context", "T1")),
}
"""An arm -> the parts of its naive gain over R2 once, each with the arm that it arrives at."""


def rungs(records: Sequence[Record], budgets: Sequence[int], meter: str, key: Key = KEY) -> list[Estimate]:
    """Every estimate of one task, in reading order: accuracies, effects, naive gains, gaps, crossings, edits."""
    found = frontiers(records, budgets, meter)
    return [
        *(row for block in blocks(found, budgets, meter) for row in estimates(block, key)),
        *gaps.logits(gaps.pairs(found, meter).values(), key),
        *(crossing(crossing_of(arms), rows, budgets, key) for arms, rows in differences(found, meter).items()),
        *edits(records, key),
    ]


def blocks(found: Mapping[str, Frontier], budgets: Sequence[int], meter: str) -> list[Columns]:
    """Everything that is a mean over items, a matrix for each set of items."""
    return [
        *(block for arm in found.values() for block in (_accuracies(arm, budgets, meter), _spend(arm, meter))),
        *(block for left, right in EFFECTS for block in _effect(found, (left, right), budgets, meter)),
        *(block for arm in GAINS for block in _gain(found, arm, budgets, meter)),
        *gaps.raw(gaps.pairs(found, meter).values()),
    ]


def differences(found: Mapping[str, Frontier], meter: str) -> dict[tuple[str, str], Array]:
    """The factored effects on a meter: the two arms -> the difference of each item that has both, [items, budgets]."""
    rows = {}
    for left, right in EFFECTS:
        if left in found and right in found:
            one, other = paired(found[left], found[right])
            rows[left, right] = found[left].at[meter][one] - found[right].at[meter][other]
    return rows


def effect_of(arms: tuple[str, str]) -> Label:
    """The label of a difference between two arms, of whichever number of it."""
    return label(" - ".join(arms), measure="effect", arm=arms[0], against=arms[1])


def crossing_of(arms: tuple[str, str]) -> Label:
    """The label of the budget at which two curves cross."""
    return label(f"crossing {' '.join(arms)}", measure="effect", role="crossing", arm=arms[0], against=arms[1])


def by_meter(of: Label, meter: str, primary: str) -> Label:
    """A label on a meter; the name does not say which one if it is the primary one."""
    parts = {**of.about, "meter": meter, "primary": primary}
    return Label(of.name if meter == primary else f"{of.name} by {meter}", parts)


def primary_first(meter: str) -> list[str]:
    """All meters, this one first."""
    return sorted(METERS, key=lambda m: (m != meter, m))


def voted(arm: str) -> str:
    """What an arm is called at a budget: R2 with votes is R2k, every other arm keeps its name."""
    return gaps.VOTED if arm == "R2" else arm


def _accuracies(arm: Frontier, budgets: Sequence[int], meter: str) -> Columns:
    """Once, and at every budget on every meter, the primary one first."""
    labels = [label(f"{arm.arm} once", measure="accuracy", role="once", arm=arm.arm)]
    columns, name = [arm.once[:, None]], voted(arm.arm)
    for m in primary_first(meter):
        at = [label(f"{name} at {budget}", measure="accuracy", arm=name, budget=budget) for budget in budgets]
        labels += [by_meter(one, m, meter) for one in at]
        columns.append(arm.at[m])
    return Columns(tuple(labels), np.hstack(columns), units=arm.items, lacking=f"no item has {arm.arm}")


def _spend(arm: Frontier, meter: str) -> Columns:
    """What one attempt costs; an item that failed before its first attempt is not one that cost nothing."""
    known = np.isfinite(arm.spend)
    own = label(f"{arm.arm} spend", measure="cost of an attempt", arm=arm.arm, meter=meter, primary=meter)
    lacking = f"no item has an attempt of {arm.arm}"
    units = tuple(name for name, there in zip(arm.items, known, strict=True) if there)
    return Columns((own,), arm.spend[known][:, None], units=units, box=None, lacking=lacking)


def _effect(found: Mapping[str, Frontier], arms: tuple[str, str], budgets: Sequence[int], meter: str) -> list[Columns]:
    """The area on every meter, the primary one first, and the band over the budgets."""
    rows = {m: differences(found, m).get(arms) for m in primary_first(meter)}
    here = {m: difference for m, difference in rows.items() if difference is not None}
    if not here:
        return []
    own, weights, items = effect_of(arms), area_weights(budgets), common(*(found[arm] for arm in arms))
    lacking = f"no item has both of {own.name}"
    area = Label(own.name, {**own.about, "role": "area"})
    areas = np.stack([difference @ weights for difference in here.values()], axis=1)
    at = tuple(own.more(f"at {budget}", budget=budget, meter=meter, primary=meter) for budget in budgets)
    return [
        Columns(tuple(by_meter(area, m, meter) for m in here), areas, units=items, box=SIGNED, lacking=lacking),
        Columns(at, here[meter], units=items, box=SIGNED, band=True, lacking=lacking),
    ]


def _gain(found: Mapping[str, Frontier], arm: str, budgets: Sequence[int], meter: str) -> list[Columns]:
    """The naive gain of an arm at every budget with its parts, over the items that have all arms of the sum."""
    steps = GAINS[arm]
    here = [found[name] for _, name in steps if name in found]
    if len(here) < len(steps):
        return []
    rows = paired(*here)
    scores = [a.at[meter][r] for a, r in zip(here, rows, strict=True)]
    start = here[0].once[rows[0]][:, None]
    labels, columns = _gain_labels(f"naive gain {arm}", arm, budgets, meter), [scores[-1] - start]
    for (part, _), before, after in zip(steps, [start, *scores[:-1]], scores, strict=True):
        labels += _gain_labels(f"{part} {arm}", arm, budgets, meter, part)
        columns.append(after - before)
    lacking = f"no item has all of {', '.join(name for _, name in steps)}"
    return [Columns(tuple(labels), np.hstack(columns), units=common(*here), box=SIGNED, lacking=lacking)]


def _gain_labels(name: str, arm: str, budgets: Sequence[int], meter: str, part: str | None = None) -> list[Label]:
    """The labels of a naive gain over R2 once, or of a part of it, at every budget."""
    whole = label(name, measure="naive gain" if part is None else "part of a naive gain", arm=arm, against="R2")
    own = whole if part is None else Label(name, {**whole.about, "part": part})
    return [own.more(f"at {budget}", budget=budget, meter=meter, primary=meter) for budget in budgets]
