"""Whether two records with one id are of the same question: ids may come from files, and a file may have changed.

The order of options is a run's own. So are the candidates of a free answer, all but the right one, and how that one is
spelled: a model that writes `12.00` is read at `12.00`. This module reads records and knows no runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.tasks.answers import match
from thinkaloud.vocabulary import Record


def check_same_question(was: Record, now: Record, before: object, after: object) -> None:
    """`UserError` where two records with one id are of different questions; `before`, `after`: where they are from."""
    if found := difference(was, now):
        part, one, other = found
        raise UserError(
            f"item {now['item']!r} of {now['task']} has the {part} {one!r} in {str(before)!r} and {other!r} in "
            f"{str(after)!r}: run both on the same file"
        )


def difference(was: Record, now: Record) -> tuple[str, Any, Any] | None:
    """The first thing in which two records' questions differ: what it is, and both values; None where they do not."""
    one, other = _question(was), _question(now)
    for part in one:
        if one[part] != other.get(part) and not _same_answer(part, one, other):
            return part, one[part], other.get(part)
    return None


def _question(record: Record) -> Mapping[str, Any]:
    options, gold = record["options"], record["gold"]
    asked = {"question": record["question"], "answer": options[gold] if options else None}
    return asked if record.get("space") == "candidates" or not options else {**asked, "options": sorted(options)}


def _same_answer(part: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two free answers are the same one, or either could not be told."""
    free = "options" not in one and "options" not in other
    if part != "answer" or not free:
        return False
    said = one[part], other[part]
    return None in said or match(said[1], (said[0],), one["question"]) is not None
