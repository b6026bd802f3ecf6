"""Transplant: reasoning that belongs to another item and leads to another answer.

`foreign` reasoning is a neighbour's own, whatever it concludes: a null, since it says nothing about this item. A
`donor` is chosen so that its right answer is one of this item's wrong options; its reasoning is the task's, in other
words than the model was shown, so no code that the model may write can come along: does the answer follow the words?
"""

from __future__ import annotations

from collections.abc import Sequence

from thinkaloud.vocabulary import Item


def neighbour(items: Sequence[Item], index: int) -> int | None:
    """Index of the next item (around the circle) with another right answer; None if there is none."""
    others = ((index + step) % len(items) for step in range(1, len(items)))
    return next((other for other in others if items[other].gold != items[index].gold), None)


def donor(item: Item, pool: Sequence[Item]) -> Item | None:
    """The first of `pool` that concludes a wrong option of `item`; None if there is none."""
    for other in pool:
        conclusion = other.worked.conclusion
        if conclusion is not None and conclusion != item.gold and conclusion in item.options:
            return other
    return None
