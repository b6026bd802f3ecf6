"""Gathers the items of a table's rows, with notes about what was left out and how columns were read.

A row that cannot be used (two options that are one answer, an answer that no verifier reads, an item that is there
already) is left out, and the others are used. `UserError` where a row has not the form of a question, or none can be
used. Columns are taken by the names that `lines.py` knows; where these are not the table's, or a map is given, by
`columns.py`. This module opens no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.tasks.answers import canonical
from thinkaloud.tasks.columns import Columns, names
from thinkaloud.tasks.lines import FIELDS, REQUIRED, Seen, Unusable, fields, item_of, mapped_fields
from thinkaloud.tasks.tables import Row
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Item

NAMED = 5
"""How many left-out rows are named with their reasons; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is gathered: the task's `name`, what its rows are of (`called`: a file's name, a dataset's), `where` as it
    stands in errors, and the map of columns, if one was given. `json`: fields may have the names of `lines.py`; `told`:
    notes say how columns were read."""

    name: str
    called: str
    where: str
    columns: Columns | None = None
    json: bool = True
    told: bool = True


def gathered(rows: Sequence[Row], source: Source) -> tuple[list[Item], tuple[str, ...]]:
    """The items of all usable rows, and notes about the others."""
    if not rows:
        raise UserError(f"{source.where} is empty: it needs one JSON object a line, with {', '.join(REQUIRED)}")
    seen = Seen()
    columns = _columns(rows, source, seen)
    items, left = _items(rows, source.name, columns, seen)
    if not items:
        raise UserError(f"{source.where}: no line can be used: {_named(left)}")
    return items, tuple(_notes(source, columns, seen, left, len(items) + len(left)))


def _columns(rows: Sequence[Row], source: Source, seen: Seen) -> Columns | None:
    """From which columns fields are read; None where they have their own names."""
    there = names(row.data for row in rows)
    if source.columns is None and source.json and _own(there, rows):
        return None
    given_ones = source.columns or Columns({})
    found = given_ones.fitted(there, source.where)
    if "level" in found.named and "level" not in given_ones.named:
        levels = [found.read(row.data).get("level") for row in rows]
        if not all(isinstance(level, int) for level in levels):
            found = found.without("level")
    seen.ignored.update(found.unread(there))
    return found


def _own(there: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether the fields have the names that `lines.py` knows, as far as can be told."""
    return set(REQUIRED) <= set(there) or not any(row.data for row in rows) or not set(there) - set(FIELDS)


def _items(rows: Sequence[Row], task: str, columns: Columns | None, seen: Seen) -> tuple[list[Item], dict[int, str]]:
    """The items, and for each row that is left out the reason."""
    items, left = list[Item](), dict[int, str]()
    known: dict[object, int] = {}
    ids: dict[str, int] = {}
    for row in rows:
        try:
            data = fields(row, seen) if columns is None else mapped_fields(row, columns)
            item = item_of(data, task, seen)
            if (first := known.setdefault(_content(item), row.number)) != row.number:
                raise Unusable(f"it is the same as line {first}")
            if (first := ids.setdefault(item.id, row.number)) != row.number:
                raise Unusable(f"the id {item.id!r} is that of line {first} already")
            items.append(item)
        except Unusable as reason:
            left[row.number] = str(reason)
    return items, left


def _content(item: Item) -> object:
    """What identifies an item: everything but its id, independent of the order of options."""
    options = frozenset(map(canonical, item.options))
    return canonical(item.question), options, canonical(item.gold), item.level, item.worked.text, given(item)


def _notes(source: Source, columns: Columns | None, seen: Seen, left: Mapping[int, str], total: int) -> list[str]:
    """What a reader must know of how the rows were read."""
    notes: list[str] = []
    if left:
        notes.append(f"{source.name}: {len(left)} of {total} questions of {source.called} are left out: {_named(left)}")
    if source.told and columns is not None and (said := columns.sentence):
        notes.append(f"{source.name}: {source.called} was read with {said}")
    notes += [f"{source.name}: {count} of {total} {what}" for what, count in seen.done.items()]
    if source.told and seen.ignored:
        fields_said = ", ".join(f"{field!r}" for field in seen.ignored)
        notes.append(
            f"{source.name}: fields that are not read here: {fields_said} (what else is known belongs into 'meta')"
        )
    return notes


def _named(left: Mapping[int, Any]) -> str:
    """The first lines that are left out, with their reasons, and how many more there are."""
    said = [f"line {number}: {reason}" for number, reason in list(left.items())[:NAMED]]
    more = len(left) - len(said)
    return "; ".join([*said, *([f"and {more} more"] if more else [])])
