"""What holds together, what a wording does, and free answers by the probability of the right one itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import item_records
from thinkaloud.metrics.channels import by_item, channels
from thinkaloud.metrics.registered import JOINT, registered
from thinkaloud.metrics.wordings import by_wording
from thinkaloud.vocabulary import Estimate

OPTIONS = list("abcd")
NEEDS = {"own": 0.9, "paraphrase": 0.9, "silent": 0.25, "filler:dots": 0.25, "filler:repeat": 0.25}


def reading(p: float, mass: float = 1.0) -> dict[str, Any]:
    wrong = max(1e-9, (1 - p) / 3)
    return item_records.reading([math.log(mass * max(1e-9, q)) for q in (p, wrong, wrong, wrong)])


def record(i: int, readings: dict[str, float], masses: dict[str, float] | None = None) -> dict[str, Any]:
    conditions = {name: reading(p, (masses or {}).get(name, 1.0)) for name, p in readings.items()}
    return item_records.record(i, conditions, OPTIONS, 0)


def noisy(rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
    """Content .3 and residue .1 on average."""
    known = rng.beta(2, 2, n)
    means = {
        "silent": known * 0.6,
        "filler:dots": known * 0.5,
        "paraphrase": known * 0.6 + 0.3,
        "own": known * 0.6 + 0.4,
    }
    read = {name: rng.beta(10 * p, 10 * (1 - p)) for name, p in means.items()}
    return [record(i, {name: float(values[i]) for name, values in read.items()}) for i in range(n)]


def named(found: list[Estimate]) -> dict[str, Estimate]:
    return {row.name: row for row in found}


def test_a_registered_row_is_the_single_one_with_a_wider_interval() -> None:
    records = noisy(np.random.default_rng(0), 40)
    single, together = named(channels(records)), named(registered(records))
    for name in ("content", "residue", "externalised share"):
        one, wide = single[name], together[f"registered {name}"]
        assert one.value == pytest.approx(wide.value) and one.n == wide.n
        assert wide.low < one.low <= one.high < wide.high  # type: ignore[operator]
    assert pytest.approx(1 - 0.05 / 4) == JOINT
    assert str(together["registered follow mistake:last"].reason).startswith("not measured: no item has")


def test_a_row_without_a_number_has_the_same_reason_when_registered() -> None:
    records = [record(i, {**NEEDS, "own": 0.26, "paraphrase": 0.25}) for i in range(20)]
    single, together = named(channels(records)), named(registered(records))
    assert together["registered externalised share"].reason == single["externalised share"].reason
    assert "not identifiable: own is" in str(single["externalised share"].reason)


@pytest.mark.slow
def test_registered_rows_hold_together_in_nineteen_studies_of_twenty() -> None:
    """Content and residue of simulated studies; the truth is the mean over 20,000 items, which needs no interval."""
    many = by_item(noisy(np.random.default_rng(1), 20_000)).values()
    truth = {name: np.mean([item[name] for item in many]) for name in ("content", "residue")}
    rng, times, missed = np.random.default_rng(2), 100, 0
    for _ in range(times):
        found = named(registered(noisy(rng, 24)))
        missed += any(
            not found[f"registered {name}"].low <= truth[name] <= found[f"registered {name}"].high  # type: ignore[operator]
            for name in ("content", "residue")
        )
    assert missed <= stats.binom.ppf(0.999, times, 0.05)


def test_a_share_of_a_small_ability_is_not_given() -> None:
    """Own is .06 above chance for certain: clearly above it, and no ability to take a share of."""
    records = [record(i, {**NEEDS, "own": 0.42, "paraphrase": 0.42}) for i in range(200)]
    assert named(channels(records))["externalised share"].value == pytest.approx(1.0)
    small = [record(i, {**NEEDS, "own": 0.31, "paraphrase": 0.31}) for i in range(200)]
    found = named(channels(small))
    assert found["own - chance"].low > 0  # type: ignore[operator]
    assert "own is hardly above chance" in str(found["externalised share"].reason)


def test_a_free_answer_that_only_reasoning_gives_has_a_share_although_silence_has_no_mass() -> None:
    """Without reasoning the candidates hold a hundredth, evenly; divided among them that looks like a quarter."""
    masses = {name: 0.01 for name in NEEDS if name not in ("own", "paraphrase")}
    records = [{**record(i, NEEDS, masses), "space": "candidates"} for i in range(24)]
    found = named(channels(records))
    assert found["silent (undivided)"].value == pytest.approx(0.0025, abs=1e-6)
    assert found["content (undivided)"].value == pytest.approx(0.9 - 0.0025, abs=1e-6)
    assert found["externalised share (undivided)"].value == pytest.approx(1 - 0.0025 / 0.9, abs=1e-6)
    assert "externalised share (undivided)" not in named(channels([record(i, NEEDS) for i in range(24)]))


def test_a_wording_that_is_misread_stands_out() -> None:
    """Paraphrases of two sentences; those with the odd wording in one of them read .5 less, with it in both 1 less."""
    records = []
    for i in range(48):
        wordings = [("plain", "odd")[i % 2], ("plain", "odd")[i // 2 % 2]]
        one = record(i, {**NEEDS, "paraphrase": 1 - 0.5 * wordings.count("odd")})
        one["conditions"]["paraphrase"]["wordings"] = wordings
        records.append(one)
    found = named(by_wording(records))
    assert found['P(gold) paraphrase, "odd"'].value == pytest.approx(0.25, abs=1e-6)
    assert found['P(gold) paraphrase, "plain"'].value == pytest.approx(0.75, abs=1e-6)
    assert found['P(gold) paraphrase, "odd"'].high < found['P(gold) paraphrase, "plain"'].low  # type: ignore[operator]
    assert found['P(gold) paraphrase, "odd"'].n == 36
    assert by_wording([record(i, NEEDS) for i in range(8)]) == [], "no paraphrase names its wordings"
