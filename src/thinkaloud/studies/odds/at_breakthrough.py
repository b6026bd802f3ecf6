"""Breakthrough in the study of odds: men missing, openings judged by a search, and what is known of a solved board.

See `Setup` for what each member is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.games import policies
from thinkaloud.games.breakthrough import Breakthrough, Move, Position, board
from thinkaloud.games.graph import Floats
from thinkaloud.games.match import Played, Player
from thinkaloud.games.openings import Asked, Ground, Opening, openings
from thinkaloud.games.policies import Solved
from thinkaloud.games.search import MAN, Search, advanced, least_nodes
from thinkaloud.studies.odds.players import followed, made, policy_of, solved_of
from thinkaloud.studies.odds.recipe import Recipe, of_rows
from thinkaloud.studies.odds.setups import EVEN, Cell, Match, Odds, by_turns, counted
from thinkaloud.vocabulary import Key

JUDGES = 1000
"""Nodes of the search that says what an opening is worth."""


def label(missing: int) -> str:
    """Odds in words."""
    return f"{missing} missing" if missing else EVEN


@dataclass(frozen=True)
class AtBreakthrough:
    """The setup of a recipe."""

    recipe: Recipe

    @cached_property
    def game(self) -> Breakthrough:
        """See `Setup`."""
        return board(self.recipe.board, self.recipe.rows)

    @property
    def title(self) -> str:
        """See `Setup`."""
        return f"{self.recipe.board}, {of_rows(self.recipe.rows)}"

    @property
    def odds(self) -> list[Odds]:
        """See `Setup`."""
        return counted({label(missing): missing for missing in self.recipe.missing})

    def openings(self, label: str, key: Key) -> list[Opening]:
        """See `Setup`. What an opening is worth is what a search says, in men."""
        search = Search(self.game, advanced(self.game), JUDGES)

        def worth(position: Position) -> float:
            return search.best(position)[1] / MAN * (1 if position.to_move else -1)

        def mirrored(position: Position) -> Position | None:
            other = position._replace(to_move=False)
            return None if self.game.score(other) is not None else other

        missing = next(int(odds.material) for odds in self.odds if odds.label == label)
        recipe = self.recipe
        ground: Ground[Position, Move] = Ground(self.game, self.game.start(missing), worth, mirrored)
        return openings(ground, Asked(label, recipe.plies, recipe.openings, recipe.tolerance), key)

    def match(self, cell: Cell, spoken: Mapping[str, Player[Any, Any]]) -> Match:
        """See `Setup`."""
        giver, taker = (spoken.get(name) or made(name, self.recipe) for name in (cell.giver, cell.taker))
        return by_turns(self.game, giver, taker)

    def known(self, cell: Cell) -> Callable[[str, Played], dict[str, Any]] | None:
        """See `Setup`: something, where the board is solved."""
        solved = solved_of(self.recipe)
        if solved is None:
            return None
        specs = {"giver": self.recipe.players[cell.giver], "taker": self.recipe.players[cell.taker]}
        if not all(followed(spec, role) for role, spec in specs.items()):
            return Known(solved, None).about
        giver, taker = (policy_of(spec, self.recipe.players, solved) for spec in specs.values())
        return Known(solved, policies.value(solved.graph, giver, taker)).about

    def notes(self) -> list[str]:
        """See `Setup`: nothing."""
        return []

    def files(self) -> Mapping[str, str]:
        """See `Setup`: nothing."""
        return {}

    def check(self, where: str) -> None:
        """See `Setup`."""
        recipe, least = self.recipe, least_nodes(self.game, self.game.start())
        for missing in recipe.missing:
            self.game.start(missing)
        if recipe.odds:
            raise UserError(
                f"odds of {where} are {list(recipe.odds)!r}: Breakthrough has men missing, missing = [0, 1]"
            )
        if 0 not in recipe.missing or len(set(recipe.missing)) < len(recipe.missing):
            raise UserError(
                f"missing of {where} is {list(recipe.missing)!r}: give each number once, and 0 among them, since odds "
                "have no worth without even games of the same players"
            )
        for name, spec in recipe.players.items():
            if spec.by == "engine":
                raise UserError(f"the player {name!r} is an engine: these play chess, --game chess")
            if spec.by == "search" and spec.nodes < least:
                raise UserError(
                    f"nodes of the player {name!r} is {spec.nodes}: a search of one move ahead takes {least} on this "
                    f"board and is always finished, so all limits below play alike; give {least} or more"
                )


@dataclass(frozen=True)
class Known:
    """What is known of the games of a cell on a solved board. `scores`: the expected score of these players from every
    position, None where one of them follows no policy."""

    solved: Solved
    scores: Floats | None

    def about(self, begun: str, game: Played) -> dict[str, Any]:
        """For each position the moves to its end under best play, more than 0 where the giver wins; and the expected
        score from the first one."""
        graph, ends = self.solved.graph, []
        position = graph.board.read(begun)
        for at in positions(graph.board, position, game.moves):
            number = graph.at(at)
            wins = bool(self.solved.won[number]) == at.to_move
            ends.append(int(self.solved.depth[number]) * (1 if wins else -1))
        exact = {} if self.scores is None else {"exact": round(float(self.scores[graph.at(position)]), 6)}
        return {"ends": ends, **exact}


def positions(rules: Breakthrough, position: Position, moves: tuple[str, ...]) -> list[Position]:
    """The positions of a game, the first one included."""
    found = [position]
    for said in moves:
        named = {rules.text(move): move for move in rules.moves(found[-1])}
        found.append(rules.after(found[-1], named[said]))
    return found
