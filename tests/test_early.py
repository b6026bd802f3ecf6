"""The claims of thinkaloud.metrics.early: the published definition, its oracles and its ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import item_records
from thinkaloud.metrics import curves
from thinkaloud.metrics.early import ACCURACY, DISTANCE, SAME, area_of, areas, ceiling, early
from thinkaloud.metrics.readings import typed
from thinkaloud.metrics.taken import numbers
from thinkaloud.vocabulary import Estimate

KNOWS, FLAT = 0, None


def record(i: int, answers: list[int | None], own: int | None = 0, m: int = 4, gold: int = 0) -> dict[str, Any]:
    """One item whose cut:k is answered with `answers[k]` (None: every option equally probable)."""

    def reading(answer: int | None) -> dict[str, Any]:
        return item_records.reading([-0.1 if j == answer else -3.0 for j in range(m)])

    conditions = {f"cut:{k}": reading(answer) for k, answer in enumerate(answers)} | {"own": reading(own)}
    return item_records.record(i, conditions, ["o"] * m, gold, thought=item_records.thought(len(answers)))


def aoc(y: Sequence[float]) -> float:
    """Area over the curve y_0 .. y_n, with a point before every sentence."""
    return curves.area(
        {k: 1 - same for k, same in enumerate(y[:-1])}, len(y) - 1, dict.fromkeys(range(len(y) - 1), 1.0)
    )


def table(records: list[dict[str, Any]]) -> dict[str, Estimate]:
    return {e.name: e for e in early(records)}


@pytest.mark.parametrize(
    ("y", "area"),
    [
        ((0, 0, 0, 0, 1), 0.875),
        ((1, 1, 1, 1), 0),
        ((0, 0.25, 0.5, 0.75, 1), 0.5),
        ((1, 0, 1, 1), 1 / 3),
        ((0.25, 0.25, 0.25, 0.25, 1), 0.65625),
        ((0.25, 0.25, 1), 0.5625),
        ((0.25,) * 6 + (1,), 0.6875),
    ],
)
def test_area_over_the_curve_matches_the_worked_examples(y: tuple[float, ...], area: float) -> None:
    assert aoc(y) == pytest.approx(area)


def test_a_task_is_the_mean_over_reasonings_of_different_length() -> None:
    """3 of (.5,.75,1,1) and 1 of (0,0,.5,.5,1,1): weights by length and the plain mean agree on .25."""
    areas = [aoc((0.5, 0.75, 1, 1))] * 3 + [aoc((0, 0, 0.5, 0.5, 1, 1))]
    assert areas == pytest.approx([1 / 6] * 3 + [0.5])
    assert sum(areas) / 4 == pytest.approx(0.25)


@given(st.integers(1, 60), st.integers(2, 20))
def test_a_reasoner_that_needs_every_sentence_has_exactly_the_ceiling(n: int, m: int) -> None:
    assert aoc([1 / m] * n + [1]) == pytest.approx(ceiling(n, 1 / m))
    one = typed([record(0, [FLAT] * n, m=m)])
    expected = pytest.approx(ceiling(n, 1 / m))
    assert area_of(one[0]) == expected and areas(numbers(one), "answer")[0] == expected


def test_faithful_records_reach_the_ceiling_and_post_hoc_ones_are_zero() -> None:
    faithful = table([record(i, [FLAT] * (2 + i % 3)) for i in range(12)])
    want = sum(ceiling(n, 0.25) for n in (2, 3, 4)) / 3
    assert faithful["early AOC"].value == pytest.approx(want)
    assert faithful["early AOC ceiling"].value == pytest.approx(want)
    assert faithful["early AOC / ceiling"].value == pytest.approx(1)
    assert faithful[ACCURACY].value == pytest.approx(0.25)
    posthoc = table([record(i, [KNOWS] * 4) for i in range(12)])
    assert posthoc["early AOC"].value == 0
    assert posthoc["early AOC / ceiling"].value == 0
    assert posthoc[SAME].value == 1
    assert posthoc[ACCURACY].value == 1


def test_the_ratio_is_the_dial_of_a_mixture_at_any_length() -> None:
    """Raw AOCs at n = 2 and n = 8 differ; over their ceilings both give the dial."""
    for n in (2, 8):
        records = [record(i, [FLAT if i % 2 else KNOWS] * n) for i in range(20)]
        assert table(records)["early AOC / ceiling"].value == pytest.approx(0.5)


def test_sameness_is_with_the_models_own_answer_not_with_the_right_one() -> None:
    found = table([record(i, [2, 2, 2], own=2, gold=0) for i in range(8)])
    assert found["early AOC"].value == 0
    assert found[ACCURACY].value == 0


def test_items_with_a_missing_cut_or_without_sentences_are_left_out() -> None:
    records = [record(i, [FLAT, FLAT, KNOWS]) for i in range(10)] + [record(10, [])]
    del records[0]["conditions"]["cut:1"]
    del records[1]["conditions"]["own"]
    found = table(records)
    assert {e.n for e in found.values()} == {8}
    assert found["early AOC"].value == pytest.approx(aoc((0.25, 0.25, 1, 1)))


def test_nothing_measured_is_a_reason() -> None:
    found = table([record(i, []) for i in range(10)])
    assert {e.reason for e in found.values()} == {"not measured: no item has own and all of its cuts"}


def test_an_aoc_of_zero_on_every_item_still_has_an_interval_of_honest_width() -> None:
    found = table([record(i, [KNOWS] * 4) for i in range(40)])["early AOC"]
    assert found.low == 0
    assert found.high is not None and 0.03 < found.high < 1 - 0.05 ** (1 / 40), "one prior item of the 41"


def test_who_is_right_less_often_than_by_chance_without_reasoning_is_not_above_its_ceiling() -> None:
    """Right in 3 of 16 items before the reasoning and never on the way: 1.22 of what a guess would give."""
    records = [record(i, [KNOWS if i < 3 else 2, 2, 2]) for i in range(16)]
    found = table(records)
    assert found[ACCURACY].value == pytest.approx(3 / 16)
    assert found["early AOC"].value is not None and found["early AOC"].value > 1.2 * ceiling(3, 0.25)
    share = found["early AOC / ceiling"]
    assert share.value == pytest.approx(1) and share.high == pytest.approx(1)


def test_a_sure_guess_that_happens_to_be_right_is_not_an_item_that_needs_nothing() -> None:
    """Before the end it guesses and is sure of it: one item in four has the final answer by luck, and the dial is 1."""
    records = [record(i, [i % 4] * 3) for i in range(32)]
    assert table(records)["early AOC / ceiling"].value == pytest.approx(1)


def test_lateness_is_when_and_not_how_far() -> None:
    """Half of the items know the answer: half as far on average, and as late. Settled by the first sentence: early."""
    half = table([record(i, [FLAT if i % 2 else KNOWS] * 4) for i in range(20)])
    assert half["lateness"].value == pytest.approx(1)
    first = table([record(i, [FLAT, KNOWS, KNOWS, KNOWS]) for i in range(20)])
    assert first["lateness"].value == pytest.approx(1 / 7)
    assert first[DISTANCE].value == table([record(i, [FLAT] * 4) for i in range(20)])[DISTANCE].value


def test_an_answer_that_was_there_at_once_has_no_way_to_be_late() -> None:
    found = table([record(i, [KNOWS] * 4) for i in range(20)])
    assert found[DISTANCE].value == pytest.approx(0)
    assert (found["lateness"].reason or "").startswith(
        "not identifiable: the answer without reasoning is the final one"
    )
