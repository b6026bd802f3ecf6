"""Multiple choice with letters: the form most benchmarks use, where a habit of letters can pass for an answer.

The same item is asked with its options listed behind letters in a given order, and the answer is a letter. A reading
is turned back into the item's own order of options, so that it can be compared with any other; the order stays in the
record. Asked without letters the item is its own *letter-free twin*: there a habit of letters has nothing to hold on
to.

This module does not decide orders and knows nothing of why one is asked twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from thinkaloud.strategies.snap import PROBE, Form, parts, read
from thinkaloud.vocabulary import Item, Model, Prompt, Reading, Shot, Transcript

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAD = " Options: "
_LISTED = re.compile(r"\(([A-Z])\) (.*?)(?=; \([A-Z]\) |\.$)")

Order = tuple[int, ...]
"""Which option stands behind each letter: indices into the item's options."""


def as_drawn(item: Item) -> Order:
    """The item's own order."""
    return tuple(range(len(item.options)))


def ask(item: Item, order: Order, question: str | None = None) -> str:
    """The question with its options behind letters, and only there; `question` replaces the item's own (it may hold a
    hint)."""
    listed = "; ".join(f"({LETTERS[i]}) {item.options[option]}" for i, option in enumerate(order))
    return f"{question or item.question}{LEAD}{listed}."


def listed(question: str) -> tuple[str, tuple[str, ...]] | None:
    """The question and its options in the order of their letters, read back; None where there are no letters."""
    plain, found, rest = question.rpartition(LEAD)
    options = tuple(text for _, text in _LISTED.findall(rest)) if found else ()
    return (plain, options) if options else None


def lettered_shots(examples: Sequence[Item], form: Form, order: Callable[[Item], Order]) -> tuple[Shot, ...]:
    """Solved examples whose answer is a letter."""

    def shot(item: Item) -> Shot:
        there = order(item)
        letter = LETTERS[there.index(item.gold_index)]
        return Shot(ask(item, there), (*parts(form(item)), f"{PROBE} ({letter})."))

    return tuple(shot(item) for item in examples)


async def snap_lettered(
    model: Model, item: Item, order: Order, examples: tuple[Shot, ...], between: Transcript, question: str | None = None
) -> Reading:
    """The distribution over the item's options, in the item's order, read as letters right after `between`."""
    prompt = Prompt(examples, ask(item, order, question), (*parts(between), PROBE))
    found = await read(model, item, prompt, [f"({LETTERS[i]})" for i in range(len(order))])
    logprobs = dict(zip(order, found.logprobs, strict=True))
    return Reading(tuple(logprobs[option] for option in range(len(order))))
