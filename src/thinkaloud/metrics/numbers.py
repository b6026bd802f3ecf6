"""The numbers of many records of one task, as columns. They are taken out in one pass, and no text is kept but ids.

A study may leave a million records of 20 kB, and fifty metrics look at each of them. So the records are read once, and
what metrics need of them (a reading of four options, a length, where a mistake leads) is kept in arrays: about 1 kB a
record with twenty conditions. Metrics are written on columns: an array [n] with a number
for each record, and NaN where it was not measured. Missing is not zero, and what is missing is left out by `sample`.

A condition is kept for the records that have it (`Readings`), so a long reasoning that is cut at a few of its hundred
places costs what was read. Probabilities are normalised over the item's options. The same numbers for a single record
are in `readings.py`. This module does not know what conditions mean, nor how the records are kept (`taken.py` reads
them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from thinkaloud.metrics.readings import Box, lacks
from thinkaloud.records.about import Readout
from thinkaloud.records.condition import Condition, read
from thinkaloud.stats.bootstrap import Array, Sample, corners
from thinkaloud.vocabulary import Capability, Outcome

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]

ENDINGS: tuple[Outcome, ...] = get_args(Outcome)
"""How a reasoning may have ended, in the order of `Numbers.ended`."""
LEGIBLE = ("readable", "sound", "grounded", "complete")
"""The columns of `Numbers.legible`."""
NONE = -1
"""Of an index: there is none."""


@dataclass(frozen=True, eq=False, slots=True)
class Some:
    """A value of some of the records: `at`, which (ascending), and `values`, both [m]."""

    at: Ints
    values: Array

    def where(self, mask: Mask, place: Ints) -> Some:
        """Of the records of a mask [n], where record i is the `place[i]`-th."""
        kept = mask[self.at]
        return Some(place[self.at[kept]], self.values[kept])


@dataclass(frozen=True, eq=False, slots=True)
class Readings:
    """What records hold under one condition: `at`, which records have it (ascending) [m]; `logprobs` [m, options],
    minus infinity behind an item's last option; `implied` [m], the option it leads to (`NONE`: none was meant);
    `tokens` [m], the length of the text; `said` [m], whether the model was asked to write an answer, and `right` [m], 1
    or 0. The last four are None where no record has any."""

    at: Ints
    logprobs: Array
    implied: Ints | None = None
    tokens: Array | None = None
    said: Mask | None = None
    right: Array | None = None

    @property
    def probabilities(self) -> Array:
        """Normalised over the options, [m, options]."""
        weights = np.exp(self.logprobs - self.logprobs.max(axis=1, keepdims=True))
        found: Array = weights / weights.sum(axis=1, keepdims=True)
        return found

    @property
    def best(self) -> Mask:
        """Which options are the most probable one: several only where they are exactly equal."""
        found: Mask = self.logprobs == self.logprobs.max(axis=1, keepdims=True)
        return found

    def some(self, kept: Mask | NDArray[np.intp], at: Ints | None = None) -> Readings:
        """Some of them (a mask or places, [m]), of the records `at` where these are to be called otherwise."""

        def of(part: Any) -> Any:
            return None if part is None else part[kept]

        found = self.at[kept] if at is None else at
        logprobs = np.asfortranarray(self.logprobs[kept])
        return Readings(found, logprobs, of(self.implied), of(self.tokens), of(self.said), of(self.right))

    def where(self, mask: Mask, place: Ints) -> Readings:
        """Of the records of a mask [n], where record i is the `place[i]`-th."""
        kept = mask[self.at]
        if kept.all():  # the readings themselves are shared, which are most of the memory
            return replace(self, at=place[self.at])
        return self.some(kept, place[self.at[kept]])


NOTHING = Readings(np.empty(0, np.int32), np.empty((0, 1)))
EACH = ("gold", "options", "fold", "read", "steps", "ended", "free", "legible", "grammar", "reworded", "places")
"""The fields of `Numbers` with a value for each record."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers of n records of one task, in their order.

    `items`: ids; `gold`: the right option; `options`: how many; `fold`: 0 or 1; `read`: whether the status is ok;
    `steps`: sentences of the reasoning (`NONE`: there is none); `ended`: its outcome in `ENDINGS` (`NONE`: not said);
    `free`: whether the options are candidates for a free answer; `legible` [n, 4]: shares of steps, in the order of
    `LEGIBLE`, NaN where the task does not know them; `grammar`: 1 where a grammar read the paraphrase back, 0 where
    another check did, NaN without one; `reworded`: share of its sentences that are others; `places`: how many cuts the
    record names (`NONE`: it names none, and is cut before every sentence), and `chances`: place -> with what
    probability it was drawn. `readings`: condition -> what was read, of those that any record has; `wordings`: wording
    -> share of a paraphrase's sentences in it, of the records that have it; `rejected`: record -> who made a paraphrase
    that was refused, and why; `lacking`: what the model cannot do.
    """

    items: Sequence[str]
    gold: Ints
    options: Ints
    fold: Ints
    read: Mask
    steps: Ints
    ended: Ints
    free: Mask
    legible: Array
    grammar: Array
    reworded: Array
    places: Ints
    chances: Mapping[int, Some]
    readings: Mapping[str, Readings]
    wordings: Mapping[str, Some]
    rejected: Mapping[int, tuple[str, str]]
    lacking: frozenset[str]
    _kept: dict[tuple[str, str], Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    # --------------------------------------------------------------------------------------------- which records

    @cached_property
    def ok(self) -> Numbers:
        """Of the records whose reasoning was written, read and asked about without failure."""
        return self.where(self.read)

    def where(self, mask: Mask) -> Numbers:
        """Of some of the records."""
        if mask.all():
            return self
        place = (np.cumsum(mask) - 1).astype(np.int32)
        readings = {name: found.where(mask, place) for name, found in self.readings.items()}
        wordings = {wording: found.where(mask, place) for wording, found in self.wordings.items()}
        return replace(
            self,
            **{name: getattr(self, name)[mask] for name in EACH},
            items=list(compress(self.items, mask.tolist())),
            chances={at: found.where(mask, place) for at, found in self.chances.items()},
            readings={name: found for name, found in readings.items() if len(found.at)},
            wordings={wording: found for wording, found in wordings.items() if len(found.at)},
            rejected={int(place[i]): why for i, why in self.rejected.items() if mask[i]},
            _kept={},
        )

    def clusters(self, mask: Mask) -> list[int] | None:
        """The items of some of the records, by number; None where each has an item of its own."""
        found: list[int] | None = None if self._item is None else self._item[mask].tolist()
        return found

    @cached_property
    def _item(self) -> Ints | None:
        known = {item: i for i, item in enumerate(dict.fromkeys(self.items))}
        if len(known) == len(self.items):
            return None
        return np.array([known[item] for item in self.items], dtype=np.int32)

    def sample(self, columns: Sequence[Array], box: Box, lacking: str) -> Sample:
        """The records that have every column, as a sample clustered by item.

        `box`: lowest and highest possible value of each column; `lacking` says what is missing if none has them all.
        """
        table, full = np.column_stack(columns), complete(columns)
        return Sample(table if full.all() else table[full], self.clusters(full), corners(*box), lacking)

    def unable(self, needs: frozenset[Capability]) -> str | None:
        """Why something cannot be measured on the model that left these records; None if it can."""
        return lacks(self.lacking, needs)

    # --------------------------------------------------------------------------------------------- conditions

    def conditions(self, kind: str | None = None) -> list[Condition]:
        """All conditions that records have (of one kind), sorted with numbers as numbers (cut:2 before cut:10)."""
        found = map(read, self.readings)
        return sorted((one for one in found if kind in (None, one.kind)), key=lambda one: one.order)

    def under(self, name: str) -> Readings:
        """What was read under a condition; of no record if none has it."""
        return self.readings.get(name, NOTHING)

    def from_end(self, kind: str, back: int) -> Readings:
        """Of each record the condition of a kind at the sentence so many before its last one (0: at the last)."""
        found = []
        for one in self.conditions(kind):
            it = self.under(one.name)
            found.append(it.some(self.steps[it.at] - 1 - back == one.position))
        return _together(found)

    def has(self, name: str) -> Mask:
        """Which records have a condition, [n]."""
        found = np.zeros(len(self), dtype=np.bool_)
        found[self.under(name).at] = True
        return found

    # --------------------------------------------------------------------------------------------- columns, [n]

    def cut_chances(self, place: int) -> Array:
        """With what probability it was drawn that a reasoning is cut after so many sentences; NaN where it is not."""
        found = np.where((self.places == NONE) & (place < self.steps), 1.0, np.nan)
        if place in self.chances:
            found[self.chances[place].at] = self.chances[place].values
        return found

    @cached_property
    def chance(self) -> Array:
        """Probability of the right option for somebody who knows only how many there are."""
        found: Array = np.divide(1.0, self.options, out=np.full(len(self), np.nan), where=self.options > 0)
        return found

    def score(self, name: str, by: Readout) -> Array:
        """How right the reading under a condition is: `p_gold`, by answer `hit`, undivided `whole`."""
        scores = {"probability": self.p_gold, "answer": self.hit, "undivided": self.whole}
        return scores[by](name)

    def p_gold(self, where: str | Readings) -> Array:
        """Probability of the right option under a condition."""
        return self._of("p_gold", where, lambda it: _picked(it.probabilities, self.gold[it.at]))

    def hit(self, where: str | Readings) -> Array:
        """1 if the most probable option is right, else 0; options that are exactly equal share the 1."""
        return self._of("hit", where, lambda it: _picked(_shared(it.best), self.gold[it.at]))

    def whole(self, where: str | Readings) -> Array:
        """Probability of the right option under a condition as the model gives it."""
        return self._of("whole", where, lambda it: np.minimum(1.0, np.exp(_picked(it.logprobs, self.gold[it.at]))))

    def mass(self, where: str | Readings) -> Array:
        """How much of the model's probability the options hold under a condition."""
        return self._of("mass", where, lambda it: np.exp(it.logprobs).sum(axis=1))

    def tokens(self, name: str) -> Array:
        """Length of the text that stood there."""
        return self._of("tokens", name, lambda it: it.tokens)

    def right(self, name: str) -> Array:
        """1 where the answer that the model wrote is right, 0 where it is not; NaN too where none could be read."""
        return self._of("right", name, lambda it: it.right)

    def said(self, name: str) -> Array:
        """1 where the model was asked to write an answer."""
        return self._of("said", name, lambda it: None if it.said is None else np.where(it.said, 1.0, np.nan))

    def implied(self, replaced: str | Readings, asked: str | Readings, by: Readout = "probability") -> Array:
        """Probability, under `asked`, of the option that `replaced` leads to; by `answer`, whether that is the most
        probable one (options that are exactly equal share it). NaN where either was not measured or `replaced` leads
        nowhere."""
        one, other = (self.under(it) if isinstance(it, str) else it for it in (replaced, asked))
        if one.implied is None:
            return np.full(len(self), np.nan)
        leads = one.implied != NONE
        option = np.full(len(self), NONE, dtype=np.int32)
        option[one.at[leads]] = one.implied[leads]
        read_ = other.some(option[other.at] != NONE)
        values = _shared(read_.best) if by == "answer" else read_.probabilities
        return self.spread(read_.at, _picked(values, option[read_.at]))

    def change(self, one: str, other: str, by: Readout = "probability") -> Array:
        """How far two readings differ: total variation distance, or by `answer` 1 minus the share of most probable
        options in common (`change.py`)."""
        a, b = self.under(one), self.under(other)
        if not np.array_equal(a.at, b.at):
            _, i, j = np.intersect1d(a.at, b.at, assume_unique=True, return_indices=True)
            a, b = a.some(i), b.some(j)
        if by == "answer":
            return self.spread(a.at, 1 - (a.best & b.best).sum(axis=1) / (a.best | b.best).sum(axis=1))
        return self.spread(a.at, np.abs(a.probabilities - b.probabilities).sum(axis=1) / 2)

    def spread(self, at: Ints, values: Array) -> Array:
        """Values of the records `at`, as a column of all."""
        found = np.full(len(self), np.nan)
        found[at] = values
        return found

    def _of(self, what: str, where: str | Readings, make: Callable[[Readings], Array | None]) -> Array:
        """A column of a condition; kept, where it is one with a name."""
        if isinstance(where, str) and (what, where) in self._kept:
            return self._kept[what, where]
        it = self.under(where) if isinstance(where, str) else where
        values = make(it)
        found = self.spread(it.at, np.full(len(it.at), np.nan) if values is None else values)
        if isinstance(where, str):
            found.flags.writeable = False
            self._kept[what, where] = found
        return found


def complete(columns: Sequence[Array]) -> Mask:
    """Which records have all of some columns, [n]."""
    found: Mask = np.logical_and.reduce([~np.isnan(column) for column in columns])
    return found


def _together(found: Sequence[Readings]) -> Readings:
    """Readings of different records as one; only what says where they lead is kept with them."""
    if not found:
        return NOTHING
    at = np.concatenate([one.at for one in found])
    implied = [np.full(len(one.at), NONE, np.int32) if one.implied is None else one.implied for one in found]
    whole = Readings(at, np.concatenate([one.logprobs for one in found]), np.concatenate(implied))
    return whole.some(np.argsort(at))


def _picked(values: NDArray[Any], options: Ints) -> Array:
    """One option of each line; `values` [m, options]."""
    found: Array = values[np.arange(len(values)), options]
    return found


def _shared(best: Mask) -> Array:
    """1 shared among the options that are the most probable ones."""
    found: Array = best / best.sum(axis=1, keepdims=True)
    return found
