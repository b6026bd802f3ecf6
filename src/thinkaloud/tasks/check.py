"""What holds for every item of every task: well-formed options, and when a free-text answer is the gold one.

Knows nothing about families, files or grammars.
"""

from __future__ import annotations

import hashlib
import re
from itertools import permutations

from thinkaloud.errors import UserError
from thinkaloud.vocabulary import Item

CLOSING = "."
_LEAD = re.compile(r"\A.*\banswer\b(?:\s+is\b|\s*:)", re.IGNORECASE | re.DOTALL)


def check_item(item: Item) -> Item:
    """The item itself; `UserError` if its options repeat, are too few or empty, hide each other, or lack the gold."""
    options = item.options
    if len(options) < 2:
        raise UserError(f"item {item.id!r} has {len(options)} options, it needs at least two: {list(options)!r}")
    if empty := [option for option in options if not plain(option)]:
        raise UserError(f"item {item.id!r} has an empty option {empty[0]!r}: {list(options)!r}")
    for one, other in permutations(options, 2):
        if plain(one) == plain(other):
            raise UserError(f"item {item.id!r} repeats the option {one!r}: {list(options)!r}")
        if (other + CLOSING).startswith(one + CLOSING):
            raise UserError(f"item {item.id!r}: the option {one!r} with its closing mark begins the option {other!r}")
    if item.gold not in options:
        raise UserError(f"item {item.id!r}: the answer {item.gold!r} is not among the options {list(options)!r}")
    return item


def plain(answer: str) -> str:
    """An answer without what does not matter: 'The answer is' before it, end marks, case, doubled spaces."""
    return " ".join(_LEAD.sub("", answer).lstrip(" \"'").rstrip(" \"'.!;").casefold().split())


def is_gold(item: Item, answer: str) -> bool:
    """Whether a free-text answer is the item's gold, no other option, and nothing beside it."""
    return plain(answer) == plain(item.gold)


def item_id(task: str, level: int, question: str) -> str:
    """A name for a question that is the same on every machine: task, level, 8 hex digits of its text's SHA-256."""
    return f"{task}/{level}/{hashlib.sha256(question.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
