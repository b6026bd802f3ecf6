"""One order for the units of a run, and what of a unit is the same whoever did it and however fast.

Units are recorded in the order in which they were done, and that differs between one process, several, and one that was
killed. Whatever is read from a folder is read in *this* order: phase, subject, then where the unit is, numbers as
numbers. A unit's digest leaves out what it cost: seconds differ every time, and tokens with what an engine happened to
have in memory. This module does not know what a unit measures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from thinkaloud.records.many import Listed
from thinkaloud.study import digest_of

CLOCK = ("seconds", "tool_seconds", "wall")
"""Fields of a record that hold times."""


def canonical(phase: str, subject: str, at: Mapping[str, Any]) -> tuple[Any, ...]:
    """A sort key of a place in a run."""
    return phase, subject, tuple((name, *_part(at[name])) for name in sorted(at))


def in_order(unit: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same of a recorded unit; its key last, should two be at one place."""
    return *canonical(unit["phase"], unit["task"], unit.get("at", {})), unit["unit"]


def _part(value: Any) -> tuple[int, float, str]:
    """Numbers in their order, before anything else: lists by the number that they begin with, then all by their
    JSON."""
    if _number(value):
        return 0, value, ""
    first = value[0] if isinstance(value, list) and value and _number(value[0]) else 0
    return 1, first, json.dumps(value, sort_keys=True)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def unit_digest(unit: Mapping[str, Any]) -> str:
    """32 hex digits of all that a unit found."""
    return digest_of({name: _still(value) for name, value in unit.items() if name != "usage"})


def _still(value: Any) -> Any:
    """Plain JSON without times."""
    if isinstance(value, Mapping):
        return dict(_timeless(value))
    return [_still(one) for one in value] if isinstance(value, list | Listed) else value


def _timeless(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, _still(value)) for name, value in fields.items() if name not in CLOCK)
