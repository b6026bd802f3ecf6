"""The games of a board as columns of numbers, cell by cell: taken out of the records in one pass, so that ten million
games are some hundred megabytes and their texts are never held.

What language players said is kept, as records; whatever else a record holds (the position, the moves) is looked at
once, for copies. This module estimates nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType
from numpy.typing import NDArray

from thinkaloud.records.many import structs
from thinkaloud.stats.davidson import Array
from thinkaloud.studies.odds.block import FIRST, GAME
from thinkaloud.studies.odds.players import REPLACED
from thinkaloud.studies.odds.setups import EVEN
from thinkaloud.vocabulary import Record

Place = tuple[str, str, str]
"""Giver, taker, odds."""


class Game(msgspec.Struct, gc=False):
    """What is read of a record; one of another kind has nothing but its kind."""

    kind: str = ""
    status: str = ""
    game: str = ""
    giver: str = ""
    taker: str = ""
    odds: str = ""
    material: float = 0.0
    sums: list[list[str]] = []
    opening: int = 0
    first: str = ""
    score: float = 0.0
    ended: str = ""
    board: Any = None
    moves: Raw = Raw()
    by_lot: bool = msgspec.field(name="by lot", default=True)
    replaced: int = msgspec.field(name=REPLACED, default=0)
    exact: float | UnsetType = UNSET
    said: list[dict[str, Any]] | UnsetType = UNSET
    models: dict[str, dict[str, Any]] | UnsetType = UNSET

    def record(self) -> Record:
        """As it was recorded, as far as it was read."""
        found: Record = msgspec.json.decode(msgspec.json.encode(self))
        return found


def _plain(text: Raw) -> bytes:
    """JSON without the blanks that some writers put between values: equal where the values are, whoever wrote them."""
    found = bytes(text)
    return found if b" " not in found else msgspec.json.format(found, indent=-1)


class Cell:
    """The games of one giver and one taker at the same odds, in the order in which they were recorded: the number of
    the `opening`, whether the giver moved `first` (1 or 0), its `score`; how many moves were illegal or replaced."""

    def __init__(self) -> None:
        self._opening, self._first, self._score = array("q"), array("b"), array("d")
        self._exact, self._fixed = array("d"), array("q")
        self.illegal = self.replaced = 0

    def add(self, games: Sequence[Game]) -> None:
        """Some more."""
        self._opening.extend([game.opening for game in games])
        self._first.extend([game.first == FIRST[True] for game in games])
        self._score.extend([game.score for game in games])
        self._exact.extend([game.exact for game in games if game.exact is not UNSET])
        self._fixed.extend(
            [hash((game.first, str(game.board), _plain(game.moves))) for game in games if not game.by_lot]
        )
        self.illegal += sum([game.ended == "illegal" for game in games])
        self.replaced += sum([game.replaced for game in games])

    def __len__(self) -> int:
        return len(self._score)

    @cached_property
    def opening(self) -> NDArray[np.int64]:
        """[games]"""
        return np.frombuffer(self._opening, dtype=np.int64)

    @cached_property
    def first(self) -> NDArray[np.int8]:
        """[games]"""
        return np.frombuffer(self._first, dtype=np.int8)

    @cached_property
    def score(self) -> Array:
        """[games]"""
        return np.frombuffer(self._score, dtype=np.float64)

    @cached_property
    def exact(self) -> Array | None:
        """The expected score of every game [games]; None where that is not known of all."""
        return np.frombuffer(self._exact, dtype=np.float64) if len(self._exact) == len(self._score) else None

    @cached_property
    def copies(self) -> int:
        """How many games are the same as another one, move by move, though no move in them was drawn by lot. By a hash
        of 64 bits: among ten million games, two that differ have an equal one once in 400,000 runs."""
        return len(self._fixed) - len(np.unique(np.frombuffer(self._fixed, dtype=np.int64)))


@dataclass(frozen=True)
class Games:
    """The games of a board: which `game` it is, by cell, the names of players in the order of the recipe, and the odds
    that were played, even games first, with how much they are and which others add up to them. `spoken`: records of
    games with a language model, by cell; `others`: places of records that are no games."""

    game: str
    cells: Mapping[Place, Cell]
    players: tuple[str, ...]
    odds: tuple[str, ...]
    material: tuple[float, ...]
    sums: Mapping[str, Sequence[Sequence[str]]]
    spoken: Mapping[Place, Sequence[Record]]
    others: Sequence[int]

    @cached_property
    def sound(self) -> dict[Place, Cell]:
        """The cells without copies."""
        return {place: cell for place, cell in self.cells.items() if not cell.copies}

    @property
    def openings(self) -> dict[str, int]:
        """How many were played at each of the odds."""
        there: dict[str, set[int]] = {}
        for (_, _, label), cell in self.cells.items():
            there.setdefault(label, set()).update(np.unique(cell.opening).tolist())
        return {label: len(numbers) for label, numbers in there.items()}

    @property
    def said(self) -> list[Record]:
        """Games with a language model in cells without copies, with what it said."""
        return [record for place in self.sound for record in self.spoken.get(place, ())]


def gathered(records: Sequence[Record]) -> Games:
    """The games among records. Even games stand first also where all of them failed: what is least among the odds that
    are left is not taken for them."""
    cells: dict[Place, Cell] = {}
    odds: dict[str, Game] = {}
    spoken: dict[Place, list[Record]] = {}
    others: list[int] = []
    begun = 0
    for some in structs(records, Game):
        others += [begun + i for i, game in enumerate(some) if game.kind != GAME]
        begun += len(some)
        games = [game for game in some if game.kind == GAME and game.status == "ok"]
        for place in dict.fromkeys([(game.giver, game.taker, game.odds) for game in games]):
            here = [game for game in games if (game.giver, game.taker, game.odds) == place]
            cells.setdefault(place, Cell()).add(here)
            odds.setdefault(here[0].odds, here[0])
            if said := [game.record() for game in here if game.models is not UNSET]:
                spoken.setdefault(place, []).extend(said)
    players = dict.fromkeys([*(giver for giver, _, _ in cells), *(taker for _, taker, _ in cells)])
    uneven = sorted((label for label in odds if label != EVEN), key=lambda label: odds[label].material)
    material = (0.0, *(odds[label].material for label in uneven))
    sums: dict[str, Sequence[Sequence[str]]] = {EVEN: (), **{label: odds[label].sums for label in uneven}}
    game = next((one.game for one in odds.values()), "")
    return Games(game, cells, tuple(players), (EVEN, *uneven), material, sums, spoken, others)
