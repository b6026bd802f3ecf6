"""What may be relied on in a record, whatever study made it.

Every recorded record has `task` (its unit's subject) and `status` (`ok` where it says nothing else). Besides these a
few words mean the same in every study that uses them, and nothing is expected of a study that does not:

    item                 which item it is about
    level                its level
    error, failed        why it failed as a whole; the readings of it that failed, with their reasons
    again                asking again may help
    conditions           name -> what was read there (`records/pieces.py`); a mapping of mappings
    attempts             a list of mappings, each with `answer` and `right`
    thought              what a model wrote; a mapping
    question, options, gold     a text, texts, and the position of the right one

This module computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def complete(record: Record, subject: str) -> Record:
    """The record with `task` and `status`."""
    usual = {"task": subject, "status": "ok"}
    lacking = {name: value for name, value in usual.items() if name not in record}
    return {**record, **lacking} if lacking else record


def part(record: Record, name: str) -> Mapping[str, Any]:
    """A part of a record that is a mapping; empty where it is not there, or another study means something else."""
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def attempts(record: Record) -> int:
    """How many attempts it holds."""
    found = record.get("attempts")
    return len(found) if isinstance(found, list | tuple) else 0


def asks(record: Record) -> bool:
    """Whether it is about a question with options, one of which is right."""
    options, gold = record.get("options"), record.get("gold")
    listed = isinstance(options, Sequence) and not isinstance(options, str)
    return (
        isinstance(record.get("question"), str) and listed and isinstance(gold, int) and 0 <= gold < len(options or ())
    )


def readings(record: Record) -> dict[str, Mapping[str, Any]]:
    """Conditions under which probabilities of its options were read."""
    found = part(record, "conditions")
    return {name: one for name, one in found.items() if isinstance(one, Mapping) and "logprobs" in one}
