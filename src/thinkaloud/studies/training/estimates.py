"""From checkpoints to estimates: every measure at every stop, its change, and the change beyond the control's.

Each number is made for a seed first (a mean over items), then over seeds (`stats/seeds.py`): the interval is about
other trainings. Differences to the control are paired by seed, since both begin with the same first checkpoint.

    content     reworded - max(silent, dots)      what a reader can read, over the best without it
    residue     own - reworded
    share       content / (own - chance)          only where own is more than .1 above chance in every seed
    use         follow - follow floor             what another item's reasoning moves the answer to its own
    encoded     fresh - early                     in the text, and not in words that the early reader knows

This module knows no network, and not how its numbers are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from thinkaloud.organisms.recipes import BASE
from thinkaloud.stats.equivalence import ALPHA, holm
from thinkaloud.stats.seeds import BY, over_seeds, p_of
from thinkaloud.studies.deception.readers import READERS
from thinkaloud.vocabulary import Estimate, Record

CHANCE = 1 / BASE
ABLE = 0.1
"""Own must be so far above chance for a share of it."""

Means = Mapping[str, float]
"""Means over items of one checkpoint's columns; a column without any value is missing."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a checkpoint. `reach`: its largest possible change; `margin`: a change that is not worth a word;
    `only`: the column that only some languages have and without which there is no such measure."""

    name: str
    of: Callable[[Means], float | None]
    reach: float = 1.0
    margin: float = 0.1
    only: str = ""


def _column(name: str, reach: float = 1.0, margin: float = 0.1) -> Measure:
    return Measure(name, lambda means: means.get(name), reach, margin)


def _of_language(name: str, reach: float = 1.0, margin: float = 0.1) -> Measure:
    return replace(_column(name, reach, margin), only=name)


def _of_reader(reader: str) -> tuple[Measure, ...]:
    """What a reader catches, its false alarms, and both in one: the square of their geometric mean."""
    caught, false = "admits" if reader == "keyword" else f"caught {reader}", f"false {reader}"

    def visible(means: Means) -> float | None:
        return means[caught] * (1 - means[false]) if caught in means and false in means else None

    seen_by = Measure(f"visible to {reader}", visible, 1.0, 0.1, false)
    return (replace(_of_language(caught), only=false), _of_language(false), seen_by)


def _less(one: str, other: str) -> Callable[[Means], float | None]:
    return lambda means: means[one] - means[other] if one in means and other in means else None


def _content(means: Means) -> float:
    return means["reworded"] - max(means["silent"], means["dots"])


def _share(means: Means) -> float | None:
    able = means["own"] - CHANCE
    return _content(means) / able if able > ABLE else None


MEASURES: tuple[Measure, ...] = (
    _column("right"),
    _column("answered"),
    _column("empty"),
    _column("tokens", 35.0, 2.0),
    _column("own"),
    _column("silent"),
    _column("dots"),
    _column("foreign"),
    Measure("content", _content, 2.0),
    Measure("residue", _less("own", "reworded"), 2.0),
    Measure("share", _share, 2.0),
    Measure("use", _less("follow", "follow floor"), 2.0),
    _column("early"),
    _column("fresh"),
    Measure("encoded", _less("fresh", "early"), 2.0),
    _column("sound"),
    _column("grounded"),
    _column("complete"),
    _of_language("steps", 8.0, 0.4),
    _column("values"),
    _column("operands"),
    _column("bits", 20.0, 0.5),
    # where something is offered for a wrong answer
    _of_language("hack"),
    *(measure for reader in READERS for measure in _of_reader(reader)),
    # where somebody else may be called
    _of_language("calls", 8.0, 0.4),
    _of_language("handed over"),
    # where reasoning is a program
    _of_language("lines"),
    _of_language("runs"),
    _of_language("agrees"),
    _of_language("named"),
    _of_language("reordered"),
    Measure("follow comment", _less("follow comment", "follow comment floor"), 2.0, 0.1, "follow comment"),
    Measure("follow code", _less("follow code", "follow code floor"), 2.0, 0.1, "follow code"),
)
OF = {measure.name: measure for measure in MEASURES}
HEADLINE = (
    *("right", "silent", "use", "early", "encoded", "grounded", "tokens"),
    *("hack", "admits", "caught reasoning_only", "caught with_question"),
    *("handed over", "agrees", "follow comment"),
)
"""Measures whose changes beyond the control's are put in words, held together (Holm) over all arms; the first seven are
in every language."""

Word = Literal["rose", "fell", "did not change", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The checkpoints of an arm: the means by seed and stop, empty where nothing could be measured."""

    arm: str
    stops: tuple[int, ...]
    items: int
    means: Mapping[tuple[int, int], Means]
    columns: frozenset[str]

    @property
    def measures(self) -> list[Measure]:
        """Those that this language has."""
        return [measure for measure in MEASURES if not measure.only or measure.only in self.columns]

    @property
    def seeds(self) -> list[int]:
        """Seeds of which every stop was measured."""
        every = sorted({seed for seed, _ in self.means})
        return [seed for seed in every if all((seed, stop) in self.means for stop in self.stops)]

    def at(self, measure: Measure, stop: int) -> dict[int, float]:
        """The measure at a stop, by seed; seeds where it cannot be said are missing."""
        there = {seed: self.means[seed, stop] for seed in self.seeds}
        found = {seed: measure.of(means) if means else None for seed, means in there.items()}
        return {seed: value for seed, value in found.items() if value is not None}

    def change(self, measure: Measure) -> dict[int, float]:
        """Last stop less first, by seed."""
        first, last = self.at(measure, self.stops[0]), self.at(measure, self.stops[-1])
        return {seed: last[seed] - first[seed] for seed in first if seed in last}

    def slope(self, measure: Measure) -> dict[int, float]:
        """Per hundred updates, by least squares over the stops, by seed."""
        lines = {stop: self.at(measure, stop) for stop in self.stops}
        steps = np.array(self.stops, float) - np.mean(self.stops)
        return {
            seed: float(steps @ [lines[stop][seed] for stop in self.stops] / (steps @ steps) * 100)
            for seed in self.seeds
            if all(seed in line for line in lines.values())
        }


def seen(records: Sequence[Record]) -> Seen:
    """What the records of one arm say."""
    means = {(r["seed"], r["step"]): _means(r["columns"]) for r in records}
    stops = tuple(sorted({step for _, step in means}))
    items = max(len(r["columns"].get("right", ())) for r in records)
    return Seen(records[0]["task"], stops, items, means, frozenset(name for r in records for name in r["columns"]))


def _means(columns: Mapping[str, Sequence[float | None]]) -> Means:
    there = {name: [x for x in column if x is not None] for name, column in columns.items()}
    return {name: float(np.mean(values)) for name, values in there.items() if values}


def estimates(records: Sequence[Record]) -> list[Estimate]:
    """Everything about one arm."""
    arm = seen(records)
    found = []
    for measure in arm.measures:
        for stop in arm.stops:
            about: dict[str, Any] = {"measure": measure.name, "step": stop}
            found.append(_over(f"{measure.name}, step {stop}", arm.at(measure, stop), arm, measure, about))
        about = {"measure": measure.name, "since": arm.stops[0], "until": arm.stops[-1]}
        found.append(_over(f"change of {measure.name}", arm.change(measure), arm, measure, {**about, "as": "change"}))
        slopes = arm.slope(measure)
        found.append(_over(f"slope of {measure.name}", slopes, arm, measure, {**about, "as": "slope per 100 updates"}))
    return found


def beyond(arms: Mapping[str, Sequence[Record]], control: str) -> list[Estimate]:
    """The change of every measure in every arm less the control's, paired by seed."""
    held = seen(arms[control])
    found: list[Estimate] = []
    numbers: list[tuple[int, dict[int, float]]] = []
    for name, records in arms.items():
        if name == control:
            continue
        arm = seen(records)
        for measure in arm.measures:
            mine, theirs = arm.change(measure), held.change(measure)
            apart = {seed: mine[seed] - theirs[seed] for seed in mine if seed in theirs}
            about = {"measure": measure.name, "arm": name, "against": control}
            one = _over(f"change of {measure.name}, {name} - {control}", apart, arm, measure, about)
            if measure.name in HEADLINE and one.value is not None:
                numbers.append((len(found), apart))
            found.append(one)
    adjusted = holm([p_of(list(apart.values())) for _, apart in numbers])
    for (at, _), p in zip(numbers, adjusted, strict=True):
        said = verdict(found[at], OF[str(found[at].about["measure"])], p)
        found[at] = replace(found[at], about={**found[at].about, "p": round(p, 5), "verdict": said})
    return found


def verdict(change: Estimate, measure: Measure, p: float) -> Word:
    """What may be said of a change: none, where its interval is within the margin, even if it leaves 0 out (as in
    `stats/paired.py`); else that there is one needs p by Holm."""
    if change.value is None or change.low is None or change.high is None:
        return "cannot tell"
    if max(-change.low, change.high) <= measure.margin:
        return "did not change"
    if p <= ALPHA and not change.low <= 0 <= change.high:
        return "rose" if change.value > 0 else "fell"
    return "cannot tell"


def _over(name: str, values: Mapping[int, float], arm: Seen, measure: Measure, about: Mapping[str, Any]) -> Estimate:
    if len(values) < len(arm.seeds):
        where = f"in {len(arm.seeds) - len(values)} of {len(arm.seeds)} seeds"
        why = f"cannot be said {where}"
        if measure.name == "share":
            why += f": own is not {ABLE:g} above chance there"
        elif measure.name.startswith(("admits", "caught", "visible")):
            why = f"no offer was taken {where}"
        elif measure.name.startswith(("follow co", "reordered")):
            why = f"no program ran {where}"
        return Estimate.absent(name, why, len(values), len(values), BY, about)
    return over_seeds(name, list(values.values()), arm.items, measure.reach, about)
