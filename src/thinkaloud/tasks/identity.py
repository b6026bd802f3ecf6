"""The identity of a question: a hash of an item's content, and the id made from it.

    content(item)     64 hex digits over all of it, with its options in their order
    named(item)       the same item with the id TASK/LEVEL/HASH, 128 bits of it, whatever the order of its options

Both depend on the item alone and are the same on every machine. Data that a generator keeps about how it made a
question (`DERIVED`) follow from the question and are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from thinkaloud.tasks.traits import Renamed
from thinkaloud.vocabulary import Item, Task

DERIVED = ("parts", "problem", "entry")
BITS = 128


def content(item: Item) -> str:
    """Question, options in order, answer, worked reasoning, level and `meta`, as SHA-256."""
    return _hash([item.id, list(item.options), *_parts(item)])


def contents(items: Iterable[Item]) -> str:
    """Several items, in order, as one SHA-256."""
    return _hash([content(item) for item in items])


def named(item: Item) -> Item:
    """The item with an id made from its whole content; shuffled options are the same item."""
    found = _hash([item.task, sorted(item.options), *_parts(item)])
    return replace(item, id=f"{item.task}/{item.level}/{found[: BITS // 4]}")


def stream(task: Task) -> str:
    """The name that draws follow from: a task's own, also where a run calls it otherwise to tell it from another."""
    return task.stream if isinstance(task, Renamed) and task.stream else task.name


def _parts(item: Item) -> list[Any]:
    return [item.level, item.question, item.gold, [step.text for step in item.worked.steps], _meta(item.meta)]


def _meta(meta: Mapping[str, Any]) -> dict[str, str]:
    """The item's `meta`, as far as it is JSON."""
    found = {}
    for name, value in meta.items():
        if name not in DERIVED:
            try:
                found[name] = json.dumps(value, sort_keys=True)
            except (TypeError, ValueError):  # an object of a task's own, which has no text that lasts
                continue
    return found


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
