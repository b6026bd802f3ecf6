"""Go in the study of odds: stones that the taker has more, openings judged by an engine, engines that speak GTP.

See `Setup` for what each member is. Nothing is known for sure of a game of Go. An engine's own levels differ
little on small boards, so what grades players is how often they blunder: then they play any sensible move
(`Go.sensible`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.games.go import Go, Position
from thinkaloud.games.gtp import JUDGE, Engine
from thinkaloud.games.match import Played, Player
from thinkaloud.games.openings import Asked, Ground, Opening, openings
from thinkaloud.games.programs import close_all
from thinkaloud.studies.odds.players import Anyone, Blunderer, Replaced
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell, Match, Odds, by_turns, counted, engines_of, need_even
from thinkaloud.vocabulary import Key


def label(stones: int) -> str:
    """Odds in words."""
    return f"{stones} stone{'s' if stones > 1 else ''}" if stones else EVEN


@dataclass(frozen=True)
class AtGo:
    """The setup of a recipe."""

    recipe: Recipe

    @cached_property
    def game(self) -> Go:
        """See `Setup`."""
        return Go(self.recipe.board, self.recipe.komi)

    @property
    def title(self) -> str:
        """See `Setup`."""
        return f"Go {self.recipe.board}, komi {self.recipe.komi:g}"

    @cached_property
    def _stones(self) -> dict[str, int]:
        return {label(stones): stones for stones in range(len(self.game.handicap) + 1)}

    @property
    def odds(self) -> list[Odds]:
        """See `Setup`."""
        return counted({label: self._stones[label] for label in self.recipe.odds})

    def openings(self, label: str, key: Key) -> list[Opening]:
        """See `Setup`. What an opening is worth is what the first engine of the recipe says, in points."""
        recipe, game = self.recipe, self.game
        judge = engine_of(self._judge, game, "judge") if recipe.plies else None
        worth = judge.worth if judge is not None else game.lead
        ground: Ground[Position, str] = Ground(
            game, game.start(self._stones[label]), worth, game.mirrored, game.sensible
        )
        return openings(ground, Asked(label, recipe.plies, recipe.openings, recipe.tolerance), key)

    @property
    def _judge(self) -> Spec:
        return next(spec for spec in self.recipe.players.values() if spec.by == "engine")

    def match(self, cell: Cell, spoken: Mapping[str, Player[Any, Any]]) -> Match:
        """See `Setup`."""
        giver, taker = (self._player(name, role) for role, name in cell.roles.items())
        return by_turns(self.game, giver, taker)

    def _player(self, name: str, role: str) -> Player[Position, str]:
        spec, anyone = self.recipe.players[name], Anyone(self.game.sensible)
        if spec.by == "uniform":
            return anyone
        engine = Replaced(engine_of(spec, self.game, role), self.game)
        return Blunderer(engine, anyone, spec.blunders) if spec.blunders else engine

    def known(self, cell: Cell) -> Callable[[str, Played], dict[str, Any]] | None:
        """See `Setup`: which programs played."""
        there = [(role, name, self.recipe.players[name]) for role, name in cell.roles.items()]
        names = {name: engine_of(one, self.game, role).id for role, name, one in there if one.by == "engine"}
        return lambda begun, game: {"engines": names}

    def notes(self) -> list[str]:
        """See `Setup`: nothing."""
        return []

    def files(self) -> Mapping[str, str]:
        """See `Setup`: the engines."""
        return engines_of(self.recipe, "GTP", "gnugo")

    def check(self, where: str) -> None:
        """See `Setup`."""
        recipe = self.recipe
        need_even(recipe, where, list(self._stones))
        for odds in recipe.odds:
            if odds not in self._stones:
                raise unknown(f"odds of Go on {recipe.board}", odds, self._stones)
        for name, spec in recipe.players.items():
            if spec.by not in ("engine", "uniform"):
                raise UserError(f"the player {name!r} is by {spec.by!r}: at Go there are engine and uniform")
            if spec.nodes or spec.options:
                raise UserError(
                    f"the player {name!r} has nodes or options: a Go engine is told how to play by its arguments, such "
                    "as arguments = ['--mode', 'gtp', '--level', '1'], and graded by blunders"
                )
        try:
            for name, spec in recipe.players.items():  # what is wrong with one is said before there is a folder
                if spec.by == "engine":
                    assert engine_of(spec, self.game, "greeted").id, name
            if recipe.plies:
                self._can_judge(where)
        finally:
            close_all()

    def _can_judge(self, where: str) -> None:
        if not any(spec.by == "engine" for spec in self.recipe.players.values()):
            raise UserError(f"{where} has no engine to judge openings by: give plies = 0, or a player by = 'engine'")
        judge = self._judge
        if not engine_of(judge, self.game, "greeted").judges:
            raise UserError(
                f"{judge.engine} cannot judge openings (it knows no {JUDGE}): give plies = 0 in {where} and players "
                "that blunder, or name another engine first"
            )


def engine_of(spec: Spec, rules: Go, role: str) -> Engine:
    """An engine with its process (`programs.close_all` ends it). Giver and taker never share one."""
    return _engine(spec.engine, spec.arguments, rules, role)


@lru_cache(maxsize=64)
def _engine(path: str, arguments: tuple[str, ...], rules: Go, role: str) -> Engine:
    return Engine(path, rules, arguments)
