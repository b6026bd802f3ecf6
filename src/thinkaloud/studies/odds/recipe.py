"""A recipe: who plays whom, with how many men missing, from which openings, read from TOML.

    board = "6x6"
    rows = 2
    missing = [0, 1, 2]    # men that the giver lacks; 0 are even games, without which odds have no worth
    openings = 24
    plies = 6              # random moves of each opening
    tolerance = 0.5        # what it may be worth more or less than the first position, in men

    [players."100 nodes"]
    by = "search"
    nodes = 100

    [players."blunders 0.2"]
    by = "optimal"
    blunders = 0.2

    [exact]                # what is solved besides, without any game
    board = "4x4"
    rows = 1
    blunders = [0.05, 0.1, 0.2]

Every one of `givers` plays every one of `takers` (all players, where they are not named) at all odds, from every
opening, once with the giver to move and once with the taker. This module plays no game.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from thinkaloud.errors import UserError, unknown
from thinkaloud.games.breakthrough import Breakthrough, board
from thinkaloud.settings import load
from thinkaloud.studies import recipes
from thinkaloud.studies.recipes import parsed, recipe_names

FOLDER = Path(__file__).with_name("recipes")
GAMES = ("breakthrough", "chess", "go", "rts")
By = Literal["search", "optimal", "resisting", "best response", "uniform", "model", "engine", "bot", "playouts"]
SOLVED: tuple[By, ...] = ("optimal", "resisting", "best response")
"""Players of a solved board."""
Reasoning = Literal["silent", "own", "filler", "foreign", "paraphrased", "split"]
"""What stands between the question for a move and the move of a language model."""
Reads = Literal["scores", "written"]
Asks = Literal["auto", "native", "zero-shot", "few-shot"]
"""How a language model is asked; `auto`: as what it is (`items/asking.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A player. `search`: alpha-beta with so many `nodes` a move; `optimal`, `resisting`, `best response` (against the
    player of that name): of a solved board (`games/policies.py`); `uniform`: any move; `model`: a language model by its
    name, with its `reasoning`, for which it has so many `tokens` (0: as many as such reasoning takes); it is asked as
    `ask` says, and `reads` the legal move of highest score as its move, or what it writes; `engine`: a program by its
    path or name that speaks UCI (chess: so many `nodes`, `options` of its own, and a `net`, which is a file or
    maia-1900) or GTP (Go: its `arguments`); `bot`: one of microRTS by its name; `playouts`: Monte Carlo search at
    microRTS with so many (`nodes`) a move. With probability `blunders` a player plays any legal move instead."""

    by: By
    nodes: int = 0
    blunders: float = 0.0
    against: str = ""
    model: str = ""
    reasoning: Reasoning = "silent"
    reads: Reads = "scores"
    ask: Asks = "auto"
    tokens: int = 0
    engine: str = ""
    arguments: tuple[str, ...] = ()
    net: str = ""
    bot: str = ""
    options: Mapping[str, str | int | bool] = field(default_factory=dict)

    @property
    def by_lot(self) -> bool:
        """Whether its moves are drawn, so that two games from one position differ."""
        return self.by not in ("search", "model", "engine", "bot") or self.blunders > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """A board to be solved: what three givers score, for all men missing, against takers that err in one of two ways:
    with probability `blunders` they play any move, or they `see` the end only if it is so many moves away."""

    board: str = "4x4"
    rows: int = 1
    missing: tuple[int, ...] = (0, 1, 2)
    blunders: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5)
    sees: tuple[int, ...] = (2, 4)

    @property
    def rules(self) -> Breakthrough:
        """The board."""
        return board(self.board, self.rows)

    @property
    def title(self) -> str:
        """The subject of its estimates."""
        return f"{self.board}, {of_rows(self.rows)}, solved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """See above. `board`: of Breakthrough and Go; `rows`, `missing`: of Breakthrough; `odds`: of the other games;
    `komi`: of Go. `block`: openings that are played as one unit of work. `half_width`: no further block is played once
    every odds' worth is known to so many Elo either way; 0: all are."""

    game: str = "breakthrough"
    board: str = "6x6"
    rows: int = 2
    missing: tuple[int, ...] = ()
    odds: tuple[str, ...] = ()
    komi: float = 7.0
    openings: int = 24
    plies: int = 6
    tolerance: float = 0.5
    block: int = 12
    half_width: float = 0.0
    players: Mapping[str, Spec] = field(default_factory=dict)
    givers: tuple[str, ...] = ()
    takers: tuple[str, ...] = ()
    exact: Exact | None = None

    @property
    def model(self) -> str | None:
        """The language model that plays, if one does."""
        return next((spec.model for spec in self.players.values() if spec.by == "model"), None)

    @property
    def blocks(self) -> list[range]:
        """Numbers of openings, unit by unit."""
        return [range(a, min(a + self.block, self.openings)) for a in range(0, self.openings, self.block)]


def of_rows(rows: int) -> str:
    """Rows of men, in words."""
    return f"{rows} row{'s' if rows > 1 else ''}"


def names(game: str = GAMES[0]) -> list[str]:
    """The recipes of a game that come with the package."""
    return recipe_names(FOLDER / game)


def located(recipe: str, game: str = GAMES[0]) -> Path:
    """The file of a recipe; `UserError` where there is none."""
    return recipes.located(recipe, FOLDER / game)


def read(recipe: str, game: str = GAMES[0]) -> Recipe:
    """A recipe by its name or file; one line says what is wrong with it, as far as that can be seen without the game
    (`setups.py` looks at the rest)."""
    path = located(recipe, game)
    raw = parsed(recipe, path)
    where = f"the recipe {path.name}"
    if "game" in raw:
        raise UserError(f"game of {where} is {raw['game']!r}: say it on the command line, --game {raw['game']}")
    made: dict[str, Any] = {**raw, "game": game}
    if "players" in raw:
        made["players"] = {name: _player(name, table, where) for name, table in _table(raw, "players", where).items()}
    if "exact" in raw:
        made["exact"] = load(Exact, _table(raw, "exact", where), f"{where}, [exact]")
    players = list(made.get("players", ()))
    for side in ("givers", "takers"):
        made.setdefault(side, players)
    found = load(Recipe, made, where)
    _check(found, where)
    return found


def _table(raw: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    if not isinstance(raw[name], dict):
        raise UserError(f"{name} of {where} is {raw[name]!r}: give a table, [{name}]")
    table: Mapping[str, Any] = raw[name]
    return table


def _player(name: str, table: Any, where: str) -> Spec:
    if not isinstance(table, dict) or "by" not in table:
        raise UserError(f"the player {name!r} of {where} is {table!r}: give a table with `by`, [players.{name!r}]")
    if table["by"] not in get_args(By):
        raise unknown("kind of player (by)", str(table["by"]), get_args(By))
    for factor, words in (("reasoning", get_args(Reasoning)), ("reads", get_args(Reads)), ("ask", get_args(Asks))):
        if factor in table and table[factor] not in words:
            raise unknown(f"{factor} of the player {name!r}", str(table[factor]), words)
    found = load(Spec, table, f"the player {name!r} of {where}")
    if not 0 <= found.blunders <= 1:
        raise UserError(f"blunders of the player {name!r} is {found.blunders!r}: give a probability")
    if found.tokens < 0:
        raise UserError(f"tokens of the player {name!r} is {found.tokens}: give 1 or more, or 0 for what it takes")
    if found.by == "model" and not found.model:
        raise UserError(f"the player {name!r} is a language model: name it, model = 'smollm2-135m'")
    return found


def _check(found: Recipe, where: str) -> None:
    """What would be found out too late, or never, whatever the game."""
    if not found.players and found.exact is None:
        raise UserError(f"{where} has neither players nor anything to solve: give [players.NAME] or [exact]")
    if found.exact:
        _check_exact(found.exact, where)
    if not found.players:
        return
    for name in ("openings", "block"):
        if getattr(found, name) < 1:
            raise UserError(f"{name} of {where} is {getattr(found, name)}: give 1 or more")
    if found.half_width < 0:
        raise UserError(f"half_width of {where} is {found.half_width:g}: give Elo above 0, or 0 to play everything")
    if found.plies < 0 or found.plies % 2:
        raise UserError(f"plies of {where} is {found.plies}: give an even number, so that it is the giver's move again")
    if found.tolerance < 0:
        raise UserError(f"tolerance of {where} is {found.tolerance:g}: give 0 or more")
    for side in ("givers", "takers"):
        names = getattr(found, side)
        if not names:
            raise UserError(f"{side} of {where} is []: give some of {list(found.players)}, or leave it out for all")
        for name in names:
            if name not in found.players:
                raise unknown(f"player among the {side} of {where}", name, list(found.players))
            if names.count(name) > 1:
                raise UserError(f"{name!r} is {names.count(name)} times among the {side} of {where}: give it once")
    _check_players(found, where)


def _check_exact(exact: Exact, where: str) -> None:
    if not exact.missing or len(set(exact.missing)) < len(exact.missing):
        raise UserError(f"missing of {where}, [exact] is {list(exact.missing)!r}: give some numbers, each once")
    for missing in exact.missing:
        exact.rules.start(missing)
    if not all(0 <= share <= 1 for share in exact.blunders):
        raise UserError(f"blunders of {where}, [exact] are {list(exact.blunders)!r}: give probabilities")
    if any(moves < 0 for moves in exact.sees):
        raise UserError(f"sees of {where}, [exact] is {list(exact.sees)!r}: give moves, 0 or more")
    if not exact.blunders + exact.sees:
        raise UserError(f"{where}, [exact] has no takers: give blunders or sees")


def _check_players(found: Recipe, where: str) -> None:
    for name, spec in found.players.items():
        if spec.by == "model" and spec.blunders:
            raise UserError(f"the player {name!r} is a language model and blunders by itself: leave blunders out")
        if spec.by in SOLVED and found.plies:
            raise UserError(
                f"the player {name!r} plays a solved board, which is solved from the first position: give plies = 0"
            )
        if spec.by == "best response" and found.players.get(spec.against, spec).by not in ("optimal", "resisting"):
            among = [other for other, one in found.players.items() if one.by in ("optimal", "resisting")]
            raise unknown(f"player that {name!r} is a best response against", spec.against, among)
    models = {spec.model for spec in found.players.values() if spec.by == "model"}
    if len(models) > 1:
        raise UserError(
            f"{where} has several language models ({', '.join(sorted(models))}): give each a run of its own"
        )
    copies = [(giver, taker) for giver in found.givers for taker in found.takers
              if not found.players[giver].by_lot and not found.players[taker].by_lot]  # fmt: skip
    if copies and not found.plies and found.openings > 1:
        giver, taker = copies[0]
        raise UserError(
            f"{giver!r} and {taker!r} draw nothing by lot: from one position all their games are copies; give "
            f"plies = 2 or more in {where}, or blunders"
        )
