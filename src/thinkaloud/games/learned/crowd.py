"""Players of many games at once, and the games between them.

A player is a function: boards as it sees them, their legal moves and a source of chance, to the place of the move it
makes on each board. Equal moves are drawn. This module keeps no score of whole matches and trains nobody.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thinkaloud.games.breakthrough import Breakthrough, Position
from thinkaloud.games.learned.boards import Boards, Floats, Ints, Moves, after, moves, wins
from thinkaloud.games.learned.nets import Net, logits
from thinkaloud.games.search import AHEAD, MAN, WIN, Search

Player = Callable[[Boards, Moves, np.random.Generator], Ints]
CERTAIN = 30.0
"""Logit of a move that wins."""


def drawn(made: Moves, logit: Floats, rng: np.random.Generator) -> Ints:
    """A move of each board, with probabilities in proportion to exp(logit)."""
    return made.best(logit + rng.gumbel(size=len(logit)))


def anyone(seen: Boards, made: Moves, rng: np.random.Generator) -> Ints:
    """Any legal move, each as likely."""
    return drawn(made, np.zeros(len(made.game)), rng)


def judged(rules: Breakthrough, net: Net, seen: Boards, made: Moves) -> Floats:
    """The network's logit of each move; moves that win are `CERTAIN`."""
    found = logits(net, after(seen, made)).astype(np.float64)
    found[wins(rules, seen, made)] = CERTAIN
    return found


def by_net(rules: Breakthrough, net: Net, temperature: float) -> Player:
    """Softmax over the network's logits, divided by the temperature."""
    return lambda seen, made, rng: drawn(made, judged(rules, net, seen, made) / temperature, rng)


def looking(rules: Breakthrough, ahead: int) -> Player:
    """The move that is worth most in men and steps (as `search.advanced` counts them), one move ahead or two."""
    row = np.arange(rules.squares) // rules.width
    worth = MAN + AHEAD * row * (row + 1) / 2

    def gains(seen: Boards, made: Moves) -> Floats:
        beaten = seen.other[made.game, made.target] * worth[::-1][made.target]
        found = worth[made.target] - worth[made.source] + beaten
        found[wins(rules, seen, made)] = WIN
        return found

    def choose(seen: Boards, made: Moves, rng: np.random.Generator) -> Ints:
        found = gains(seen, made)
        going = np.flatnonzero(found < WIN)
        if ahead > 1 and len(going):
            some = Moves(made.game[going], made.source[going], made.target[going], going)
            then = after(seen, some).turned
            replies = moves(rules, then)
            found[going] -= np.maximum.reduceat(gains(then, replies), replies.first)
        return drawn(made, found * 1e6, rng)  # chance decides between equals only

    return choose


def searching(search: Search[Position, tuple[int, int]], rules: Breakthrough) -> Player:
    """Alpha-beta, board by board."""
    bits = 1 << np.arange(rules.squares, dtype=np.object_)

    def choose(seen: Boards, made: Moves, rng: np.random.Generator) -> Ints:
        giver, taker = (side @ bits for side in (seen.own, seen.other))
        found = np.empty(len(seen), dtype=np.int64)
        ends = np.append(made.first[1:], len(made.game))
        for at, (first, end) in enumerate(zip(made.first, ends, strict=True)):
            source, target = search.best(Position(int(giver[at]), int(taker[at]), True), rng)[0]
            there = (made.source[first:end] == source) & (made.target[first:end] == target)
            found[at] = first + int(np.flatnonzero(there)[0])
        return found

    return choose


def blundering(player: Player, share: float) -> Player:
    """The player, but with this probability any legal move."""

    def choose(seen: Boards, made: Moves, rng: np.random.Generator) -> Ints:
        found = anyone(seen, made, rng)
        sound = np.flatnonzero(rng.random(len(seen)) >= share)
        if len(sound):
            found[sound] = _of_some(player, seen, made, sound, rng)
        return found

    return choose


def _of_some(player: Player, seen: Boards, made: Moves, some: Ints, rng: np.random.Generator) -> Ints:
    """The moves of a player on some of the boards."""
    there = np.flatnonzero(np.isin(made.game, some))
    game = np.searchsorted(some, made.game[there])
    part = Moves(game, made.source[there], made.target[there], np.searchsorted(game, np.arange(len(some))))
    return there[player(seen[some], part, rng)]
