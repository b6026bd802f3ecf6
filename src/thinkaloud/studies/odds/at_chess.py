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
from thinkaloud.games.uci import Engine, net_at
from thinkaloud.studies.odds.players import Anyone, Blunderer, Replaced
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import (
    EVEN,
    Cell,
    Match,
    Odds,
    adding_up,
    by_turns,
    digest_of,
    engines_of,
    need_even,
)
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
        """See `Setup`: which programs played, and what their nets do at these odds."""
        there = {name: (role, self.recipe.players[name]) for role, name in cell.roles.items()}
        playing = {name: (role, spec) for name, (role, spec) in there.items() if spec.by == "engine"}
        names = {name: engine_of(spec, spec.nodes, role).id for name, (role, spec) in playing.items()}
        seen = {name: self.by_net(spec, cell.odds) for name, (_, spec) in playing.items()}
        nets = {name: list(pair) for name, pair in seen.items() if pair is not None}
        return lambda begun, game: {"engines": names, **({"nets": nets} if nets else {})}

    def by_net(self, spec: Spec, label: str) -> tuple[float, float] | None:
        """What an engine says of where games at these odds begin with its net and without (or with its own in the place
        of another), in pawns; None where that cannot be asked."""
        return _by_net(*_asked_for(spec), () if label == EVEN else tuple(label.split(AND)))

    def notes(self) -> list[str]:
        """See `Setup`: where an evaluation does not depend on the net. An engine may leave its net where much is
        missing (Stockfish 15.1 does without a queen), and then nothing found there is about that net."""
        found = []
        for name, spec in self.recipe.players.items():
            seen = {} if spec.by != "engine" else {one.label: self.by_net(spec, one.label) for one in self.odds}
            told = {label: pair for label, pair in seen.items() if pair is not None}
            if not told:
                continue
            each = ", ".join(f"{label} {a:+.2f} and {b:+.2f}" for label, (a, b) in told.items())
            idle = [label for label, (a, b) in told.items() if a == b]
            verdict = (
                f"Its net does nothing at {', '.join(idle)}: what is found there is not the net's." if idle else ""
            )
            found.append(f"Pawns that {name} sees at the start with its net and without: {each}. {verdict}".strip())
        return found

    def files(self) -> Mapping[str, str]:
        """See `Setup`: the engines, and their nets."""
        nets = sorted({spec.net for spec in self.recipe.players.values() if spec.net})
        return {**engines_of(self.recipe, "UCI", "stockfish"), **{f"net {one}": digest_of(net_at(one)) for one in nets}}

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
        self._greet()

    def _greet(self) -> None:
        """Every engine makes a move, so that what is wrong with one is said before there is a folder."""
        try:
            for name, spec in self.recipe.players.items():
                if spec.by != "engine":
                    continue
                engine = engine_of(spec, spec.nodes, "greeted")
                least = 1 if engine.searches_a_net else LEAST
                if spec.nodes < least:
                    why = (
                        "one move ahead is always finished, so limits below play alike"
                        if least > 1
                        else "none is too few"
                    )
                    raise UserError(f"nodes of the player {name!r} is {spec.nodes}: {why}; give {least} or more")
                engine.greet()
        finally:
            close_all()


def engine_of(spec: Spec, nodes: int, role: str) -> Engine:
    """An engine with its process (`programs.close_all` ends it). Giver and taker never share one, and so no table."""
    return _engine(*_asked_for(spec), nodes, role)


Options = tuple[tuple[str, str | int | bool], ...]


def _asked_for(spec: Spec) -> tuple[str, Options, str]:
    """The program, its options and its net."""
    return spec.engine, tuple(sorted(spec.options.items())), net_at(spec.net) if spec.net else ""


@lru_cache(maxsize=64)
def _engine(path: str, options: Options, net: str, nodes: int, role: str) -> Engine:
    return Engine(path, nodes, dict(options), net)


@lru_cache(maxsize=256)  # every block of games asks, and to ask takes a process that is started for it
def _by_net(path: str, options: Options, net: str, lacking: tuple[str, ...]) -> tuple[float, float] | None:
    with_net, start = _engine(path, options, net, 1, "net"), Chess().start(lacking)
    without = with_net.without_net
    if without is None:
        return None
    try:
        return with_net.worth(start), without.worth(start)
    finally:
        without.close()
