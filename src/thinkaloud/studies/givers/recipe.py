"""A recipe: which givers are trained, against whom, and who tests them, read from TOML.

    board = "5x5"
    rows = 2
    missing = [1, 2]         # men that the giver lacks at odds; even games are always tested, too
    exact = false            # true: the board is solved, and scores are computed
    base = 300               # lessons of the base net: even starts, against itself
    stops = [50, 200]        # lessons of every arm after which it is tested; the last one ends it
    weak = "blunders 0.3"    # the weaker opponent of training
    held_out = "30 nodes"    # the taker of the headline: of another kind, about as strong
    also = ["30 nodes"]      # trained against at odds besides, for the matrix of transfer

    [takers."blunders 0.3"]
    by = "looks"
    ahead = 2
    blunders = 0.3

    [takers."30 nodes"]
    by = "search"
    nodes = 30

Arms follow from that (`arms`). This module trains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from thinkaloud.errors import UserError, unknown
from thinkaloud.games.breakthrough import Breakthrough, board
from thinkaloud.games.learned.lessons import Way
from thinkaloud.games.search import least_nodes
from thinkaloud.settings import load
from thinkaloud.studies import recipes
from thinkaloud.studies.odds.recipe import of_rows
from thinkaloud.studies.recipes import parsed, recipe_names

FOLDER = Path(__file__).with_name("recipes")
By = Literal["uniform", "net", "optimal", "sees", "looks", "search"]
SOLVED: tuple[By, ...] = ("optimal", "sees")
PLAYED: tuple[By, ...] = ("looks", "search")
BASE, CONTROL = "base", "control"
EQUAL = "equal"
Start = Literal["even", "odds"]
FURTHEST = 2
"""Moves that `looks` looks ahead at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Who tests givers, or trains them. `optimal`: on a solved board, any move that keeps a win; `sees`: the same where
    the end is at most `ahead` moves away, else any move; `looks`: what is worth most in men and steps, `ahead` moves
    on; `search`: alpha-beta with so many `nodes` a move; `net`: a base net of a seed of its own, softmax at this
    `temperature`; `uniform`: any move. With probability `blunders` it plays any legal move instead."""

    by: By
    ahead: int = 2
    nodes: int = 0
    temperature: float = 1.0
    blunders: float = 0.0


@dataclass(frozen=True, slots=True)
class Arm:
    """A training: where its games begin and who the opponent is. None of both: the base net, untouched."""

    name: str
    start: Start | None = None
    opponent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """See above. `games` of a lesson; `hidden`: width of the nets; `temperatures` of moves in tests: the usual one, and
    those at which the headline is tried once more; `learning`: how is learned; `openings`, `plies`, `tolerance`: where
    tests begin on a board that is not solved, as in the study of odds; each opening is played `times` with either side
    first."""

    board: str
    rows: int = 2
    missing: tuple[int, ...] = (1, 2)
    exact: bool = False
    base: int = 300
    stops: tuple[int, ...] = (200,)
    games: int = 128
    hidden: int = 64
    temperatures: tuple[float, ...] = (0.1, 0.01, 0.5)
    weak: str
    held_out: str
    also: tuple[str, ...] = ()
    openings: int = 100
    plies: int = 4
    tolerance: float = 0.5
    times: int = 2
    learning: Way = field(default_factory=Way)
    takers: Mapping[str, Taker] = field(default_factory=dict)

    @cached_property
    def rules(self) -> Breakthrough:
        """The board."""
        return board(self.board, self.rows)

    @property
    def title(self) -> str:
        """The subject of estimates."""
        return f"{self.board}, {of_rows(self.rows)}{', solved' if self.exact else ''}"

    @property
    def odds(self) -> tuple[int, ...]:
        """Men missing where is tested: even games first."""
        return (0, *self.missing)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The base net, the four cells, the control (even starts against an equal once more, with draws of its own),
        and odds against each of `also`."""
        more = tuple(Arm(f"odds, {name}", "odds", name) for name in self.also)
        return (
            Arm(BASE),
            Arm("even, equal", "even", EQUAL),
            Arm("odds, equal", "odds", EQUAL),
            Arm("even, weak", "even", self.weak),
            Arm("odds, weak", "odds", self.weak),
            Arm(CONTROL, "even", EQUAL),
            *more,
        )


def names() -> list[str]:
    """The recipes that come with the package."""
    return recipe_names(FOLDER)


def located(recipe: str) -> Path:
    """The file of a recipe; `UserError` where there is none."""
    return recipes.located(recipe, FOLDER)


def read(recipe: str) -> Recipe:
    """A recipe by its name or file; one line says what is wrong with it."""
    path = located(recipe)
    raw, where = parsed(recipe, path), f"the recipe {path.name}"
    made: dict[str, Any] = dict(raw)
    for name in ("board", "weak", "held_out", "takers"):
        if name not in raw:
            raise UserError(f"{where} has no `{name}`: give {'some [takers.NAME]' if name == 'takers' else 'one'}")
    if "learning" in raw:
        made["learning"] = load(Way, _table(raw["learning"], f"{where}, [learning]"), f"{where}, [learning]")
    takers = _table(raw["takers"], f"{where}, [takers]")
    made["takers"] = {name: _taker(name, _table(one, f"the taker {name!r}")) for name, one in takers.items()}
    found = load(Recipe, made, where)
    _check_numbers(found, where)
    _check_takers(found, where)
    return found


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{what} is {value!r}: give a table")
    return value


def _taker(name: str, table: Mapping[str, Any]) -> Taker:
    if table.get("by") not in get_args(By):
        raise unknown(f"kind (by) of the taker {name!r}", str(table.get("by")), get_args(By))
    found = load(Taker, table, f"the taker {name!r}")
    if not 0 <= found.blunders <= 1:
        raise UserError(f"blunders of the taker {name!r} is {found.blunders!r}: give a probability")
    if found.temperature <= 0:
        raise UserError(f"temperature of the taker {name!r} is {found.temperature!r}: give more than 0")
    if found.ahead < 1 or (found.by == "looks" and found.ahead > FURTHEST):
        raise UserError(f"ahead of the taker {name!r} is {found.ahead}: give 1 or {FURTHEST}")
    return found


def _check_numbers(found: Recipe, where: str) -> None:
    for name in ("base", "games", "hidden", "openings", "times"):
        if getattr(found, name) < 1:
            raise UserError(f"{name} of {where} is {getattr(found, name)}: give 1 or more")
    for name in ("updates", "rows"):
        if getattr(found.learning, name) < 1:
            raise UserError(f"{name} of {where}, [learning] is {getattr(found.learning, name)}: give 1 or more")
    if not 0 <= found.learning.trace <= 1:
        raise UserError(f"trace of {where}, [learning] is {found.learning.trace:g}: give a number from 0 to 1")
    positive = [("temperature", found.learning.temperature), ("rate", found.learning.rate)]
    for name, value in (*(("temperatures", one) for one in found.temperatures), *positive):
        if value <= 0:
            raise UserError(f"{name} of {where} is {value:g}: give more than 0")
    if not found.temperatures:
        raise UserError(f"temperatures of {where} is []: give at least one")
    if not found.stops or found.stops[0] < 1 or list(found.stops) != sorted(set(found.stops)):
        raise UserError(f"stops of {where} must ascend from 1 or more, not {list(found.stops)!r}")
    if not found.missing or 0 in found.missing or len(set(found.missing)) < len(found.missing):
        raise UserError(f"missing of {where} is {list(found.missing)!r}: give numbers above 0, each once")
    for missing in found.missing:
        found.rules.start(missing)
    if found.plies < 0 or found.plies % 2:
        raise UserError(f"plies of {where} is {found.plies}: give an even number, so that it is the giver's move again")


def _check_takers(found: Recipe, where: str) -> None:
    among = list(found.takers)
    for role, name in (("weak", found.weak), ("held_out", found.held_out), *(("also", name) for name in found.also)):
        if name not in found.takers:
            raise unknown(f"taker ({role}) of {where}", name, among)
    for role, names in (("held_out", [found.held_out]), ("also", found.also)):
        if found.weak in names:
            raise UserError(
                f"{found.weak!r} of {where} is `weak` and `{role}`: givers are trained against it, give another one"
            )
    kinds = {True: PLAYED, False: SOLVED}[found.exact]
    for name, taker in found.takers.items():
        if taker.by in kinds:
            there = "is solved" if found.exact else "is not solved (exact = true)"
            fit = [by for by in get_args(By) if by not in kinds]
            raise UserError(
                f"the taker {name!r} is by {taker.by!r}, and the board of {where} {there}: give one of {fit}"
            )
        least = least_nodes(found.rules, found.rules.start())
        if taker.by == "search" and taker.nodes < least:
            raise UserError(f"nodes of the taker {name!r} is {taker.nodes}: limits below {least} all play alike here")
