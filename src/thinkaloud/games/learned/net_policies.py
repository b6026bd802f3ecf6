"""Networks on a solved board, and solved players in a crowd: the bridge between `policies.py` and `crowd.py`.

`of_net` makes the policy of a network that plays either side of every position, so that what it scores is computed and
not played. `following` makes a player of a crowd that draws its moves from a policy. This module solves nothing.
"""

from __future__ import annotations

import numpy as np

from thinkaloud.games.graph import Graph
from thinkaloud.games.learned.boards import Boards, Ints, Moves, after
from thinkaloud.games.learned.crowd import CERTAIN, Player, drawn
from thinkaloud.games.learned.nets import Net, logits
from thinkaloud.games.policies import Policy


def seen_by_mover(graph: Graph, numbers: Ints) -> Boards:
    """These positions as whoever has just moved sees them."""
    keys, n = graph.keys[numbers], graph.board.squares
    found = (keys[:, None] >> np.arange(2 * n)) & 1 > 0
    giver_moved = (keys >> (2 * n) == 0)[:, None]
    giver, taker = found[:, :n], found[:, n:]
    return Boards(np.where(giver_moved, giver, taker[:, ::-1]), np.where(giver_moved, taker, giver[:, ::-1]))


def of_net(graph: Graph, net: Net, temperature: float) -> Policy:
    """Softmax over the network's logits of the positions that moves lead to, divided by the temperature; a move that
    wins has the logit `CERTAIN`, as in `crowd.by_net`."""
    worth = np.full(graph.size, CERTAIN)
    going = np.flatnonzero(~graph.over)
    worth[going] = logits(net, seen_by_mover(graph, going))
    every = worth[graph.child] / temperature
    first = graph.first[:-1][~graph.over]
    moves = np.diff(graph.first)[~graph.over]
    every = np.exp(every - np.repeat(np.maximum.reduceat(every, first), moves))
    found: Policy = every / np.repeat(np.add.reduceat(every, first), moves)
    return found


def following(graph: Graph, policy: Policy, giver: bool) -> Player:
    """Whoever follows a policy on the giver's side, or on the taker's. Boards must be among the graph's positions."""

    def choose(seen: Boards, made: Moves, rng: np.random.Generator) -> Ints:
        here = _numbers(graph, seen if giver else seen.turned, giver)
        then = after(seen, made)
        there = _numbers(graph, then if giver else then.turned, not giver)
        counts = np.diff(np.append(made.first, len(made.game)))
        edges = np.repeat(graph.first[here] - made.first, counts) + np.arange(len(made.game))
        by_edge, by_move = np.lexsort((graph.child[edges], made.game)), np.lexsort((there, made.game))
        chance = np.empty(len(there))
        chance[by_move] = policy[edges[by_edge]]
        with np.errstate(divide="ignore"):
            return drawn(made, np.log(chance), rng)

    return choose


def _numbers(graph: Graph, as_giver: Boards, giver_to_move: bool) -> Ints:
    bits = 1 << np.arange(graph.board.squares)
    keys = as_giver.own @ bits + (as_giver.other @ bits << graph.board.squares)
    return graph.numbers(keys + (int(giver_to_move) << (2 * graph.board.squares)))
