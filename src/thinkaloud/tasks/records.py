"""The positive control: questions about many short records, where reading them in pieces ought to help.

    Ann: music
    Bob: food
    Cara: music
    How many lines are about music?

Each line is a record by a person about one of six topics. The topic is a latent label, drawn first; the gold answer is
computed from these labels and never from the text. It is written out (`explicit`), put into other words
(`..._paraphrased`) or has to be read from a message (`..._inferred`).

    records_needle    the topic of one record                                    needs one line
    records_count     how many lines are about a topic                           needs every line
    records_mode      which topic most lines have                                needs every line
    records_compare   which of two topics more lines have                        needs every line
    records_pairs     how many pairs of lines share name and topic               relates every line to every other

A level is the log2 of the largest length, counted without a tokenizer (`records_text.pieces`); an item is at most that
long, and usually a little shorter. Everything is linear in the length. Lines are in random order, so what is asked for
is anywhere with equal probability. `meta` has the lines (`context`), the question alone (`ask`), and the lines with the
gold topic behind each (`labelled`), which separates reading a line from putting lines together.

The module does not know models or budgets, nor how long a text is for a particular model.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np

from thinkaloud.tasks.draws import NAMES, pick, shuffled, some, whole
from thinkaloud.tasks.family import Family, Work
from thinkaloud.tasks.grammar import Grammar
from thinkaloud.tasks.parts import Decomposition
from thinkaloud.tasks.records_forms import (
    COMMON,
    COUNT,
    ENTRY,
    FIND,
    LINE,
    MOST,
    SPAN,
    TALLY,
    Recipe,
    add_numbers,
    add_tables,
    in_chunks,
    table,
)
from thinkaloud.tasks.records_text import TOPICS, Labels, longest, meanings, messages, pieces
from thinkaloud.vocabulary import Item, Key

SPANS = 16
"""Worked reasoning takes at most so many steps over the lines."""
CHUNK = (64, 512)
"""Smallest and largest length, in pieces, of a chunk; in between, about the square root of the whole."""
TOPIC_LIST = f"{', '.join(TOPICS[:-1])} or {TOPICS[-1]}"
_LINE = re.compile(r"(?:\[(\d+)\] )?(\w+): (.+)")


class Sheet(NamedTuple):
    """Records, what is asked about them, and the wrong options. `ids` is empty where records have no numbers."""

    who: tuple[str, ...]
    topics: tuple[str, ...]
    said: tuple[str, ...]
    asked: tuple[str, ...]
    wrong: tuple[str, ...]
    ids: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """The records as they are written."""
        if not self.ids:
            return [f"{who}: {said}" for who, said in zip(self.who, self.said, strict=True)]
        return [f"[{k}] {who}: {said}" for k, who, said in zip(self.ids, self.who, self.said, strict=True)]

    def cut(self, start: int, end: int) -> Sheet:
        """Some of the records, with the same question."""
        part = slice(start, end)
        return Sheet(self.who[part], self.topics[part], self.said[part], self.asked, self.wrong, self.ids[part])


class Records(Family[Sheet]):
    """What the families below share: drawing, writing and cutting records."""

    labels: ClassVar[Labels] = "explicit"
    numbered: ClassVar[bool] = False
    code: ClassVar[str]
    meaning = "log2 of the length, in words and marks"

    # ------------------------------------------------------------------------------------------- what a query says

    @abstractmethod
    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """What is asked for."""

    @abstractmethod
    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Topics of `n` records, in any order, and the wrong options."""

    @abstractmethod
    def query(self, asked: tuple[str, ...]) -> str:
        """The question, without the records."""

    @abstractmethod
    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """How the question falls into chunks."""

    @abstractmethod
    def about(self, sheet: Sheet) -> str:
        """The right answer to the recipe's question about these records."""

    # ------------------------------------------------------------------------------------------- what follows from it

    def draw(self, rng: np.random.Generator, level: int) -> Sheet:
        """As many records as surely fit."""
        asked = self.target(rng)
        n = self.room(level, asked)
        topics, wrong = self.plan(rng, asked, n)
        who = [NAMES[i] for i in rng.integers(len(NAMES), size=n).tolist()]
        return self.sheet(rng, asked, topics, who, wrong)

    def sheet(
        self,
        rng: np.random.Generator,
        asked: tuple[str, ...],
        topics: Sequence[str],
        who: Sequence[str],
        wrong: Sequence[str],
    ) -> Sheet:
        """Records with these topics by these people, in random order and random words."""
        n = len(topics)
        order = rng.permutation(n).tolist()
        ordered = tuple(topics[i] for i in order)
        choices = {topic: messages(self.labels, topic) for topic in TOPICS}
        which = rng.integers(len(choices[TOPICS[0]]), size=n).tolist()
        said = tuple(choices[topic][i] for topic, i in zip(ordered, which, strict=True))
        return Sheet(tuple(who[i] for i in order), ordered, said, asked, tuple(wrong))

    def room(self, level: int, asked: tuple[str, ...]) -> int:
        """How many records fit, however long their messages are."""
        return int((2**level - pieces(self.ask_alone(asked))) // self._cost(level))

    def _cost(self, level: int) -> int:
        """Pieces of the longest record: name (a tokenizer may need two for it), colon, message and line end, and [17]
        where records are numbered."""
        number = 2 + len(str(2**level // 8)) if self.numbered else 0
        return number + 3 + longest(self.labels) + 1

    def ask_alone(self, asked: tuple[str, ...]) -> str:
        """The question without the records, with the list of topics where they are not written out."""
        before = "" if self.labels == "explicit" else f"Every line is about {TOPIC_LIST}. "
        return before + self.query(asked)

    def ask(self, parts: Sheet) -> str:
        """The records, one a line, then the question."""
        return "\n".join([*parts.lines(), self.ask_alone(parts.asked)])

    def wrong(self, level: int, parts: Sheet, gold: str, rng: np.random.Generator) -> Sequence[str]:
        """Drawn with the records."""
        return parts.wrong

    def program(self, item: Item) -> str | None:
        """Over the variable `context`; None where topics are not written out: a program cannot read them."""
        return self.code.format(*item.meta["parts"].asked) if self.labels == "explicit" else None

    def _item(self, level: int, question: str, parts: Sheet, key: Key) -> Item:
        item = super()._item(level, question, parts, key)
        context, _, ask = question.rpartition("\n")
        labelled = context
        if self.labels != "explicit":
            pairs = zip(parts.lines(), parts.topics, strict=True)
            labelled = "\n".join(f"{line} ({topic})" for line, topic in pairs)
        return replace(item, meta={**item.meta, "context": context, "ask": ask, "labelled": labelled})

    def decompose(self, item: Item, chunk: int | None = None) -> Decomposition:
        """The records in chunks of about `chunk` pieces, at least two of them, independent of each other; then the
        answers put together, a few at a time. By default a chunk is the square root of the whole, within `CHUNK`."""
        sheet: Sheet = item.meta["parts"]
        size = chunk or min(max(2 ** -(-item.level // 2), CHUNK[0]), CHUNK[1])
        n = len(sheet.topics)
        step = max(1, min(size // self._cost(item.level), -(-n // 2)))
        cuts = [sheet.cut(start, start + step) for start in range(0, n, step)]
        recipe = self.recipe(sheet.asked)
        if self.labels != "explicit":
            recipe = replace(recipe, asked=f"Every line is about {TOPIC_LIST}. {recipe.asked}")
        return in_chunks(["\n".join(cut.lines()) for cut in cuts], [self.about(cut) for cut in cuts], recipe)

    def read(self, question: str) -> tuple[list[tuple[str, str, str]], str]:
        """(Number, name, topic) of every record, from the text alone, and the question after them."""
        *lines, ask = question.split("\n")
        known = meanings(self.labels)
        found = [(k, who, known[said]) for k, who, said in (_fields(line) for line in lines)]
        return found, ask


def _fields(line: str) -> tuple[str, str, str]:
    if (match := _LINE.fullmatch(line)) is None:
        raise ValueError(f"not a record: {line!r}")
    return match[1] or "", match[2], match[3]


def uneven(rng: np.random.Generator, n: int) -> dict[str, int]:
    """How many of `n` records each topic has, unevenly."""
    shares = rng.dirichlet([3.0] * len(TOPICS))
    return dict(zip(TOPICS, rng.multinomial(n, shares).tolist(), strict=True))


def spelled(counts: dict[str, int]) -> list[str]:
    """Each topic as often as it is counted."""
    return [topic for topic, n in counts.items() for _ in range(n)]


# ------------------------------------------------------------------------------------------------------------- queries


class RecordsNeedle(Records):
    """The topic of one record, whose number is asked for; numbers are in random order."""

    name = "records_needle"
    levels = tuple(range(5, 21))
    numbered = True
    grammar, code = Grammar(ENTRY), FIND
    algorithm = "Look for the record with this number, and say what its line is about."

    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Not known before the records are."""
        return ("0",)

    def room(self, level: int, asked: tuple[str, ...]) -> int:
        """Leaves room for the digits of any number."""
        return super().room(level, ("1" * len(str(2**level // 8)),))

    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Every record's topic by lot."""
        return [TOPICS[i] for i in rng.integers(len(TOPICS), size=n).tolist()], []

    def draw(self, rng: np.random.Generator, level: int) -> Sheet:
        """Numbers in random order, and one of them."""
        sheet = super().draw(rng, level)
        ids = tuple(k + 1 for k in rng.permutation(len(sheet.topics)).tolist())
        at = whole(rng, 0, len(ids) - 1)
        wrong = some(rng, [topic for topic in TOPICS if topic != sheet.topics[at]], 3)
        return sheet._replace(ids=ids, asked=(str(ids[at]),), wrong=tuple(wrong))

    def query(self, asked: tuple[str, ...]) -> str:
        """Which topic does record 17 have?"""
        return f"Which topic does record {asked[0]} have?"

    def work(self, parts: Sheet) -> Work:
        """One step: the record."""
        topic = parts.topics[parts.ids.index(int(parts.asked[0]))]
        return (yield ENTRY(k=parts.asked[0], r=topic))

    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """Whether the record is in a chunk, and what it is about; then the one answer that is not none."""
        question = f"{self.query(asked)} Answer none if it is not here."
        join = "Which of these is not none: {}? Answer none if there is no such."
        return Recipe(question, join.format, "; ", _found, "Which of these is not none: {}?".format)

    def about(self, sheet: Sheet) -> str:
        """The topic, if the record is here."""
        wanted = int(sheet.asked[0])
        return next((topic for k, topic in zip(sheet.ids, sheet.topics, strict=True) if k == wanted), "none")

    def solve(self, question: str) -> str:
        """Look the number up in the text."""
        found, ask = self.read(question)
        wanted = re.findall(r"record (\d+)", ask)[0]
        return next(topic for k, _, topic in found if k == wanted)


def _found(answers: Sequence[str]) -> str:
    return next((answer for answer in answers if answer != "none"), "none")


class RecordsCount(Records):
    """How many lines are about a topic. The gold is drawn from its own options before the records are, so the options
    do not tell it."""

    name = "records_count"
    levels = tuple(range(5, 21))
    grammar, code = Grammar(LINE, SPAN), COUNT
    algorithm = (
        "Go through the lines in order. Say for each whether it is about the topic asked for; if it is, count one up."
    )

    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Any topic."""
        return (pick(rng, TOPICS),)

    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Four numbers a seventh apart, one of them right; the other topics by lot."""
        while True:
            low = whole(rng, max(1, n // 20), max(1, (6 * n) // 10))
            ladder = [low + k * max(1, round(0.15 * low)) for k in range(4)]
            if ladder[-1] <= n:
                break
        right, *wrong = shuffled(rng, ladder)
        others = [topic for topic in TOPICS if topic != asked[0]]
        rest = [others[i] for i in rng.integers(len(others), size=n - right).tolist()]
        return [asked[0]] * right + rest, [str(x) for x in wrong]

    def query(self, asked: tuple[str, ...]) -> str:
        """How many lines are about music?"""
        return f"How many lines are about {asked[0]}?"

    def work(self, parts: Sheet) -> Work:
        """Line by line where there are few; else by equal stretches of lines. What adds nothing is passed over."""
        (topic,) = parts.asked
        n, count = len(parts.topics), 0
        width = -(-n // SPANS)
        for start in range(0, n, width):
            if here := parts.topics[start : start + width].count(topic):
                said = {"i": start + 1, "topic": topic, "a": count, "b": count + here}
                step = LINE(**said) if width == 1 else SPAN(**said, j=min(start + width, n), n=here)
                count = int((yield step))
        return str(count)

    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """The same question about each chunk, then sums."""
        return Recipe(self.query(asked), "What is {}?".format, " + ", add_numbers, "What is {}?".format)

    def about(self, sheet: Sheet) -> str:
        """The number of lines."""
        return str(sheet.topics.count(sheet.asked[0]))

    def solve(self, question: str) -> str:
        """Count in the text."""
        found, ask = self.read(question)
        return str(sum(topic == ask.removesuffix("?").split()[-1] for _, _, topic in found))


class RecordsMode(Records):
    """Which topic most lines have; there is only one such, and the options are the four most common topics."""

    name = "records_mode"
    levels = tuple(range(5, 21))
    grammar, code = Grammar(TALLY, MOST), COMMON
    algorithm = "Count the lines of each topic, one topic after the other, and take the one with the largest number."

    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Nothing in particular."""
        return ()

    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Uneven numbers; any topic is as likely as any other to have the largest."""
        counts = uneven(rng, n)
        first, second, *_ = ranked = sorted(shuffled(rng, TOPICS), key=lambda topic: -counts[topic])
        if counts[first] == counts[second]:
            counts[first], counts[second] = counts[first] + 1, counts[second] - 1
            ranked = [first, *sorted(ranked[1:], key=lambda topic: -counts[topic])]
        return spelled(counts), ranked[1:4]

    def query(self, asked: tuple[str, ...]) -> str:
        """Which topic do most lines have?"""
        return "Which topic is most common?"

    def work(self, parts: Sheet) -> Work:
        """One step per topic, then the largest."""
        return (yield from largest(parts, TOPICS))

    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """A table of each chunk, tables added up, and the topic with the largest number."""
        like = f"Answer like this: {table(Counter(), TOPICS)}."
        return Recipe(
            f"How many lines are about each topic? {like}",
            lambda tables: f"Add these up, topic by topic: {tables}. {like}",
            "; ",
            lambda texts: add_tables(texts, TOPICS),
            "Add these up, topic by topic: {}. Which topic has the largest number?".format,
        )

    def about(self, sheet: Sheet) -> str:
        """The table."""
        return table(Counter(sheet.topics), TOPICS)

    def solve(self, question: str) -> str:
        """Count in the text."""
        found, _ = self.read(question)
        return Counter(topic for _, _, topic in found).most_common(1)[0][0]


def largest(parts: Sheet, topics: Sequence[str]) -> Work:
    """The number of each topic, then the topic whose stated number is largest (the first of equals)."""
    counts = {}
    for topic in topics:
        counts[topic] = int((yield TALLY(topic=topic, n=parts.topics.count(topic))))
    best = max(topics, key=lambda topic: counts[topic])
    return (yield MOST(n=counts[best], r=best))
