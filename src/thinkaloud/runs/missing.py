"""What of a run is still to do: by task where that is known, and what it may cost. Reads what is recorded, asks nothing
and estimates no number of the study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import UserError

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run

LARGE = 24
"""From so many units on, a run says what it is going to do before it begins."""


def missing(run: Run) -> str:
    """Which of several tasks lack units, in a sentence; empty where that is not known or none does."""
    expected = run.study.expected(run.config.settings, 1, run.config.items)
    try:
        tasks = [task.name for task in run.identity.tasks]
    except UserError:  # an older folder: nothing is known of its tasks
        tasks = []
    if expected is None or len(tasks) < 2:
        return ""
    done = Counter(unit["task"] for unit in _measured(run))
    lacking = [f"{name} {expected - done[name]} of {expected} units" for name in tasks if done[name] < expected]
    return f"Missing: {', '.join(lacking)}." if lacking else ""


def ahead(run: Run) -> str:
    """What a command is going to do where it is much (`LARGE`), in a sentence; else empty. Of a run that has begun with
    the tokens that its units took so far: nothing is counted beforehand, which would take time."""
    config = run.config
    expected = run.study.expected(config.settings, len(config.tasks), config.items)
    if run.part is not None:  # what of it is a shard's is not known yet
        return ""
    done = _measured(run)
    left = 0 if expected is None else expected - len(done)
    if left < LARGE:
        return ""
    spent = sum(unit["usage"]["computed"] + unit["usage"]["generated"] for unit in done)
    each = round(spent / len(done)) if done else 0
    n = len(config.tasks)
    of = f" ({n} task{'s' if n > 1 else ''}, {config.items} items each)" if n else ""
    if each:
        return f"to do: {left} units{of}; about {left * each:,} tokens, if they take {each:,} each as those before"
    planned = "; `thinkaloud plan` with the same options counts tokens and time" if config.model else ""
    return f"to do: {left} units{of}{planned}"


def so_far(run: Run) -> str:
    """How much of a run is done, in a few words. One that was through before, with failures, may still have some."""
    if (done := run.unfinished) is not None:
        return done
    return f"all units but {sum(unit['status'] != 'ok' for unit in run.units)} that failed"


def _measured(run: Run) -> list[Mapping[str, Any]]:
    """The units of what the study measures that are done."""
    return [unit for unit in run.units if unit["phase"] == run.study.name and unit["status"] == "ok"]
