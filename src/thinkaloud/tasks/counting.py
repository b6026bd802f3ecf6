"""How often a word occurs in a list.

How many times is cat in this list: dog, cat, hen, cat? -> Word 2 is cat, so 0 becomes 1. Word 4 is cat, so 1 becomes 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thinkaloud.tasks.arithmetic import Calculating
from thinkaloud.tasks.draws import pick, shuffled, whole
from thinkaloud.tasks.family import Work
from thinkaloud.tasks.grammar import Form, Grammar, words
from thinkaloud.tasks.parts import Decomposition, Part
from thinkaloud.vocabulary import Item

ANIMALS = ("cat", "dog", "hen", "pig", "cow", "fox")
SEEN = Form(
    "seen",
    (
        "Word {i} is {word}, so {a} becomes {b}.",
        "The count goes from {a} to {b} since word {i} is {word};",
        "At word {i} we see {word} and count {b} after {a}.",
        "Counting word {i}, {word}, takes us from {a} to {b}.",
    ),
    value="b",
    sound=lambda i, word, a, b: int(b) == int(a) + 1,
    kinds={"word": words(*ANIMALS)},
)

CHUNK = 3
"""Words of a list in one part of its decomposition."""

Count = tuple[str, tuple[str, ...]]
"""The word that is counted, and the list."""


class CountItems(Calculating[Count]):
    """One step for each time the word is seen."""

    name = "count_items"
    levels = (6, 8, 10, 12)
    meaning = "how many words are in the list"
    grammar = Grammar(SEEN)
    algorithm = "Go through the list word by word, and count one up each time the word is the one asked for."

    def draw(self, rng: np.random.Generator, level: int) -> Count:
        """The word occurs from once to all but once, each as often."""
        target, *others = shuffled(rng, ANIMALS)
        n = whole(rng, 1, level - 1)
        return target, tuple(shuffled(rng, [target] * n + [pick(rng, others) for _ in range(level - n)]))

    def ask(self, parts: Count) -> str:
        """The word, then the list."""
        return f"How many times is {parts[0]} in this list: {', '.join(parts[1])}?"

    def work(self, parts: Count) -> Work:
        """From one occurrence to the next."""
        target, listed = parts
        count = 0
        for i, word in enumerate(listed, 1):
            if word == target:
                count = int((yield SEEN(i=i, word=word, a=count, b=count + 1)))
        return str(count)

    def decompose(self, item: Item) -> Decomposition:
        """The same question about every CHUNK words, then the sum."""
        target, listed = item.meta["parts"]
        chunks = [listed[i : i + CHUNK] for i in range(0, len(listed), CHUNK)]
        parts = tuple(Part(self.ask((target, chunk)), str(chunk.count(target))) for chunk in chunks)
        return Decomposition(parts, f"What is {' + '.join(f'#{k}' for k in range(1, len(parts) + 1))}?")

    def program(self, item: Item) -> str:
        """Count in the list."""
        target, listed = item.meta["parts"]
        return f'words = "{", ".join(listed)}".split(", ")\nprint(words.count("{target}"))'

    def slips(self, parts: Count, right: int) -> Sequence[int]:
        """All the other words counted instead, or two or three passed over or counted twice."""
        n = len(parts[1])
        return [slip for slip in (n - right, right - 3, right - 2, right + 2, right + 3) if 0 < slip < n]

    def solve(self, question: str) -> str:
        """How often the word is in the list, by searching the text."""
        asked, listed = question.removesuffix("?").split(":")
        return str(listed.replace(",", "").split().count(asked.split()[4]))
