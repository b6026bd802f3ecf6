"""Whether a question lists its options to the model.

A question from a file asks for a choice, so its options are listed below it (`Item.shown`), unless the question lists
them itself. Questions of the built-in families are answered freely: their options are not shown, only read. A run may
decide otherwise (`--show-options`). This module decides; `Item.asked` writes the options, and `conditions/lettered.py`
the letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from thinkaloud.errors import unknown
from thinkaloud.vocabulary import Item

MODES = ("auto", "always", "never")
"""`auto`: the task decides; `always`: with every question that does not list them itself; `never`."""
_MARK = r"(?:[-*\u2022]|\(?(?:[A-Za-z]|\d{1,2})[.):])"


def lists(question: str, options: Sequence[str]) -> bool:
    """Whether a question lists all its options: each on a line of its own, or behind a mark such as `A)`, `2.`, `-`."""
    return all(option in question for option in options) and all(_listed(question, option) for option in options)


def _listed(question: str, option: str) -> bool:
    text = re.escape(option.strip())
    return re.search(rf"(?:^[ \t]*|(?:^|\s){_MARK}\s*){text}[ \t]*[.,;]?[ \t]*(?:$|(?=\s))", question, re.M) is not None


def shown(items: Iterable[Item], mode: str) -> list[Item]:
    """The items with their options shown or not, as a run's `--show-options` says."""
    if mode not in MODES:
        raise unknown("way to show options", mode, MODES)
    if mode == "auto":
        return list(items)
    return [replace(i, shown=mode == "always" and not lists(i.question, i.options)) for i in items]


def sentence(items: Sequence[Item]) -> str:
    """For a report: whether the model was shown the options."""
    below = sum(item.shown for item in items)
    inside = sum(not item.shown and lists(item.question, item.options) for item in items)
    task, n = items[0].task, len(items)
    if not below and not inside:
        return f"{task}: the options were not shown to the model: it was asked the question alone, and they were read."
    where = [f"below the question in {below}"] if below else []
    where += [f"in the question itself in {inside}"] if inside else []
    where += [f"not shown in {n - below - inside}"] if n - below - inside else []
    return f"{task}: the options were shown to the model: {', '.join(where)} of {n} questions."
