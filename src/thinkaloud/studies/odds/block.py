"""Some games of a cell: one giver, one taker, the same men missing; from each of some openings, either side first.

A record is a game. Where the board is solved it holds, for every position, who wins and in how many moves, and what
these two players score in the long run (`exact`). This module decides nothing: who plays, from where and with which
draws is in what it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thinkaloud.games import policies
from thinkaloud.games.breakthrough import Breakthrough, Move, Position
from thinkaloud.games.graph import Floats
from thinkaloud.games.match import Played, Player, play
from thinkaloud.games.openings import Opening
from thinkaloud.games.policies import Solved
from thinkaloud.studies.odds.players import made, policy_of, solved_of
from thinkaloud.studies.odds.recipe import SOLVED, Recipe
from thinkaloud.vocabulary import Key, Record

FIRST = {True: "giver", False: "taker"}


@dataclass(frozen=True)
class Cell:
    """Who plays whom, and how many men the giver lacks."""

    giver: str
    taker: str
    missing: int

    @property
    def title(self) -> str:
        """For progress and lists."""
        return f"{self.giver} - {self.taker}, {self.missing} missing"


async def games(recipe: Recipe, cell: Cell, begun: Sequence[Opening], key: Key) -> list[Record]:
    """The games of two players that are no language models."""
    return await match(recipe, cell, begun, key, {name: made(name, recipe) for name in {cell.giver, cell.taker}})


async def match(
    recipe: Recipe, cell: Cell, begun: Sequence[Opening], key: Key, players: dict[str, Player[Position, Move]]
) -> list[Record]:
    """The games of these players."""
    rules, known = recipe.rules, _known(recipe, cell)
    lot = any(recipe.players[name].by_lot for name in (cell.giver, cell.taker))
    about = _models(recipe, cell)

    async def one(opening: Opening, first: bool) -> Record:
        position = opening.position(first)
        own = key.child(cell.giver, cell.taker, cell.missing, opening.number, FIRST[first])
        game = await play(rules, position, players[cell.giver], players[cell.taker], own)
        more = known.about(position, game) if known is not None else {}
        return {**record(rules, cell, opening, position, game), "by lot": lot, **about, **more}

    # side by side: a language model answers several games at once
    return list(await asyncio.gather(*(one(opening, first) for opening in begun for first in (True, False))))


def _models(recipe: Recipe, cell: Cell) -> dict[str, Any]:
    """Which of the two is a language model, and what it reasons."""
    specs = {name: recipe.players[name] for name in (cell.giver, cell.taker)}
    found = {name: spec.reasoning for name, spec in specs.items() if spec.by == "model"}
    return {"models": found} if found else {}


def record(rules: Breakthrough, cell: Cell, opening: Opening, position: Position, game: Played) -> dict[str, Any]:
    """A game as it is kept."""
    first = FIRST[position.to_move]
    said = {"said": [dict(one) for one in game.said]} if any(game.said) else {}
    return {
        "item": f"opening {opening.number}, {first} first",
        "status": "ok",
        "kind": "game",
        "giver": cell.giver,
        "taker": cell.taker,
        "missing": cell.missing,
        "opening": opening.number,
        "first": first,
        "score": game.score,
        "ended": game.ended,
        "board": rules.drawn(position),
        "before": list(opening.moves),
        "moves": list(game.moves),
        **said,
    }


def positions(rules: Breakthrough, position: Position, moves: Sequence[str]) -> list[Position]:
    """The positions of a game, the first one included."""
    found = [position]
    for said in moves:
        named = {rules.text(move): move for move in rules.moves(found[-1])}
        found.append(rules.after(found[-1], named[said]))
    return found


@dataclass(frozen=True)
class Known:
    """What is known of the games of a cell on a solved board. `scores`: the expected score of these players from every
    position, None where one of them follows no policy."""

    solved: Solved
    scores: Floats | None

    def about(self, position: Position, game: Played) -> dict[str, Any]:
        """For each position the moves to its end under best play, more than 0 where the giver wins; and the expected
        score from the first one."""
        graph, ends = self.solved.graph, []
        for at in positions(graph.board, position, game.moves):
            number = graph.at(at)
            wins = bool(self.solved.won[number]) == at.to_move
            ends.append(int(self.solved.depth[number]) * (1 if wins else -1))
        exact = {} if self.scores is None else {"exact": round(float(self.scores[graph.at(position)]), 6)}
        return {"ends": ends, **exact}


def _known(recipe: Recipe, cell: Cell) -> Known | None:
    solved = solved_of(recipe)
    if solved is None:
        return None
    specs = [recipe.players[name] for name in (cell.giver, cell.taker)]
    if not all(spec.by in (*SOLVED, "uniform") for spec in specs):
        return Known(solved, None)
    giver, taker = (policy_of(spec, recipe.players, solved) for spec in specs)
    return Known(solved, policies.value(solved.graph, giver, taker))
