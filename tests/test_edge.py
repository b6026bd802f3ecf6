"""The edge is found with few levels tried, from measurements alone, and its absence is said."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import item_records
from thinkaloud.items.edge import HIGH, LOW, Edge, find_edge, measured_on, outcome
from thinkaloud.vocabulary import Key


def search(abilities: list[float]) -> tuple[Edge, list[int]]:
    tried: list[int] = []

    async def measure(level: int) -> float:
        tried.append(level)
        return abilities[level - 1]

    return asyncio.run(find_edge(range(1, len(abilities) + 1), measure)), tried


@given(st.lists(st.floats(-0.2, 1.0), min_size=1, max_size=12).map(lambda xs: sorted(xs, reverse=True)))
def test_a_level_at_the_edge_is_found_if_there_is_one(abilities: list[float]) -> None:
    edge, tried = search(abilities)
    there = [a for a in abilities if LOW <= a <= HIGH]
    assert edge.within == bool(there)
    assert len(tried) == len(set(tried)) == len(edge.tried)
    if edge.within:
        assert LOW <= abilities[edge.level - 1] <= HIGH


@pytest.mark.parametrize(
    "abilities, level", [([0.1, 0.0, 0.0], 1), ([1.0, 0.95, 0.9], 3), ([1.0, 0.9, 0.1, 0.0], 2), ([0.9, 0.25, 0.0], 2)]
)
def test_where_no_level_fits_the_nearest_tried_is_taken_and_said(abilities: list[float], level: int) -> None:
    edge, _ = search(abilities)
    assert (edge.level, edge.within) == (level, False)
    assert "was chosen as the edge" not in edge.sentence("t")


def test_the_number_that_chose_a_level_is_named_as_that_and_the_measured_items_have_one_of_their_own() -> None:
    """Every level is too easy (.87), and 16 items of one of them happen to be hard: .71 chose it, and is no measurement
    of it."""
    edge, _ = search([0.93, 0.71, 0.5])
    assert edge.sentence("t").startswith(
        "t: level 2 was chosen as the edge (chosen by ability over chance, 16 separate"
    )
    easy = [item_records.record(i, {"own": item_records.reading(logs(0.95))}, "abcd", 0) for i in range(20)]
    found = measured_on(easy, Key(("k",)))
    assert found.value == pytest.approx((0.95 - 0.25) / 0.75) and found.n == 20
    assert outcome("t", 2, found).startswith("t: the items measured at level 2 have an ability over chance of 0.93 [")
    assert outcome("t", 2, found).endswith("n 20: not at the edge: too easy (above .8)")
    for p, word in ((0.7, ": at the edge"), (0.3, "too hard (below .3)")):
        some = [item_records.record(i, {"own": item_records.reading(logs(p))}, "abcd", 0) for i in range(20)]
        assert outcome("t", 2, measured_on(some, Key(("k",)))).endswith(word)
    assert outcome("t", 2, measured_on([], Key(("k",)))) == ""


def logs(p: float) -> list[float]:
    """A reading of four options with this probability of the first."""
    return [math.log(p), *[math.log((1 - p) / 3)] * 3]


def test_many_levels_take_few_trials() -> None:
    _, tried = search([1.0] * 40 + [0.5] + [0.0] * 23)
    assert len(tried) <= 13
