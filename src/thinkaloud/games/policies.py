"""Players of a solved game, and what they score against each other, exactly.

A *policy* is a probability for every move of a graph; at each position they add up to 1. The players of the odds study:

    optimal         uniform over the moves that keep a win; uniform over all where the position is lost
    resisting       the same values, and the quickest win or the longest loss; uniform among equals
    blundering      optimal with probability 1 - e, else uniform over all moves
    short_sighted   optimal where the game ends within some moves under best play, else uniform over all
    best_response   the moves that score most against one given policy of the taker; uniform among equals

Optimal and resisting know nothing of whom they play against; the best response does, so what it scores beyond the
resisting one is exploitation. Everything is exact to rounding. This module samples nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thinkaloud.games.graph import Flags, Floats, Graph, Ints

EQUAL = 1e-12
"""Scores nearer than this are the same move."""
Policy = NDArray[np.float64]
"""[moves of the graph]"""


@dataclass(frozen=True)
class Solved:
    """Minimax: whether whoever is to move wins, and in how many moves the game ends if the winner hurries and the loser
    resists."""

    graph: Graph
    won: Flags
    depth: Ints


def solve(graph: Graph) -> Solved:
    """The minimax value of every position."""
    won = np.zeros(graph.size, dtype=bool)
    depth = np.zeros(graph.size, dtype=np.int64)

    def decide(here: slice, moves: slice, first: Ints) -> NDArray[Any]:
        child = graph.child[moves]
        wins = ~won[child]
        any_wins = np.logical_or.reduceat(wins, first)
        of = np.repeat(any_wins, np.diff(np.append(first, len(child))))
        far = len(won) + 1
        quick = np.minimum.reduceat(np.where(wins, depth[child], far), first)
        long = np.maximum.reduceat(np.where(of, -1, depth[child]), first)
        depth[here] = 1 + np.where(any_wins, quick, long)
        return any_wins

    graph.back(won, decide)
    return Solved(graph, won, depth)


def uniform(graph: Graph) -> Policy:
    """Any legal move."""
    return _over(graph, np.ones(len(graph.child), dtype=bool))


def optimal(solved: Solved) -> Policy:
    """See above."""
    return _over(solved.graph, _keeps(solved))


def resisting(solved: Solved) -> Policy:
    """See above."""
    graph = solved.graph
    return _over(graph, _keeps(solved) & (solved.depth[graph.child] + 1 == solved.depth[graph.source]))


def blundering(policy: Policy, graph: Graph, share: float) -> Policy:
    """The policy, but with this probability any legal move."""
    return (1 - share) * policy + share * uniform(graph)


def short_sighted(solved: Solved, moves: int) -> Policy:
    """See above."""
    near = (solved.depth <= moves)[solved.graph.source]
    return np.where(near, optimal(solved), uniform(solved.graph))


def value(graph: Graph, giver: Policy, taker: Policy) -> Floats:
    """The giver's expected score from every position."""
    weights = np.where(graph.giver_to_move[graph.source], giver, taker)
    found = graph.scores.copy()
    graph.back(found, lambda here, moves, first: np.add.reduceat(weights[moves] * found[graph.child[moves]], first))
    return found


def best_response(graph: Graph, taker: Policy) -> Policy:
    """The giver's best policy against this one. What it does where the taker is to move is uniform and never used."""
    best = graph.scores.copy()

    def decide(here: slice, moves: slice, first: Ints) -> NDArray[Any]:
        child = best[graph.child[moves]]
        found: Floats = np.where(
            graph.giver_to_move[here],
            np.maximum.reduceat(child, first),
            np.add.reduceat(taker[moves] * child, first),
        )
        return found

    graph.back(best, decide)
    own = graph.giver_to_move[graph.source]
    return _over(graph, ~own | (best[graph.child] >= best[graph.source] - EQUAL))


def _keeps(solved: Solved) -> Flags:
    """Moves that keep a win; all moves of a lost position."""
    graph = solved.graph
    return ~solved.won[graph.child] | ~solved.won[graph.source]


def _over(graph: Graph, among: Flags) -> Policy:
    """Uniform over some moves of each position."""
    counts = np.bincount(graph.source, weights=among, minlength=graph.size)
    found: Policy = among / counts[graph.source]
    return found
