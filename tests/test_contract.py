"""One program of a study, whoever does its units: a run, a plan, the records alone, Inspect, a run that was killed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from contract_fixture import ASKED, OVER_ITEMS, STUDIES, config
from thinkaloud.api import asked
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_run, open_study
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import Execution, placed
from thinkaloud.runs.folder import Run
from thinkaloud.runs.journal import unit_key
from thinkaloud.runs.plan import Counting, Rehearsal
from thinkaloud.runs.records import Forgetting, records_of
from thinkaloud.study import Unit
from thinkaloud.tasks import open_task, open_tasks
from thinkaloud.vocabulary import Completion, Reading, Record

pytestmark = pytest.mark.slow

Place = tuple[str, ...]
Content = dict[str, Any]


def ran(asked_of: Config, out: Path, model: Any = None) -> Run:
    return ta.run(
        asked_of.study, model or asked_of.model, asked_of.tasks, items=asked_of.items,
        difficulty=asked_of.difficulty, seed=asked_of.seed, out=out, settings=asked_of.settings,
    )  # fmt: skip


@dataclass
class Done:
    """What three ways to do the units of one study were given to do, and what came of two of them."""

    study: str
    run: Run
    of_run: dict[Place, Content]
    of_plan: dict[Place, Content]
    of_records: dict[Place, Content]
    records: dict[str, list[Record]]


def watched(patch: pytest.MonkeyPatch, doing: type) -> dict[Place, Content]:
    """Every unit's place and what it is made of, from now on."""
    kept: dict[Place, Content] = {}
    unchanged = doing.unit  # type: ignore[attr-defined]

    async def unit(self: Any, unit: Unit) -> Any:
        assert unit.place not in kept, "a unit is done once"
        kept[unit.place] = dict(unit.content)
        return await unchanged(self, unit)

    patch.setattr(doing, "unit", unit)
    return kept


@pytest.fixture(scope="module", params=OVER_ITEMS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run, its records without a folder, and its plan."""
    study, opened = request.param, open_study(request.param)
    one = config(study, items=9)
    with pytest.MonkeyPatch.context() as patch:
        of_plan, of_run, of_records = (watched(patch, doing) for doing in (Counting, Execution, Forgetting))
        run = ran(one, tmp_path_factory.mktemp(study) / "run")
        records = {name: records_of(opened, open_model(one.model), open_task(name), one) for name in one.tasks}
        counting = Rehearsal(open_model("scripted:sim:.1,0,0"))  # type: ignore[arg-type]  # its tokens are words
        counting.card = open_model(one.model).card  # how a model is asked follows from what it can do
        wanted = replace(asked(one, counting, open_tasks(one.tasks)), rehearsal=True)
        asyncio.run(opened.run(wanted, Counting(opened, counting)))
    return Done(study, run, of_run, of_plan, of_records, records)


# ---------------------------------------------------------------------------------------------------- the same units


def test_a_plan_a_run_and_the_records_alone_do_the_same_units(done: Done) -> None:
    """The same places with the same contents. A plan does not know what a part will be prepared with, and nothing
    else."""
    parts = open_study(done.study).parts(done.run.config.settings)  # type: ignore[attr-defined]
    assert done.of_run == done.of_records and len(done.of_run) >= 2 * 2 * len(parts)
    known = [{place: without(content) for place, content in kept.items()} for kept in (done.of_plan, done.of_run)]
    assert known[0] == known[1]


def without(content: Content) -> Content:
    """All but what follows from what a model said."""
    return {name: value for name, value in content.items() if name != "prepared"}


def test_a_units_key_is_made_of_nothing_else(done: Done) -> None:
    """What the run is of, where in it the unit is, and its content."""
    of, units = done.run.identity.hash, done.run.units
    assert {unit["unit"] for unit in units} == {
        unit_key(of=of, who="", phase=u["phase"], subject=u["task"], at=u["at"], content=done.of_run[placed(u)])
        for u in units
    }


def test_the_records_alone_are_those_of_a_run(done: Done) -> None:
    """Whatever parts the study has, and what it prepares for them."""
    of_run = timeless(done.run.records)
    for name, records in done.records.items():
        assert timeless(records) == [record for record in of_run if record["task"] == open_task(name).name] != []


def timeless(found: Any) -> Any:
    """Plain data without seconds."""
    if isinstance(found, dict):
        return {name: timeless(value) for name, value in found.items() if name not in ("wall", "tool_seconds")}
    return [timeless(one) for one in found] if isinstance(found, Sequence) and not isinstance(found, str) else found


# ---------------------------------------------------------------------------------------------------- killed


class Killed(BaseException):
    """As if the process had been killed."""


class Mortal:
    """A model that dies at its n-th answer; `left` counts for all its sessions."""

    def __init__(self, name: str) -> None:
        self.inner, self.left = open_model(name), [0]
        self.card = self.inner.card
        for given in ("know", "tokens", "lower"):
            if hasattr(self.inner, given):
                setattr(self, given, getattr(self.inner, given))

    async def generate(self, *given: Any) -> Completion:
        self._live()
        return await self.inner.generate(*given)

    async def score(self, *given: Any) -> Reading:
        self._live()
        return await self.inner.score(*given)

    def _live(self) -> None:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Killed


@pytest.mark.parametrize("study", STUDIES)
def test_killed_and_resumed_it_ends_with_the_same_findings(study: str, tmp_path: Path) -> None:
    """Again and again, at other moments, while the edge is sought, while arms are tuned and while items are
    measured: findings.json is the same byte for byte, and no unit was done twice."""
    one = replace(config(study, items=16), tasks=ASKED[study][1][:1], difficulty="edge")
    whole = ran(one, tmp_path / "whole")
    model, kills, out = Mortal(one.model), 0, tmp_path / "killed"
    for answers in range(40, 40_000, 20 if study == "controllability" else 110):  # that one asks little
        model.left[0] = answers
        try:
            if kills == 0:
                ran(one, out, model)
            else:
                ta.resume(out, model=model)
            break
        except Killed:
            kills += 1
    assert kills >= 3
    assert (out / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()
    units = [unit["unit"] for unit in open_run(out).units]
    assert len(units) == len(set(units)) == len(whole.units)
