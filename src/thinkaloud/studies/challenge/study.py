"""A challenge as a study: two runs of the rungs, one after the other, inside one run.

The first (`screen`) measures the baselines on questions from the first seed, the strongest is chosen, and the second
(`confirm`) measures the arm and that baseline on questions from the second seed. Both seeds follow from the protocol
and the beacon (`protocol.py`), so the questions did not exist when the arm was written. Both are the program of the
rungs with its units in phases of their own: nothing of it is written anew here. `thinkaloud challenge` does the same in
three folders and registers the protocol before there is a beacon. This module does not know how arms are compared.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.conditions.group import GROUP, ItemSettings
from thinkaloud.errors import ModelError, UserError
from thinkaloud.metrics.versus import Line, Terms, versus
from thinkaloud.report.layout import CASES, Findings, Layout
from thinkaloud.report.tables import Grid, Words, shown
from thinkaloud.runs.execute import ordered
from thinkaloud.runs.identity import known, questions
from thinkaloud.settings import setting
from thinkaloud.studies.challenge.protocol import (
    AGAINST,
    CONFIRM,
    SCREEN,
    Registered,
    Wanted,
    by_tasks,
    chosen,
    registered,
    screening,
    seeds,
)
from thinkaloud.studies.rungs.protocol import Rungs
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.study import Asked, Do, Done, Study, Takes, Unit, digest_of
from thinkaloud.values import budget
from thinkaloud.vocabulary import Estimate, Key, Model, Record

BEACON = "beacon"
"""The phase in which a beacon is drawn, where none is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeSettings(ItemSettings):
    """What is decided before there is a question. What it shares with the rungs has the same names."""

    arm: str = setting("", "The arm that challenges: a .py file.", path=True)
    against: tuple[str, ...] = setting(AGAINST, "The baselines.", path=True)
    beacon: str = setting("", "A public random value that came after; empty: one is drawn, and the result says so.")
    budgets: tuple[int, ...] = setting((1000, 4000, 16000), "In token equivalents, like 1k,4k.", read=budget)
    meter: str = setting("B4", "What a budget counts.", choices=("B1", "B2", "B3", "B4"))
    margin: float = setting(0.05, "The least gain in accuracy that matters.")
    trials: int = setting(6, "Prompts tried for every arm.")
    dev: int = setting(12, "Items of their own that a prompt is tried on.")
    attempts: int = setting(4, "Attempts at every item, voted over.")

    def rungs(self, arms: Sequence[str] = ()) -> RungsSettings:
        """The settings of a run of the rungs with these arms, without interventions."""
        shared = {field.name for field in fields(RungsSettings)} & {field.name for field in fields(self)}
        return RungsSettings(arms=tuple(arms), edits=False, **{name: getattr(self, name) for name in shared})

    def __post_init__(self) -> None:
        ItemSettings.__post_init__(self)
        self.rungs()  # the same limits


class Stage:
    """A `Do` that does the program of another study inside this run, in a phase of its own, and keeps its records."""

    def __init__(self, name: str, study: Study, do: Do) -> None:
        self._name, self._study, self._do = name, study, do
        self._units: list[dict[str, Any]] = []
        self._failed: list[str] = []

    async def unit(self, unit: Unit) -> Done:
        """The unit, under the name of this stage."""
        mine = replace(unit, phase=f"{self._name} {unit.phase}", title=f"{unit.title} ({self._name})")
        done = await self._do.unit(mine)
        if unit.phase == self._study.name:
            self._units.append({"task": unit.subject, "at": unit.at, "records": done.records})
        self._failed += [done.error] if done.error is not None else []
        return done

    async def each(self, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """As the run does it."""
        return await self._do.each(work)

    def expect(self, cost: float) -> None:
        """The whole challenge was said before."""

    def say(self, sentence: str) -> None:
        """As the run does it."""
        self._do.say(sentence)

    async def records(self, asked: Asked) -> tuple[list[Record], list[str]]:
        """What the program measured, in its order, and its notes; raises where a unit failed, because a baseline must
        not be chosen, nor a verdict given, on part of it."""
        notes = await self._study.run(asked, self)
        if self._failed:
            raise ModelError(f"{len(self._failed)} units of the {self._name} failed ({self._failed[0]}): resume")
        found = ordered(self._study, asked.settings, self._units)
        return [record for task in asked.tasks for record in found.get(task.name, [])], notes


# ---------------------------------------------------------------------------------------------------------- the page


def _sentences(findings: Findings) -> list[str]:
    """The verdict over all families, then each family's."""
    return [
        f"{finding.task}, {finding.estimate.name}: {finding.estimate.about['verdict']}: "
        f"{finding.estimate.about['because']}."
        for finding in reversed(findings)
        if "verdict" in finding.estimate.about
    ]


def _grids(findings: Findings) -> list[Grid]:
    """A line for each difference."""
    body = tuple((finding.task, finding.estimate.name, shown(finding.estimate)) for finding in findings)
    return [Grid("Differences", ("task", "difference", "value"), body)]


PAGE = Layout(
    words=Words(), sentences=_sentences, grids=_grids, tables=True, summary="The arm against the baseline",
    explorer=CASES.explorer, then=(), counted="items",
)  # fmt: skip


# --------------------------------------------------------------------------------------------------------- the study


class Challenge(Study):
    """Somebody's arm against the strongest of the tuned baselines, on questions that nobody could have seen."""

    name = "challenge"
    short = "Does your arm beat the strongest tuned baseline on fresh questions?"
    question = "Does this arm beat the strongest of the tuned baselines, on questions that nobody could have seen?"
    limits = (
        "That the arm was written before its questions existed is shown only by a beacon that others can date.",
        "The effect is that of this arm's prompts and this tuning, for this model on these families.",
    )
    needs = Rungs.needs
    undivided = "which baseline is asked again is chosen from what all of them did"
    takes: frozenset[Takes] = frozenset({"model", "tasks"})
    Settings = ChallengeSettings
    page = PAGE

    def check(self, settings: ChallengeSettings) -> None:
        """There is an arm."""
        if not settings.arm:
            raise UserError("no arm was given: --arm mine.py")

    def files(self, settings: ChallengeSettings) -> Mapping[str, str]:
        """Digests of the arm's file and of baselines that are files."""
        arms = Rungs().files(settings.rungs(settings.against))
        arm = Path(settings.arm)
        return {**arms, **({settings.arm: hashlib.sha256(arm.read_bytes()).hexdigest()} if arm.is_file() else {})}

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """Screen, choose, confirm; then the records that count, a unit for each task."""
        settings: ChallengeSettings = asked.settings
        about = _protocol(asked)
        beacon = settings.beacon or await _drawn(do)
        drawn = seeds(about.protocol, beacon)
        do.expect(len(asked.tasks) * -(-asked.items // GROUP) * (len(settings.against) + 2))
        first, notes = await _stage(SCREEN, do, asked, settings.against, drawn[SCREEN])
        ranking = screening(first, notes, about)
        baseline, stand_in = chosen(ranking)
        others = (baseline,) if stand_in is None else (baseline, stand_in)
        second, more = await _stage(
            CONFIRM, do, asked, (settings.arm, *_specs(settings.against, others)), drawn[CONFIRM]
        )
        seen = {record["question"] for record in first}
        told = {"challenger": about.arm, "others": list(others), "protocol": about.protocol, "beacon": beacon}
        for task, own in by_tasks(second).items():
            fresh = [{**record, "challenge": told} for record in own if record["question"] not in seen]
            await do.unit(_kept(self.name, task, fresh))
        source = "given" if settings.beacon else "drawn here, so the result is self-attested"
        strongest = f"the strongest baseline of {len(ranking)} in the screening: {shown(ranking[0].strength)}"
        return [f"protocol {about.protocol}; the beacon {beacon!r} was {source}.", f"{baseline} is {strongest}.", *more]

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """The difference in one family."""
        task = str(records[0]["task"])
        return _differences({task: records}, lambda outcome: outcome.families, key)

    def together(self, subjects: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """The difference over all families."""
        return _differences(subjects, lambda outcome: (outcome.pool,), key) if subjects else []


def _protocol(asked: Asked) -> Registered:
    """All that was decided, as the command `challenge` registers it."""
    settings, card = asked.settings, known(asked.model)
    names = tuple(task.name for task in asked.tasks)
    wanted = Wanted(Path(settings.arm), names, settings.against, asked.items, asked.difficulty, settings.rungs())
    digests = [questions(task, task.name).digest for task in asked.tasks]
    return registered(wanted, card.name, card.digest, __version__, digests)


async def _drawn(do: Do) -> str:
    """A beacon of the run's own, drawn once."""

    async def work(session: Model) -> Sequence[Record]:
        return [{"item": BEACON, "status": "ok", "value": os.urandom(16).hex()}]

    done = await do.unit(Unit(phase=BEACON, subject=BEACON, work=work, title="the beacon", cost=0.0))
    return str(done.records[0]["value"])


async def _stage(name: str, do: Do, asked: Asked, arms: Sequence[str], seed: int) -> tuple[list[Record], list[str]]:
    rungs = Rungs()
    mine = replace(asked, settings=asked.settings.rungs(arms), seed=seed)
    return await Stage(name, rungs, do).records(mine)


def _specs(against: Sequence[str], names: Sequence[str]) -> list[str]:
    """What the user called these baselines."""
    rungs = Rungs()
    called = {rungs.parts(RungsSettings(arms=(spec,)))[0]: spec for spec in against}
    return [called.get(name, name) for name in names]


def _kept(phase: str, task: str, records: Sequence[Record]) -> Unit:
    """The records that count, kept under the study's own name."""

    async def work(session: Model) -> Sequence[Record]:
        return records

    content = {"records": digest_of([dict(record) for record in records])}
    return Unit(phase=phase, subject=task, work=work, content=content, title=f"{task} (compared)", cost=0.0)


def _differences(
    by_task: Mapping[str, Sequence[Record]], pick: Callable[[Any], Sequence[Line]], key: Key
) -> list[Estimate]:
    first = next(iter(by_task.values()))[0]
    terms, told = first["terms"], first["challenge"]
    how = Terms(tuple(terms["budgets"]), terms["meter"], terms["margin"])
    outcome = versus(by_task, told["challenger"], told["others"], how, key)
    return [estimate for line in pick(outcome) for estimate in _of_line(line)]


def _of_line(line: Line) -> list[Estimate]:
    """The area with its verdict, its one-sided limits, and every budget."""
    verdict = {**line.area.about, "verdict": line.word, "because": line.why}
    limits = {**line.limits.about, "role": "limits"}
    return [replace(line.area, about=verdict), replace(line.limits, about=limits), *line.at]
