"""A run as an Inspect log: a sample an item, every condition in its transcript, our estimates as its results.

What Inspect has a place for stands there: question, choices, target, the reasoning with its answer as messages, scores
of each sample, the token bill as the log's usage. An estimate is a metric with its interval, n and clusters in the
metadata; one without a number is listed under `not measured` with its reason, never as 0. Everything else that a report
says (limits, notes, ruler, command) is the log's metadata. `inspect view` shows it; so does any reader of these logs.

This module knows records and Inspect's log format; how one record becomes events is in `events.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thinkaloud.conditions.hint import hints_of
from thinkaloud.errors import UserError
from thinkaloud.interop.events import (
    Telling,
    item_of,
    note,
    of_attempts,
    of_conditions,
    output_of,
    reading_of,
    usage_of,
)
from thinkaloud.joining import joined
from thinkaloud.metrics.readings import hit, p_gold
from thinkaloud.records.shape import asks
from thinkaloud.runs.about import meta
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import PROBE, Finding, Reading, Record

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalResults, EvalSample, EvalSpec
    from inspect_ai.scorer import Score

    from thinkaloud.runs.folder import Run

SCORED = ("own", "silent", "paraphrase", "resample", "foreign", "transplant")
"""Conditions whose readings are scores of a sample."""
ABOUT = (
    "Every span is one condition: what stood between question and answer, and the distribution over the options that "
    "was read there. The {shots} examples before each question are not in the record, so not here; all times are that "
    "of the run."
)
ABOUT_ARMS = (
    "Every span is one arm with its attempts. Messages give the first answer of each arm. Examples before a question "
    "and long middles of texts are not in the record, so not here; all times are that of the run."
)


def export_log(run: Run, out: str | Path | None = None) -> Path:
    """Write a finished run as a log (.eval or .json) and return the file."""
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise UserError("Inspect logs need the package inspect_ai: pip install 'thinkaloud[inspect]'") from error
    path = Path(out) if out is not None else run.folder / f"{run.folder.resolve().name}.eval"
    if path.suffix not in (".eval", ".json"):
        raise UserError(f"{str(path)!r} is no name of an Inspect log: it must end with .eval or .json")
    log = log_of(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_eval_log(log, str(path))
    except OSError as error:
        raise UserError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return path


def log_of(run: Run) -> EvalLog:
    """A finished run as an Inspect log."""
    from inspect_ai.log import EvalLog, EvalPlan, EvalPlanStep, EvalStats
    from inspect_ai.model import ModelUsage

    if other := next((record for record in run.records if not asks(record)), None):
        raise UserError(
            f"{run.study.name} is not over questions with options (a record has {', '.join(sorted(other))}), and a log "
            "has a sample for each question: export --csv --records, which has everything"
        )
    findings, bill, when = run.findings, run.bill, _began(run)
    telling = Telling(run.card.name, when, _hints(run))
    samples = _samples(run, telling)
    usage = ModelUsage(
        input_tokens=bill["computed"],
        input_tokens_cache_read=bill["asked"] - bill["computed"],
        output_tokens=bill["generated"],
        total_tokens=bill["asked"] + bill["generated"],
    )
    ended = when + timedelta(seconds=bill["wall_seconds"])
    step = EvalPlanStep(solver=f"thinkaloud/{run.config.study}", params={"difficulty": run.config.difficulty})
    return EvalLog(
        status="success" if run.unfinished is None else "cancelled",
        eval=_spec(run, samples),
        plan=EvalPlan(name=run.config.study, steps=[step]),
        results=_results(findings, samples, run),
        stats=EvalStats(
            started_at=when.isoformat(), completed_at=ended.isoformat(), model_usage={telling.model: usage}
        ),
        samples=samples,
    )


def _began(run: Run) -> datetime:
    return datetime.fromtimestamp((run.folder / "model.json").stat().st_mtime, UTC)


def _hints(run: Run) -> dict[str, dict[str, Callable[..., str]]]:
    """How the run's tasks hint, by the task's name and the kind of hint, for tasks that can be opened by name."""
    found: dict[str, dict[str, Callable[..., str]]] = {}
    for name in run.config.tasks:
        with suppress(UserError):  # an object that was passed from Python: its hints are then said to be unknown
            task = open_task(name)
            found[task.name] = {kind: hint.apply for kind, hint in hints_of(task).items()}
    return found


def _spec(run: Run, samples: Sequence[EvalSample]) -> EvalSpec:
    """What was run, on whom, and everything a report says besides the numbers."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec

    about, config = meta(run), run.config
    name = hashlib.sha256(f"{config.dumps()}{run.card.digest}".encode()).hexdigest()
    ids = list(dict.fromkeys(sample.id for sample in samples))
    return EvalSpec(
        eval_id=name[:22], run_id=name[:22], task_id=name[22:44], created=_began(run).isoformat(),
        task=f"thinkaloud/{config.study}", task_version=_version(config.study),
        task_args={"tasks": list(config.tasks), "items": config.items, "difficulty": config.difficulty},
        dataset=EvalDataset(name=", ".join(config.tasks), samples=len(ids), sample_ids=ids, shuffled=False),
        model=run.card.name, config=EvalConfig(epochs=max((sample.epoch for sample in samples), default=1)),
        packages={"thinkaloud": about["versions"]["thinkaloud"]}, metadata=about,
    )  # fmt: skip


def _version(study: str) -> int:
    from thinkaloud.open_study import open_study

    return open_study(study).version


# ----------------------------------------------------------------------------------------------------------- samples


def _samples(run: Run, telling: Telling) -> list[EvalSample]:
    """One sample an item (and sample of its reasoning); the arms of an item are one sample."""
    by_item: dict[tuple[str, str, int], list[Record]] = {}
    for record in run.records:
        by_item.setdefault((record["task"], record["item"], int(record.get("sample") or 0)), []).append(record)
    tasks: dict[str, set[str]] = {}
    for task, item, _ in by_item:
        tasks.setdefault(item, set()).add(task)
    made = []
    for (task, item, number), records in by_item.items():
        named = item if len(tasks[item]) == 1 else f"{task}: {item}"
        arms = "arm" in records[0]
        made.append((_of_arms if arms else _of_conditions)(telling, records, (named, number + 1), run))
    return made


def _of_conditions(telling: Telling, records: Sequence[Record], name: tuple[str, int], run: Run) -> EvalSample:
    """A sample of a study with conditions."""
    from inspect_ai.model import ChatMessageAssistant

    record = records[0]
    read = next((kind for kind in ("own", "silent") if kind in record["conditions"]), None)
    thought = record.get("thought") or {}
    output = output_of(telling, thought.get("text") or "", thought.get("finish") != "length")
    turn = str(thought.get("text") or "")
    if read is not None:
        condition = record["conditions"][read]
        output = reading_of(telling, record, condition)
        best = record["options"][Reading(tuple(condition["logprobs"])).best]
        turn = joined([*condition["between"], f"{PROBE} {best}."])
    scores = {kind: score for kind in SCORED if (score := _hit(record, kind)) is not None}
    scores |= {f"P(gold) {kind}": score for kind in SCORED if (score := _probability(record, kind)) is not None}
    if not scores:
        scores = {"own": _unscored(record)}
    about = [ABOUT.format(shots=run.config.settings.shots), *_notes(run, record)]
    events = [note(telling, "\n\n".join(about)), *of_conditions(telling, record)]
    said = [ChatMessageAssistant(content=turn, model=telling.model)] if turn else []
    return _sample(record, name, said, {"output": output, "scores": scores, "events": events}, telling)


def _of_arms(telling: Telling, records: Sequence[Record], name: tuple[str, int], run: Run) -> EvalSample:
    """A sample of the rungs: all arms of an item."""
    from inspect_ai.model import ChatMessageAssistant, ModelUsage
    from inspect_ai.scorer import Score

    events = [note(telling, "\n\n".join([ABOUT_ARMS, *_notes(run, records[0])]))]
    said, scores, usage = [], {}, ModelUsage()
    for record in records:
        events += of_attempts(telling, record)
        tried = record["attempts"]
        if not tried:
            continue
        right = sum(bool(one["right"]) for one in tried)
        answer = tried[0]["answer"] or "no answer"
        said.append(
            ChatMessageAssistant(
                content=f"{record['arm']}: {answer}", model=telling.model, metadata={"arm": record["arm"]}
            )
        )
        spent = [usage_of(one["spend"]) for one in tried]
        usage = sum(spent, usage)
        scores[str(record["arm"])] = Score(
            value=right / len(tried),
            answer=answer,
            explanation=f"{right} of {len(tried)} attempts are right",
            metadata={"tokens of each attempt": [one.total_tokens for one in spent]},
        )
    output = output_of(telling, said[0].text if said else "", usage=usage)
    about = {"output": output, "scores": scores, "events": events, "model_usage": {telling.model: usage}}
    return _sample(records[0], name, said, about, telling)


def _notes(run: Run, record: Record) -> list[str]:
    """What the run noted of the record's task: its level, who wrote transcripts that it came with."""
    return [text for text in run.notes if text.startswith(f"{record['task']}:")]


def _sample(
    record: Record, name: tuple[str, int], said: Sequence[Any], about: Mapping[str, Any], telling: Telling
) -> EvalSample:
    """What both kinds of sample share."""
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageUser

    kept = ("task", "level", "fold", "status", "error", "thought", "positions", "lacking", "terms")
    return EvalSample(
        id=name[0],
        epoch=name[1],
        input=item_of(record).asked,
        choices=list(record["options"]),
        target=record["options"][record["gold"]],
        messages=[ChatMessageUser(content=item_of(record).asked), *said],
        metadata={key: record[key] for key in kept if record.get(key) is not None},
        started_at=telling.when.isoformat(),
        uuid=hashlib.sha256(f"{record['task']}/{name}".encode()).hexdigest()[:22],
        **about,
    )


def _hit(record: Record, kind: str) -> Score | None:
    """Whether the most probable option is right; exactly equal ones share it."""
    from inspect_ai.scorer import Score

    value = hit(record, kind)
    if value is None:
        return None
    condition = record["conditions"][kind]
    best = record["options"][Reading(tuple(condition["logprobs"])).best]
    word = {1.0: "C", 0.0: "I"}.get(value, value)
    return Score(value=word, answer=best, metadata={"margin": condition["margin"], "mass": condition["mass"]})


def _probability(record: Record, kind: str) -> Score | None:
    from inspect_ai.scorer import Score

    value = p_gold(record, kind)
    return None if value is None else Score(value=value)


def _unscored(record: Record) -> Score:
    """Nothing was read: no answer, which is not a wrong one."""
    from inspect_ai.scorer import Score

    return Score(value="N", explanation=f"{record['status']}: {record['error']}")


# ----------------------------------------------------------------------------------------------------------- results


def _results(findings: Sequence[Finding], samples: Sequence[EvalSample], run: Run) -> EvalResults:
    """The estimates of every task as metrics of one score."""
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    by_task: dict[tuple[str, int | None], list[Finding]] = {}
    for finding in findings:
        by_task.setdefault((finding.task, finding.difficulty), []).append(finding)
    scores = []
    for (task, level), found in by_task.items():
        metrics, absent = {}, {}
        for estimate in (finding.estimate for finding in found):
            if estimate.value is None:
                absent[estimate.name] = estimate.reason
                continue
            about = {"low": estimate.low, "high": estimate.high, "n": estimate.n, "clusters": estimate.clusters,
                     "clustered_by": estimate.clustered_by}  # fmt: skip
            metrics[estimate.name] = EvalMetric(name=estimate.name, value=estimate.value, metadata=about)
        name = task if level is None else f"{task}, level {level}"
        of_task = sum(sample.metadata.get("task") == task for sample in samples)
        scores.append(
            EvalScore(
                name=name, scorer=f"thinkaloud/{run.config.study}", scored_samples=of_task, metrics=metrics,
                metadata={"task": task, "level": level, "not measured": absent},
            )
        )  # fmt: skip
    done = sum(sample.metadata.get("status") == "ok" for sample in samples)
    return EvalResults(total_samples=len(samples), completed_samples=done, scores=scores)
