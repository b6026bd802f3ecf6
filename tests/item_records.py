"""Records of items for tests of metrics, whole and of the type that runs leave (`records/item.py`): a test says only
what it is about, and a record that no run could leave is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.records.item import ItemRecord
from thinkaloud.records.pieces import condition
from thinkaloud.records.schema import check
from thinkaloud.vocabulary import Reading, Transcript


def reading(logprobs: Sequence[float], implied: int | None = None, **more: Any) -> dict[str, Any]:
    """One condition with nothing between question and answer; `more` are further fields of it."""
    return {**condition(Transcript(), Reading(tuple(logprobs)), implied=implied), **more}


def thought(steps: int = 0, legible: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Reasoning of so many sentences that the task cannot read."""
    made = [{"text": "x", "form": None, "fields": {}, "value": None} for _ in range(steps)]
    return {"text": "", "finish": "stop", "steps": made, "conclusion": None, "right": None, "legible": legible}


def record(
    item: int | str, conditions: Mapping[str, Any], options: Sequence[str], gold: int, **more: Any
) -> dict[str, Any]:
    """One item that was measured: by number (items alternate between the folds), or by its id (then in fold 0); `more`
    are further fields, or others than the usual ones."""
    number = item if isinstance(item, int) else 0
    made: dict[str, Any] = {
        "item": item if isinstance(item, str) else f"i{item}", "task": "t", "level": 1, "fold": number % 2,
        "question": "?", "options": list(options), "gold": gold, "status": "ok", "error": None,
        "thought": thought(), "conditions": dict(conditions), **more,
    }  # fmt: skip
    check(made, ItemRecord, "this record")
    return made
