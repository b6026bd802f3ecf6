"""Mass: how much of the model's probability the options hold, under each condition.

Every other number is normalised over the options: it says how the model divides among them what it gives to any of
them. Where that is little, the model meant to say something else, and a P(gold) of .95 may be .95 of a thousandth. So
the mass of each condition stands beside it, and claims in words are not made where it is small (`FEW`).

The mean hides a few confident items among many empty ones, so the share of items below `FEW` is given as well. What the
rest of the probability is on (another wording of an option, a line end, a refusal) this module does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from statistics import fmean

from thinkaloud.metrics.bootstrap import KEY, interval, mean
from thinkaloud.metrics.readings import UNIT, condition, gather, names, p_gold, parsed
from thinkaloud.vocabulary import Estimate, Key, Reading, Record

FEW = 0.1
"""Below this mass nine tenths of what the model would say are none of the options, and a reading that is normalised
over them speaks of one answer in ten at the most. No claim in words rests on that."""
MASS, LOW, WHOLE = "mass ", f"mass below {FEW:g}, ", "P(gold), not normalised, "
FIRST = ("own", "paraphrase", "silent")
GROUPS: Mapping[str, str] = {"cuts": "cut:*", "mistakes": "mistake:*"}
"""Name of conditions that are summarised together -> their pattern; of an item that has several, the mean counts."""
UNNORMALISED = ("own", "silent")


def masses(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """`mass CONDITION` and `mass below 0.1, CONDITION` (share of items) for every condition that a claim may rest on,
    each over the items that have it, and `P(gold), not normalised, CONDITION` for own and silent."""
    ok = parsed(records)
    found = []
    for name, pattern in _conditions(ok).items():
        sample = gather(ok, [_mean_mass(pattern), _small(pattern)], [UNIT, UNIT], f"no item has {name}")
        found += [interval(f"{MASS}{name}", mean(0), sample, key), interval(f"{LOW}{name}", mean(1), sample, key)]
    for name in UNNORMALISED:
        sample = gather(ok, [_unnormalised(name)], [UNIT], f"no item has {name}")
        found.append(interval(f"{WHOLE}{name}", mean(0), sample, key))
    return found


def _conditions(ok: Sequence[Record]) -> dict[str, str]:
    """Name of a row -> pattern of its conditions: the three that are always named, then all others that records have.
    Those that no claim in words rests on (gone on from without a mistake, letters, hints without reasoning) are left
    out."""
    fillers = [name for name in names(ok, "filler:") if name.count(":") == 1]
    hints = [name for name in names(ok, "hint:") if name.count(":") == 1]
    there = set(names(ok, ""))
    single = [*FIRST, *fillers, *(name for name in ("foreign", "transplant", "resample") if name in there), *hints]
    groups = {name: pattern for name, pattern in GROUPS.items() if any(fnmatchcase(one, pattern) for one in there)}
    return {name: name for name in single} | groups


def mass(record: Record, name: str) -> float | None:
    """How much of the model's probability the options hold under a condition; None if it is missing."""
    found = condition(record, name)
    return None if found is None else Reading(tuple(found["logprobs"])).mass


def _masses(record: Record, pattern: str) -> list[float]:
    found = [mass(record, name) for name in record["conditions"] if fnmatchcase(name, pattern)]
    return [x for x in found if x is not None]


def _mean_mass(pattern: str) -> Callable[[Record], float | None]:
    def column(record: Record) -> float | None:
        found = _masses(record, pattern)
        return fmean(found) if found else None

    return column


def _small(pattern: str) -> Callable[[Record], float | None]:
    def column(record: Record) -> float | None:
        found = _masses(record, pattern)
        return float(fmean(found) < FEW) if found else None

    return column


def _unnormalised(name: str) -> Callable[[Record], float | None]:
    def column(record: Record) -> float | None:
        share, whole = p_gold(record, name), mass(record, name)
        return None if share is None or whole is None else share * whole

    return column
