"""Multiple choice with letters: the form of most benchmarks, where a preference for a letter can look like an answer.

The same item is asked with its options listed behind letters in a given order, and the answer is a letter in brackets
(after Z come AA, AB, and so on). A reading is put back into the item's own order of options, so that it can be compared
with others; the order stays in the record. The bracket ends a label, so (A) is never a prefix of (AB); it is read with
the closing mark like any other answer, because the examples end in this way. Without letters the item is its own
*letter-free twin*, on which a preference for letters has no effect.

This module does not choose orders, and does not know why an item is asked in two orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from thinkaloud.conditions.asking import Way, parts
from thinkaloud.conditions.snap import Form, read
from thinkaloud.vocabulary import PROBE, Item, Model, Reading, Shot, Transcript

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAD = " Options: "

Order = tuple[int, ...]
"""The option behind each letter: indices into the item's options."""


def as_drawn(item: Item) -> Order:
    """The item's own order."""
    return tuple(range(len(item.options)))


def label(place: int) -> str:
    """The label of the option at this index, counted from 0: (A) to (Z), then (AA), (AB), like columns of a
    spreadsheet."""
    letters, rest = LETTERS[place % 26], place // 26
    while rest:
        letters, rest = LETTERS[(rest - 1) % 26] + letters, (rest - 1) // 26
    return f"({letters})"


def labels(count: int) -> list[str]:
    """The labels of so many options."""
    return [label(place) for place in range(count)]


def ask(item: Item, order: Order, question: str | None = None) -> str:
    """The question with its options behind letters, and listed only there; `question` replaces the item's own (for a
    hint)."""
    listed = "; ".join(f"{label(i)} {item.options[option]}" for i, option in enumerate(order))
    return f"{question or item.question}{LEAD}{listed}."


def listed(question: str) -> tuple[str, tuple[str, ...]] | None:
    """The question and its options in the order of their letters, parsed from the text; None if there are no letters.
    The last list in the question counts, and its labels must be in order."""
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
    model: Model, item: Item, order: Order, way: Way, between: Transcript, question: str | None = None
) -> Reading:
    """The distribution over the item's options, in the item's order, read as letters right after `between`."""
    prompt = way.stated(ask(item, order, question), between)
    found = await read(model, item, prompt, labels(len(order)), way.stem.closing)
    return found.ordered([order.index(option) for option in range(len(order))])
