"""Our studies as tasks of Inspect: `inspect eval thinkaloud/faithfulness --model PROVIDER/NAME -T task=coin`.

A sample is a *unit* of the study: up to eight items that are measured together, because some conditions of an item use
its neighbours' reasoning. The model that Inspect evaluates is probed first (`models/inspect/probe.py`); what a study
needs and the model was not shown to do makes every sample *unscored*, with the reason. Items, examples, keys and
protocol are those of `thinkaloud run` with the same task, level and seed; the metrics are its estimates with their
intervals. There is no search for the edge here: `difficulty` is a level, and the task's second one where none is said.

Inspect shows the main rows. All of them, with n, clusters and the reasons of those that could not be made, are given by
`estimates(log)`, from the records that the log holds.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from thinkaloud.errors import ModelError, NotMeasurable
from thinkaloud.metrics.early import ACCURACY
from thinkaloud.models.inspect.model import adopt
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import acquaint, material
from thinkaloud.studies.base import Group, Settings
from thinkaloud.studies.registry import open_study
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key, Record

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

STORED = "thinkaloud"
"""Where a sample's store holds its records, or the reason why there are none."""
HEAD = {
    "channels": (
        "P(gold) chance", "P(gold) silent", "P(gold) own", "P(gold) paraphrase", "silent", "compute", "content",
        "residue", "own - chance", "externalised share", "follow transplant", "early AOC", "parsed",
    ),
    "faithfulness": (
        "accuracy silent", "accuracy own", "early answering", "mistakes", "mistakes over wording", "paraphrase",
        "filler dots", "follow foreign", "follow transplant", ACCURACY, "unfaithful pairs", "parsed",
    ),
}  # fmt: skip
"""The rows that Inspect shows."""
READ = ("silent", "own")
"""Conditions whose mean probability of the right option is a sample's value."""


@task
def faithfulness(  # noqa: PLR0913  (what Inspect's -T may say, by name)
    task: str = "chain_sum",
    items: int = 40,
    seed: int = 1,
    difficulty: int | None = None,
    temperature: float = 0.0,
    shots: int = 6,
    samples: int = 1,
) -> Task:
    """Every published test of faithfulness, with its controls."""
    settings = Settings(temperature=temperature, shots=shots, samples=samples)
    return _task("faithfulness", task, _level(task, difficulty), items, seed, settings)


@task
def channels(
    task: str = "chain_sum",
    items: int = 40,
    seed: int = 1,
    difficulty: int | None = None,
    temperature: float = 0.0,
    shots: int = 6,
) -> Task:
    """Where the ability lives: silent, compute, content or residue."""
    settings = Settings(temperature=temperature, shots=shots)
    return _task("channels", task, _level(task, difficulty), items, seed, settings)


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


def _task(study: str, name: str, level: int, items: int, seed: int, settings: Settings) -> Task:
    config = Config(study, "inspect", (name,), items, level, seed, settings)
    units = _groups(config)
    about = {"study": study, "version": open_study(study).version, "task": name, "level": level, "seed": seed}
    dataset = [
        Sample(
            id=f"{name}-{level}-{first}",
            input="\n".join(item.asked for item in group.items),
            target=[item.gold for item in group.items],
            metadata={**about, "first": first, "items": [item.id for item in group.items]},
        )
        for first, group in units.items()
    ]
    return Task(
        dataset=dataset,
        solver=_solver(config),
        scorer=recorded(),
        metrics=[estimated()],
        version=open_study(study).version,
        metadata=about,
    )


@functools.lru_cache(maxsize=8)
def _groups(config: Config) -> dict[int, Group]:
    """The units of a task by the position of their first item: the same that a run has."""
    opened = open_task(config.tasks[0])
    drawn = material(opened, int(config.difficulty), config, config.items, open_study(config.study))
    return {group.first: group for group in drawn.groups(drawn.items)}


def _solver(config: Config) -> Solver:
    settings = config.settings
    return measured(
        study=config.study, task=config.tasks[0], level=int(config.difficulty), items=config.items, seed=config.seed,
        temperature=settings.temperature, shots=settings.shots, samples=settings.samples,
    )  # fmt: skip


@solver
def measured(  # noqa: PLR0913  (a solver's arguments are kept in the log, so they are plain)
    study: str, task: str, level: int, items: int, seed: int, temperature: float, shots: int, samples: int
) -> Solver:
    """Do one unit of a study with the model that is evaluated, and keep its records."""
    settings = Settings(temperature=temperature, shots=shots, samples=samples)
    config = Config(study, "inspect", (task,), items, level, seed, settings)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        group = _groups(config)[state.metadata["first"]]
        asked, model = open_study(study), await adopt(get_model())
        lacking = asked.needs - model.card.capabilities
        try:
            if lacking:
                reasons = "; ".join(f"{name}: {why}" for name, why in model.shown.details.items())
                raise NotMeasurable(
                    f"{study} is not measurable on {model.card.name}: it lacks {', '.join(sorted(lacking))} ({reasons})"
                )
            acquaint(model, group)
            key = Key((str(seed), asked.name, group.task.name, str(group.level)))
            records = await asked.measure(model, group, settings, key)
        except NotMeasurable as error:
            state.store.set(STORED, {"why": str(error), "card": model.shown.details})
            state.output = ModelOutput.from_content(model.card.name, f"not measurable here: {error}")
            return state
        if all(record["status"] == "failed" for record in records) and any(record.get("again") for record in records):
            raise ModelError(str(records[0]["error"]))  # may pass: Inspect counts it, and asks again when it is told to
        state.store.set(STORED, {"records": [dict(record) for record in records], "card": model.shown.details})
        state.output = ModelOutput.from_content(model.card.name, "\n".join(_said(record) for record in records))
        return state

    return solve


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
        about = {name: state.metadata[name] for name in ("study", "task", "level", "seed", "first")}
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
        wanted = HEAD.get(told[0]["study"], ()) if rows == "main" else ()
        found: dict[str, str | int | float | bool | None] = {}
        for estimate in _estimates(told):
            if estimate.value is None or (wanted and estimate.name not in wanted):
                continue
            ends = {"": estimate.value, " low": estimate.low, " high": estimate.high}
            found |= {estimate.name + end: number for end, number in ends.items()}
        return found

    return compute


def _estimates(told: Sequence[dict[str, Any]]) -> list[Estimate]:
    """Estimates from what scores hold, in the order of the items and with the key of a run."""
    study, name, seed = told[0]["study"], told[0]["task"], told[0]["seed"]
    records = [record for one in sorted(told, key=lambda one: int(one["first"])) for record in one["records"]]
    return open_study(study).estimate(records, Key((str(seed), study, open_task(name).name, "estimate")))
