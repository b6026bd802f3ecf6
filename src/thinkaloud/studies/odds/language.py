"""A language model as a player: it is asked for a move in words, with or without reasoning before it.

    silent        its move at once
    own           its own reasoning about this position, its move
    filler        dots in the place of that, as many of its tokens
    foreign       its own reasoning about another position, which an equally wandering game led to
    paraphrased   its own reasoning in other words
    split         the question taken apart: what can be taken, lost and won is asked in calls of their own, which see
                  the board and nothing else, and their answers stand before the move

It is asked as it is (`items/asking.py`): a model with a thinking block reasons in that block, and keeps silent with the
block closed; another chat model is asked through its template, in words; a base model is shown examples. Where examples
are shown, theirs have the same form as what stands before the move. A recipe may say otherwise (`ask`).

`reads = "scores"`: its move is the legal one that it gives most probability, so it can make no illegal move, and how
much of its probability legal moves have (`mass`) is kept; `reads = "written"`: its move is what it writes, and one that
is not legal loses the game. Own reasoning is put in other words by rule where it is in the sentences of `words.py`,
else by the model itself with its pieces checked (`conditions/paraphrase.py`). Where that fails, or names another move,
its own words stay, and the record says why (`refused`); where another text turns out to be its own (a model that always
says the same), the record says that (`same`). What it cost stands with every move (`budget/tally.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from thinkaloud.arms.ask import Ask as Asker
from thinkaloud.arms.ask import Room, World, answer_in
from thinkaloud.arms.style import Style
from thinkaloud.budget.counter import Counter, counter
from thinkaloud.budget.ledger import Ledger
from thinkaloud.budget.meters import METERS
from thinkaloud.budget.tally import Tally
from thinkaloud.budget.trace import Trace
from thinkaloud.conditions.answering import answered
from thinkaloud.conditions.asking import FEW_SHOT, Asking, Way
from thinkaloud.conditions.bench import Bench, Filled
from thinkaloud.conditions.editor import unthinking
from thinkaloud.conditions.filler import counted, dots
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import ConditionSettings, room
from thinkaloud.conditions.snap import Form, snap, worked
from thinkaloud.conditions.trial import How, settle
from thinkaloud.games.breakthrough import Breakthrough, Move, Position
from thinkaloud.games.match import Chosen
from thinkaloud.items.asking import chosen
from thinkaloud.studies.odds.recipe import Spec
from thinkaloud.studies.odds.words import EXAMPLES, Words, elsewhere, named, noted, same_squares, view
from thinkaloud.vocabulary import PROBE, Item, Key, Model, Prompt, Record, Shot, Transcript

ANSWER = 24
"""Tokens of the answer to a part."""
ENDLESS = 1e9
"""A budget that does not end: what a move costs is counted and not limited."""


@dataclass(frozen=True)
class Manner:
    """How a model is asked for moves, decided before any game: `asking`, and what was `settled` where neither examples
    nor whole turns leave a choice (the stem of its answers, its form of silence)."""

    asking: Asking = FEW_SHOT
    settled: tuple[Record, ...] = ()


def asking_of(model: Model, spec: Spec) -> Asking:
    """How this player is asked; `UserError` where its model cannot be asked as the recipe wants it."""
    return chosen(model, Words(Breakthrough(2, 3, 1)), settings_of(spec))


def settings_of(spec: Spec) -> ConditionSettings:
    """The settings of all that stands before its moves."""
    return ConditionSettings(ask=spec.ask, think_tokens=spec.tokens or None)


async def settled(model: Model, rules: Breakthrough, spec: Spec, asking: Asking, key: Key) -> list[Record]:
    """Stem and form of silence, found on the examples, which no game begins from."""
    words = Words(rules, told=True)
    bench = Bench(model, _group(words, Manner(asking)), settings_of(spec), key)
    return [await settle(model, words, words.examples, asking, How(bench.sampling(words.examples[0]), key))]


def _group(words: Words, manner: Manner) -> Group:
    return Group(words, 0, 0, words.examples, words.examples, (), prepared=manner.settled, asking=manner.asking)


@dataclass(frozen=True)
class Before:
    """What stands before a move and how it is asked for; `about`: what a record says of it."""

    way: Way
    between: Transcript
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Speaker:
    """The player."""

    model: Model
    rules: Breakthrough
    spec: Spec
    manner: Manner = Manner()

    @cached_property
    def words(self) -> Words:
        """The board as a task."""
        return Words(self.rules, told=self.manner.asking.ask != "few-shot")

    @cached_property
    def _group(self) -> Group:
        return _group(self.words, self.manner)

    @cached_property
    def _settings(self) -> ConditionSettings:
        """With the room for reasoning, which is the same before every move."""
        wanted, half = settings_of(self.spec), self.model.card.context // 2
        return replace(wanted, think_tokens=min(room(wanted, self._group, half), half))

    @cached_property
    def _counter(self) -> Counter:
        return counter(self.model)

    async def choose(self, position: Position, key: Key) -> Chosen[Move]:
        """See `Player`."""
        seen = view(self.rules, position)
        item, tally = self.words.question(seen), Tally(self.model, self._counter)
        bench = Bench(tally, self._group, self._settings, key)
        before = await self._before(bench, item, seen, key)
        about = {"text": before.between.text, "reasoning": self.spec.reasoning, **before.about}
        if self.spec.reads == "written":
            done = await answered(tally, item, before.way, before.between, key)
            wanted = named(done.said or done.text)
            about |= {"wrote": done.text.removeprefix(PROBE).strip(), "illegal": wanted not in item.options}
        else:
            reading = await snap(tally, item, before.way, before.between)
            wanted = item.options[reading.best]
            about |= {"mass": round(reading.mass, 4), "p": round(reading.probabilities[reading.best], 4)}
        names = named(before.between.text)
        if names is not None:  # a text that names a move which is not there cannot be followed
            about |= {"names": names, **({"follows": names == wanted} if names in item.options else {})}
        return Chosen(self._turned(position, wanted), {**about, **tally.bill})

    def _turned(self, position: Position, wanted: str | None) -> Move | None:
        """The move of these words, turned back to the board; None where they are no legal one."""
        moves = self.rules.moves(view(self.rules, position))
        move = next((one for one in moves if self.rules.text(one) == wanted), None)
        if move is None or position.to_move:
            return move
        last = self.rules.squares - 1
        return last - move[0], last - move[1]

    async def _before(self, bench: Bench, item: Item, seen: Position, key: Key) -> Before:
        """What stands before the move."""
        match self.spec.reasoning:
            case "silent":
                return Before(bench.silent, Transcript())
            case "split":
                return await self._split(bench, item, key)
            case "foreign":
                return await self._foreign(bench, item, elsewhere(self.rules, seen, key))
        own = await self._thought(bench, item)
        if self.spec.reasoning == "filler":
            filled = Filled(dots, worked, bench.count)
            return Before(bench.with_examples(self._dotted), filled.instead(item, own.between))
        return await self._reworded(bench, item, own, key) if self.spec.reasoning == "paraphrased" else own

    async def _thought(self, bench: Bench, item: Item) -> Before:
        """Its own reasoning about a position. `ended`: how, where it did not end by itself."""
        thought = await bench.own(item)
        ended = {} if thought.outcome == "closed" else {"ended": thought.outcome}
        return Before(bench.aloud, self.words.parse(thought.text), ended)

    async def _foreign(self, bench: Bench, item: Item, elsewhere: Position) -> Before:
        """Its own reasoning about another position. Whether that is what it says of this one is asked besides, which
        is no cost of the player's."""
        beside = Bench(self.model, self._group, self._settings, bench.key)
        other = self._thought(bench, self.words.question(elsewhere))
        own, there = await asyncio.gather(self._thought(beside, item), other)
        return replace(there, about={**there.about, "same": _alike(own, there)})

    async def _reworded(self, bench: Bench, item: Item, own: Before, key: Key) -> Before:
        """Its own reasoning in other words; as it is, with the reason, where that cannot be promised."""
        made, why = self.words.paraphrase(own.between, key.child("wording")), None
        if made is None:
            found = await bench.other_words(item, own.between)
            made, why = found.transcript, found.why
        if made is not None and named(made.text) != named(own.between.text):
            made, why = None, "it names another move"
        if made is None:
            return replace(own, about={**own.about, "same": True, "refused": why or "there is no paraphrase"})
        way = bench.with_examples(self._otherwise)
        return Before(way, made, {**own.about, "same": _alike(own, Before(way, made)), "own": own.between.text})

    @cached_property
    def _dotted(self) -> Form:
        """Examples with dots, as long as their reasoning."""
        return _kept(Filled(dots, worked, counted(self.model)))

    @cached_property
    def _otherwise(self) -> Form:
        """Examples with their reasoning in other words, the same in every prompt."""
        key = EXAMPLES.child("wording")
        return _kept(lambda one: self.words.paraphrase(one.worked, key.child(one.id)) or one.worked)

    @cached_property
    def _noted(self) -> Form:
        """Examples with the right answers of their parts."""
        return _kept(lambda one: noted(self.words.decompose(one).answers))

    async def _split(self, bench: Bench, item: Item, key: Key) -> Before:
        """What can be taken, lost and won, each asked in a context of its own (`arms/ask.py`)."""
        trace, ledger = Trace("split", item.asked), Ledger(ENDLESS, METERS["B4"])
        world = World(
            model=bench.model, task=self.words, style=Style(), ledger=ledger, key=key.child("split"), trace=trace,
            counter=self._counter, room=Room(answer=ANSWER), temperature=0.0, stop=(".", "\n"),
        )  # fmt: skip
        ask = Asker(world, ledger.account, trace.nodes[0])
        questions = [part.question for part in self.words.decompose(item).parts]

        async def one(number: int, question: str) -> str:
            async def alone(part: Item, inner: Asker) -> str:
                if self._shots:
                    return await inner.snap(part.asked, self._shots[number])
                prompt = Prompt((), part.asked, thinking=unthinking(bench.model))  # a whole turn, in its own form
                return answer_in((await inner.write(prompt, ANSWER, ("\n",))).text)

            return await ask.sub(question, alone, title=f"part {number + 1}")

        found = await asyncio.gather(*(one(i, question) for i, question in enumerate(questions)))
        right = [part.answer for part in self.words.decompose(item).parts]
        about = {"parts right": sum(map(same_squares, found, right)), "parts": len(right)}
        return Before(bench.with_examples(self._noted), noted(found), about)

    @cached_property
    def _shots(self) -> Sequence[tuple[Shot, ...]]:
        """The examples of each part; none at all where no examples are shown."""
        if self.manner.asking.ask != "few-shot":
            return ()
        split = [self.words.decompose(example).parts for example in self.words.examples]
        return [
            tuple(Shot(p.question, (f"{PROBE} {p.answer}.",)) for p in column) for column in zip(*split, strict=True)
        ]


def _kept(form: Form) -> Form:
    """The same, made once for each example."""
    made: dict[str, Transcript] = {}

    def again(example: Item) -> Transcript:
        if example.id not in made:
            made[example.id] = form(example)
        return made[example.id]

    return again


def _alike(one: Before, other: Before) -> bool:
    """Whether two texts have the same words."""
    return one.between.text.split() == other.between.text.split()
