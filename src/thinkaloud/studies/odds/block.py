"""Some games of a cell: one giver, one taker, the same odds; from each of some openings, either side first.

A record is a game, with what is known of it where the board is solved. This module decides nothing: who plays, from
where and with which draws is in what it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.games.match import Player
from thinkaloud.games.openings import Opening
from thinkaloud.studies.odds.open_setup import setup
from thinkaloud.studies.odds.players import REPLACED
from thinkaloud.studies.odds.recipe import Recipe
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Key, Record

FIRST = {True: "giver", False: "taker"}
GAME = "game"
"""The kind of records of this module."""


async def games(
    recipe: Recipe,
    cell: Cell,
    begun: Sequence[Opening],
    key: Key,
    speakers: Mapping[str, Player[Any, Any]] | None = None,
) -> list[Record]:
    """The games of two players; `speakers`: those of them that are language models."""
    made = setup(recipe)
    match = made.match(cell, speakers or {})
    known, fixed = made.known(cell), _of_cell(recipe, cell)

    async def one(opening: Opening, first: bool) -> Record:
        own = key.child(cell.giver, cell.taker, cell.odds, opening.number, FIRST[first])
        game = await match(opening, first, own)
        about = {
            "item": f"opening {opening.number}, {FIRST[first]} first",
            "status": "ok",
            "kind": GAME,
            **fixed,
            "opening": opening.number,
            "first": FIRST[first],
            "score": game.score,
            "ended": game.ended,
            "board": opening.first(first),
            "before": list(opening.moves),
            "moves": list(game.moves),
        }
        said: dict[str, Any] = {"said": [dict(one) for one in game.said]} if any(game.said) else {}
        if instead := sum(REPLACED in one for one in game.said):
            said |= {REPLACED: instead}
        return {**about, **said, **(known(opening.first(first), game) if known is not None else {})}

    # side by side: a language model answers several games at once
    return list(await asyncio.gather(*(one(opening, first) for opening in begun for first in (True, False))))


def _of_cell(recipe: Recipe, cell: Cell) -> dict[str, Any]:
    """What all games of a cell have in common: which player is a language model, what it reasons and how it is asked
    among it."""
    specs = {name: recipe.players[name] for name in (cell.giver, cell.taker)}
    odds = next(one for one in setup(recipe).odds if one.label == cell.odds)
    spoken = {name: spec for name, spec in specs.items() if spec.by == "model"}
    models = {name: {"reasoning": s.reasoning, "ask": s.ask, "reads": s.reads} for name, s in spoken.items()}
    return {
        "game": recipe.game,
        "giver": cell.giver,
        "taker": cell.taker,
        "odds": cell.odds,
        "material": odds.material,
        "sums": [list(pair) for pair in odds.sums],
        "by lot": any(spec.by_lot for spec in specs.values()),
        **({"models": models} if models else {}),
    }
