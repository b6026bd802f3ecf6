"""The prefix tree computes every unique token once, in an order a decoder can follow, within its memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.errors import ContextTooSmall
from thinkaloud.models.tree import ROOT, Tree, waves

paths = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple), min_size=1, max_size=30)


def grown(sequences: list[tuple[int, ...]]) -> Tree:
    tree = Tree()
    for tokens in sequences:
        tree.insert(tokens)
    return tree


@given(paths)
def test_nodes_are_the_unique_prefixes(sequences: list[tuple[int, ...]]) -> None:
    unique = {tokens[:k] for tokens in sequences for k in range(1, len(tokens) + 1)}
    assert len(grown(sequences)) == len(unique)


@given(paths, st.integers(1, 5), st.integers(8, 20), st.integers(1, 12))
def test_waves_compute_every_node_once_after_its_parent(
    sequences: list[tuple[int, ...]], leaves: int, cells: int, rows: int
) -> None:
    tree = grown(sequences)
    done: set[int] = {ROOT}
    for wave in waves(tree, leaves, cells, rows):
        assert len(wave.rows) <= rows or len(wave.leaves) == 1  # a leaf alone may need more
        for node, below in wave.rows:
            assert node not in done
            assert tree.parent[node] in done
            assert below
            done.add(node)
    assert len(done) == len(tree) + 1


@given(paths, st.integers(1, 5), st.integers(8, 20), st.integers(1, 12))
def test_a_wave_fits_its_memory_and_finds_the_rest_under_the_last_leaf_before_it(
    sequences: list[tuple[int, ...]], leaves: int, cells: int, rows: int
) -> None:
    tree = grown(sequences)
    last: list[int] = []
    for wave in waves(tree, leaves, cells, rows):
        held = {node for leaf in wave.leaves for node in tree.path(leaf)}
        assert len(wave.leaves) <= leaves
        assert len(held) <= cells
        new = {node for node, _ in wave.rows}
        for leaf, shared in zip(wave.leaves, wave.shared, strict=True):
            path = tree.path(leaf)
            assert path[:shared] == last[:shared]  # what is not computed here is where the engine will copy it from
            assert set(path[shared:]) <= new
        for node, below in wave.rows:
            assert {wave.leaves[i] for i in below} == {leaf for leaf in wave.leaves if node in tree.path(leaf)}
        last = tree.path(wave.leaves[-1])


def test_a_path_longer_than_the_memory_is_refused_with_its_length() -> None:
    with pytest.raises(ContextTooSmall, match="needs 9 tokens, the context holds 8"):
        list(waves(grown([tuple(range(9))]), 4, 8))
