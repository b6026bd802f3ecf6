"""Our studies as tasks of Inspect: `inspect eval thinkaloud/faithfulness --model PROVIDER/NAME -T task=coin`.

A sample is a *unit* of the study: up to eight items that are measured together, because some conditions of an item use
its neighbours' reasoning. The model that Inspect evaluates is probed first (`models/inspect/probe.py`); what a study
needs and the model was not shown to do makes every sample *unscored*, with the reason. Items, examples, keys and
protocol are those of `thinkaloud run` with the same task, level and seed; the metrics are its estimates with their
intervals. There is no search for the edge here: `difficulty` is a level, and the task's second one where none is said.

Where an item failed and may not fail another time, its sample ends with an error, as Inspect's users know it: it counts
for `fail_on_error`, and `retry_on_error` and `eval_set` do the sample again. What was measured of it is
scored all the same (`score_on_error`); of several tries in a process that counts of which most was read.

Inspect shows the main rows. All of them, with n, clusters and the reasons of those that could not be made, are given by
`estimates(log)`, from the records that the log holds.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from thinkaloud.errors import ModelError, NotMeasurable
from thinkaloud.models.inspect.model import adopt
from thinkaloud.models.session import open_session
from thinkaloud.open_study import open_study
from thinkaloud.records.shape import attempts, part
from thinkaloud.runs.aside import run_to_end
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import ordered
from thinkaloud.runs.records import Forgetting
from thinkaloud.settings import load, options, plain
from thinkaloud.study import Asked, Done, NoModel, Study, Unit
from thinkaloud.tasks import open_task
from thinkaloud.tasks.identity import stream
from thinkaloud.vocabulary import Estimate, Key, Model, Record

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

STORED = "thinkaloud"
"""Where a sample's store holds its records, or the reason why there are none."""
READ = ("silent", "own")
"""Conditions whose mean probability of the right option is a sample's value."""


def study_task(study: str) -> Callable[..., Task]:
    """The study (a name or `FILE.py:CLASS`) as a task of Inspect, under the study's own name. Its `-T` options are
    task, items, seed, difficulty, and the study's settings."""

    @task(name=open_study(study).name)
    def made(
        task: str = "chain_sum", items: int = 40, seed: int = 1, difficulty: int | None = None, **settings: Any
    ) -> Task:
        level = _level(task, difficulty)
        config = Config(study, "inspect", (task,), items, level, seed, _settings(study, settings))
        return _task(config.fits(open_study(study)))

    made.__doc__ = open_study(study).question
    return made


channels = study_task("channels")
faithfulness = study_task("faithfulness")
rungs = study_task("rungs")


def estimates(log: EvalLog) -> list[Estimate]:
    """Every estimate of a finished log of one of these tasks, from its records. Asks no model."""
    scores = [score for sample in log.samples or [] for score in (sample.scores or {}).values()]
    told = [score.metadata for score in scores if score.metadata and "records" in score.metadata]
    if not told:
        why = next((score.explanation for score in scores if score.explanation), "the log holds no scored sample")
        return [Estimate.absent(log.eval.task, why)]
    return _estimates(told)


# --------------------------------------------------------------------------------------------------- the task


def _level(name: str, difficulty: int | None) -> int:
    levels = open_task(name).levels
    return levels[min(1, len(levels) - 1)] if difficulty is None else difficulty


def _settings(study: str, given: Mapping[str, Any]) -> Any:
    """The settings of a study from what Inspect read on its command line."""
    cls = open_study(study).Settings
    by_name = {option.name: option for option in options(cls)}
    found = {
        name: by_name[name].value(value) if name in by_name and isinstance(value, str) else value
        for name, value in given.items()
    }
    return load(cls, found, f"the settings of {study}")


def _task(config: Config) -> Task:
    study = open_study(config.study)
    name, level = config.tasks[0], int(config.difficulty)
    about = {
        "study": config.study, "version": study.version, "task": name, "level": level, "seed": config.seed,
        "settings": plain(config.settings),
    }  # fmt: skip
    dataset = [
        Sample(
            id="-".join([name, *(str(part) for part in unit.at.values())]),
            input="\n".join(item.asked for item in unit.items),
            target=[item.gold for item in unit.items],
            metadata={**about, "at": dict(unit.at), "items": [item.id for item in unit.items]},
        )
        for unit in _units(config)
    ]
    return Task(
        dataset=dataset,
        solver=measured(config=config.as_dict()),
        scorer=recorded(),
        metrics=[estimated()],
        score_on_error=True,
        version=study.version,
        metadata=about,
    )


def _asked(config: Config, model: Model) -> Asked:
    return Asked(
        settings=config.settings, seed=config.seed, model=model, tasks=(open_task(config.tasks[0]),),
        items=config.items, difficulty=config.difficulty,
    )  # fmt: skip


class _Listing(Forgetting):
    """A `Do` that does nothing and writes down which units are measured. What is prepared for them is not known then,
    so a stand-in goes on in its place."""

    def __init__(self, study: Study) -> None:
        super().__init__(study, NoModel())
        self.units: list[Unit] = []

    async def unit(self, unit: Unit) -> Done:
        """Write it down."""
        if unit.phase == self._study.name:
            self.units.append(unit)
            return Done()
        return Done([{"status": "planned"}])


class _One(_Listing):
    """A `Do` that does one unit, and what is prepared for it; `before` keeps that for the other samples."""

    def __init__(self, study: Study, at: Mapping[str, Any], model: Model, before: dict[str, Any]) -> None:
        super().__init__(study)
        self._at, self._model, self._before = dict(at), model, before
        self.found: list[Record] | None = None

    async def unit(self, unit: Unit) -> Done:
        """Do it, if it is this one."""
        if unit.phase == self._study.name:
            if dict(unit.at) == self._at:
                self.found = await _records(unit, self._model)
            return Done()
        if self._at.get("part") != unit.at.get("part"):
            return Done()
        name = str(unit.place)
        if name not in self._before:
            self._before[name] = asyncio.ensure_future(_records(unit, self._model))
        try:
            return Done(await self._before[name])
        except Exception:
            self._before.pop(name, None)  # a sample that Inspect tries again asks anew
            raise


async def _records(unit: Unit, model: Model) -> list[Record]:
    return list(await unit.work(open_session(unit.model or model)))


@functools.lru_cache(maxsize=8)
def _units(config: Config) -> list[Unit]:
    """The units of a task: the same that a run has."""
    study = open_study(config.study)
    listing = _Listing(study)
    run_to_end(lambda: study.run(_asked(config, NoModel()), listing))
    return listing.units


@solver
def measured(config: dict[str, Any]) -> Solver:
    """Do one unit of a study with the model that is evaluated, and keep its records. `ModelError` where some of them
    are to be made again."""
    what = Config.from_dict(config, "the solver's arguments", open_study)
    before: dict[str, Any] = {}
    tried: dict[tuple[int | str, int], list[Record]] = {}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        study, model = open_study(what.study), await adopt(get_model())
        lacking = study.needs - model.card.capabilities
        try:
            if lacking:
                reasons = "; ".join(f"{name}: {why}" for name, why in model.shown.details.items())
                raise NotMeasurable(
                    f"{what.study} is not measurable on {model.card.name}: it lacks {', '.join(sorted(lacking))} "
                    f"({reasons})"
                )
            do = _One(study, state.metadata["at"], model, before)
            await study.run(_asked(what, model), do)
        except NotMeasurable as error:
            state.store.set(STORED, {"why": str(error), "card": model.shown.details})
            state.output = ModelOutput.from_content(model.card.name, f"not measurable here: {error}")
            return state
        at = state.sample_id, state.epoch
        records = max(do.found or [], tried.pop(at, []), key=_read)
        kept: dict[str, Any] = {"records": [dict(record) for record in records]}
        again = [record for record in records if record.get("again")]
        if again and not _read(records):
            kept = {"why": str(again[0]["error"])}
        state.store.set(STORED, {**kept, "card": model.shown.details})
        state.output = ModelOutput.from_content(model.card.name, "\n".join(_said(record) for record in records))
        if again:
            tried[at] = records
            raise ModelError(f"{len(again)} of {len(records)} items are to be asked again: {again[0]['error']}")
        return state

    return solve


def _read(records: Sequence[Record]) -> int:
    """How much of a unit was read, as a run that does it again counts it."""
    return sum(len(part(r, "conditions")) or attempts(r) or int(r["status"] == "ok") for r in records)


def _said(record: Record) -> str:
    return f"{record['question']} -> {record.get('thought', {}).get('text', '')}"


# --------------------------------------------------------------------------------------------------- scores


@scorer(metrics=[])
def recorded() -> Scorer:
    """A unit's records as a score: the value is the mean probability of the right option, without and with reasoning,
    over the items that were read (the explanation names those that failed); unscored, with the reason, where nothing
    could be measured."""

    async def score(state: TaskState, target: Target) -> Score:
        kept: dict[str, Any] = state.store.get(STORED) or {"why": "the unit was not measured"}
        if "records" not in kept:
            return Score.unscored(reason="scoring_failed", explanation=kept["why"], metadata={"card": kept.get("card")})
        about = {name: state.metadata[name] for name in ("study", "task", "level", "seed", "at", "settings")}
        value = {name: _right(kept["records"], name) for name in READ}
        failed = [f"{record['item']}: {record['error']}" for record in kept["records"] if record.get("error")]
        return Score(
            value=value,
            answer=state.output.completion,
            explanation="; ".join(failed) or f"{len(kept['records'])} records",
            metadata={**about, "records": kept["records"], "card": kept["card"]},
        )

    return score


def _right(records: Sequence[Record], name: str) -> float | None:
    """Mean probability of the right option under a condition; None where no item has it."""
    from thinkaloud.vocabulary import Reading

    read = [(r["conditions"][name]["logprobs"], r["gold"]) for r in records if name in r.get("conditions", {})]
    found = [Reading(tuple(logprobs)).probabilities[gold] for logprobs, gold in read]
    return sum(found) / len(found) if found else None


@metric(scores="unreduced")
def estimated(rows: str = "main") -> Metric:
    """The study's estimates over all records, each as `NAME`, `NAME low` and `NAME high` (the 95% interval). `rows`:
    `main`, or `all`. What could not be made is not there; `estimates(log)` says why."""

    def compute(scores: list[SampleScore]) -> Value:
        told = [one.score.metadata for one in scores if one.score.metadata and "records" in one.score.metadata]
        if not told:
            return {}
        wanted = open_study(told[0]["study"]).page.main if rows == "main" else ()
        found: dict[str, str | int | float | bool | None] = {}
        for estimate in _estimates(told):
            if estimate.value is None or (wanted and estimate.name not in wanted):
                continue
            ends = {"": estimate.value, " low": estimate.low, " high": estimate.high}
            found |= {estimate.name + end: number for end, number in ends.items()}
        return found

    return compute


def _estimates(told: Sequence[dict[str, Any]]) -> list[Estimate]:
    """Estimates from what scores hold, in the order of the study and with the key of a run."""
    study, opened = open_study(told[0]["study"]), open_task(told[0]["task"])
    settings = _settings(told[0]["study"], told[0]["settings"])
    units = [{"task": opened.name, "at": one["at"], "records": one["records"]} for one in told]
    key = Key((str(told[0]["seed"]), study.name, stream(opened), "estimate"))
    return study.estimate(ordered(study, settings, units)[opened.name], key)
