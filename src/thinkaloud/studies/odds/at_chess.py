"""Chess in the study of odds: pieces missing, openings judged by an engine, engines as players.

See `Setup` for what each member is. Nothing is known for sure of a game of chess. An engine's process is started once
in a process of the study and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.games.chess_rules import PIECES, WORTH, Chess, Position, need_chess
from thinkaloud.games.match import Played, Player
from thinkaloud.games.openings import Asked, Ground, Opening, openings
from thinkaloud.games.programs import close_all
from thinkaloud.games.uci import Engine
from thinkaloud.studies.odds.players import Anyone, Blunderer, Replaced
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell, Match, Odds, adding_up, by_turns, engines_of, need_even
from thinkaloud.vocabulary import Key

JUDGES = 5000
"""Nodes of the engine that says what an opening is worth."""
LEAST = 100
"""Nodes: below, one move ahead is always finished, and limits play alike."""
AND = " + "


@dataclass(frozen=True)
class AtChess:
    """The setup of a recipe."""

    recipe: Recipe

    @cached_property
    def game(self) -> Chess:
        """See `Setup`."""
        return Chess()

    @property
    def title(self) -> str:
        """See `Setup`."""
        return "chess"

    @property
    def odds(self) -> list[Odds]:
        """See `Setup`."""
        parts = {label: () if label == EVEN else tuple(label.split(AND)) for label in self.recipe.odds}
        worth = {label: sum(WORTH[one] for one in parts[label]) for label in parts}
        return adding_up(worth, lambda one, other, whole: sorted(parts[one] + parts[other]) == sorted(parts[whole]))

    def openings(self, label: str, key: Key) -> list[Opening]:
        """See `Setup`. What an opening is worth is what the first engine of the recipe says, in pawns."""
        engine = next(spec for spec in self.recipe.players.values() if spec.by == "engine")
        judge = engine_of(engine, JUDGES, "judge")
        start = self.game.start(() if label == EVEN else label.split(AND))
        ground: Ground[Position, str] = Ground(self.game, start, judge.worth, self.game.mirrored)
        recipe = self.recipe
        return openings(ground, Asked(label, recipe.plies, recipe.openings, recipe.tolerance), key)

    def match(self, cell: Cell, spoken: Mapping[str, Player[Any, Any]]) -> Match:
        """See `Setup`."""
        giver, taker = (spoken.get(name) or self._player(name, role) for role, name in cell.roles.items())
        return by_turns(self.game, giver, taker)

    def _player(self, name: str, role: str) -> Player[Position, str]:
        spec = self.recipe.players[name]
        if spec.by == "uniform":
            return Anyone(self.game.moves)
        engine = Replaced(engine_of(spec, spec.nodes, role), self.game)
        return Blunderer(engine, Anyone(self.game.moves), spec.blunders) if spec.blunders else engine

    def known(self, cell: Cell) -> Callable[[str, Played], dict[str, Any]] | None:
        """See `Setup`: which programs played."""
        there = [(role, name, self.recipe.players[name]) for role, name in cell.roles.items()]
        names = {name: engine_of(one, one.nodes, role).id for role, name, one in there if one.by == "engine"}
        return lambda begun, game: {"engines": names}

    def files(self) -> Mapping[str, str]:
        """See `Setup`: the engines."""
        return engines_of(self.recipe, "UCI", "stockfish")

    def check(self, where: str) -> None:
        """See `Setup`."""
        need_chess()
        recipe = self.recipe
        need_even(recipe, where, [EVEN, *PIECES])
        for label in recipe.odds:
            if label != EVEN:
                self.game.start(label.split(AND))
        if not any(spec.by == "engine" for spec in recipe.players.values()):
            raise UserError(f"{where} has no engine, which chess needs to judge openings: give a player by = 'engine'")
        for name, spec in recipe.players.items():
            if spec.by not in ("engine", "uniform"):
                raise UserError(f"the player {name!r} is by {spec.by!r}: at chess there are engine and uniform")
            if spec.by == "engine" and spec.nodes < LEAST:
                raise UserError(
                    f"nodes of the player {name!r} is {spec.nodes}: one move ahead is always finished, so limits below "
                    f"{LEAST} play alike; give {LEAST} or more"
                )
        self._greet()

    def _greet(self) -> None:
        """Every engine is started once, so that what is wrong with one is said before there is a folder."""
        try:
            for spec in self.recipe.players.values():
                if spec.by == "engine":
                    assert engine_of(spec, spec.nodes, "greeted").id
        finally:
            close_all()


def engine_of(spec: Spec, nodes: int, role: str) -> Engine:
    """An engine with its process (`uci.close_all` ends it). Giver and taker never share a process, and so no table."""
    return _engine(spec.engine, nodes, tuple(sorted(spec.options.items())), role)


@lru_cache(maxsize=64)
def _engine(path: str, nodes: int, options: tuple[tuple[str, str | int | bool], ...], role: str) -> Engine:
    return Engine(path, nodes, dict(options))
