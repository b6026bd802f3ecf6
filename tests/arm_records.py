"""Records of arms, as the study of the rungs writes them: the one builder for every test that needs some.

    arm_record("F2", "a", [arm_attempt("A"), arm_attempt(None)])

Fields that a test does not name are those of a plain item: four options of which the first is right, one call of 100
tokens read and 100 written. `test_rungs_study.py` holds these records against true ones, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.budget.ledger import Spend

OPTIONS = ("A", "B", "C", "D")
RIGHT = OPTIONS[0]
SOMETIMES = {"unedited", "failed", "again"}
"""Fields of a record that only some have: why an edit was not made, what failed, and whether that may pass."""


def spent(uncached: int = 100, output: int = 100, cached: int = 0, calls: int = 1, **more: int) -> dict[str, Any]:
    """What an attempt cost, in raw classes of tokens."""
    return dict(Spend(uncached=uncached, output=output, cached=cached, calls=calls, **more).as_dict())


def arm_attempt(answer: str | None, spend: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One attempt; right if it gives the first option, unless `right` says otherwise."""
    made = {"answer": answer, "right": answer == RIGHT, "cut": False, "spend": dict(spend or spent()), "trace": []}
    return made | more


def arm_edit(answer: str | None, **more: Any) -> dict[str, Any]:
    """The first attempt under an intervention."""
    made = {"answer": answer, "right": answer == RIGHT, "changed": False, "followed": None, "edited": 1, "trace": []}
    return made | more


def arm_record(
    arm: str, item: str, attempts: Sequence[Mapping[str, Any]], task: str = "t", **more: Any
) -> dict[str, Any]:
    """An item under an arm. A field that records do not have is refused, so that a test cannot misspell one."""
    made: dict[str, Any] = {
        "item": item, "task": task, "level": 1, "fold": 0, "question": "?", "options": list(OPTIONS), "gold": 0,
        "shown": False,
        "arm": arm, "status": "ok", "error": None, "terms": {}, "attempts": list(attempts), "short": {}, "edits": {},
        "load": 100, "parts": 4, "chain": 2,
    }  # fmt: skip
    unknown = more.keys() - made.keys() - SOMETIMES
    assert not unknown, f"records of arms have no {', '.join(sorted(unknown))}"
    return made | more
