"""What an arm's visible intermediates are for: its first attempt, with intermediates cut, corrupted or exchanged.

    need X       own - cut                 what the answer loses without them
    residue X    own - reword              what it loses when only their wording goes (a code in it, or disruption)
    foreign X    own - replace             what it loses with another item's intermediates in their place
    use X        followed | corrupt        how often the answer is the one that a corrupted intermediate leads to
    change X E   answer differs            how often edit E changes the answer at all, rightly or wrongly
    externalised share X                   (own - cut) / (own - chance), a ratio of means

`own` is whether the first attempt was right, chance 1 / number of options; all by answer, for arms write answers. Each
row is over the items that have that edit (`use`: where the edit implies another answer). Where own is not above chance
there is no ability to have a share of, and the share is not identifiable. Own .80, cut .50, chance .25 give .5455.

This module does not know how an edit was made, nor whether rewording kept the meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from thinkaloud.metrics.frontier import name_of
from thinkaloud.stats.bootstrap import KEY, Array, Sample, corners, divide, interval, means
from thinkaloud.stats.columns import SIGNED, UNIT, Columns, estimates
from thinkaloud.stats.label import Label, label
from thinkaloud.vocabulary import Estimate, Key, Record

LOSSES: Mapping[str, str] = {"need": "cut", "residue": "reword", "foreign": "replace"}
"""What is lost -> by which edit."""
KINDS = ("cut", "corrupt", "reword", "replace")
OWN, CUT, CHANCE = 0, 1, 2
"""Columns of a share's rows."""


@dataclass(frozen=True, slots=True)
class Share:
    """What an externalised share is made of: `rows` [items or families, own cut chance]."""

    label: Label
    rows: Array
    n: int | None = None
    unit: str = "item"


def edits(records: Sequence[Record], key: Key = KEY) -> list[Estimate]:
    """All rows of all arms; an arm without edits has none, an edit that no item has neither."""
    return [
        *(share(found, key) for found in shares(records)),
        *(row for block in blocks(records) for row in estimates(block, key)),
    ]


def blocks(records: Sequence[Record]) -> list[Columns]:
    """The rows that are means over items."""
    made = []
    for arm, rows in _by_arm(records).items():
        for name, kind in LOSSES.items():
            made += _column(_label(name, arm, kind), rows, SIGNED, _loss(kind))
        made += _column(_label("use", arm, "corrupt"), rows, UNIT, partial(_of, kind="corrupt", what="followed"))
        for kind in KINDS:
            own = Label(f"change {arm} {kind}", _label("change", arm, kind).about)
            made += _column(own, rows, UNIT, partial(_of, kind=kind, what="changed"))
    return made


def shares(records: Sequence[Record]) -> list[Share]:
    """What the externalised share of every arm with cuts is made of."""
    made = []
    for arm, rows in _by_arm(records).items():
        cut = [(_own(r), _of(r, "cut", "right"), _chance(r)) for r in rows]
        full = [values for values in cut if values[0] is not None and values[1] is not None]
        if full:
            made.append(Share(_label("externalised share", arm, "cut"), np.array(full, dtype=np.float64)))
    return made


def share(found: Share, key: Key = KEY) -> Estimate:
    """The share with its interval, or why there is none."""
    chances = found.rows[:, CHANCE]
    box = corners(UNIT, UNIT, (float(chances.min()), float(chances.max()))) if found.unit == "item" else None
    sample = Sample(found.rows, extremes=box)
    n, own = len(found.rows) if found.n is None else found.n, found.label
    ability = interval(own.name, lambda x, w: means(x, w) @ np.array([1.0, 0.0, -1.0]), sample, key, about=own.about)
    if ability.value is None or ability.low is None or ability.high is None:
        return replace(ability, n=n, clustered_by=found.unit)
    if ability.low <= 0:
        ends = f"{ability.value:.3f} [{ability.low:.3f}, {ability.high:.3f}]"
        why = f"not identifiable: own is not above chance (own - chance = {ends})"
        return Estimate.absent(own.name, why, n, len(found.rows), found.unit, own.about)
    return replace(interval(own.name, _ratio, sample, key, about=own.about), n=n, clustered_by=found.unit)


def _label(measure: str, arm: str, edit: str) -> Label:
    """What an edit of an arm's intermediates showed, by the answer that was written."""
    return label(f"{measure} {arm}", measure=measure, arm=arm, edit=edit, by="answer")


def _ratio(rows: Array, weights: Array) -> Array:
    m = means(rows, weights)
    return divide(m[:, OWN] - m[:, CUT], m[:, OWN] - m[:, CHANCE])


def _by_arm(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Records with edits, by arm; each item once."""
    found: dict[str, dict[object, Record]] = {}
    for record in records:
        if record.get("edits"):
            found.setdefault(record["arm"], {})[name_of(record)] = record
    return {arm: list(rows.values()) for arm, rows in found.items()}


def _column(
    label: Label, records: Sequence[Record], box: tuple[float, float], value: Callable[[Record], float | None]
) -> list[Columns]:
    """One column over the records that have a value; none at all if no record has."""
    found = {name_of(record): x for record in records if (x := value(record)) is not None}
    rows = np.array(list(found.values()), dtype=np.float64)[:, None]
    return [Columns((label,), rows, units=tuple(found), box=box)] if found else []


def _loss(kind: str) -> Callable[[Record], float | None]:
    def loss(record: Record) -> float | None:
        own, edited = _own(record), _of(record, kind, "right")
        return None if own is None or edited is None else own - edited

    return loss


def _own(record: Record) -> float | None:
    """Whether the attempt that was edited was right."""
    attempts = record.get("attempts")
    return float(bool(attempts[0]["right"])) if attempts else None


def _of(record: Record, kind: str, what: str) -> float | None:
    """A yes or no of an edit; None where the edit, or its answer to that, is missing."""
    found = record["edits"].get(kind)
    value = None if found is None else found.get(what)
    return None if value is None else float(bool(value))


def _chance(record: Record) -> float:
    """1 / number of options; 0 where the answer is free."""
    return 1 / len(record["options"]) if record.get("options") else 0.0
