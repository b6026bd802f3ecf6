"""The ruler on somebody's own model: the suite on the model as it is, and behind open and closed gates.

All runs are ordinary run folders: they can be killed, resumed and opened. The level (the model's edge, unless one is
given) is found by a small run on questions of another seed, so that the items measured had no part in choosing it.
Dials between the ends need no run of their own, since a gate only decides which of two records an item has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from thinkaloud.conditions.group import GROUP
from thinkaloud.errors import UserError
from thinkaloud.metrics.dial import Ends, Recovered, recover
from thinkaloud.metrics.early import ACCURACY
from thinkaloud.organisms.routing import is_open, routed
from thinkaloud.runs.config import Config
from thinkaloud.runs.folder import Run
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Estimate, Key, Model

APART = 1000
"""Between the seed of what is measured and that of the questions the level is found on."""
BESIDE = (ACCURACY, "accuracy own", "paraphrase / ceiling", "sentences")
"""Rows of the model's own run that stand beside its dials."""


@dataclass(frozen=True, slots=True)
class OwnRuler:
    """What came back for one task: dials, and the rows that stand beside them."""

    model: str
    task: str
    level: int
    rows: tuple[Recovered, ...]
    beside: Mapping[str, Estimate]


Running = Callable[[str | Model, Config, Path], Run]
"""(model, what to run, folder) -> the finished run, of which only what is missing was done."""


def own_ruler(model: str | Model, config: Config, out: Path, run: Running) -> list[OwnRuler]:
    """Run what is missing under `out`, then give each task's dials."""
    names = [re.sub(r"[:/\\\\]", "-", task.name) for task in open_tasks(config.tasks)]
    return [
        _one(model, replace(config, tasks=(task,)), out / name, run)
        for task, name in zip(config.tasks, names, strict=True)
    ]


def _one(model: str | Model, config: Config, out: Path, run: Running) -> OwnRuler:
    """One task; `out` is what its folders' names begin with."""
    task, stem = out.name, Path(config.tasks[0]).stem.replace(":", "-")
    if isinstance(config.difficulty, str):
        search = replace(config, items=GROUP, seed=config.seed + APART)
        config = replace(config, difficulty=_level(run(model, search, out.with_name(f"{task}-edge"))))
    plain, opened, closed = (
        run(asked, config, out.with_name(f"{task}-{name}"))
        for asked, name in ((model, "itself"), (_gated(model, 1.0), "open"), (_gated(model, 0.0), "closed"))
    )
    key = Key((str(config.seed), "ruler", stem))
    ends = Ends(plain.records, opened.records, closed.records)
    rows = recover(ends, lambda item, dial: is_open(item, dial, config.seed), key)
    beside = {f.estimate.name: f.estimate for f in plain.findings if f.estimate.name in BESIDE}
    return OwnRuler(plain.card.name, task, int(config.difficulty), tuple(rows), beside)


def _gated(model: str | Model, share: float) -> str | Model:
    """The model behind gates; by name where it has one, so that its runs can be resumed by name."""
    return f"routed:{share:g}:{model}" if isinstance(model, str) else routed(model, share)


def _level(run: Run) -> int:
    """The level that a run found."""
    found: Sequence[int | None] = [finding.difficulty for finding in run.findings]
    if not found or found[0] is None:
        raise UserError(f"no unit was done, so no level was found: see {str(run.folder)!r}")
    return found[0]
