"""A game of real-time strategy (microRTS) in the study of odds: workers, resources or time that the giver lacks.

See `Setup` for what each member is. There are no turns. An opening is a map: on both sides the same, turned around,
with a field, a base and workers on squares that are drawn; it gives nothing away, so nobody has to judge it. In one of
its two games the giver begins at the upper left (there it is `first`: player 0) and in the other at the lower right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.games.match import Played, Player
from thinkaloud.games.openings import Opening
from thinkaloud.games.rts import SCRIPTED, Bot, Start, fight, jar
from thinkaloud.studies.odds.recipe import Recipe, Spec
from thinkaloud.studies.odds.setups import EVEN, Cell, Match, Odds, adding_up, digest_of, need_even
from thinkaloud.vocabulary import Key

BOARD = "8x8"
SIDE, HOME = 8, (4, 3)
"""Columns and rows of the map, and of the corner in which a side begins."""
WORKERS, RESOURCES = 3, 5
"""Of a side that lacks nothing."""
TRIES = 100


@dataclass(frozen=True)
class Less:
    """What the giver lacks: workers, resources, and ticks in which it does nothing."""

    workers: int = 0
    resources: int = 0
    delay: int = 0

    @property
    def material(self) -> float:
        """In resources, of which a worker costs one; 100 ticks count as much. The order of odds, and nothing else."""
        return self.workers + self.resources + self.delay / 100


ODDS: Mapping[str, Less] = {
    EVEN: Less(),
    "1 worker": Less(workers=1),
    "2 workers": Less(workers=2),
    "2 resources": Less(resources=2),
    "4 resources": Less(resources=4),
    "delay 50": Less(delay=50),
    "delay 100": Less(delay=100),
}


@dataclass(frozen=True)
class AtRts:
    """The setup of a recipe."""

    recipe: Recipe

    @property
    def title(self) -> str:
        """See `Setup`."""
        return f"microRTS {BOARD}"

    @property
    def odds(self) -> list[Odds]:
        """See `Setup`."""
        return adding_up({label: ODDS[label].material for label in self.recipe.odds}, self._parts)

    @staticmethod
    def _parts(one: str, other: str, whole: str) -> bool:
        a, b, c = (ODDS[label] for label in (one, other, whole))
        return Less(a.workers + b.workers, a.resources + b.resources, a.delay + b.delay) == c

    def openings(self, label: str, key: Key) -> list[Opening]:
        """See `Setup`: maps, each once."""
        found: dict[str, Opening] = {}
        for number in range(TRIES * self.recipe.openings):
            start = start_of(ODDS[label], key.child(number))
            found.setdefault(start.rows, Opening(len(found), str(start), str(start.turned)))
            if len(found) == self.recipe.openings:
                return list(found.values())
        raise UserError(f"there are only {len(found)} maps with {label}; {self.recipe.openings} were wanted")

    def match(self, cell: Cell, spoken: Mapping[str, Player[Any, Any]]) -> Match:
        """See `Setup`. No language model plays."""
        giver, taker = (bot_of(self.recipe.players[name]) for name in (cell.giver, cell.taker))

        async def one(opening: Opening, first: bool, key: Key) -> Played:
            return fight(Start.read(opening.first(first)), giver, taker, first, key)

        return one

    def known(self, cell: Cell) -> Callable[[str, Played], dict[str, Any]] | None:
        """See `Setup`: nothing."""
        return None

    def notes(self) -> list[str]:
        """See `Setup`: nothing."""
        return []

    def files(self) -> Mapping[str, str]:
        """See `Setup`: the game."""
        return {"microrts.jar": digest_of(str(jar()))}

    def check(self, where: str) -> None:
        """See `Setup`."""
        recipe = self.recipe
        jar()
        need_even(recipe, where, list(ODDS))
        for label in recipe.odds:
            if label not in ODDS:
                raise unknown("odds of rts", label, ODDS)
        if recipe.plies:
            raise UserError(f"plies of {where} is {recipe.plies}: an opening of rts is a map, so give plies = 0")
        for name, spec in recipe.players.items():
            if spec.by not in ("bot", "playouts", "uniform"):
                raise UserError(f"the player {name!r} is by {spec.by!r}: at rts there are bot, playouts and uniform")
            if spec.by == "bot" and spec.bot not in SCRIPTED:
                raise unknown(f"bot of the player {name!r}", spec.bot, SCRIPTED)
            if spec.by == "playouts" and spec.nodes < 1:
                raise UserError(f"nodes of the player {name!r} is {spec.nodes}: give playouts for a move, 1 or more")


def bot_of(spec: Spec) -> Bot:
    """The bot of a recipe's player."""
    if spec.by == "bot":
        return Bot(script=spec.bot, blunders=spec.blunders)
    return Bot(playouts=spec.nodes if spec.by == "playouts" else 0, blunders=spec.blunders)


def start_of(less: Less, key: Key) -> Start:
    """A map with the giver at the upper left, who lacks this. The workers that are missing are the last ones drawn."""
    columns, rows = HOME
    drawn = key.rng.permutation(columns * rows)[: 2 + WORKERS]
    letters = {divmod(int(at), columns): letter for at, letter in zip(drawn, "*B" + WORKERS * "W", strict=True)}
    cells = [["."] * SIDE for _ in range(SIDE)]
    there = 2 + WORKERS - less.workers
    for number, ((row, column), letter) in enumerate(letters.items()):
        cells[SIDE - 1 - row][SIDE - 1 - column] = letter.lower()
        if number < there:
            cells[row][column] = letter
    return Start("/".join("".join(row) for row in cells), RESOURCES - less.resources, RESOURCES, less.delay)
