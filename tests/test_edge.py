"""The edge is found with few levels tried, from measurements alone, and its absence is said."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.items.edge import HIGH, LOW, Edge, find_edge


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
    assert "lies at the edge" not in edge.sentence("t")


def test_many_levels_take_few_trials() -> None:
    _, tried = search([1.0] * 40 + [0.5] + [0.0] * 23)
    assert len(tried) <= 13
