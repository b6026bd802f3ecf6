"""The registered rows of a task: four numbers whose intervals hold together, and on which sentences in words rest.

A report has fifty rows a task, each with a 95% interval of its own: two or three of them miss. So four are named before
any run: content, residue, the externalised share and `follow mistake:last`. Each is given here at the level 1 - .05/4
(Bonferroni), so that all four hold at once with 95%. The value and the reason for none are those of the single row. All
other rows are read one by one.

This module does not know how the numbers are made (`channels.py`, `use.py`), nor corrects for several tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from thinkaloud.metrics.baseline import Beside
from thinkaloud.metrics.channels import SHARE, content_over, residue_over, share_over, table
from thinkaloud.metrics.taken import Many, numbers
from thinkaloud.metrics.use import last_step
from thinkaloud.records.about import about
from thinkaloud.stats.bootstrap import KEY, LEVEL, Statistic
from thinkaloud.vocabulary import Estimate, Key

OVER: dict[str, Callable[[Beside, int], Statistic]] = {
    "content": content_over,
    "residue": residue_over,
    SHARE: share_over,
}
"""Row -> its statistic over one of the content-free conditions."""
REGISTERED = "registered"
JOINT = 1 - (1 - LEVEL) / (len(OVER) + 1)
"""Level of each."""


def registered(records: Many, key: Key = KEY) -> list[Estimate]:
    """`registered content`, `registered residue`, `registered externalised share`, `registered follow mistake:last`."""
    ok = numbers(records).ok
    side, single = Beside(ok), {row.name: row for row in table(ok, key=key)}
    rows = [*(_row(side, single[name], key) for name in OVER), last_step(ok, key, JOINT)]
    return [_named(row) for row in rows]


def _row(side: Beside, single: Estimate, key: Key) -> Estimate:
    """The single row again at the joint level."""
    if single.value is None:
        return single
    made = side.spanning if single.name == "residue" else side.least
    return made(single.name, [OVER[single.name](side, k) for k in side.free], {}, key, JOINT)


def _named(row: Estimate) -> Estimate:
    name = f"{REGISTERED} {row.name}"
    return replace(row, name=name, about=about(measure=name, by="probability"))
