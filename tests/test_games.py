"""Breakthrough: its rules, its exact solution by another search, and the published table to the third decimal."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pytest

from thinkaloud.errors import UserError
from thinkaloud.games import policies
from thinkaloud.games.breakthrough import Breakthrough, Position, board
from thinkaloud.games.graph import Graph, check_even, explore
from thinkaloud.games.search import Search, advanced, least_nodes

TABLE = {  # men missing -> share of blunders -> what optimal, resisting and best response score; one row on 4x4
    1: {0.05: (0.108, 0.155, 0.178), 0.1: (0.208, 0.291, 0.330), 0.2: (0.381, 0.511, 0.568),
        0.3: (0.525, 0.673, 0.733), 0.5: (0.737, 0.871, 0.915)},
    2: {0.05: (0.089, 0.100, 0.107), 0.1: (0.172, 0.192, 0.206), 0.2: (0.322, 0.357, 0.379),
        0.3: (0.453, 0.497, 0.524), 0.5: (0.662, 0.712, 0.739)},
}  # fmt: skip


@lru_cache
def solved() -> tuple[Graph, policies.Solved]:
    four = board("4x4", 1)
    graph = explore(four, [four.start(missing) for missing in (0, 1, 2)])
    return graph, policies.solve(graph)


@lru_cache
def tiny() -> tuple[Graph, policies.Solved]:
    three = board("3x4", 1)
    roots = [three.start(missing, first) for missing in (0, 1) for first in (True, False)]
    graph = explore(three, roots)
    return graph, policies.solve(graph)


def any_game(rules: Breakthrough, seed: int) -> list[Position]:
    rng = np.random.default_rng(seed)
    found = [rules.start(seed % 3, seed % 2 == 0)]
    while rules.score(found[-1]) is None:
        moves = rules.moves(found[-1])
        found.append(rules.after(found[-1], moves[rng.integers(len(moves))]))
    return found


# -------------------------------------------------------------------------------------------------------------- rules


def test_a_man_steps_ahead_or_aside_and_captures_only_aside() -> None:
    rules = board("3x3", 1)
    position = rules.read("TT./GG./..G giver")
    assert [rules.text(move) for move in rules.moves(position)] == ["c1c2", "a2b3", "b2a3", "b2c3"]


def test_odds_are_men_from_the_corner_of_the_back_row_inwards() -> None:
    assert board("4x4", 1).drawn(board("4x4", 1).start(2)) == "TTTT/..../..../..GG"


@pytest.mark.parametrize("seed", range(6))
def test_whoever_has_a_man_can_move_and_a_game_ends_with_the_last_move(seed: int) -> None:
    rules = board("5x5", 2)
    game = any_game(rules, seed)
    assert all(rules.moves(position) for position in game[:-1])
    assert rules.score(game[-1]) == (0.0 if game[-1].to_move else 1.0)
    assert all(rules.read(rules.write(position)) == position for position in game)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: board("5by5"), "'5by5' is no board"),
        (lambda: board("9x9"), "64 squares at most"),
        (lambda: board("4x4", 3), "3 rows of men on a board of 4 rows: give 1 to 2"),
        (lambda: board("4x4", 1).start(4), "4 men missing leaves the giver 0 of 4: give 0 to 3"),
        (lambda: explore(board("6x6", 1), [board("6x6", 1).start()]), "a board of 6x6 cannot be solved"),
        (lambda: board("4x4", 1).read("TT/GG giver"), "is no position on 4x4"),
    ],
)
def test_what_is_no_game_is_said_in_a_line(wrong: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        wrong()  # type: ignore[operator]


# ----------------------------------------------------------------------------------------------------- exact solutions


@pytest.mark.slow
def test_a_board_that_is_refused_unseen_is_too_large_and_those_that_fit_are_not_refused() -> None:
    """The smallest of the boards that were counted, and three that were solved."""
    rules = board("3x5", 2)
    for refuse in (check_even, lambda rules: explore(rules, [rules.start(0, first) for first in (True, False)])):
        with pytest.raises(UserError, match="3x5 with 2 rows of men has more than 6,000,000 positions"):
            refuse(rules)
    for size, rows in (("4x4", 1), ("3x4", 2), ("3x5", 1)):
        check_even(board(size, rows))


@pytest.mark.slow
def test_moves_of_the_graph_are_those_of_the_rules_in_their_order() -> None:
    graph, _ = solved()
    for game in (any_game(graph.board, seed) for seed in range(0, 12, 2)):
        for position in game[:-1]:
            number = graph.at(position)
            assert graph.position(number) == position
            there = graph.child[graph.first[number] : graph.first[number + 1]]
            made = [graph.board.after(position, move) for move in graph.board.moves(position)]
            assert [graph.position(child) for child in there] == made


def test_a_plain_search_finds_the_same_winners_lengths_and_scores() -> None:
    """Values, depths and the best response, by recursion over positions that shares no code with the arrays."""
    graph, found = tiny()
    rules, share = graph.board, 0.2

    @cache
    def won(position: Position) -> tuple[bool, int]:
        if rules.score(position) is not None:
            return False, 0
        below = [won(rules.after(position, move)) for move in rules.moves(position)]
        wins = [depth for winning, depth in below if not winning]
        return (True, 1 + min(wins)) if wins else (False, 1 + max(depth for _, depth in below))

    @cache
    def best(position: Position) -> float:
        if (score := rules.score(position)) is not None:
            return score
        below = [rules.after(position, move) for move in rules.moves(position)]
        scores = [best(child) for child in below]
        if position.to_move:
            return max(scores)
        good = [score for child, score in zip(below, scores, strict=True) if not won(child)[0]] or scores
        return (1 - share) * sum(good) / len(good) + share * sum(scores) / len(scores)

    taker = policies.blundering(policies.optimal(found), graph, share)
    scores = policies.value(graph, policies.best_response(graph, taker), taker)
    for number in range(0, graph.size, 3):
        position = graph.position(number)
        assert (bool(found.won[number]), int(found.depth[number])) == won(position)
        assert scores[number] == pytest.approx(best(position), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("missing", TABLE)
def test_three_givers_against_a_taker_that_blunders_score_what_the_table_says(missing: int) -> None:
    graph, found = solved()
    start = graph.at(graph.board.start(missing))
    best, hard = policies.optimal(found), policies.resisting(found)
    assert not found.won[start]
    for share, wanted in TABLE[missing].items():
        taker = policies.blundering(best, graph, share)
        givers = (best, hard, policies.best_response(graph, taker))
        scores = [float(policies.value(graph, giver, taker)[start]) for giver in givers]
        assert scores == [pytest.approx(one, abs=5.1e-4) for one in wanted]


@pytest.mark.slow
def test_even_on_four_rows_the_giver_wins_and_no_blunder_is_needed() -> None:
    graph, found = solved()
    start = graph.at(graph.board.start(0))
    best = policies.optimal(found)
    assert found.won[start]
    assert policies.value(graph, best, best)[start] == pytest.approx(1.0)


def test_a_best_response_beats_every_policy_everywhere_and_others_against_another_taker_do_not() -> None:
    graph, found = tiny()
    best = policies.optimal(found)
    mild, wild = (policies.blundering(best, graph, share) for share in (0.1, 0.6))
    against = {name: policies.best_response(graph, taker) for name, taker in (("mild", mild), ("wild", wild))}
    for name, taker in (("mild", mild), ("wild", wild)):
        top = policies.value(graph, against[name], taker)
        for other in (best, policies.resisting(found), policies.uniform(graph), *against.values()):
            assert (policies.value(graph, other, taker) <= top + 1e-12).all()
    mine, theirs = (policies.value(graph, against[name], wild) for name in ("wild", "mild"))
    assert (mine - theirs).max() > 0.005  # what was learned from one taker is not all that can be had from another


def test_policies_are_probabilities() -> None:
    graph, found = tiny()
    for policy in (policies.optimal(found), policies.resisting(found), policies.uniform(graph)):
        sums = np.bincount(graph.source, weights=policy, minlength=graph.size)
        assert sums[~graph.over] == pytest.approx(1.0)


# -------------------------------------------------------------------------------------------------------------- search


@pytest.mark.slow
def test_the_search_finds_a_win_in_three_moves_and_takes_the_quickest() -> None:
    graph, found = solved()
    rules = graph.board
    near = [int(n) for n in np.flatnonzero(found.won & (found.depth == 3))[::997]]
    player = Search(rules, advanced(rules), 4000)
    assert len(near) > 5
    for number in near:
        move, worth = player.best(graph.position(number))
        after = graph.at(rules.after(graph.position(number), move))
        assert worth > 0 and not found.won[after] and found.depth[after] == 2


def test_more_nodes_play_better_and_the_same_position_gets_the_same_move() -> None:
    rules = board("6x6", 2)
    weak, strong = (Search(rules, advanced(rules), nodes) for nodes in (30, 300))
    wins = 0.0
    for seed in range(10):
        position, rng = rules.start(0, seed % 2 == 0), np.random.default_rng(seed)
        while (score := rules.score(position)) is None:
            player = strong if position.to_move else weak
            assert player.best(position) == player.best(position)
            position = rules.after(position, player.best(position, rng)[0])
        wins += score
    assert wins >= 7


def test_limits_below_the_number_of_moves_play_alike() -> None:
    rules = board("5x5", 2)
    least = least_nodes(rules, rules.start())
    low, lower = (Search(rules, advanced(rules), nodes) for nodes in (least, 1))
    assert least == 13
    assert all(low.best(p)[0] == lower.best(p)[0] for seed in range(4) for p in any_game(rules, seed)[:-1])
