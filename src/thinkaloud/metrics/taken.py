"""The numbers of many records, taken out of them in one pass over anything that gives them one after another.

So many records are held at a time as stand in `CHUNK`, and of these a condition is read as a whole, which is what makes
it cheap. Nothing here says what a number means (`numbers.py`), and texts are dropped.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np

from thinkaloud.metrics.numbers import ENDINGS, LEGIBLE, NONE, Ints, Numbers, Readings, Some
from thinkaloud.metrics.readings import ended
from thinkaloud.records.condition import PARAPHRASE
from thinkaloud.stats.bootstrap import Array
from thinkaloud.vocabulary import Record

CHUNK = 512
GRAMMAR = "grammar"
Many = Numbers | Iterable[Record]
"""Records of one task, or the numbers that were taken out of them."""
Conditions = Sequence[Mapping[str, Any]]
_ENDED = {outcome: i for i, outcome in enumerate(ENDINGS)}


def numbers(records: Many) -> Numbers:
    """The numbers of records of one task; numbers that were taken already are themselves.

    `ValueError` where a reading has no number for an item's right option.
    """
    if isinstance(records, Numbers):
        return records
    taken, rest = _Taken(), iter(records)
    while some := list(islice(rest, CHUNK)):
        taken.add(some)
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


class _Taken:
    """What was taken from the records so far, in pieces of a chunk each."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.each: dict[str, list[Any]] = defaultdict(list)
        self.readings: dict[str, list[Readings]] = defaultdict(list)
        self.chances: dict[int, _Pairs] = defaultdict(_Pairs)
        self.wordings: dict[str, _Pairs] = defaultdict(_Pairs)
        self.rejected: dict[int, tuple[str, str]] = {}
        self.lacking: set[str] = set()
        self._same: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, some: Sequence[Record]) -> None:
        """Take the numbers of further records."""
        first = len(self.items)
        self.items += [record["item"] for record in some]
        self._each(some)
        for i, record in enumerate(some, first):
            self.lacking.update(record.get("lacking", ()))
            if (named := record.get("cuts")) is not None:
                for place, chance in named.items():
                    self.chances[int(place)].add(i, float(chance))
            if rejected := record.get("rejected"):
                both = (str(rejected["by"]), str(rejected["why"]))
                self.rejected[i] = self._same.setdefault(both, both)
        by_name: dict[str, tuple[list[int], list[Mapping[str, Any]]]] = {}
        for i, record in enumerate(some, first):
            for name, found in record["conditions"].items():
                at, there = by_name.get(name) or by_name.setdefault(name, ([], []))
                at.append(i)
                there.append(found)
        gold = self.each["gold"][-1]
        for name, (at, there) in by_name.items():
            places = np.array(at, dtype=np.int32)
            _check(name, there, gold[places - first], [self.items[i] for i in at])
            self.readings[name].append(_readings(places, there))
        self._paraphrased(*by_name.get(PARAPHRASE, ([], [])), first, len(some))

    def _each(self, some: Sequence[Record]) -> None:
        """What every record has."""
        thoughts = [record.get("thought") for record in some]
        legible = [thought and thought.get("legible") for thought in thoughts]
        outcomes = map(ended, some)
        columns: dict[str, tuple[list[Any], Any]] = {
            "gold": ([record["gold"] for record in some], np.int32),
            "options": ([len(record["options"]) for record in some], np.int32),
            "fold": ([record["fold"] for record in some], np.int32),
            "read": ([record["status"] == "ok" for record in some], np.bool_),
            "steps": ([NONE if thought is None else len(thought["steps"]) for thought in thoughts], np.int32),
            "ended": ([NONE if outcome is None else _ENDED[outcome] for outcome in outcomes], np.int32),
            "free": ([record.get("space") == "candidates" for record in some], np.bool_),
            "places": ([NONE if (cuts := record.get("cuts")) is None else len(cuts) for record in some], np.int32),
        }
        for name, (values, kind) in columns.items():
            self.each[name].append(np.array(values, dtype=kind))
        shares = [_shares(found) for found in legible]
        self.each["legible"].append(np.array(shares, dtype=np.float64).reshape(len(some), len(LEGIBLE)))

    def _paraphrased(self, at: Sequence[int], there: Conditions, first: int, n: int) -> None:
        """What is known of paraphrases alone."""
        grammar, reworded = np.full(n, np.nan), np.full(n, np.nan)
        for i, found in zip(at, there, strict=True):
            grammar[i - first] = str(found.get("check", GRAMMAR)) == GRAMMAR
            if between := found.get("between"):
                reworded[i - first] = len(found["changed"]) / len(between)
            named = [wording for wording in found.get("wordings", ()) if wording is not None]
            for wording in dict.fromkeys(named):
                self.wordings[wording].add(i, named.count(wording) / len(named))
        self.each["grammar"].append(grammar)
        self.each["reworded"].append(reworded)

    def numbers(self) -> Numbers:
        """All that was taken."""
        if not self.items:
            self.add(())
        width = max((one.logprobs.shape[1] for pieces in self.readings.values() for one in pieces), default=1)
        readings = {}
        for name in list(self.readings):  # each is let go as it is put together
            readings[name] = _joined(self.readings.pop(name), width)
        each: dict[str, Any] = {name: np.concatenate(pieces) for name, pieces in self.each.items()}
        return Numbers(
            **each,
            items=self.items,
            chances={place: pairs.some for place, pairs in self.chances.items()},
            readings=readings,
            wordings={wording: pairs.some for wording, pairs in self.wordings.items()},
            rejected=self.rejected,
            lacking=frozenset(self.lacking),
        )


def _shares(found: Mapping[str, float] | None) -> list[float]:
    """The shares of a reasoning's steps."""
    return [float("nan")] * len(LEGIBLE) if found is None else [found[name] for name in LEGIBLE]


def _check(name: str, there: Conditions, gold: Ints, items: Sequence[str]) -> None:
    """A reading that ends before the right option would look like a missing one."""
    for i in np.flatnonzero(gold >= [len(found["logprobs"]) for found in there]).tolist():
        read = len(there[i]["logprobs"])
        raise ValueError(f"item {items[i]!r} has {read} numbers under {name}, and its right option is {gold[i]}")


def _readings(at: Ints, there: Conditions) -> Readings:
    """One condition of some records."""
    implied = np.array([NONE if (to := found.get("implied")) is None else to for found in there], dtype=np.int32)
    said = np.array(["said" in found for found in there])
    tokens, right = (np.array([found.get(name) for found in there], dtype=np.float64) for name in ("tokens", "right"))
    return Readings(
        at,
        _matrix([found["logprobs"] for found in there]),
        implied if (implied != NONE).any() else None,
        None if np.isnan(tokens).all() else tokens,
        said if said.any() else None,
        None if np.isnan(right).all() else right,
    )


def _matrix(rows: Sequence[Sequence[float]]) -> Array:
    """Rows of unlike length, with minus infinity behind the shorter ones."""
    width = max(map(len, rows))
    if min(map(len, rows)) < width:
        rows = [[*row, *[-np.inf] * (width - len(row))] for row in rows]
    return np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width).reshape(len(rows), width)


def _joined(pieces: Sequence[Readings], width: int) -> Readings:
    """All readings of a condition, each of `width` options; option by option in memory, as they are added up."""
    n = sum(len(one.at) for one in pieces)
    logprobs = np.full((n, width), -np.inf, order="F")
    end = 0
    for one in pieces:
        logprobs[end : end + len(one.at), : one.logprobs.shape[1]] = one.logprobs
        end += len(one.at)

    def part(name: str, missing: float | int | bool) -> Any:
        found = [getattr(one, name) for one in pieces]
        if all(values is None for values in found):
            return None
        filled = (np.full(len(one.at), missing) if x is None else x for one, x in zip(pieces, found, strict=True))
        return np.concatenate(list(filled))

    at = np.concatenate([one.at for one in pieces])
    implied = part("implied", NONE)
    return Readings(
        at,
        logprobs,
        None if implied is None else implied.astype(np.int32),
        part("tokens", np.nan),
        part("said", False),
        part("right", np.nan),
    )
