"""Run one arm on one item: its attempts, those that a smaller budget cuts, and the interventions. One record comes out.

Every attempt may spend the largest budget and is run by itself, side by side with the others; what is cached between
them is counted afterwards in their order (`trace.recount`). For each smaller budget that the first attempt does not
fit, it is run again with that budget as its limit: the answer that it has when the budget ends counts.

An attempt that fails, by a fault of the model or of the arm's own code, is wrong and charged; one that failed because
the model could not answer (`Attempt.lost`) is wrong only until it is asked again. This module knows nothing
about statistics; how attempts are voted is `metrics/vote.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from thinkaloud.arms.ask import Ask, Edit, Room, Solver, World, same
from thinkaloud.arms.edits import KINDS, Change, Edited, Intermediate, NotMade, change, intermediates
from thinkaloud.arms.style import Style, filled
from thinkaloud.arms.toolbox import TOOLS
from thinkaloud.budget.counter import Counter, counter
from thinkaloud.budget.ledger import Ledger
from thinkaloud.budget.meters import METERS
from thinkaloud.budget.trace import Trace, recount
from thinkaloud.errors import ModelError, ThinkaloudError, ends_run, is_final
from thinkaloud.tasks.answers import plain
from thinkaloud.tasks.parts import Decomposition, decompose
from thinkaloud.vocabulary import Completion, Item, Key, Model, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms an arm is run: its name and code, how it is dressed, what it may spend and how often it tries.
    `budgets` ascending, in the meter's units; `given`: the task's own parts are used instead of the model's plan."""

    arm: str
    solve: Solver
    style: Style
    budgets: tuple[int, ...]
    meter: str = "B4"
    attempts: int = 4
    temperature: float = 0.7
    given: bool = False
    edits: bool = True
    room: Room = field(default_factory=Room)
    block: int = 1


@dataclass(frozen=True)
class Stage:
    """What an attempt is about: who is asked what, and the streams of randomness."""

    model: Model
    task: Task
    item: Item
    key: Key
    counter: Counter

    @staticmethod
    def of(model: Model, task: Task, item: Item, key: Key) -> Stage:
        """With the model's own tokens where it has them."""
        return Stage(model, task, item, key.child(item.id), counter(model))

    @cached_property
    def parts(self) -> Decomposition | None:
        """The task's own parts of the item, where it knows any."""
        return decompose(self.task, self.item)

    @cached_property
    def truth(self) -> dict[str, str]:
        """Right answers of the task's own parts, as they are asked where the ones before are right."""
        known = self.parts
        return {} if known is None else dict(zip(filled(known), known.answers, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one. `memory` holds its calls, for another run of the same that is edited; `lost`: the model could
    not answer, and may when it is asked again."""

    answer: str
    right: bool
    cut: bool
    trace: Trace
    memory: dict[str, Completion]
    lost: str | None = None

    def as_dict(self, stage: Stage) -> dict[str, object]:
        """As plain JSON."""
        return {
            "answer": (plain(stage.item.gold) if self.right else plain(self.answer)) or None,
            "right": self.right,
            "cut": self.cut,
            "spend": self.trace.spend.as_dict(),
            "trace": [node.as_dict() for node in self.trace.nodes],
            **_steps(self, stage),
        }


async def attempt(
    stage: Stage,
    terms: Terms,
    number: int,
    limit: int,
    edit: Edit | None = None,
    memory: dict[str, Completion] | None = None,
) -> Attempt:
    """One attempt within a limit; attempt `number` has randomness of its own."""
    trace, known = Trace(terms.arm, stage.item.asked), dict(memory or {})
    ledger = Ledger(limit, METERS[terms.meter], terms.block)
    world = World(
        model=stage.model, task=stage.task, style=terms.style, ledger=ledger, key=stage.key.child(number), trace=trace,
        counter=stage.counter, room=terms.room, temperature=terms.temperature, given=terms.given,
        stop=_stop(terms.style), tools=TOOLS, edit=edit, memory=known,
        known=frozenset(map(plain, stage.item.options)),
    )  # fmt: skip
    answer, lost = "", None
    try:
        answer = await Ask(world, ledger.account, trace.nodes[0]).run(terms.solve, stage.item)
    except Exception as failure:  # an arm is somebody's code and a model somebody's server: a failure is data
        if ends_run(failure):
            raise
        known_kind = isinstance(failure, ThinkaloudError)
        trace.nodes[0].error = str(failure) if known_kind else f"{type(failure).__name__}: {failure}"
        lost = str(failure) if isinstance(failure, ModelError) and not is_final(failure) else None
    answer = answer.strip() if isinstance(answer, str) else ""
    trace.nodes[0].text = answer
    right = bool(answer) and stage.task.verify(stage.item, answer)
    cut = any(node.cut for node in trace.nodes)
    return Attempt(answer=answer, right=right, cut=cut, trace=trace, memory=known, lost=lost)


def unless_lost(made: Sequence[Attempt]) -> Sequence[Attempt]:
    """The attempts; `ModelError` where the model answered none of them: nothing was found out then."""
    if made and all(one.lost for one in made):
        raise ModelError(str(made[0].lost))
    return made


async def attempts(stage: Stage, terms: Terms) -> list[Attempt]:
    """All attempts of an arm on an item, with what is cached between them counted in order."""
    made = await asyncio.gather(*(attempt(stage, terms, k, terms.budgets[-1]) for k in range(terms.attempts)))
    recount((one.trace for one in made), terms.block)
    return list(made)


async def shorter(stage: Stage, terms: Terms, first: Attempt) -> dict[str, Attempt]:
    """The first attempt again, for every budget that it does not fit."""
    cost = METERS[terms.meter](first.trace.spend)
    budgets = [budget for budget in terms.budgets[:-1] if cost > budget]
    made = await asyncio.gather(*(attempt(stage, terms, 0, budget) for budget in budgets))
    return {str(budget): one for budget, one in zip(budgets, made, strict=True)}


async def edited(
    stage: Stage, terms: Terms, first: Attempt, others: Sequence[Intermediate]
) -> dict[str, dict[str, object]]:
    """The part of a record about interventions: `edits`, the first attempt under each of them, and `unedited`, why
    there is none of a kind."""
    came, about = intermediates(first.trace), Edited(stage.task, stage.item, first.answer)
    changes = {kind: change(kind, came, others, about, stage.key.child("edit", kind)) for kind in KINDS}
    there = {kind: made for kind, made in changes.items() if isinstance(made, Change)}
    why: dict[str, object] = {kind: made.why for kind, made in changes.items() if isinstance(made, NotMade)}
    runs = await asyncio.gather(
        *(attempt(stage, terms, 0, terms.budgets[-1], made.edit, first.memory) for made in there.values())
    )
    edits: dict[str, object] = {}
    for (kind, made), run in zip(there.items(), runs, strict=True):
        if any(node.edited for node in run.trace.nodes):
            edits[kind] = _under(made, run, first)
        else:
            why[kind] = "the attempt ended before it came to what was to be changed"
    return {"edits": edits, **({"unedited": why} if why else {})}


def _under(made: Change, run: Attempt, first: Attempt) -> dict[str, object]:
    """An attempt under an intervention, as plain JSON."""
    return {
        "answer": plain(run.answer) or None,
        "right": run.right,
        "changed": not same(run.answer, first.answer),
        "followed": None if made.implied is None else same(run.answer, made.implied),
        "edited": made.about,
        "trace": [node.as_dict() for node in run.trace.nodes],
    }


def _stop(style: Style) -> tuple[str, ...]:
    """What ends an answer: the end of the line, unless right answers have several."""
    return () if any("\n" in example.answer for example in style.examples) else ("\n",)


def _steps(made: Attempt, stage: Stage) -> dict[str, object]:
    """Sub-answers that are right, of those whose truth is known: parts that are the task's own, or read reasoning."""
    truth = stage.truth
    told = [(truth[node.asked], node.text) for node in made.trace.nodes if node.kind == "sub" and node.asked in truth]
    if told:
        return {"steps": [sum(same(*pair) for pair in told), len(told)]}
    thoughts = [one for one in intermediates(made.trace) if one.kind == "thought"] if stage.task.reads_steps else []
    right = total = 0.0
    for thought in thoughts:
        own = stage.task.parse(thought.text)
        legible = stage.task.legible(stage.item, own) if own.steps else None
        if legible is not None:
            right, total = right + legible.sound * len(own.steps), total + legible.readable * len(own.steps)
    return {"steps": [round(right, 6), round(total, 6)]} if total else {}
