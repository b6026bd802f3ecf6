"""Transplant: reasoning that belongs to another item and leads to another answer.

`foreign` reasoning is a neighbour's own, whatever it concludes. `unrelated` reasoning is a neighbour's own that
concludes none of this item's options: it says nothing about this item and leads nowhere, so what an answer gains from
it is the effect of any reasoning at all. This is the sharper control: with foreign reasoning, following it to a wrong
option can hide that a model is right after any text. A `donor` is chosen so that its right answer is one of this item's
wrong options; its reasoning is the task's, in other words than the model was shown, so it cannot carry a code that the
model may write. It tests whether the answer follows the words.
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.tasks.draws import pick
from thinkaloud.vocabulary import Item, Key


def neighbour(items: Sequence[Item], index: int) -> int | None:
    """Index of the next item (around the circle) with another right answer; None if there is none."""
    others = ((index + step) % len(items) for step in range(1, len(items)))
    return next((other for other in others if items[other].gold != items[index].gold), None)


def unrelated(item: Item, index: int, conclusions: Sequence[str | None]) -> int | None:
    """Index of the next neighbour (around the circle) whose reasoning concludes something, and no option of `item`;
    None if there is none. `conclusions`: what each one's reasoning concludes (None: nothing that could be read)."""
    others = ((index + step) % len(conclusions) for step in range(1, len(conclusions)))
    known = ((other, conclusions[other]) for other in others)
    return next((other for other, said in known if said is not None and said not in item.options), None)


def donor(item: Item, pool: Sequence[Item], key: Key) -> Item | None:
    """A random item of `pool` that concludes a wrong option of `item`; None if there is none.

    Random, because otherwise the first one that fits would be used for nearly all items: their readings would depend on
    one donor, and an interval over items would be too short.
    """
    fitting = [other for other in pool if other.worked.conclusion != item.gold]
    fitting = [other for other in fitting if other.worked.conclusion in item.options]
    return pick(key.rng, fitting) if fitting else None
