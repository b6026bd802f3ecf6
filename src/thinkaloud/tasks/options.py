"""Whether a question lists its options to the model.

A question from a file asks for a choice, so its options are listed below it (`Item.shown`), unless the question lists
them itself. Questions of the built-in families are answered freely: their options are not shown, only read. A run may
decide otherwise (`--show-options`). A question without options is answered freely. This module decides; `Item.asked`
writes the options, and `conditions/lettered.py` the letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from thinkaloud.errors import unknown
from thinkaloud.vocabulary import Item

MODES = ("auto", "always", "never")
"""`auto`: the task decides; `always`: with every question that does not list them itself; `never`."""
SPACE, CANDIDATES = "space", "candidates"
"""In `meta`: what an item's options are, where they are no options of the question (`candidates.py`)."""
LABEL = re.compile(r"\([A-Z]{1,2}\)")
_MARK = r"(?:[-*\u2022]|\(?(?:[A-Za-z]|\d{1,2})[.):])"


def lists(question: str, options: Sequence[str]) -> bool:
    """Whether a question lists all its options: each on a line of its own, or behind a mark such as `A)`, `2.`, `-`."""
    there = bool(options) and all(option in question for option in options)
    return there and all(_listed(question, option) for option in options)


def _listed(question: str, option: str) -> bool:
    text = re.escape(option.strip())
    return re.search(rf"(?:^[ \t]*|(?:^|\s){_MARK}\s*){text}[ \t]*[.,;]?[ \t]*(?:$|(?=\s))", question, re.M) is not None


def shown(items: Iterable[Item], mode: str) -> list[Item]:
    """The items with their options shown or not, as a run's `--show-options` says."""
    if mode not in MODES:
        raise unknown("way to show options", mode, MODES)
    if mode == "auto":
        return list(items)
    return [replace(i, shown=mode == "always" and _listable(i)) for i in items]


def _listable(item: Item) -> bool:
    """Whether there are options that the question does not list."""
    return bool(item.options) and not lists(item.question, item.options)


def lettered(item: Item) -> bool:
    """Whether the options are labels such as `(A)` of texts that the question lists."""
    return bool(item.options) and all(map(LABEL.fullmatch, item.options)) and lists(item.question, item.options)


def sentence(items: Sequence[Item]) -> str:
    """For a report: whether the model was shown options, or answered freely."""
    task, n = items[0].task, len(items)
    chosen = [item for item in items if item.options and item.meta.get(SPACE) != CANDIDATES]
    made = sum(item.meta.get(SPACE) == CANDIDATES for item in items)
    bare = n - len(chosen) - made
    said = [_shown(chosen, n)] if chosen else []
    said += [
        f"{_of(made, n)} answered freely, and candidates for the answer are read, which the model is not shown"
    ] * (made > 0)
    said += [f"{_of(bare, n)} answered freely"] * (bare > 0)
    return f"{task}: {'; '.join(said)}."


def _of(some: int, n: int) -> str:
    return (
        "the questions have no options: they are" if some == n else f"{some} of {n} questions have no options: they are"
    )


def _shown(items: Sequence[Item], n: int) -> str:
    """What is said of questions with options, of `n` questions in all."""
    below = sum(item.shown for item in items)
    listing = [item for item in items if not item.shown and lists(item.question, item.options)]
    inside, hidden = len(listing), len(items) - below - len(listing)
    if hidden == n:
        return "the options were not shown to the model: it was asked the question alone, and they were read"
    where = [f"below the question in {below}"] if below else []
    where += [f"in the question itself in {inside}"] if inside else []
    where += [f"not shown in {hidden}"] if hidden else []
    labels = sum(map(lettered, listing))
    read = f" (answered by letter in {labels})" if labels else ""
    return f"the options were shown to the model: {', '.join(where)} of {n} questions{read}"
