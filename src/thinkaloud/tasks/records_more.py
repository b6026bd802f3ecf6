"""More questions about records: which of two topics has more, and how many pairs; and the families whose topics are not
written out. `records.py` says what records are; nothing here knows models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import product

import numpy as np

from thinkaloud.tasks.draws import NAMES, shuffled, some
from thinkaloud.tasks.family import Work
from thinkaloud.tasks.grammar import Grammar
from thinkaloud.tasks.records import Records, RecordsCount, RecordsMode, Sheet, largest, spelled, uneven
from thinkaloud.tasks.records_forms import CELL, LARGER, MOST, PAIRS, TALLY, Recipe, add_numbers, add_tables, table
from thinkaloud.tasks.records_text import TOPICS

PEOPLE = 4
"""How many people there are in `records_pairs`: the fewer, the more pairs, and the shorter the tables."""
FEWEST_PAIRS = 3


class RecordsCompare(Records):
    """Which of two topics more lines are about; never equally many. Either is as likely to be named first."""

    name = "records_compare"
    levels = tuple(range(5, 21))
    grammar, code = Grammar(TALLY, MOST), LARGER
    algorithm = "Count the lines about the first topic, then those about the second, and take the larger number."

    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Two topics."""
        return tuple(some(rng, TOPICS, 2))

    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Uneven numbers; of two equal ones, the first asked for gets a line more, or the second, by lot."""
        counts = uneven(rng, n)
        more, less = shuffled(rng, asked)
        if counts[more] == counts[less]:
            source = less if counts[less] else max(TOPICS, key=lambda topic: counts[topic])
            counts[more], counts[source] = counts[more] + 1, counts[source] - 1
        return spelled(counts), [min(asked, key=lambda topic: counts[topic])]

    def query(self, asked: tuple[str, ...]) -> str:
        """Are more lines about music or about food?"""
        return f"Are more lines about {asked[0]} or about {asked[1]}?"

    def work(self, parts: Sheet) -> Work:
        """One step per topic, then the larger."""
        return (yield from largest(parts, parts.asked))

    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """The difference in each chunk, and the sign of their sum."""
        one, other = asked
        return Recipe(
            f"How many more lines are about {one} than about {other}? Answer with a minus sign if there are fewer.",
            "What is {}?".format,
            " + ",
            add_numbers,
            f"What is {{}}? Answer {one} if it is above 0, and {other} if it is below.".format,
        )

    def about(self, sheet: Sheet) -> str:
        """The difference."""
        return str(sheet.topics.count(sheet.asked[0]) - sheet.topics.count(sheet.asked[1]))

    def solve(self, question: str) -> str:
        """Count in the text."""
        found, ask = self.read(question)
        one, other = re.findall(r"about (\w+) or about (\w+)\?", ask)[0]
        balance = sum((topic == one) - (topic == other) for _, _, topic in found)
        return str(one if balance > 0 else other)


class RecordsPairs(Records):
    """How many pairs of lines share both name and topic. The wrong options are the right answers of other sheets of the
    same length, drawn in the same way, so the options do not tell the gold."""

    name = "records_pairs"
    levels = tuple(range(6, 21))
    grammar, code = Grammar(CELL), PAIRS
    algorithm = (
        "Count the lines of each name and topic. Where there are n of them they make n * (n - 1) / 2 pairs; "
        "add these numbers up."
    )

    def target(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Nothing in particular."""
        return ()

    def plan(self, rng: np.random.Generator, asked: tuple[str, ...], n: int) -> tuple[list[str], list[str]]:
        """Not used: names and topics are drawn together."""
        return [], []

    def draw(self, rng: np.random.Generator, level: int) -> Sheet:
        """Four people who write unequally much, and topics that are unequally common."""
        n = self.room(level, ())
        while True:
            sheets = [_grid(rng, n) for _ in range(4)]
            right, *wrong = (sum(k * (k - 1) // 2 for k in grid) for grid in sheets)
            if len({right, *wrong}) == 4 and min(right, *wrong) >= FEWEST_PAIRS:
                break
        people = some(rng, NAMES, PEOPLE)
        cells = list(product(people, TOPICS))
        written = [cell for cell, k in zip(cells, sheets[0], strict=True) for _ in range(k)]
        who, topics = ([cell[i] for cell in written] for i in (0, 1))
        return self.sheet(rng, (), topics, who, [str(x) for x in wrong])

    def query(self, asked: tuple[str, ...]) -> str:
        """How many pairs of lines share both name and topic?"""
        return "How many pairs of lines share both name and topic?"

    def work(self, parts: Sheet) -> Work:
        """One step for each name and topic that makes a pair."""
        total = 0
        for (who, topic), n in sorted(_cells(parts).items()):
            if n > 1:
                step = CELL(who=who, n=n, topic=topic, a=total, b=total + n * (n - 1) // 2)
                total = int((yield step))
        return str(total)

    def recipe(self, asked: tuple[str, ...]) -> Recipe:
        """A table of each chunk by name and topic, tables added up, and the pairs that the numbers make."""
        like = "Answer like this, leaving out what is 0: Ann food 2, Ann sport 1, Bob money 3."
        return Recipe(
            f"How many lines does each name have about each topic? {like}",
            lambda tables: f"Add these up, name by name and topic by topic: {tables}. {like}",
            "; ",
            add_tables,
            "Add these up, name by name and topic by topic: {}. Each sum n makes n * (n - 1) / 2 pairs. "
            "How many pairs are there in all?".format,
        )

    def about(self, sheet: Sheet) -> str:
        """The table."""
        return table(Counter({f"{who} {topic}": n for (who, topic), n in _cells(sheet).items()}))

    def solve(self, question: str) -> str:
        """From the squares of the numbers in the text: every line is paired with all its like, itself included."""
        found, _ = self.read(question)
        like = Counter((who, topic) for _, who, topic in found)
        return str((sum(n * n for n in like.values()) - len(found)) // 2)


def _cells(sheet: Sheet) -> Mapping[tuple[str, str], int]:
    return Counter(zip(sheet.who, sheet.topics, strict=True))


def _grid(rng: np.random.Generator, n: int) -> list[int]:
    """How many of `n` lines each of `PEOPLE` people has about each topic."""
    shares = np.outer(rng.dirichlet([3.0] * PEOPLE), rng.dirichlet([3.0] * len(TOPICS)))
    counts: list[int] = rng.multinomial(n, (shares / shares.sum()).ravel()).tolist()
    return counts


# ---------------------------------------------------------------------------------------- topics that are not written


class RecordsCountParaphrased(RecordsCount):
    """The count with topics in other words."""

    name, labels, levels = "records_count_paraphrased", "paraphrased", tuple(range(7, 21))


class RecordsCountInferred(RecordsCount):
    """The count with topics to be read from a message."""

    name, labels, levels = "records_count_inferred", "inferred", tuple(range(7, 21))


class RecordsModeParaphrased(RecordsMode):
    """The most common topic, with topics in other words."""

    name, labels, levels = "records_mode_paraphrased", "paraphrased", tuple(range(7, 21))


class RecordsModeInferred(RecordsMode):
    """The most common topic, with topics to be read from a message."""

    name, labels, levels = "records_mode_inferred", "inferred", tuple(range(7, 21))
