"""Multiple choice with letters: the form most benchmarks use, where a habit of letters can pass for an answer.

The same item is asked with its options listed behind letters in a given order, and the answer is a letter in brackets
(after Z come AA, AB, and so on). A reading is turned back into the item's own order of options, so that it can be
compared with any other; the order stays in the record. The bracket ends a label, so that (A) is never the beginning of
(AB); it is read with the closing mark like any other answer, because that is how the examples end. Asked without
letters the item is its own *letter-free twin*: there a habit of letters has nothing to hold on to.

This module does not decide orders and knows nothing of why one is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from thinkaloud.strategies.snap import Form, parts, read
from thinkaloud.vocabulary import PROBE, Item, Model, Prompt, Reading, Shot, Transcript

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAD = " Options: "

Order = tuple[int, ...]
"""Which option stands behind each letter: indices into the item's options."""


def as_drawn(item: Item) -> Order:
    """The item's own order."""
    return tuple(range(len(item.options)))


def label(place: int) -> str:
    """What stands before the option at this place, counted from 0: (A) to (Z), then (AA), (AB), as columns of a table
    are named."""
    letters, rest = LETTERS[place % 26], place // 26
    while rest:
        letters, rest = LETTERS[(rest - 1) % 26] + letters, (rest - 1) // 26
    return f"({letters})"


def labels(count: int) -> list[str]:
    """The labels of so many options."""
    return [label(place) for place in range(count)]


def ask(item: Item, order: Order, question: str | None = None) -> str:
    """The question with its options behind letters, and only there; `question` replaces the item's own (it may hold a
    hint)."""
    listed = "; ".join(f"{label(i)} {item.options[option]}" for i, option in enumerate(order))
    return f"{question or item.question}{LEAD}{listed}."


def listed(question: str) -> tuple[str, tuple[str, ...]] | None:
    """The question and its options in the order of their letters, read back; None where there are no letters. The list
    is the last one that the question holds, and its labels must come in their order."""
    end = len(question)
    while (at := question.rfind(LEAD, 0, end)) >= 0:
        options = _split(question[at + len(LEAD) :])
        if options:
            return question[:at], options
        end = at + len(LEAD) - 1
    return None


def _split(rest: str) -> tuple[str, ...]:
    """The options of a list; none where it is no such list."""
    begin = f"{label(0)} "
    if not (rest.startswith(begin) and rest.endswith(".")):
        return ()
    rest = rest[len(begin) : -1]
    options: list[str] = []
    while (parted := rest.partition(f"; {label(len(options) + 1)} "))[1]:
        options.append(parted[0])
        rest = parted[2]
    return (*options, rest)


def lettered_shots(examples: Sequence[Item], form: Form, order: Callable[[Item], Order]) -> tuple[Shot, ...]:
    """Solved examples whose answer is a letter."""

    def shot(item: Item) -> Shot:
        there = order(item)
        return Shot(ask(item, there), (*parts(form(item)), f"{PROBE} {label(there.index(item.gold_index))}."))

    return tuple(shot(item) for item in examples)


async def snap_lettered(
    model: Model, item: Item, order: Order, examples: tuple[Shot, ...], between: Transcript, question: str | None = None
) -> Reading:
    """The distribution over the item's options, in the item's order, read as letters right after `between`."""
    prompt = Prompt(examples, ask(item, order, question), (*parts(between), PROBE))
    found = await read(model, item, prompt, labels(len(order)))
    return found.ordered([order.index(option) for option in range(len(order))])
