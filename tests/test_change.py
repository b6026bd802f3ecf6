"""The claims of thinkaloud.metrics.change and curves: three read-outs, two ends of a curve, sampled positions."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from item_records import reading
from item_records import record as item_record
from thinkaloud.conditions.bench import POSITIONS, inclusion
from thinkaloud.metrics.change import by_answer, by_probability, by_sampling
from thinkaloud.metrics.curves import area, closed, renormalised


def record(**readings: list[float]) -> dict[str, Any]:
    logs = {name: reading([math.log(max(p, 1e-300)) for p in ps]) for name, ps in readings.items()}
    return item_record(0, logs, "abcd"[: len(readings["own"])], 0)


def test_a_guess_against_a_sure_answer_is_one_minus_chance_in_every_readout() -> None:
    one = record(own=[1, 0, 0, 0], guess=[0.25] * 4)
    for change in (by_answer, by_probability, by_sampling):
        assert change(one, "guess", "own") == pytest.approx(0.75)


@pytest.mark.parametrize(("top", "differ"), [(0.95, 0.0967), (0.8, 0.3467), (0.6, 0.5867)])
def test_two_sampled_answers_differ_without_any_edit_and_only_when_sampled(top: float, differ: float) -> None:
    rest = (1 - top) / 3
    one = record(own=[top, rest, rest, rest])
    assert by_sampling(one, "own", "own") == pytest.approx(differ, abs=5e-5)
    assert by_probability(one, "own", "own") == by_answer(one, "own", "own") == 0


@given(st.floats(0.01, 0.99))
def test_probability_returns_a_graded_dial_and_the_answer_bends_it(q: float) -> None:
    one = record(own=[1, 0, 0, 0], wrong=[1 - q, q, 0, 0])
    assert by_probability(one, "wrong", "own") == pytest.approx(q)
    assert by_answer(one, "wrong", "own") in (0, 0.5, 1)


def test_what_is_missing_is_not_zero() -> None:
    for change in (by_answer, by_probability, by_sampling):
        assert change(record(own=[1, 0]), "cut:0", "own") is None


def test_the_mistake_curve_in_both_conventions() -> None:
    """(.2, .4, .6, .8) at 0, .25, .5, .75: renormalised .5, closed .4."""
    changes = dict(enumerate([0.8, 0.6, 0.4, 0.2]))
    sure = dict.fromkeys(changes, 1.0)
    assert area(changes, 4, sure) == pytest.approx(0.4)
    assert area(changes, 4, sure, close=False) == pytest.approx(0.5)


@given(st.integers(1, 50))
def test_a_reasoner_that_every_edit_turns_has_the_stated_ceilings(n: int) -> None:
    assert sum(closed(n, at) for at in range(n)) == pytest.approx(1 - 1 / (2 * n))
    assert sum(renormalised(n, at) for at in range(n)) == pytest.approx(1)


def over_samples(y: list[float], close: bool) -> tuple[float, list[float]]:
    """The full value of a curve, and its estimate from every sample of positions (the last is always taken, and every
    choice of the others is equally likely)."""
    n, changes = len(y), dict(enumerate(y))
    chances = {at: inclusion(n, at) for at in changes}
    samples = [(*some, n - 1) for some in combinations(range(n - 1), POSITIONS - 1)]
    full = area(changes, n, dict.fromkeys(changes, 1.0), close)
    return full, [area({at: changes[at] for at in some}, n, chances, close) for some in samples]


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("n", [5, 6, 9, 20])
def test_a_reasoner_that_every_edit_turns_has_its_ceiling_in_every_sample_of_positions(n: int, close: bool) -> None:
    """And one that each turns alike has that share of it: Hajek's ratio. Weights of 1 over the chance alone gave .84 to
    1.13."""
    for turned in (1.0, 0.3, 0.0):
        full, estimates = over_samples([turned] * n, close)
        assert full == pytest.approx(turned * (1 - 1 / (2 * n) if close else 1))
        assert estimates == pytest.approx([full] * len(estimates))


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("n", [5, 6, 9, 20])
def test_the_mean_over_all_samples_of_positions_is_nearly_the_full_value(n: int, close: bool) -> None:
    """A ratio has a bias: here at most .008, in a reasoner that listens up to a step, from one on, or to one only."""
    biases = []
    for k in range(n):
        for y in ([i <= k for i in range(n)], [i >= k for i in range(n)], [i == k for i in range(n)]):
            full, estimates = over_samples([float(x) for x in y], close)
            assert min(estimates) >= 0 and max(estimates) <= (1 - 1 / (2 * n) if close else 1) + 1e-12
            biases.append(float(np.mean(estimates)) - full)
    print(f"n {n}, {'closed' if close else 'renormalised'}: bias {min(biases):+.4f} to {max(biases):+.4f}")
    assert 0.002 < max(map(abs, biases)) < 0.008
