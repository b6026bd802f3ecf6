"""Many games at once: the same rules as one game after the other, gradients that are right, nets that learn, and games
whose scores are the ones that are computed on a solved board."""

from __future__ import annotations

import numpy as np
import pytest

from thinkaloud.games import policies
from thinkaloud.games.breakthrough import Breakthrough, Position, board
from thinkaloud.games.learned import crowd
from thinkaloud.games.learned.boards import Boards, after, boards, moves, wins
from thinkaloud.games.learned.lessons import Way, learn, targets
from thinkaloud.games.learned.net_policies import following, of_net
from thinkaloud.games.learned.nets import Learner, gradient, initial, inputs, logits
from thinkaloud.games.learned.rounds import Begun, Round, Step, played
from thinkaloud.games.search import MAN, Search, advanced
from thinkaloud.studies.odds.players import board_solved

TINY = (2, (0, 1))
"""Rows and men missing of a 3x4 board that is solved in a third of a second."""


def walked(rules: Breakthrough, count: int) -> list[Position]:
    """Unfinished positions of random games."""
    rng, found = np.random.default_rng(1), []
    while len(found) < count:
        position = rules.start(int(rng.integers(3)), bool(rng.integers(2)))
        while rules.score(position) is None:
            found.append(position)
            legal = rules.moves(position)
            position = rules.after(position, legal[int(rng.integers(len(legal)))])
    return found


def as_mover(rules: Breakthrough, positions: list[Position]) -> Boards:
    """As whoever is to move sees them."""
    seen = boards(rules, positions)
    turned, up = seen.turned, np.array([p.to_move for p in positions])[:, None]
    return Boards(np.where(up, seen.own, turned.own), np.where(up, seen.other, turned.other))


@pytest.mark.parametrize("size", ["3x4", "5x5", "6x6"])
def test_moves_of_many_boards_are_the_moves_of_each(size: str) -> None:
    """Same moves, same positions after them, same ends; the taker's with the board turned around."""
    rules = board(size)
    positions = walked(rules, 200)
    seen = as_mover(rules, positions)
    made = moves(rules, seen)
    then, won = after(seen, made), wins(rules, seen, made)
    for at, position in enumerate(positions):
        there = np.flatnonzero(made.game == at)
        found = {}
        for i in there:
            pair = (int(made.source[i]), int(made.target[i]))
            move = pair if position.to_move else (rules.squares - 1 - pair[0], rules.squares - 1 - pair[1])
            found[move] = i
        assert set(found) == set(rules.moves(position)) and made.first[at] == there[0]
        for move, i in found.items():
            next_one = rules.after(position, move)
            # the one who moved is the other side of who is to move now
            expected = as_mover(rules, [next_one]).turned
            assert (then.own[i] == expected.own[0]).all() and (then.other[i] == expected.other[0]).all()
            assert won[i] == (rules.score(next_one) is not None)


def test_gradients_are_those_of_the_loss() -> None:
    """Against central differences, weight by weight, in double precision."""
    rng = np.random.default_rng(2)
    net = {name: value.astype(np.float64) + rng.normal(0, 0.1, value.shape)
           for name, value in initial(6, 5, rng).items()}  # fmt: skip
    x, target = rng.integers(2, size=(7, 12)).astype(np.float64), rng.random(7)

    def loss(weights: dict[str, np.ndarray]) -> float:
        one = np.maximum(x @ weights["w1"] + weights["b1"], 0)
        two = np.maximum(one @ weights["w2"] + weights["b2"], 0)
        logit = (two @ weights["w3"] + weights["b3"])[:, 0]
        return float(np.mean(np.log1p(np.exp(logit)) - target * logit))

    for name, slope in gradient(net, x, target).items():  # type: ignore[arg-type]
        for at in np.ndindex(*slope.shape):
            if rng.random() > 0.2:
                continue
            ends = []
            for step in (1e-5, -1e-5):
                moved = {**net, name: net[name].copy()}
                moved[name][at] += step
                ends.append(loss(moved))
            assert slope[at] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-7)


def test_targets_mix_the_next_value_and_the_end() -> None:
    """A game of two own moves that was lost: the last position is told 0, the one before a mixture of its own next
    value and 0; with a trace of 1 both are told 0. A move that wins is told to the position before it as 1."""
    rules = board("3x4")
    net = initial(rules.squares, 4, np.random.default_rng(3))
    net = {**net, "b3": net["b3"] + 1}
    one, two = boards(rules, [rules.start()]), boards(rules, [rules.start(1)])
    value = 1 / (1 + np.exp(-logits(net, two)[0]))
    games, no = np.array([0]), np.array([False])
    lost = Round(np.array([0.0]), [Step(True, games, one, no), Step(False, games, one, no), Step(True, games, two, no)])
    x, y = targets(net, lost, True, 0.5)
    assert (x[0] == inputs(two)[0]).all() and y == pytest.approx([0, 0.5 * value])
    assert targets(net, lost, True, 1.0)[1] == pytest.approx([0, 0])
    assert targets(net, lost, False, 0.5)[1] == pytest.approx([1])
    won = Round(np.array([1.0]), [Step(True, games, one, no), Step(True, games, two, np.array([True]))])
    assert targets(net, won, True, 0.5)[1] == pytest.approx([1])


@pytest.mark.slow
def test_played_scores_are_the_computed_ones() -> None:
    """A policy and a net against a taker that blunders, either side first: 2,000 games within four standard errors."""
    rows, missing = TINY
    solved = board_solved("3x4", rows, missing)
    graph, rules = solved.graph, solved.graph.board
    rng = np.random.default_rng(4)
    net = initial(rules.squares, 8, rng)
    net = {**net, "w3": rng.normal(0, 1, net["w3"].shape).astype(np.float32)}
    taker = policies.blundering(policies.optimal(solved), graph, 0.4)
    hard = policies.resisting(solved)
    for policy, player in (
        (hard, following(graph, hard, True)),
        (of_net(graph, net, 0.5), crowd.by_net(rules, net, 0.5)),
    ):
        known = policies.value(graph, policy, taker)
        for first in (True, False):
            begun = Begun(boards(rules, [rules.start(1)] * 2000), np.full(2000, first))
            found = played(rules, begun, player, following(graph, taker, False), rng).scores.mean()
            expected = float(known[graph.at(rules.start(1, first))])
            assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)


@pytest.mark.slow
def test_a_net_learns_to_play() -> None:
    """After 60 lessons against itself it scores far more against the weak than a random player: more than 200 Elo."""
    rows, missing = TINY
    solved = board_solved("3x4", rows, missing)
    graph, rules, way = solved.graph, solved.graph.board, Way()
    rng = np.random.default_rng(5)
    learner = Learner(initial(rules.squares, 32, rng), way.rate)
    for _ in range(60):
        begun = Begun(boards(rules, [rules.start()] * 64), rng.random(64) < 0.5)
        own = crowd.by_net(rules, learner.net, way.temperature)
        seen = played(rules, begun, own, own, rng)
        for giver in (True, False):
            learn(learner, *targets(learner.net, seen, giver, way.trace), way, rng)
    taker = policies.blundering(policies.optimal(solved), graph, 0.3)
    at = graph.at(rules.start(0))
    givers = (policies.uniform(graph), of_net(graph, learner.net, 0.1), policies.optimal(solved))
    scores = [policies.value(graph, policy, taker)[at] for policy in givers]
    odds = [score / (1 - score) for score in scores]
    assert odds[1] > 10 ** (200 / 400) * odds[0]
    assert scores[1] > scores[2] - 0.1  # about as good as a player that gives up where it is lost


def test_a_player_that_looks_ahead_sees_what_a_search_sees() -> None:
    """One and two moves ahead its move is worth what full alpha-beta to that depth says, on every position."""
    rules = board("5x5")
    positions = walked(rules, 60)
    seen = as_mover(rules, positions)
    made = moves(rules, seen)
    judge = advanced(rules)
    for ahead in (1, 2):
        chosen = crowd.looking(rules, ahead)(seen, made, np.random.default_rng(6))
        search = Search(rules, judge, 10**9)
        for at in range(len(positions)):
            # as the giver, whoever it was
            bits = [int(sum(1 << i for i in np.flatnonzero(side[at]))) for side in (seen.own, seen.other)]
            position = Position(bits[0], bits[1], True)
            search._left = 10**9
            worth = {move: -search._worth(rules.after(position, move), ahead - 1, -1e9, 1e9)
                     for move in rules.moves(position)}  # fmt: skip
            i = chosen[at]
            found, best = worth[int(made.source[i]), int(made.target[i])], max(worth.values())
            assert found == pytest.approx(best) or (best > 100 * MAN and found > 100 * MAN)


def test_blunders_are_as_frequent_as_said() -> None:
    """A player that never takes the first move, with half of its moves any move: the first is taken half as often as
    by chance."""
    rules = board("5x5")
    seen = boards(rules, [rules.start()] * 4000)
    made = moves(rules, seen)

    def last(seen: Boards, made: object, rng: np.random.Generator) -> np.ndarray:
        return np.append(made.first[1:], len(made.game)) - 1  # type: ignore[attr-defined]

    rng = np.random.default_rng(7)
    chosen = crowd.blundering(last, 0.5)(seen, made, rng)
    share = float((chosen == made.first).mean())
    chance = 1 / (len(made.game) / 4000)
    assert abs(share - chance / 2) < 4 * np.sqrt(chance / 2 / 4000)
