"""What holds for every item of every task: well-formed options, and when a free-text answer is the gold one.

Which spellings are the same answer is said in `answers.py`, what a whole sentence states in `answer_statement.py`.
Knows nothing about families, files or grammars.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from thinkaloud.errors import UserError
from thinkaloud.tasks.answer_statement import last_statement
from thinkaloud.tasks.answers import canonical, match, plain, same_option
from thinkaloud.tasks.inside import texts
from thinkaloud.tasks.options import lettered
from thinkaloud.vocabulary import Item

CLOSING = "."
ACCEPTED = "accepted"
"""In `meta` of a question without options: answers that are right besides the gold."""
STATED_IN = 4000
"""Characters at the end of an answer in which a statement of it is looked for."""


def check_item(item: Item) -> Item:
    """The item itself; `UserError` if its options are too few, empty or one and the same answer, or lack the gold.

    Options may begin one another (`C` and `C++`, `5` and `5.5`), and may differ by case, marks or symbols alone.
    Without options the gold may be any text that is not empty.
    """
    options = item.options
    if not options:
        if not canonical(item.gold):
            raise UserError(f"item {item.id!r} has no options and an empty answer {item.gold!r}")
        return item
    if len(options) < 2:
        raise UserError(f"item {item.id!r} has {len(options)} options, it needs at least two: {list(options)!r}")
    if empty := [option for option in options if not canonical(option)]:
        raise UserError(f"item {item.id!r} has an empty option {empty[0]!r}: {list(options)!r}")
    for one, other in combinations(options, 2):
        if same_option(one, other):
            also = "" if one == other else f", written {other!r} the second time"
            raise UserError(f"item {item.id!r} repeats the option {one!r}{also}: {list(options)!r}")
    if item.gold not in options:
        raise UserError(f"item {item.id!r}: the answer {item.gold!r} is not among the options {list(options)!r}")
    return item


def is_gold(item: Item, answer: str) -> bool:
    """Whether a free-text answer is the item's gold, no other option, and nothing beside it. Where the item has no
    options, or only candidates, it may also be another accepted answer (`ACCEPTED`)."""
    right = [item.gold, *item.meta.get(ACCEPTED, ())]
    if len(right) > 1:
        return any(_answered(answer, (one,), item.question) == 0 for one in right)
    if not item.options:
        return _answered(answer, right, item.question) == 0
    behind = texts(item.question) if lettered(item) else ()
    found = _answered(answer, behind, item.question) if behind else None
    found = _answered(answer, item.options, item.question) if found is None else found
    return found is not None and item.options[found] == item.gold


def _answered(answer: str, options: Sequence[str], question: str) -> int | None:
    """Index of the option that an answer is, or that it states at its end; None if it is none of them."""
    found = match(answer, options, question)
    if found is None:
        stated = last_statement(answer[-STATED_IN:], frozenset(map(plain, options)))
        found = None if stated is None else match(stated.answer, options, question)
    return found
