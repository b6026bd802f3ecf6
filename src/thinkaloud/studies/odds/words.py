"""The board in words: how a position is asked about, what can be said of it, and how its question falls apart.

A position is always shown from the side of whoever is to move, whose men are X and move up. `Words` is that board as a
task, so that whatever asks models about items can ask for moves: options are the legal moves (`a1a2`), examples are
positions of wandering games with the move of a search, and none of a game that counts is among them. What a rule says
of a position has several wordings for everything (`GRAMMAR`): so it can be said in other words by rule, and what a text
says can be read in any of them. This module knows no model and no player.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from thinkaloud.games.breakthrough import Breakthrough, Move, Position
from thinkaloud.games.search import Search, advanced
from thinkaloud.tasks.grammar import Form, Grammar, Kind
from thinkaloud.tasks.parts import Decomposition, Part
from thinkaloud.tasks.text import sentences
from thinkaloud.vocabulary import Item, Key, Legibility, Mistake, Step, Transcript

SHOTS, JUDGES = 6, 1000
"""Examples; nodes of the search that chooses their moves."""
EXAMPLES = Key(("odds", "examples"))
WANDERING = 8
"""Most random moves that lead to an example, or to the other position of foreign reasoning."""
BEGINS = "X moves up, O moves down. X is to move."
RULES = (
    "A man steps one row forward, straight or diagonally, onto an empty square; it takes diagonally only. Who reaches "
    "the last row or takes the last man wins. A move is written as its two squares, such as {such}."
)
"""Told where no examples show it."""
MOVE, TAKE, LOSE, WIN = (
    "Which move does X make?",
    "Which men of O can X take now? Give their squares, or none.",
    "Which men of X can O take next? Give their squares, or none.",
    "On which squares does X win at once? Give them, or none.",
)
NOTES = {TAKE: "X can take now: {}.", LOSE: "O can take next: {}.", WIN: "X wins at once on: {}."}
"""Parts of the question for a move, and how their answers are noted before it."""
NONE = "none"

_SQUARE, _SQUARES = r"[a-p][0-9]{1,2}", r"[a-p][0-9]{1,2}(?:, [a-p][0-9]{1,2})*"
_AT = Kind(_SQUARE, str.lower, lambda text: [])
_SOME = Kind(_SQUARES, str.lower, lambda text: [])
_MOVE = re.compile(rf"\b({_SQUARE})(?:\s*(?:-+>?|\u2013|\u2192|x|to)\s*)?({_SQUARE})\b", re.IGNORECASE)
_ROW = re.compile(r"^[0-9]+ ([XO.](?: [XO.])*)$", re.MULTILINE)


def _form(name: str, *wordings: str, **kinds: Kind) -> Form:
    return Form(name, wordings, None, lambda **slots: True, kinds)


GRAMMAR = Grammar(
    _form("men", "X stands on {own} and O on {other}.", "X has men on {own}, and O has men on {other}.",
          "There are men of X on {own} and men of O on {other}.", "O stands on {other} and X on {own}.",
          own=_SOME, other=_SOME),
    _form("nothing", "X can take nothing.", "X has nothing to take.", "There is nothing that X can take.",
          "No man of O can be taken."),
    _form("takes", "X on {a} can take O on {b}.", "O on {b} can be taken by X on {a}.",
          "From {a}, X can take O on {b}.", "X can take O on {b} from {a}.", a=_AT, b=_AT),
    _form("ahead", "The man of X farthest ahead that can move is on {at}.",
          "Of all men of X that can move, the one on {at} is farthest ahead.",
          "Farthest ahead of the men of X that can move is the one on {at}.",
          "The most advanced man of X that can move stands on {at}.", at=_AT),
    _form("wins", "X wins at once by going to {at}.", "By going to {at}, X wins at once.",
          "Going to {at} wins at once for X.", "X goes to {at} and wins at once.", at=_AT),
    _form("move", "So X goes from {a} to {b}.", "So from {a} X goes to {b}.", "Therefore X moves from {a} to {b}.",
          "Thus from {a} X moves to {b}.", a=_AT, b=_AT),
)  # fmt: skip


def said(name: str, wording: int = 0, **slots: str) -> Step:
    """A sentence of the grammar in one of its wordings."""
    form = GRAMMAR.forms[name]
    return Step(form.wordings[wording].format(**slots), name, slots)


@lru_cache(maxsize=1 << 12)
def read_steps(text: str) -> Transcript:
    """Any text in sentences; those of the grammar are read, in any wording."""
    return Transcript(tuple(GRAMMAR.step(one) for one in sentences(text)))


def named(text: str) -> str | None:
    """The move that a text names last, as `a1a2`; None where it names none."""
    for step in reversed(read_steps(text).steps):
        if step.form == "move":
            return step.fields["a"] + step.fields["b"]
        if found := _MOVE.findall(step.text):
            return "".join(found[-1]).lower()
    return None


def same_squares(text: str, right: str) -> bool:
    """Whether the answer of a part names the right squares, or says that there are none."""
    found = set(re.findall(_SQUARE, text.lower()))
    return found == set(re.findall(_SQUARE, right)) and (bool(found) or NONE in text.lower())


def view(rules: Breakthrough, position: Position) -> Position:
    """The position as whoever is to move sees it: own men move up, as the giver's do."""
    return position if position.to_move else Position(rules.turned(position.taker), rules.turned(position.giver), True)


def pictured(text: str) -> tuple[Breakthrough, Position] | None:
    """The board that a question shows, and the position on it; None where it shows none."""
    rows = [row.replace(" ", "") for row in _ROW.findall(text)]
    if not rows:
        return None
    rules = Breakthrough(len(rows[0]), len(rows), 1)
    return rules, rules.read("/".join(rows).replace("X", "G").replace("O", "T") + " giver")


def squares(rules: Breakthrough, men: int) -> str:
    """Men in letters: `a1, c2`."""
    return ", ".join(rules.square(i) for i in range(rules.squares) if men >> i & 1)


def men(rules: Breakthrough, seen: Position) -> Step:
    """Where all men stand, as a sentence."""
    return said("men", own=squares(rules, seen.giver), other=squares(rules, seen.taker))


def ahead(rules: Breakthrough, seen: Position, wording: int = 0) -> Step:
    """Which man that can move is farthest ahead, as a sentence."""
    far = max(rules.moves(seen), key=lambda one: one[1])
    return said("ahead", wording, at=rules.square(far[0]))


def reasoned(rules: Breakthrough, seen: Position, move: Move) -> Transcript:
    """What a rule says of a position before a move, in sentences. Not where all men stand: a small model that is shown
    such lists goes on with them and comes to no move."""
    takes = [one for one in rules.moves(seen) if seen.taker >> one[1] & 1]
    steps = [said("takes", a=rules.square(a), b=rules.square(b)) for a, b in takes[:3]] or [said("nothing")]
    steps.append(ahead(rules, seen))
    if rules.score(rules.after(seen, move)) is not None:
        steps.append(said("wins", at=rules.square(move[1])))
    return Transcript((*steps, said("move", a=rules.square(move[0]), b=rules.square(move[1]))))


def parts(rules: Breakthrough, seen: Position) -> dict[str, str]:
    """The parts of the question for a move, with their right answers."""
    takes = {to for _, to in rules.moves(seen) if seen.taker >> to & 1}
    loses = {to for _, to in rules.moves(seen._replace(to_move=False)) if seen.giver >> to & 1}
    wins = {move[1] for move in rules.moves(seen) if rules.score(rules.after(seen, move)) is not None}
    return {ask: squares(rules, sum(1 << i for i in there)) or NONE for ask, there in
            ((TAKE, takes), (LOSE, loses), (WIN, wins))}  # fmt: skip


def noted(answers: Sequence[str]) -> Transcript:
    """The answers of the parts, in their order, as they stand before a move."""
    return Transcript(tuple(Step(NOTES[ask].format(one)) for ask, one in zip(NOTES, answers, strict=True)))


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


def elsewhere(rules: Breakthrough, seen: Position, key: Key) -> Position:
    """Another position, which an equally wandering game led to."""
    return next(one for one in (wandered(rules, key.child("other", i)) for i in range(1000)) if one[:2] != seen[:2])


class Words:
    """A board as a task. `told`: whether the rules are told with every question, as they are where no examples are
    shown. It reads no steps as a task of reasoning would: what is said of a position is no chain that leads to its
    answer."""

    name = "breakthrough"
    levels: tuple[int, ...] = (0,)
    meaning = "a board"
    reads_steps = False

    def __init__(self, rules: Breakthrough, told: bool = False) -> None:
        self.rules, self.told = rules, told

    def question(self, seen: Position, gold: Move | None = None) -> Item:
        """A position, seen by the one to move, as a question whose options are the legal moves. The right answer of an
        example is the search's move; of a position in a game none is known, and the first move stands in its place."""
        rules, moves = self.rules, self.rules.moves(seen)
        asked = self._asked(seen, MOVE)
        right = rules.text(gold if gold is not None else moves[0])
        worked = Transcript() if gold is None else reasoned(rules, seen, gold)
        return Item(asked, self.name, 0, asked, tuple(map(rules.text, moves)), right, worked,
                    {"board": rules.write(seen)})  # fmt: skip

    def _asked(self, seen: Position, ask: str) -> str:
        rules = self.rules
        rows = rules.drawn(seen).replace("G", "X").replace("T", "O").split("/")
        lines = [f"{rules.height - i} {' '.join(row)}" for i, row in enumerate(rows)]
        letters = "  " + " ".join(rules.square(i)[0] for i in range(rules.width))
        such = rules.text(rules.moves(rules.start())[0])
        told = [RULES.format(such=such)] if self.told else []
        return "\n".join([*told, BEGINS, *lines, letters, ask])

    @cached_property
    def examples(self) -> tuple[Item, ...]:
        """Different positions, with the move of a search."""
        return tuple(self.question(seen, move) for seen, move in _examples(self.rules))

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """The examples: no others have an answer that is known."""
        return list(self.examples[:n])

    def verify(self, item: Item, answer: str) -> bool:
        """Whether it names the search's move."""
        return named(answer) == item.gold

    def parse(self, text: str) -> Transcript:
        """See `read_steps`."""
        return read_steps(text)

    def paraphrase(self, transcript: Transcript, key: Key) -> Transcript | None:
        """In other wordings, drawn evenly; None where a sentence is none of the grammar's."""
        return GRAMMAR.paraphrase(transcript, key)

    def mistake(self, item: Item, transcript: Transcript, at: int, key: Key) -> Mistake | None:
        """There are none."""
        return None

    def legible(self, item: Item, transcript: Transcript) -> Legibility | None:
        """Not known."""
        return None

    def decompose(self, item: Item) -> Decomposition:
        """What can be taken, lost and won, each about the same board; then the move."""
        seen = self.rules.read(str(item.meta["board"]))
        found = parts(self.rules, seen)
        return Decomposition(tuple(Part(self._asked(seen, ask), one) for ask, one in found.items()), item.question)


@lru_cache(maxsize=4)
def _examples(rules: Breakthrough) -> tuple[tuple[Position, Move], ...]:
    search = Search(rules, advanced(rules), JUDGES)
    seen = [wandered(rules, EXAMPLES.child(rules.width, rules.height, rules.rows, i)) for i in range(4 * SHOTS)]
    return tuple((one, search.best(one)[0]) for one in list(dict.fromkeys(seen))[:SHOTS])
