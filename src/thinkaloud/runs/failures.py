"""What failed in a run, counted from its units: whole items, readings of items, and whole units; with the reasons.

Nothing is estimated here. A failed item is missing from every estimate; a failed reading is missing from the estimates
that need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thinkaloud.records.shape import part

LISTED = 20
"""Most failures that a report lists; the records hold all of them."""


@dataclass(frozen=True, slots=True)
class Failures:
    """`items`: one entry per failed item, with the reason; `readings`: one entry per failed reading (or attempt);
    `units`: the reasons of units that produced nothing; `again`: whether `resume` would retry some of them."""

    items: tuple[str, ...]
    readings: tuple[str, ...]
    units: tuple[str, ...]
    again: bool

    def __bool__(self) -> bool:
        return bool(self.items or self.readings or self.units)

    def sentence(self, folder: object) -> str:
        """All failures in one line, with what to do."""
        kinds = (("item", self.items), ("reading", self.readings), ("unit", self.units))
        said = "; ".join(
            f"{len(found)} {name}{'s' if len(found) > 1 else ''} failed ({found[0]}{_more(found)})"
            for name, found in kinds
            if found
        )
        if self.again:
            return f"{said}: thinkaloud resume {folder}"
        return f"{said}: the same would fail again, so resume does not ask"

    def sentences(self) -> list[str]:
        """For a report: every failed item with its reason; readings as a count with the first reason."""
        told = [f"Failed and in no number: {one}" for one in self.items[:LISTED]]
        if len(self.items) > LISTED:
            told.append(f"{len(self.items) - LISTED} more items failed; the records name them.")
        if self.readings:
            count = f"{len(self.readings)} reading{'s' if len(self.readings) > 1 else ''}"
            told.append(f"{count} failed and count for nothing: {self.readings[0]}{_more(self.readings)}")
        told += [f"A unit failed whole: {one}" for one in dict.fromkeys(self.units)]
        return told


def failures(units: Iterable[Mapping[str, Any]]) -> Failures:
    """The failures in these units."""
    items: list[str] = []
    readings: list[str] = []
    whole: list[str] = []
    again = False
    for unit in units:
        again = again or unit["status"] != "ok"
        if unit["status"] != "ok" and not unit["records"]:
            whole.append(f"{_place(unit)}: {unit['error']}")
        for record in unit["records"]:
            name = (
                f"item {record['item']} of {unit['task']}" if "item" in record else str(record.get("arm", unit["task"]))
            )
            if record["status"] == "failed":
                items.append(f"{name}{_where(unit)}: {record.get('error')}")
            else:
                found = part(record, "failed")
                readings += [f"{name}, {condition}{_where(unit)}: {why}" for condition, why in found.items()]
    return Failures(tuple(items), tuple(readings), tuple(whole), again)


def _place(unit: Mapping[str, Any]) -> str:
    """Which unit it is: a level where it has one, else all that tells it from others."""
    at: Mapping[str, Any] = unit["at"]
    told = {"level": at["level"]} if "level" in at else at
    return ", ".join([str(unit["task"]), *(f"{name} {value}" for name, value in told.items())])


def _where(unit: Mapping[str, Any]) -> str:
    part = unit["at"].get("part")
    return " (finding the edge)" if unit["phase"] == "edge" else f" ({part})" if part else ""


def _more(found: Sequence[str]) -> str:
    return f"; and {len(found) - 1} more" if len(found) > 1 else ""
