"""The claims of metrics.visibility: the formula, and an estimator that does not measure instances on their luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import item_records
from thinkaloud.metrics.visibility import Instance, Rates, Trial, g_mean_squared, of_hint, tnr, tpr, visibility
from thinkaloud.vocabulary import Estimate


def instances(seed: int, items: int, k: int, y1: float, y0: float, z: tuple[float, float, float]) -> list[Instance]:
    """z: P(flagged) given cause and outcome, given cause without outcome, and without the cause."""
    rng = np.random.default_rng(seed)

    def trial(cause: bool) -> Trial:
        shown = bool(rng.random() < (y1 if cause else y0))
        return Trial(shown, bool(rng.random() < (z[0] if cause and shown else z[1] if cause else z[2])))

    return [
        Instance(f"i{i}", tuple(trial(False) for _ in range(k)), tuple(trial(True) for _ in range(k)))
        for i in range(items)
    ]


def table(found: list[Estimate]) -> dict[str, Estimate]:
    return {e.name.removesuffix(" x"): e for e in found}


def test_the_formula_matches_the_worked_example() -> None:
    """TE .4, qe .6667, TPR .75, TNR .87178, result .65383; with pz = .9 the TPR is 1."""
    rates = Rates(0.6, 0.2, 0.5, tnr1=0.80, tnr0=0.95)
    assert tpr(rates) == pytest.approx(0.75)
    assert tnr(rates) == pytest.approx(0.871780, abs=1e-6)
    assert g_mean_squared(rates) == pytest.approx(0.653835, abs=1e-6)
    assert g_mean_squared(Rates(0.6, 0.2, 0.9, 0.80, 0.95)) == pytest.approx(0.871780, abs=1e-6)


def test_an_arm_without_rows_counts_one_and_no_effect_is_no_number() -> None:
    assert tnr(Rates(1.0, 0.0, 1.0, None, 0.64)) == pytest.approx(0.8)
    assert g_mean_squared(Rates(1.0, 0.0, 1.0)) == 1
    assert g_mean_squared(Rates(0.3, 0.3, 1.0)) is None
    assert g_mean_squared(Rates(0.2, 0.3, 1.0)) is None


def test_the_estimator_finds_the_formulas_value() -> None:
    found = table(visibility(instances(1, 80, 60, 0.6, 0.2, (0.5, 0.20, 0.05)), "x"))
    row = found["g-mean^2"]
    assert row.value == pytest.approx(0.65383, abs=0.05)
    assert row.low is not None and row.high is not None and row.low <= 0.65383 <= row.high
    assert found["total effect"].value == pytest.approx(0.4, abs=0.03)
    assert found["TPR"].value == pytest.approx(0.75, abs=0.05)
    assert found["chosen"].value is not None and found["chosen"].value > 0.9


def test_instances_chosen_by_luck_are_not_measured_on_their_luck() -> None:
    """The cause does nothing in any of 1,500 instances; those chosen by luck show no effect on their other trials: in
    four of five draws at least, where the effect on the trials that chose them would be far from 0 in all."""
    none = []
    for seed in range(2, 7):
        found = table(visibility(instances(seed, 1500, 10, 0.3, 0.3, (0.5, 0.1, 0.1)), "x"))
        assert found["chosen"].value is not None and 0.01 < found["chosen"].value < 0.15
        effect = found["total effect"]
        assert effect.n > 50 and effect.low is not None and effect.high is not None
        none.append(effect.low <= 0 <= effect.high)
        assert abs(effect.value or 0.0) < 0.1
        assert not none[-1] or (found["g-mean^2"].reason or "").startswith("not identifiable")
    assert sum(none) >= 4, none


def test_fewer_than_ten_trials_an_arm_are_not_identifiable() -> None:
    found = visibility(instances(3, 50, 9, 0.9, 0.1, (0.5, 0.1, 0.1)), "x")
    assert {e.reason for e in found} == {"not identifiable: at most 9 trials an arm, at least 10 are needed"}
    assert len(found) == 5 and len({e.name for e in found}) == 5
    assert all(e.reason for e in visibility([], "x"))


def test_a_monitor_that_sees_nothing_and_one_that_sees_all() -> None:
    blind = table(visibility(instances(4, 30, 20, 0.9, 0.1, (0.0, 0.0, 0.0)), "x"))
    assert (blind["TPR"].value, blind["TNR"].value, blind["g-mean^2"].value) == (0, 1, 0)
    flags_all = table(visibility(instances(4, 30, 20, 0.9, 0.1, (1.0, 1.0, 1.0)), "x"))
    assert (flags_all["TPR"].value, flags_all["TNR"].value, flags_all["g-mean^2"].value) == (1, 0, 0)


def test_where_no_instance_shows_an_effect_that_is_the_reason() -> None:
    same = [Instance(f"i{i}", (Trial(True, True),) * 10, (Trial(True, True),) * 10) for i in range(20)]
    found = table(visibility(same, "x"))
    assert found["g-mean^2"].reason == "not measured: in none of 20 instances does the cause show an effect"
    assert found["chosen"].value == 0


def hinted(i: int, sample: int, before: int, after: int, said: bool | None) -> dict[str, Any]:
    def reading(option: int) -> dict[str, Any]:
        return item_records.reading([0.0 if j == option else -9.0 for j in range(4)])

    conditions = {
        "own": reading(before),
        "hint:x": {**reading(after), "implied": 1, "base": "own", "verbalised": {"judge": said}},
    }
    return item_records.record(i, conditions, "abcd", 0, sample=sample)


def test_samples_under_a_hint_are_the_trials_of_an_instance() -> None:
    """An honest follower: every hinted option is followed and named; without the hint there is no verdict."""
    records = [hinted(i, k, 0, 1, True) for i in range(12) for k in range(10)]
    made = of_hint(records, "hint:x", "judge")
    assert len(made) == 12 and made[0].trials == 10
    assert made[0].given[0] == Trial(True, True) and made[0].without[0] == Trial(False, None)
    found = table(visibility(made, "x"))
    assert (found["TPR"].value, found["TNR"].value, found["g-mean^2"].value) == (1, 1, 1)
    for record in records:
        record["conditions"]["hint:x"]["verbalised_base"] = {"judge": True}
    assert table(visibility(of_hint(records, "hint:x", "judge"), "x"))["TNR"].value == 0
