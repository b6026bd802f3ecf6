"""Arms by name, and anybody's own from a file.

A file holds `async def solve(item, ask)`; its docstring says what it is. It is shown an item's question and no more: no
options, no answer, no reasoning. `tuned` arms are given the style that was tuned for them; R0 takes the examples as
they come.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

from thinkaloud.arms import checked, direct, factored, planner, programs
from thinkaloud.arms.ask import Ask, Solver
from thinkaloud.errors import UserError, unknown
from thinkaloud.vocabulary import Item


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to ask. `tuned`: it is given a tuned style; `thinks`: it shows examples with reasoning; `digest` names its
    code where it is somebody's own file."""

    name: str
    solve: Solver
    about: str
    tuned: bool = True
    thinks: bool = True
    digest: str = ""


ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("R0", direct.snap, "snap judgement: the answer at once, untuned", tuned=False, thinks=False),
        Arm("R1", direct.snap, "the answer at once, tuned prompt", thinks=False),
        Arm("R2", direct.aloud, "tuned chain of thought (F0); voted over its attempts: R2k"),
        Arm("F1", factored.same_context, "the parts written into the same context"),
        Arm("F2", factored.fresh_contexts, "the same parts, each in a fresh context"),
        Arm("F3", programs.controller, "a controller that the model writes, asking fresh contexts", thinks=False),
        Arm("T0", programs.coded, "chain of thought with a program in between", thinks=False),
        Arm("T1", programs.recursive, "a session of programs that may ask fresh contexts", thinks=False),
        Arm("T2", programs.session, "the same session without sub-calls", thinks=False),
        Arm("A", direct.algorithm, "chain of thought with the algorithm in the prompt"),
        Arm("V", checked.best_of, "best of three by self-verification"),
        Arm("E", checked.escalate, "retry and escalate: at once, aloud, voted"),
        Arm("P", planner.plan, "an Auto-GPT-like planner, pinned", thinks=False),
        Arm("F2d", factored.nested, "F2 whose parts are taken apart once more"),
    )
}
DEFAULT = tuple(name for name in ARMS if name != "F2d")
ALIASES: Mapping[str, str] = {"R2k": "R2", "F0": "R2"}
"""R2k is R2 voted over its attempts, F0 is its other name."""


def open_arm(spec: str) -> Arm:
    """An arm by name or from a .py file; `UserError` that names the nearest one, or says what the file lacks."""
    name = ALIASES.get(spec, spec)
    if name in ARMS:
        return ARMS[name]
    if not name.endswith(".py"):
        raise unknown("arm", spec, [*ARMS, *ALIASES])
    path = Path(name)
    if not isfile(path):
        raise UserError(f"there is no arm file {spec!r}")
    found = importlib.util.spec_from_file_location(f"thinkaloud_arm_{path.stem}", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except Exception as error:  # anything may be wrong in a file of somebody's own
        raise UserError(f"the arm file {spec!r} does not load: {type(error).__name__}: {error}") from error
    solve = getattr(module, "solve", None)
    if not inspect.iscoroutinefunction(solve):
        raise UserError(f"the arm file {spec!r} has no `async def solve(item, ask)`")
    about = (inspect.getdoc(solve) or inspect.getdoc(module) or "somebody's own").splitlines()[0]
    return Arm(path.stem, _shown(solve), about, digest=hashlib.sha256(path.read_bytes()).hexdigest()[:16])


def _shown(solve: Solver) -> Solver:
    """The arm of a file, to which the right answer is not handed over: by accident it would be read soon enough."""

    async def blind(item: Item, ask: Ask) -> str:
        meta = {name: item.meta[name] for name in ("context", "ask") if name in item.meta}
        return await solve(Item(item.id, item.task, item.level, item.asked, (), "", meta=meta), ask)

    return blind
