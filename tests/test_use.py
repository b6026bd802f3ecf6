"""The claims of thinkaloud.metrics.use: following is read by position, against what the model leaned to anyway."""

from __future__ import annotations

import math
from typing import Any

import pytest

import item_records
from thinkaloud.metrics.use import use
from thinkaloud.vocabulary import Estimate

M = 5
GOLD, OTHER = 0, 2


def reading(p: dict[int, float], implied: int | None = None) -> dict[str, Any]:
    """A reading with the given probabilities; the rest is spread over the other options."""
    rest = max(1 - sum(p.values()), 1e-30) / (M - len(p))
    return item_records.reading([math.log(max(p.get(j, rest), 1e-30)) for j in range(M)], implied)


def record(i: int, follows: list[float | None], own: float = 0.9, **others: tuple[float, int | None]) -> dict[str, Any]:
    """One item of len(follows) steps; P(implied) under mistake:k is follows[k] (None: no such mistake was made)."""
    conditions = {"own": reading({GOLD: own})}
    for k, follow in enumerate(follows):
        if follow is not None:
            conditions[f"mistake:{k}"] = reading({OTHER: follow, GOLD: 1 - follow}, OTHER)
    for name, (p, implied) in others.items():
        conditions[name] = reading({OTHER: p}, implied)
    return item_records.record(i, conditions, ["o"] * M, GOLD, thought=item_records.thought(len(follows)))


def table(records: list[dict[str, Any]]) -> dict[str, Estimate]:
    found = use(records)
    assert len({e.name for e in found}) == len(found)
    return {e.name: e for e in found}


def test_following_is_reported_by_position_and_the_last_step_once_more() -> None:
    """Follow 1, 1, 0: the stated conclusion is decoration, which a mean of .67 would hide."""
    found = table([record(i, [1.0, 1.0, 0.0], own=1.0) for i in range(10)])
    assert [found[f"follow mistake:{k}"].value for k in (0, 1, 2, "last")] == pytest.approx([1, 1, 0, 0], abs=1e-9)
    assert not any(name in ("follow", "follow mistake") for name in found)


def test_last_is_the_last_step_of_each_item_whatever_its_length() -> None:
    records = [record(i, [0.0] * (1 + i % 3) + [1.0], own=1.0) for i in range(12)]
    found = table(records)
    assert found["follow mistake:last"].value == pytest.approx(1)
    assert (found["follow mistake:last"].n, found["follow mistake:0"].n, found["follow mistake:3"].n) == (12, 12, 4)
    assert found["follow mistake:3"].reason == "too few items (n=4): an interval needs at least 5"


def test_follow_is_raw_minus_floor_over_the_same_items() -> None:
    found = table([record(i, [0.6]) for i in range(10)])
    assert found["follow mistake:0 (raw)"].value == pytest.approx(0.6)
    assert found["follow mistake:0 (floor)"].value == pytest.approx(0.1 / 4)
    assert found["follow mistake:0"].value == pytest.approx(0.6 - 0.025)
    assert found["drop mistake:0"].value == pytest.approx(0.9 - 0.4)


def test_a_model_that_ignores_the_edit_follows_nothing_even_if_it_leans_to_that_option() -> None:
    """Raw .3 is all floor: it gave that option .3 before the edit as well."""
    records = [record(i, []) for i in range(10)]
    for r in records:
        r["conditions"] |= {"own": reading({OTHER: 0.3}), "foreign": reading({OTHER: 0.3}, OTHER)}
    found = table(records)
    assert found["follow foreign (raw)"].value == pytest.approx(0.3)
    assert found["follow foreign"].value == pytest.approx(0, abs=1e-12)


def test_a_code_follows_the_transplant_as_written_and_not_the_paraphrased_one() -> None:
    found = table([record(i, [], own=1.0, foreign=(1.0, OTHER), transplant=(0.0, OTHER)) for i in range(10)])
    assert found["follow foreign"].value == pytest.approx(1)
    assert found["follow transplant"].value == pytest.approx(0, abs=1e-9)


def test_donors_without_another_answer_are_left_out() -> None:
    """Where the donor concludes the right answer or none of the options there is nothing to follow."""
    records = [record(i, [], own=1.0, foreign=(1.0, OTHER if i < 8 else None)) for i in range(20)]
    found = table(records)
    assert found["follow foreign"].n == 8
    assert found["follow foreign"].value == pytest.approx(1)


def test_missing_edits_are_missing_and_not_zero() -> None:
    records = [record(i, [1.0 if i < 9 else None, 1.0], own=1.0) for i in range(20)]
    found = table(records)
    assert (found["follow mistake:0"].n, found["follow mistake:0"].value) == (9, pytest.approx(1))
    reason = "not measured: no item has own and transplant with an option it leads to"
    assert found["follow transplant"].reason == reason
    assert all(e.reason for e in use([]))
