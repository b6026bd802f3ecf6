"""The claims of thinkaloud.metrics.factored, .gaps, .arm_edits and .pool: effects by name, and parts that add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from arm_records import arm_attempt, arm_record, spent
from thinkaloud.metrics.arm_edits import Share, share
from thinkaloud.metrics.factored import rungs
from thinkaloud.metrics.pool import pool
from thinkaloud.stats.label import Label
from thinkaloud.vocabulary import Estimate, Record

BUDGETS = (1000, 4000, 16000)
RATES = {"R0": 0.2, "R1": 0.3, "R2": 0.4, "F1": 0.5, "F2": 0.7, "T0": 0.5, "T1": 0.6, "T2": 0.6}


def record(arm: str, item: int, rng: np.random.Generator, rate: float, task: str = "t") -> Record:
    right = rng.random(4) < rate
    spends = rng.integers(200, 900, 4)
    answers = zip(right, spends, strict=True)
    attempts = [arm_attempt("A" if hit else "B", spent(output=int(cost))) for hit, cost in answers]
    return arm_record(arm, f"{task}/{item}", attempts, task, load=100 + item)


def study(n: int = 30, seed: int = 0, task: str = "t", **rates: float) -> list[Record]:
    rng = np.random.default_rng(seed)
    return [record(arm, i, rng, rate, task) for arm, rate in {**RATES, **rates}.items() for i in range(n)]


def named(rows: list[Estimate]) -> dict[str, Estimate]:
    found = {row.name: row for row in rows}
    assert len(found) == len(rows), "a name twice"
    return found


def value(row: Estimate) -> float:
    assert row.value is not None, row.reason
    return row.value


@pytest.fixture(scope="module")
def rows() -> dict[str, Estimate]:
    return named(rungs(study(), BUDGETS, "B4"))


PARTS = {
    "F2": ("spend", "information", "fresh context"),
    "T1": ("spend", "tool", "environment", "fresh context"),
}


@pytest.mark.parametrize("arm", PARTS)
@pytest.mark.parametrize("budget", BUDGETS)
def test_a_naive_gain_is_exactly_the_sum_of_its_parts(rows: dict[str, Estimate], arm: str, budget: int) -> None:
    whole = value(rows[f"naive gain {arm} at {budget}"])
    assert whole == pytest.approx(sum(value(rows[f"{part} {arm} at {budget}"]) for part in PARTS[arm]), abs=1e-12)
    assert whole == pytest.approx(value(rows[f"{arm} at {budget}"]) - value(rows["R2 once"]), abs=1e-12)


def test_the_parts_add_up_where_arms_lack_items_too() -> None:
    """Over the items that all arms have: F1 lacks ten, R2 lacks another five."""
    some = [
        r for r in study() if not (r["arm"] == "F1" and r["load"] < 110) and not (r["arm"] == "R2" and r["load"] >= 125)
    ]
    found = named(rungs(some, BUDGETS, "B4"))
    assert found["naive gain F2 at 4000"].n == 15
    assert found["F2 - F1 at 4000"].n == 20
    parts = sum(value(found[f"{part} F2 at 4000"]) for part in PARTS["F2"])
    assert value(found["naive gain F2 at 4000"]) == pytest.approx(parts, abs=1e-12)


def test_the_effect_is_the_area_between_its_two_curves_and_nothing_else(rows: dict[str, Estimate]) -> None:
    """Equal log steps: the trapezoid weighs 1/4, 1/2, 1/4; on every meter by its own accuracies."""
    for by in ("", " by B1", " by B2", " by B3"):
        at = [value(rows[f"F2 at {b}{by}"]) - value(rows[f"F1 at {b}{by}"]) for b in BUDGETS]
        assert value(rows[f"F2 - F1{by}"]) == pytest.approx((at[0] + 2 * at[1] + at[2]) / 4)
    assert "F2 - F1 by B4" not in rows and "F2 at 1000 by B4" not in rows


def test_voted_r2_is_called_r2k_at_a_budget_and_every_other_arm_keeps_its_name(rows: dict[str, Estimate]) -> None:
    assert {"R2 once", "R2k at 1000", "R2k at 1000 by B1", "F2 once", "F2 at 16000 by B3"} <= rows.keys()
    assert not {"R2 at 1000", "R2k once"} & rows.keys()


def test_an_arm_that_is_not_there_has_no_rows_and_one_with_few_items_has_reasons() -> None:
    without = [r for r in study() if r["arm"] not in ("F1", "T2")]
    names = named(rungs(without, BUDGETS, "B4"))
    assert not [name for name in names if "F1" in name or "T2" in name or "fresh context" in name or "crossing" in name]
    few = named(rungs([r for r in study() if r["arm"] != "F1" or r["load"] < 103], BUDGETS, "B4"))
    assert few["F2 - F1"].reason == "too few items (n=3): an interval needs at least 5"
    apart = [r for r in study() if (r["arm"], r["load"] < 115) in (("F1", True), ("F2", False))]
    assert named(rungs(apart, BUDGETS, "B4"))["F2 - F1"].reason == "not measured: no item has both of F2 - F1"


def test_what_one_attempt_costs_is_a_row_of_every_arm_and_unbounded(rows: dict[str, Estimate]) -> None:
    """Mean over items of an item's mean; items without an attempt are not there; clustered by item."""
    costs = [
        np.mean([a["spend"]["uncached"] + a["spend"]["output"] for a in r["attempts"]])
        for r in study()
        if r["arm"] == "F2"
    ]
    row = rows["F2 spend"]
    assert value(row) == pytest.approx(np.mean(costs)) and (row.n, row.clustered_by) == (30, "item")
    assert row.low is not None and row.high is not None and 500 < row.low < value(row) < row.high < 800
    assert {f"{arm} spend" for arm in RATES} <= rows.keys()
    broken = [{**r, "attempts": [], "status": "failed"} if r["load"] < 110 else r for r in study()]
    assert named(rungs(broken, BUDGETS, "B4"))["F2 spend"].n == 20


def test_an_arm_that_cannot_be_asked_this_is_simply_not_there() -> None:
    """`absent` in all records of a task is the same as no record; a failed record is an item with 0."""
    nothing: dict[str, Any] = {"attempts": [], "short": {}, "edits": {}, "error": "no parts"}
    absent = [{**r, **nothing, "status": "absent"} if r["arm"] in ("F2", "T0") else r for r in study()]
    without = [r for r in study() if r["arm"] not in ("F2", "T0")]
    assert rungs(absent, BUDGETS, "B4") == rungs(without, BUDGETS, "B4")
    assert rungs([{**r, **nothing, "status": "absent"} for r in study()], BUDGETS, "B4") == []
    failed = [{**r, **nothing, "status": "failed"} if r["arm"] == "F2" else r for r in study()]
    found = named(rungs(failed, BUDGETS, "B4"))
    assert (value(found["F2 once"]), found["F2 once"].n) == (0.0, 30)
    assert found["F2 spend"].reason == "not measured: no item has an attempt of F2"


def test_the_same_arm_twice_has_an_effect_of_exactly_zero() -> None:
    same = study(F1=0.5)
    same = [r for r in same if r["arm"] != "F2"] + [{**r, "arm": "F2"} for r in same if r["arm"] == "F1"]
    found = named(rungs(same, BUDGETS, "B4"))
    for name in ("F2 - F1", "F2 - F1 at 1000", "F2 - F1 by B2", "fresh context F2 at 4000", "gap F2 - F1 logit"):
        assert value(found[name]) == pytest.approx(0.0, abs=1e-12)
    low, high = found["F2 - F1"].low, found["F2 - F1"].high
    assert low is not None and high is not None and low == pytest.approx(-high, abs=0.01)  # the prior item is drawn
    assert 0.02 < high < 1 - 0.05 ** (1 / 30)


def test_gaps_are_raw_and_in_smoothed_logits(rows: dict[str, Estimate]) -> None:
    one, two = (value(rows[f"{arm} once"]) for arm in ("R1", "R2"))
    assert value(rows["gap R2 - R1"]) == pytest.approx(two - one)
    logit = [math.log((p * 30 + 0.5) / (30 - p * 30 + 0.5)) for p in (one, two)]
    assert value(rows["gap R2 - R1 logit"]) == pytest.approx(logit[1] - logit[0])
    assert value(rows["gap R2k - R2"]) == pytest.approx(value(rows["R2k at 16000"]) - two)


def test_a_gap_at_the_ceiling_has_a_finite_logit() -> None:
    found = named(rungs(study(R1=1.0, R2=1.0), BUDGETS, "B4"))
    assert value(found["gap R2 - R1 logit"]) == 0.0
    assert value(found["gap R1 - R0 logit"]) < math.log(30.5 / 0.5) * 2


# ------------------------------------------------------------------------------------------------------------ edits


def test_the_externalised_share_of_the_printed_example() -> None:
    """.80, .50, .25 -> .5455: of 20 items 16 are right, 10 without the intermediates."""
    own, cut = np.arange(20) < 16, np.arange(20) < 10
    found = share(Share(Label("s"), np.stack([own, cut, np.full(20, 0.25)], axis=1).astype(float)))
    assert found.value == pytest.approx(0.5455, abs=5e-5)


def edited(n: int = 20, own: int = 16, cut: int = 10) -> list[Record]:
    """Items 0..own are right, 0..cut still without intermediates; half of the corruptions imply an answer."""
    rows = []
    for i, base in enumerate(r for r in study(n) if r["arm"] == "F2"):
        first: dict[str, Any] = {**base["attempts"][0], "right": i < own}
        follow = None if i % 2 else i < 12
        edits = {
            "cut": {"right": i < cut, "changed": not i < cut, "followed": None},
            "corrupt": {"right": False, "changed": True, "followed": follow},
            "reword": {"right": i < own, "changed": False, "followed": None},
        }
        rows.append({**base, "attempts": [first], "edits": edits})
    return rows


def test_need_residue_and_use_are_each_over_the_items_that_have_the_edit() -> None:
    found = named(rungs(edited(), BUDGETS, "B4"))
    assert value(found["need F2"]) == pytest.approx(0.3)
    assert value(found["residue F2"]) == 0.0
    assert (value(found["use F2"]), found["use F2"].n) == (0.6, 10)
    assert value(found["change F2 cut"]) == 0.5
    assert value(found["externalised share F2"]) == pytest.approx(0.3 / 0.55)
    assert "foreign F2" not in found and "need F1" not in found


def test_an_arm_that_is_not_above_chance_has_no_share() -> None:
    found = named(rungs(edited(own=6, cut=5), BUDGETS, "B4"))["externalised share F2"]
    assert found.reason is not None
    assert found.reason.startswith("not identifiable: own is not above chance (own - chance = 0.050 [")


# ------------------------------------------------------------------------------------------------------------- pool


@pytest.fixture(scope="module")
def families() -> dict[str, list[Record]]:
    return {f"f{i}": study(10 + i, i, f"f{i}", F2=0.6 + 0.03 * i) for i in range(8)}


@pytest.fixture(scope="module")
def whole(families: dict[str, list[Record]]) -> dict[str, Estimate]:
    return named(pool(families, BUDGETS, "B4", 0.03))


def test_every_row_of_a_family_is_in_the_pool_as_the_mean_over_families(
    families: dict[str, list[Record]], whole: dict[str, Estimate]
) -> None:
    """Each family counts alike, however many items it has; n is items, clusters families."""
    each = [named(rungs(records, BUDGETS, "B4")) for records in families.values()]
    assert each[0].keys() <= whole.keys()
    for name in (
        "F2 - F1",
        "F2 - F1 at 4000",
        "R2k at 1000 by B2",
        "naive gain T1 at 4000",
        "gap R2 - R1 logit",
        "F2 spend",
    ):
        assert value(whole[name]) == pytest.approx(np.mean([value(found[name]) for found in each]))
        size = whole[name]
        assert (size.n, size.clusters, size.clustered_by) == (sum(f[name].n for f in each), 8, "family")


def test_the_pool_has_what_only_a_pool_can_say(whole: dict[str, Estimate]) -> None:
    for effect in ("F2 - F1", "T1 - T2"):
        only = ("pooled mean", "this pool", "tau", "prediction", "margin", "equivalence", "sign", "shrunken f3")
        assert {f"{effect} {what}" for what in only} <= whole.keys()
        assert {row.clustered_by for name, row in whole.items() if name.startswith(effect)} == {"family"}
    assert value(whole["F2 - F1 this pool"]) == pytest.approx(value(whole["F2 - F1"]))
    assert value(whole["F2 - F1 sign"]) == 4.0
    assert whole["F2 - F1 slope load"].reason == (
        "too few families whose load is known (n=8): a slope needs at least 10"
    )


def test_a_pool_of_few_families_says_so_and_one_family_is_none(families: dict[str, list[Record]]) -> None:
    three = named(pool(dict(list(families.items())[:3]), BUDGETS, "B4", 0.03))
    assert {row.reason for name, row in three.items() if "margin" not in name and "slope" not in name} <= {
        "too few families (n=3): an interval needs at least 5",
        "too few to compare (n=3): an interval needs at least 5",
    }
    assert pool(dict(list(families.items())[:1]), BUDGETS, "B4", 0.03) == []


def test_a_family_whose_arm_is_absent_is_as_one_without_the_arm(families: dict[str, list[Record]]) -> None:
    nothing = {"attempts": [], "short": {}, "edits": {}, "status": "absent"}
    absent = {**families, "f0": [{**r, **nothing} if r["arm"] == "F1" else r for r in families["f0"]]}
    without = {**families, "f0": [r for r in families["f0"] if r["arm"] != "F1"]}
    assert pool(absent, BUDGETS, "B4", 0.03) == pool(without, BUDGETS, "B4", 0.03)


def test_a_family_without_an_arm_is_missing_from_its_effect_only(families: dict[str, list[Record]]) -> None:
    some = {**families, "f0": [r for r in families["f0"] if r["arm"] != "F1"]}
    found = named(pool(some, BUDGETS, "B4", 0.03))
    assert (found["F2 - F1"].clusters, found["F2 once"].clusters) == (7, 8)
    assert "F2 - F1 shrunken f0" not in found
