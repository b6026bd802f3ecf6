"""The players of a recipe that are no language models, made from what the recipe says of them.

A solved board is solved once in a process and kept (`board_solved`): some seconds for one row of men on 4x4. What a
player draws comes from the key it is given with every move. This module does not know who plays whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic

import numpy as np

from thinkaloud.games import policies
from thinkaloud.games.breakthrough import Move, Position, board
from thinkaloud.games.game import Game, M, P
from thinkaloud.games.graph import check_even, explore
from thinkaloud.games.match import Chosen, Player
from thinkaloud.games.policies import Policy, Solved
from thinkaloud.games.search import Search, advanced
from thinkaloud.studies.odds.recipe import SOLVED, Recipe, Spec
from thinkaloud.studies.odds.talkers import NAME, talker
from thinkaloud.vocabulary import Key

REPLACED = "replaced"
"""What is said with a move that stands for one that was not legal: the latter, None where there was none."""


@lru_cache(maxsize=2)
def board_solved(size: str, rows: int, missing: tuple[int, ...]) -> Solved:
    """A board from the first positions of all these odds, whoever moves first; `UserError` where it is too large."""
    rules = board(size, rows)
    if 0 in missing:
        check_even(rules)
    return policies.solve(explore(rules, [rules.start(one, first) for one in missing for first in (True, False)]))


@dataclass(frozen=True)
class Anyone(Generic[P, M]):
    """Any of these moves, each as likely."""

    moves: Callable[[P], Sequence[M]]

    async def choose(self, position: P, key: Key) -> Chosen[M]:
        """See `Player`."""
        moves = self.moves(position)
        return Chosen(moves[int(key.rng.integers(len(moves)))])


@dataclass(frozen=True)
class Searcher:
    """Alpha-beta with so many nodes."""

    search: Search[Position, Move]

    async def choose(self, position: Position, key: Key) -> Chosen[Move]:
        """See `Player`. Moves of equal worth are drawn."""
        return Chosen(self.search.best(position, key.rng)[0])


@dataclass(frozen=True)
class Follower:
    """Whoever follows a policy of a solved board."""

    solved: Solved
    policy: Policy

    async def choose(self, position: Position, key: Key) -> Chosen[Move]:
        """See `Player`."""
        graph = self.solved.graph
        number = graph.at(position)
        chances = self.policy[graph.first[number] : graph.first[number + 1]]
        at = int(np.searchsorted(chances.cumsum(), key.rng.random() * chances.sum(), side="right"))
        return Chosen(graph.board.moves(position)[min(at, len(chances) - 1)])


@dataclass(frozen=True)
class Blunderer(Generic[P, M]):
    """A player who is another one with some probability."""

    player: Player[P, M]
    other: Player[P, M]
    share: float

    async def choose(self, position: P, key: Key) -> Chosen[M]:
        """See `Player`."""
        if key.child("blunders").rng.random() < self.share:
            return await self.other.choose(position, key.child("any"))
        return await self.player.choose(position, key)


@dataclass(frozen=True)
class Replaced(Generic[P, M]):
    """An engine whose moves that are not legal are replaced by legal ones, drawn. It is said with the move."""

    engine: Player[P, M]
    rules: Game[P, M]

    async def choose(self, position: P, key: Key) -> Chosen[M]:
        """See `Player`."""
        chosen, legal = await self.engine.choose(position, key), self.rules.moves(position)
        if chosen.gives_up or chosen.move in legal:
            return chosen
        said = {REPLACED: None if chosen.move is None else self.rules.text(chosen.move), **chosen.said}
        return Chosen(legal[int(key.child("instead").rng.integers(len(legal)))], said)


def followed(spec: Spec, role: str) -> bool:
    """Whether a player follows a policy of a solved board that is known: a scripted speaker does as a giver."""
    return spec.by in (*SOLVED, "uniform") or (spec.model.startswith(NAME) and role == "giver")


def policy_of(spec: Spec, players: Mapping[str, Spec], solved: Solved) -> Policy:
    """What a player of a solved board does, blunders and all."""
    graph = solved.graph
    made = {
        "optimal": lambda: policies.optimal(solved),
        "resisting": lambda: policies.resisting(solved),
        "best response": lambda: policies.best_response(graph, policy_of(players[spec.against], players, solved)),
        "uniform": lambda: policies.uniform(graph),
        "model": lambda: talker(spec.model).policy(spec.reasoning, graph),
    }
    return policies.blundering(made[spec.by](), graph, spec.blunders)


def solved_of(recipe: Recipe) -> Solved | None:
    """The solved board of a recipe, None where none of its players needs it."""
    if not any(spec.by in SOLVED for spec in recipe.players.values()):
        return None
    return board_solved(recipe.board, recipe.rows, recipe.missing)


def made(name: str, recipe: Recipe) -> Player[Position, Move]:
    """A player of a recipe that is no language model."""
    spec, rules = recipe.players[name], board(recipe.board, recipe.rows)
    if spec.by in SOLVED:
        solved = board_solved(recipe.board, recipe.rows, recipe.missing)
        return Follower(solved, policy_of(spec, recipe.players, solved))
    if spec.by == "uniform":
        return Anyone(rules.moves)
    player = Searcher(Search(rules, advanced(rules), spec.nodes))
    return Blunderer(player, Anyone(rules.moves), spec.blunders) if spec.blunders else player
