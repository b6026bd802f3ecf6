"""A task of questions that are all there from the beginning: of a file, a benchmark, somebody's dataset.

Items are drawn without repetition. Those that are an `example` (`meta["example"]`) come first, so that they are what is
shown before the others. Options that the question does not list are put into a random order; those that it lists keep
its order. Such a task cannot parse its sentences: it cannot reword them, insert a mistake, or check them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from thinkaloud.errors import TooFewItems, UserError
from thinkaloud.tasks.check import is_gold
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.identity import contents
from thinkaloud.tasks.options import lists
from thinkaloud.tasks.unread import Unread
from thinkaloud.vocabulary import Item, Key

EXAMPLE = "example"


class Questions(Unread):
    """Questions by level. Satisfies `vocabulary.Task`. `where` is what errors call the place where they are from."""

    meaning = "the level given in the file"

    def __init__(self, name: str, where: str, items: Sequence[Item], notes: Sequence[str] = ()) -> None:
        self.name = self.stream = name
        self.where = where
        self._items, self.notes = list(items), tuple(notes)
        self.digest = contents(self._items)
        self.levels = tuple(sorted({item.level for item in self._items}))

    def items(self, level: int, n: int, key: Key) -> list[Item]:
        """`n` questions of this level in an order given by the key."""
        there = [item for item in self._items if item.level == level]
        if not there:
            raise UserError(f"task {self.name!r} has no level {level!r}; its levels are {list(self.levels)}")
        if n > len(there):
            raise TooFewItems(f"{self.where} has {len(there)} questions at level {level}, not {n}", len(there))
        drawn = shuffled(key.child(self.stream, level).rng, there)
        chosen = sorted(drawn, key=lambda item: not item.meta.get(EXAMPLE))[:n]
        return [_shuffled(item, key) for item in chosen]

    def verify(self, item: Item, answer: str) -> bool:
        """Whether a free-text answer is the gold."""
        return is_gold(item, answer)


def _shuffled(item: Item, key: Key) -> Item:
    """The item with its options in an order given by the key; those that the question lists keep its order."""
    if not item.shown and lists(item.question, item.options):
        return item
    return replace(item, options=tuple(shuffled(key.child(item.id).rng, item.options)))
