"""A language model as a player: it is asked for a move in words, with or without reasoning before it.

    silent    examples without reasoning, and its move at once
    own       examples with reasoning, its own reasoning about this position, its move
    filler    dots in the place of that, as many of its tokens, after examples with dots
    foreign   its own reasoning about another position, which an equally wandering game led to

It is shown the board from its own side, so its men always move up. `reads = "scores"`: its move is the legal one that
it gives most probability, so it can make no illegal move, and how much of its probability legal moves have (`mass`) is
kept; `reads = "written"`: its move is what it writes, and one that is not legal loses the game. Nothing is drawn: one
position has one answer. The examples are positions of wandering games, with the move of a search and what a rule says
of them; no game that counts is among them. The model is shown examples whatever it is (few-shot): a model that reasons
in a block of its own is not asked natively here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.bench import Filled
from thinkaloud.conditions.filler import counted, dots
from thinkaloud.conditions.snap import Form, nothing, shots, snap, worked
from thinkaloud.conditions.think import think
from thinkaloud.games.breakthrough import Breakthrough, Move, Position
from thinkaloud.games.match import Chosen
from thinkaloud.games.search import Search, advanced
from thinkaloud.studies.odds.recipe import Spec
from thinkaloud.tasks.text import sentences
from thinkaloud.vocabulary import Item, Key, Model, Sampling, Step, Transcript

SHOTS, JUDGES, ROOM = 6, 1000, 60
"""Examples; nodes of the search that chooses their moves; tokens that a reasoning may have."""
EXAMPLES = Key(("odds", "examples"))
WANDERING = 8
"""Most random moves that lead to an example, or to the other position of foreign reasoning."""


def view(rules: Breakthrough, position: Position) -> Position:
    """The position as whoever is to move sees it: own men move up, as the giver's do."""
    return position if position.to_move else Position(rules.turned(position.taker), rules.turned(position.giver), True)


def question(rules: Breakthrough, seen: Position, gold: Move | None = None) -> Item:
    """A position, seen by the one to move, as a question whose options are the legal moves. The right answer of an
    example is the search's move; of a position in a game none is known, and the first move stands in its place."""
    moves = rules.moves(seen)
    options = tuple(rules.text(move) for move in moves)
    rows = rules.drawn(seen).replace("G", "X").replace("T", "O").split("/")
    lines = [f"{rules.height - i} {' '.join(row)}" for i, row in enumerate(rows)]
    letters = "  " + " ".join(rules.square(i)[0] for i in range(rules.width))
    asked = "\n".join(["X moves up, O moves down. X is to move.", *lines, letters, "Which move does X make?"])
    right = rules.text(gold if gold is not None else moves[0])
    return Item(asked, "breakthrough", 0, asked, options, right, reasoned(rules, seen, gold) if gold else Transcript())


def reasoned(rules: Breakthrough, seen: Position, move: Move) -> Transcript:
    """What a rule says of a position before a move, in sentences."""
    takes = [one for one in rules.moves(seen) if seen.taker >> one[1] & 1]
    ahead = max(rules.moves(seen), key=lambda one: one[1])
    said = [f"X on {rules.square(a)} can take O on {rules.square(b)}." for a, b in takes[:3]] or ["X can take nothing."]
    said.append(f"The man of X farthest ahead that can move is on {rules.square(ahead[0])}.")
    if rules.score(rules.after(seen, move)) is not None:
        said.append(f"X wins at once by going to {rules.square(move[1])}.")
    said.append(f"So X goes from {rules.square(move[0])} to {rules.square(move[1])}.")
    return Transcript(tuple(Step(one) for one in said))


def wandered(rules: Breakthrough, key: Key) -> Position:
    """A position of a game of random moves, seen by the one to move."""
    rng = key.rng
    while True:
        position = rules.start(int(rng.integers(3)) % (rules.width * rules.rows), bool(rng.integers(2)))
        for _ in range(int(rng.integers(2, WANDERING + 1))):
            moves = rules.moves(position)
            position = rules.after(position, moves[rng.integers(len(moves))])
            if rules.score(position) is not None:
                break
        else:
            return view(rules, position)


@lru_cache(maxsize=4)
def examples(rules: Breakthrough) -> tuple[Item, ...]:
    """The examples of a board: different positions, with the move of a search."""
    search = Search(rules, advanced(rules), JUDGES)
    seen = [wandered(rules, EXAMPLES.child(rules.width, rules.height, rules.rows, i)) for i in range(4 * SHOTS)]
    return tuple(question(rules, one, search.best(one)[0]) for one in list(dict.fromkeys(seen))[:SHOTS])


@dataclass(frozen=True)
class Speaker:
    """The player."""

    model: Model
    rules: Breakthrough
    spec: Spec

    async def choose(self, position: Position, key: Key) -> Chosen[Move]:
        """See `Player`."""
        seen = view(self.rules, position)
        item = question(self.rules, seen)
        form, between = await self._between(item, seen, key)
        way = self._way(form)
        own = {"text": between.text, "reasoning": self.spec.reasoning}
        if self.spec.reads == "written":
            done = await self.model.generate(way.stated(item.asked, between), Sampling(8, (".", "\n")), key)
            return self._chosen(position, done.text.strip(), {**own, "wrote": done.text.strip()})
        reading = await snap(self.model, item, way, between)
        more = {"mass": round(reading.mass, 4), "p": round(reading.probabilities[reading.best], 4)}
        return self._chosen(position, item.options[reading.best], {**own, **more})

    def _chosen(self, position: Position, said: str, more: dict[str, Any]) -> Chosen[Move]:
        """The move of these words, turned back to the board; None where they are no legal one."""
        seen = view(self.rules, position)
        move = next((one for one in self.rules.moves(seen) if self.rules.text(one) == said), None)
        if move is None or position.to_move:
            return Chosen(move, more)
        last = self.rules.squares - 1
        return Chosen((last - move[0], last - move[1]), more)

    async def _between(self, item: Item, seen: Position, key: Key) -> tuple[Form, Transcript]:
        """What stands before the move, and the form of the examples."""
        if self.spec.reasoning == "silent":
            return nothing, Transcript()
        about = item if self.spec.reasoning != "foreign" else question(self.rules, self._other(seen, key))
        own = await self._thought(about, key)
        if self.spec.reasoning != "filler":
            return worked, own
        filled = Filled(dots, worked, counted(self.model))
        return filled, filled.instead(item, own)

    async def _thought(self, item: Item, key: Key) -> Transcript:
        done = await think(self.model, item, self._way(worked), Sampling(ROOM), key.child("thought"))
        return Transcript(tuple(Step(one) for one in sentences(done.text)))

    def _other(self, seen: Position, key: Key) -> Position:
        """Another position."""
        return next(
            one for one in (wandered(self.rules, key.child("other", i)) for i in range(1000)) if one[:2] != seen[:2]
        )

    def _way(self, form: Form) -> Way:
        return Way(shots(examples(self.rules), form))
