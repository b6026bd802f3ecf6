"""A board with its takers: what a taker plays in training, and what a giver scores against it in tests.

On a solved board every player is a policy, and a giver's score is computed, from the first position with the giver to
move and with the taker (`Computed`). Elsewhere games are played from mirrored openings (`Played`). Either way a
score is the mean over who moves first. This module trains nobody: it is given nets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Protocol

import numpy as np

from thinkaloud.games import policies
from thinkaloud.games.graph import MOST, Graph
from thinkaloud.games.learned import crowd
from thinkaloud.games.learned.boards import boards
from thinkaloud.games.learned.crowd import Player, by_net
from thinkaloud.games.learned.net_policies import following, of_net
from thinkaloud.games.learned.nets import Net
from thinkaloud.games.learned.rounds import Begun, played
from thinkaloud.games.policies import Policy, Solved
from thinkaloud.games.search import Search, advanced
from thinkaloud.studies.givers.recipe import Recipe, Taker
from thinkaloud.studies.odds import recipe as odds
from thinkaloud.studies.odds.at_breakthrough import AtBreakthrough, label
from thinkaloud.studies.odds.players import board_solved
from thinkaloud.vocabulary import Key

Stranger = Callable[[], Net]
"""Makes the net of takers that are nets."""
Scores = Mapping[int, tuple[float, int]]
"""Men missing -> the giver's score, and how many games it rests on (0: it is computed)."""


@dataclass(frozen=True)
class Giver:
    """A net that chooses its moves at a temperature."""

    net: Net
    temperature: float


class Place(Protocol):
    """See above."""

    def opponent(self, name: str) -> Player:
        """A taker in training."""
        ...

    def scores(self, giver: Giver, takers: Sequence[str], odds: Sequence[int], key: Key) -> Mapping[str, Scores]:
        """What a net scores as giver against each of these takers."""
        ...


def place(recipe: Recipe, root: Key, stranger: Stranger) -> Place:
    """Of a recipe."""
    return Computed(recipe, stranger) if recipe.exact else Played(recipe, root, stranger)


def check_solvable(recipe: Recipe) -> None:
    """`UserError` where a recipe's exact board is too large to be solved. Boards on which all ways to place the men are
    few surely fit; those known to be too large are refused at once; narrow ones between are tried, in seconds, and what
    was solved is kept for the run."""
    men, squares = recipe.rules.width * recipe.rows, recipe.rules.squares
    ways = 2 * sum(
        comb(squares, own) * comb(squares - own, other) for own in range(men + 1) for other in range(men + 1)
    )
    if recipe.exact and ways > MOST:
        board_solved(recipe.board, recipe.rows, recipe.odds)


@dataclass(frozen=True)
class Computed:
    """A solved board."""

    recipe: Recipe
    stranger: Stranger

    @cached_property
    def solved(self) -> Solved:
        """From even games and all odds, either side first."""
        return board_solved(self.recipe.board, self.recipe.rows, self.recipe.odds)

    @property
    def graph(self) -> Graph:
        """Its positions."""
        return self.solved.graph

    @cached_property
    def takers(self) -> Mapping[str, Policy]:
        """The policy of every taker of the recipe."""
        return {name: self._policy(taker) for name, taker in self.recipe.takers.items()}

    def _policy(self, taker: Taker) -> Policy:
        made: Mapping[str, Callable[[], Policy]] = {
            "optimal": lambda: policies.optimal(self.solved),
            "sees": lambda: policies.short_sighted(self.solved, taker.ahead),
            "net": lambda: of_net(self.graph, self.stranger(), taker.temperature),
            "uniform": lambda: policies.uniform(self.graph),
        }
        return policies.blundering(made[taker.by](), self.graph, taker.blunders)

    def opponent(self, name: str) -> Player:
        """See `Place`."""
        return following(self.graph, self.takers[name], giver=False)

    def scores(self, giver: Giver, takers: Sequence[str], odds: Sequence[int], key: Key) -> Mapping[str, Scores]:
        """See `Place`."""
        policy = of_net(self.graph, giver.net, giver.temperature)
        return {taker: self.of_policy(policy, taker, odds) for taker in takers}

    def of_policy(self, giver: Policy, taker: str, odds: Sequence[int]) -> Scores:
        """What any policy scores as giver."""
        value = policies.value(self.graph, giver, self.takers[taker])
        begun = {missing: [self.recipe.rules.start(missing, first) for first in (True, False)] for missing in odds}
        return {missing: (float(np.mean([value[self.graph.at(at)] for at in there])), 0)
                for missing, there in begun.items()}  # fmt: skip

    def ceiling(self, taker: str) -> Mapping[str, Scores]:
        """What givers that know the game score: optimal, resisting, and the best response to this taker."""
        givers = {
            "optimal": policies.optimal(self.solved),
            "resisting": policies.resisting(self.solved),
            "best response": policies.best_response(self.graph, self.takers[taker]),
        }
        return {name: self.of_policy(giver, taker, self.recipe.odds) for name, giver in givers.items()}


@dataclass(frozen=True)
class Played:
    """A board that is not solved."""

    recipe: Recipe
    root: Key
    stranger: Stranger

    def opponent(self, name: str) -> Player:
        """See `Place`."""
        taker = self.recipe.takers[name]
        found = self._sound(taker)
        return crowd.blundering(found, taker.blunders) if taker.blunders else found

    def _sound(self, taker: Taker) -> Player:
        rules = self.recipe.rules
        if taker.by == "net":
            return by_net(rules, self.stranger(), taker.temperature)
        if taker.by == "looks":
            return crowd.looking(rules, taker.ahead)
        if taker.by == "search":
            return crowd.searching(Search(rules, advanced(rules), taker.nodes), rules)
        return crowd.anyone

    @cached_property
    def begun(self) -> Mapping[int, Begun]:
        """Where tests begin, by men missing: the same in every test."""
        recipe = self.recipe
        asked = odds.Recipe(board=recipe.board, rows=recipe.rows, missing=recipe.odds, openings=recipe.openings,
                            plies=recipe.plies, tolerance=recipe.tolerance)  # fmt: skip
        setup, found = AtBreakthrough(asked), {}
        for missing in recipe.odds:
            made = setup.openings(label(missing), self.root.child("openings", missing))
            positions = [recipe.rules.read(one.first(first)) for one in made for first in (True, False)]
            there = [position for position in positions for _ in range(recipe.times)]
            found[missing] = Begun(boards(recipe.rules, there), np.array([one.to_move for one in there]))
        return found

    def scores(self, giver: Giver, takers: Sequence[str], odds: Sequence[int], key: Key) -> Mapping[str, Scores]:
        """See `Place`."""
        player = by_net(self.recipe.rules, giver.net, giver.temperature)
        found: dict[str, dict[int, tuple[float, int]]] = {taker: {} for taker in takers}
        for taker in takers:
            other = self.opponent(taker)
            for missing in odds:
                games = played(self.recipe.rules, self.begun[missing], player, other, key.child(taker, missing).rng)
                found[taker][missing] = (float(games.scores.mean()), len(games.scores))
        return found
