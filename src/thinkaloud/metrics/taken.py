"""The numbers of many records, taken out of them in one pass over anything that gives them one after another.

A record is let go before the next one is asked for, and what is taken from it is put behind what was taken before, in
arrays without objects: holding some hundred records for a moment costs more than reading them does, since Python looks
through all that is held again and again. Nothing here says what a number means (`numbers.py`), and texts are dropped.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from thinkaloud.metrics.numbers import ENDINGS, LEGIBLE, NONE, Numbers, Readings, Some
from thinkaloud.metrics.readings import ended
from thinkaloud.records.condition import PARAPHRASE
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Record

GRAMMAR = "grammar"
Many = Numbers | Iterable[Record]
"""Records of one task, or the numbers that were taken out of them."""
NAN = math.nan
KINDS: Mapping[str, tuple[str, type]] = {
    "gold": ("i", np.int32), "options": ("i", np.int32), "fold": ("i", np.int32), "read": ("b", np.bool_),
    "steps": ("i", np.int32), "ended": ("i", np.int32), "free": ("b", np.bool_), "legible": ("d", np.float64),
    "grammar": ("d", np.float64), "reworded": ("d", np.float64), "places": ("i", np.int32),
}  # fmt: skip
"""Fields with a value for each record -> how they are kept while they come, and then."""
_ENDED = {outcome: i for i, outcome in enumerate(ENDINGS)} | {None: NONE}
_UNKNOWN = [NAN] * len(LEGIBLE)


def numbers(records: Many) -> Numbers:
    """The numbers of records of one task; numbers that were taken already are themselves.

    `ValueError` where a reading has no number for an item's right option.
    """
    if isinstance(records, Numbers):
        return records
    taken = _Taken()
    for record in records:
        taken.add(record)
    return taken.numbers()


class _Pairs:
    """A value of some records, as they come."""

    def __init__(self) -> None:
        self.at, self.values = array("i"), array("d")

    def add(self, at: int, value: float) -> None:
        """A record's value."""
        self.at.append(at)
        self.values.append(value)

    @property
    def some(self) -> Some:
        """All of them."""
        return Some(np.array(self.at, dtype=np.int32), np.array(self.values))


class _Condition:
    """What was read under one condition, as it comes."""

    def __init__(self) -> None:
        self.at, self.widths, self.implied = array("i"), array("i"), array("i")
        self.logprobs, self.tokens, self.right = array("d"), array("d"), array("d")
        self.said = array("b")

    def add(self, at: int, found: Mapping[str, Any]) -> None:
        """What a record has."""
        logprobs, get = found["logprobs"], found.get
        implied, tokens, right = get("implied"), get("tokens"), get("right")
        self.at.append(at)
        self.widths.append(len(logprobs))
        self.logprobs.extend(logprobs)
        self.implied.append(NONE if implied is None else implied)
        self.tokens.append(NAN if tokens is None else tokens)
        self.right.append(NAN if right is None else right)
        self.said.append("said" in found)

    def readings(self, width: int) -> Readings:
        """All of it, each reading of `width` options; option by option in memory, as they are added up."""
        implied, said = np.array(self.implied, dtype=np.int32), np.array(self.said, dtype=np.bool_)
        tokens, right = np.array(self.tokens), np.array(self.right)
        return Readings(
            np.array(self.at, dtype=np.int32),
            self._matrix(width),
            implied if (implied != NONE).any() else None,
            None if np.isnan(tokens).all() else tokens,
            said if said.any() else None,
            None if np.isnan(right).all() else right,
        )

    def _matrix(self, width: int) -> Array:
        there = np.arange(width) < np.array(self.widths)[:, None]
        found = np.full(there.shape, -np.inf)
        found[there] = self.logprobs
        return np.asfortranarray(found)


class _Taken:
    """What was taken from the records so far."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.each: dict[str, array[Any]] = {name: array(kind) for name, (kind, _) in KINDS.items()}
        self.conditions: dict[str, _Condition] = defaultdict(_Condition)
        self.chances: dict[int, _Pairs] = defaultdict(_Pairs)
        self.wordings: dict[str, _Pairs] = defaultdict(_Pairs)
        self.rejected: dict[int, tuple[str, str]] = {}
        self.lacking: set[str] = set()
        self._same: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, record: Record) -> None:
        """Take the numbers of a further record."""
        at, each, found, gold = len(self.items), self.each, record["conditions"], record["gold"]
        thought, named = record.get("thought"), record.get("cuts")
        legible = None if thought is None else thought.get("legible")
        self.items.append(record["item"])
        each["gold"].append(gold)
        each["options"].append(len(record["options"]))
        each["fold"].append(record["fold"])
        each["read"].append(record["status"] == "ok")
        each["steps"].append(NONE if thought is None else len(thought["steps"]))
        each["ended"].append(_ENDED[ended(record)])
        each["free"].append(record.get("space") == "candidates")
        each["legible"].extend(_UNKNOWN if legible is None else [legible[name] for name in LEGIBLE])
        each["places"].append(NONE if named is None else len(named))
        for place, chance in (named or {}).items():
            self.chances[int(place)].add(at, chance)
        self.lacking.update(record.get("lacking", ()))
        if rejected := record.get("rejected"):
            both = (str(rejected["by"]), str(rejected["why"]))
            self.rejected[at] = self._same.setdefault(both, both)
        for name, reading in found.items():
            if gold >= (n := len(reading["logprobs"])):  # it would look like a reading that is missing
                raise ValueError(
                    f"item {record['item']!r} has {n} numbers under {name}, and its right option is {gold}"
                )
            self.conditions[name].add(at, reading)
        self._paraphrased(at, found.get(PARAPHRASE))

    def _paraphrased(self, at: int, found: Mapping[str, Any] | None) -> None:
        """What is known of a paraphrase alone."""
        grammar = reworded = NAN
        if found is not None:
            grammar = float(str(found.get("check", GRAMMAR)) == GRAMMAR)
            if between := found.get("between"):
                reworded = len(found["changed"]) / len(between)
            named = [wording for wording in found.get("wordings", ()) if wording is not None]
            for wording in dict.fromkeys(named):
                self.wordings[wording].add(at, named.count(wording) / len(named))
        self.each["grammar"].append(grammar)
        self.each["reworded"].append(reworded)

    def numbers(self) -> Numbers:
        """All that was taken."""
        each: dict[str, Any] = {name: np.array(self.each[name], dtype=kind) for name, (_, kind) in KINDS.items()}
        each["legible"] = each["legible"].reshape(len(self.items), len(LEGIBLE))
        width = max((max(one.widths) for one in self.conditions.values()), default=1)
        readings = {}
        for name in list(self.conditions):  # each is let go as it is made into columns
            readings[name] = self.conditions.pop(name).readings(width)
        return Numbers(
            **each,
            items=self.items,
            chances={place: pairs.some for place, pairs in self.chances.items()},
            readings=readings,
            wordings={wording: pairs.some for wording, pairs in self.wordings.items()},
            rejected=self.rejected,
            lacking=frozenset(self.lacking),
        )
