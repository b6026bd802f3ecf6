"""From snap judgement to factored cognition at a matched budget: does taking questions apart beat good prompting?

See `docs/rungs.md` for the protocol in words, how to read it, and what it cannot tell. A unit is a group of items under
one arm; before its units every arm is tuned in the same way. The arms stand in `arms/`, one short file a kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from thinkaloud.arms.attempt import Attempt, Stage, Terms, attempt, attempts, edited, shorter
from thinkaloud.arms.edits import intermediates
from thinkaloud.arms.gepa_tuning import tune_by_reflection
from thinkaloud.arms.registry import DEFAULT, Arm, open_arm
from thinkaloud.arms.style import Style, context_of, example
from thinkaloud.arms.tuning import TuningData, costs, room, style_of, tune
from thinkaloud.budget.counter import counter
from thinkaloud.budget.meters import PRICES
from thinkaloud.budget.trace import shortened
from thinkaloud.conditions.group import Group
from thinkaloud.errors import ModelError, NotMeasurable
from thinkaloud.isolate import Failure, failed, guarded
from thinkaloud.items.material import Material
from thinkaloud.items.study import ItemStudy
from thinkaloud.metrics.factored import rungs
from thinkaloud.metrics.pool import pool
from thinkaloud.records.pieces import describe
from thinkaloud.stats import power
from thinkaloud.studies.rungs.card import CARD
from thinkaloud.studies.rungs.page.layout import PAGE
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.study import Asked
from thinkaloud.tasks.options import shown
from thinkaloud.vocabulary import Capability, Estimate, Item, Key, Model, Record, Task

TAU = 0.1
"""How much families differ in an effect, for the plan of a study over families; a pilot says better."""
PROBE_ITEMS = 8
PROBES = ("R1", "R2", "F2")
"""Arms by the best of which a task's difficulty is chosen: a question that only taking apart can solve is not lost."""


class Rungs(ItemStudy):
    """Accuracy against budget for a ladder of arms, and the effect of fresh contexts alone."""

    name = "rungs"
    question = (
        "At a matched budget, does spawning sub-processes that solve sub-problems beat the same information and the "
        "same spend in one context, and how wide are the gaps between a snap judgement, reasoning aloud and tools?"
    )
    short = "Do sub-processes beat the same information and spend in one context, at a matched budget?"
    version = 2
    needs: frozenset[Capability] = frozenset({"prefill"})
    Settings = RungsSettings
    page = PAGE
    card = CARD
    probes = PROBE_ITEMS
    reasoned = False  # arms show examples in forms of their own, and without reasoning where there is none
    measured = f"accuracy of the best of {', '.join(PROBES)}, {PROBE_ITEMS} separate items a level"
    limits: tuple[str, ...] = (
        "The effect is that of these prompts and this tuning: an arm that somebody tunes longer, or by hand, may do "
        "better. `thinkaloud challenge` runs anybody's arm against these.",
        "A plan that the model writes is as good as the model; `--plan given` gives F1 and F2 the task's own parts.",
        "Beyond as many votes as there are attempts an arm's accuracy is not known, and stays where it was.",
        "Families are the sampling unit: few families cannot say anything of families in general, however many items "
        "they have. Generated questions are toys.",
        "Attention is not in the meter B4, so very long contexts are cheaper here than they are.",
    )

    # ------------------------------------------------------------------------------------------------ what is composed

    def parts(self, settings: RungsSettings) -> Sequence[str]:
        """The arms: built-in ones under their own name, others as the files they are."""
        asked = settings.arms or DEFAULT
        return tuple(dict.fromkeys(spec if spec.endswith(".py") else open_arm(spec).name for spec in asked))

    def files(self, settings: RungsSettings) -> Mapping[str, str]:
        """Digests of the files of arms that are not built in."""
        found = {part: open_arm(part).digest for part in self.parts(settings)}
        return {part: digest for part, digest in found.items() if digest}

    def searches(self, task: Task) -> bool:
        """Also of one level it must be known whether any arm can answer it."""
        return True

    def prepares(self, settings: RungsSettings) -> bool:
        """Every arm is tuned, or at least given its plain style."""
        return True

    def spent(self, units: Sequence[Mapping[str, Any]]) -> list[str]:
        """What tuning cost."""
        return costs(units)

    def precision(self, asked: Asked) -> str:
        """Of an effect over families."""
        return power.plan(len(asked.tasks), asked.items, TAU).sentence

    def remarks(self, drawn: Material, asked: Asked) -> list[str]:
        """Nothing: arms write their own reasoning, and show examples in their own way."""
        return []

    def examples(self, settings: RungsSettings) -> int:
        """Twice as many as are shown, so that there is something to choose from."""
        return 2 * settings.shots

    def dev(self, settings: RungsSettings) -> int:
        """Items to tune on."""
        return settings.dev if settings.trials > 1 else 0

    async def prepare(self, model: Model, group: Group, settings: RungsSettings, key: Key) -> list[Record]:
        """The arm's tuned style."""
        arm, shown = open_arm(group.part), _shown(group, settings, key)
        trials = settings.trials if arm.tuned else 1
        stub = _terms(arm, group.task, model, settings, shown)
        try:
            tuned = tune_by_reflection if settings.tuner == "gepa" else tune
            return [await tuned(model, group.task, stub, TuningData(shown, group.items, trials, arm.thinks), key)]
        except NotMeasurable as reason:
            return [{"arm": arm.name, "status": "absent", "error": str(reason)}]

    async def measure(self, model: Model, group: Group, settings: RungsSettings, key: Key) -> list[Record]:
        """One record an item: attempts, those cut by smaller budgets, interventions."""
        arm, prepared = open_arm(group.part), group.prepared[0]
        if prepared["status"] != "ok":
            why = str(prepared["error"])
            return [_record(group, i, arm.name, settings, why) for i in range(len(group.items))]
        shown = _shown(group, settings, key)
        style, tries = style_of(prepared, group.task, shown), settings.attempts
        terms = replace(_terms(arm, group.task, model, settings, shown), style=style, attempts=tries)
        stages = [Stage.of(model, group.task, item, key) for item in group.items]
        try:
            tried = await asyncio.gather(*(guarded(attempts(stage, terms)) for stage in stages))
        except NotMeasurable as reason:  # true of the arm on this task, and found out here where nothing was tuned
            return [_record(group, i, arm.name, settings, str(reason)) for i in range(len(group.items))]
        came = [intermediates(made[0].trace) if terms.edits and not isinstance(made, Failure) else [] for made in tried]

        async def rest(i: int, stage: Stage, made: list[Attempt]) -> dict[str, object]:
            short = await shorter(stage, terms, made[0])
            other = came[(i + 1) % len(came)] if len(came) > 1 else []
            under = await edited(stage, terms, made[0], other) if terms.edits else {}
            return {
                "attempts": [one.as_dict(stage) for one in made],
                "short": {budget: one.as_dict(stage) for budget, one in short.items()},
                **under,
                **_shape(stage),
                **_lost([*made, *short.values()]),
            }

        async def one(i: int, stage: Stage) -> Record:
            made, base = tried[i], _record(group, i, arm.name, settings)
            found = made if isinstance(made, Failure) else await guarded(rest(i, stage, made))
            return base | (failed(found) if isinstance(found, Failure) else found)

        return list(await asyncio.gather(*(one(i, stage) for i, stage in enumerate(stages))))

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """Accuracies, factored effects, gains, gaps of one task, and what its intermediates do."""
        about = records[0]["terms"]
        return rungs(records, tuple(about["budgets"]), about["meter"], key)

    def together(self, tasks: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """The same with families as the unit."""
        if not tasks:
            return []
        about = next(iter(tasks.values()))[0]["terms"]
        return pool(tasks, tuple(about["budgets"]), about["meter"], about["margin"], key)

    # ------------------------------------------------------------------------------------------------ difficulty

    async def probe(self, model: Model, group: Group, settings: RungsSettings, key: Key) -> list[Record]:
        """One record an item and arm of `PROBES`: one attempt, untuned."""
        shown = _shown(group, settings, key)

        async def one(i: int, item: Item, terms: Terms) -> Record:
            about = describe(item, group.first + i) | {"question": shortened(item.question), "arm": terms.arm}
            found = await guarded(attempt(Stage.of(model, group.task, item, key), terms, 0, terms.budgets[-1]))
            if isinstance(found, Failure):
                return about | failed(found)
            if found.lost:
                return about | failed(Failure(ModelError(found.lost)))
            return {**about, "status": "ok", "right": found.right}

        arms = [_terms(open_arm(name), group.task, model, settings, shown) for name in PROBES]
        return list(await asyncio.gather(*(one(i, item, arm) for arm in arms for i, item in enumerate(group.items))))

    def ability(self, records: Sequence[Record]) -> float:
        """Accuracy of the best of the arms that were probed."""
        shares: list[float] = []
        for arm in PROBES:
            right = [record["right"] for record in records if record["arm"] == arm and record["status"] == "ok"]
            shares.append(sum(right) / max(1, len(right)))
        return max(shares)

    def left_out(self, ability: float) -> str | None:
        """Questions that no arm answered at the easiest level leave no room for a difference."""
        return None if ability > 0 else f"none of {', '.join(PROBES)} answers any question at its easiest level"


def _shown(group: Group, settings: RungsSettings, key: Key) -> Sequence[Item]:
    """The examples; where questions hold a long text, examples are of the shortest level."""
    long = bool(group.examples) and bool(context_of(group.examples[0]))
    if not long or group.level == group.task.levels[0]:
        return group.examples
    short = group.task.items(group.task.levels[0], 2 * settings.shots, Key(("short examples", *key.path[:1])))
    return shown(short, settings.show_options)


def _terms(arm: Arm, task: Task, model: Model, settings: RungsSettings, shown: Sequence[Item]) -> Terms:
    """The terms of one attempt of an arm in the plain style: the first examples, and no instruction."""
    style = Style(tuple(example(task, item) for item in shown[: settings.shots]))
    return Terms(
        arm=arm.name, solve=arm.solve, style=style, budgets=settings.budgets, meter=settings.meter, attempts=1,
        temperature=settings.temperature or settings.resample_temperature, given=settings.plan == "given",
        edits=settings.edits, room=room(task, shown, counter(model)),
    )  # fmt: skip


def _record(group: Group, i: int, arm: str, settings: RungsSettings, error: str | None = None) -> dict[str, object]:
    """The part of a record that every one has."""
    terms = {
        "budgets": list(settings.budgets),
        "meter": settings.meter,
        "margin": settings.margin,
        "prices": PRICES.digest,
    }
    return {
        **describe(group.items[i], group.first + i),
        "question": shortened(group.items[i].question),
        "arm": arm,
        "status": "absent" if error else "ok",
        "error": error,
        "terms": terms,
        "attempts": [],
        "short": {},
        "edits": {},
    }


def _lost(made: Sequence[Attempt]) -> dict[str, object]:
    """Attempts that the model could not answer: they count as wrong until the unit is done again."""
    lost = [one.lost for one in made if one.lost]
    if not lost:
        return {}
    return {"error": f"{len(lost)} attempts failed: {lost[0]}", "failed": {"attempts": lost[0]}, "again": True}


def _shape(stage: Stage) -> dict[str, object]:
    """How long the question is and how it falls apart."""
    parts = stage.parts
    return {
        "load": len(stage.counter.tokens(stage.item.asked)),
        "parts": None if parts is None else len(parts.parts),
        "chain": None if parts is None else parts.chain,
    }
