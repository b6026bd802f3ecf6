"""A study over items of tasks: the program that most studies share, and what a study of this kind must say.

For every task: a level is found at which the model is neither perfect nor lost (unless one is given), items are drawn,
what the study wants to prepare is prepared, and groups of items are measured, each a unit. Only `measure` and
`estimate` must be written; the rest has defaults that suit a study with one kind of unit.

This module knows no study by name, and neither folders nor tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from thinkaloud.conditions.asking import FEW_SHOT, Asking
from thinkaloud.conditions.group import GROUP, Group, ItemSettings
from thinkaloud.conditions.settings import budget_of
from thinkaloud.errors import UserError
from thinkaloud.items import edge
from thinkaloud.items.choosing import about_examples
from thinkaloud.items.editing import editing
from thinkaloud.items.fits import check_room
from thinkaloud.items.material import Material, Wanted, given_away, material
from thinkaloud.items.reading import reader
from thinkaloud.models.session import inform, inform_of_task
from thinkaloud.records.many import chained
from thinkaloud.report.layout import PLAIN, Layout
from thinkaloud.stats.power import half_width, items_for
from thinkaloud.study import EDGE, Asked, Do, Done, Study, Takes, Unit, digest_of
from thinkaloud.tasks import options
from thinkaloud.tasks.identity import contents, stream
from thinkaloud.tasks.traits import Noted, Reversible
from thinkaloud.tasks.transcripts import remarks
from thinkaloud.vocabulary import Estimate, Key, Model, Record, Task

Measure = Callable[[Model, Group, Any, Key], Awaitable[list[Record]]]

EDGE_PHASE, PREPARE = "edge", "prepare"
"""What a unit does that measures nothing: finds the level, or prepares a part."""
Spread = tuple[float, float]
"""A standard deviation over items, from the least to the most that was seen."""
SPREAD: Spread = (0.30, 0.45)
"""Of the probability of the right answer, on small models at their edge."""
HALF, FEW = 0.1, 20
"""A half-width that a plan says the items for; fewer than so many items are not told from one another."""
TRIAL = 6
"""So many questions, which are not measured, settle how answers are asked for (`conditions/trial.py`)."""
LESS = 0.3
"""Of a measured unit's time that such a unit takes, for the estimate of the time left."""


class ItemStudy(Study):
    """A study that measures groups of items. `probes`: how many items a level is probed with; `measured`: what
    `ability` is, in words; `reasoned`: only items with worked reasoning are shown as examples; `tries`: where
    examples do not show it, it is settled on other items how answers are asked for; `spreads`: for plans, the standard
    deviation over items of what is estimated, and on what it was `seen`."""

    takes: frozenset[Takes] = frozenset({"model", "tasks"})
    Settings: type = ItemSettings
    page: Layout = PLAIN
    probes: int = edge.ITEMS
    measured: str = edge.MEASURED
    reasoned: bool = True
    tries: bool = False
    spreads: Mapping[str, Spread] = {"a mean probability": SPREAD}
    seen: str = "a spread over items that small models have at their edge"

    async def measure(self, model: Model, group: Group, settings: Any, key: Key) -> list[Record]:
        """The records of a group, at least one an item (`records/pieces.py`)."""
        raise NotImplementedError

    def parts(self, settings: Any) -> Sequence[str]:
        """Names of the parts; every group is measured once for each, and `Group.part` says which it is."""
        return ("",)

    def examples(self, settings: Any) -> int:
        """How many examples are drawn."""
        return int(settings.shots)

    def dev(self, settings: Any) -> int:
        """How many items are set aside for `prepare`."""
        return 0

    async def prepare(self, model: Model, group: Group, settings: Any, key: Key) -> list[Record]:
        """What every unit of a part is given as `Group.prepared`, made on items of their own."""
        return []

    def prepares(self, settings: Any) -> bool:
        """Whether parts are prepared at all."""
        return False

    def asking(self, asked: Asked, task: Task) -> Asking:
        """How the questions of a task are asked."""
        return FEW_SHOT

    def about_asking(self, task: Task, asking: Asking, settled: Sequence[Record]) -> list[str]:
        """What a reader must know of how a task was asked; `settled`: what was prepared for it."""
        return []

    def searches(self, task: Task) -> bool:
        """Whether a level is searched for, where none is given."""
        return len(task.levels) > 1

    async def probe(self, model: Model, group: Group, settings: Any, key: Key) -> list[Record]:
        """Records from which `ability` follows."""
        return await edge.probe(model, group, settings, key)

    def ability(self, records: Sequence[Record]) -> float:
        """0 is lost, 1 is perfect; from records that were read."""
        return edge.ability(records)

    def found_ability(self, records: Sequence[Record], key: Key) -> Estimate | None:
        """`ability` of the items that were measured, which had no part in choosing their level; None where the study's
        own rows say it."""
        return None

    def left_out(self, ability: float) -> str | None:
        """Why a task whose best level has this ability is not measured at all; None where it is."""
        return None

    def remarks(self, drawn: Material, asked: Asked) -> list[str]:
        """What a reader must know of what is asked, in sentences."""
        said = []
        if drawn.asking.ask == "few-shot":
            said = about_examples(drawn.task.name, drawn.examples, asked.settings.shots)
        return [*said, *remarks(drawn.items, asked.model.card.name)]

    def precision(self, asked: Asked) -> str:
        """A guide, from the spreads over items that were seen (`spreads`)."""
        halves = [
            f"{name} {_range(*(half_width(sd, asked.items) for sd in sds))}" for name, sds in self.spreads.items()
        ]
        needed = [f"{name} {span(*(items_for(HALF, sd) for sd in sds))}" for name, sds in self.spreads.items()]
        return (
            f"intervals to expect of {asked.items} items a task: {', '.join(halves)}; items for +-{HALF:g}: "
            f"{', '.join(needed)} (a guide, from {self.seen})"
        )

    def afterwards(self, task: str, records: Sequence[Record], asked: Asked) -> list[str]:
        """What a reader must know of a task's records, in sentences."""
        return []

    def ready(self, asked: Asked) -> None:
        """The reasoning that the user allows must fit the context: at the level that is asked, or the easiest."""
        settings = asked.settings
        for task in asked.tasks if budget_of(settings) is not None else ():
            level = task.levels[0] if asked.difficulty == EDGE else int(asked.difficulty)
            wanted = Wanted(1, self.examples(settings), reasoned=self.reasoned, show=settings.show_options)
            drawn = replace(material(task, level, asked.seed, wanted), asking=self.asking(asked, task))
            check_room(asked.model, drawn, settings)

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """See the head of this module."""
        return await _Program(self, asked, do).run()

    def expected(self, settings: Any, tasks: int, items: int) -> int:
        """If no task is left out."""
        return tasks * len(self.parts(settings)) * -(-items // GROUP)

    def rank(self, settings: Any) -> Any:
        """Part by part, and in the order of the items."""
        order = {part: i for i, part in enumerate(self.parts(settings))}
        return lambda at: (order.get(str(at.get("part", "")), 0), at["first"])


class _Program:
    """One pass over a run's tasks."""

    def __init__(self, study: ItemStudy, asked: Asked, do: Do) -> None:
        self.study, self.asked, self.do, self.settings = study, asked, do, asked.settings
        self._shown: dict[tuple[str, ...], str] = {}
        self._settled: dict[str, list[Record]] = {}
        self.editing = editing(asked)

    async def run(self) -> list[str]:
        """Every task: what there is to say of it before it is measured, then what there is to say of its records."""
        searches = sum(map(self._searched, self.asked.tasks))
        self.do.expect(
            self.study.expected(self.settings, len(self.asked.tasks), self.asked.items)
            + searches * 2 * LESS * -(-edge.ITEMS // GROUP)
        )
        told = await self.do.each([partial(self._task, task) for task in self.asked.tasks])
        return [*(said for before, _ in told for said in before), *(said for _, after in told for said in after)]

    async def _task(self, task: Task) -> tuple[list[str], list[str]]:
        asking = self.study.asking(self.asked, task)
        found = await self._edge(task, asking) if self._searched(task) else None
        level = found.level if found else self._given(task)
        why = self.study.left_out(dict(found.tried)[found.level]) if found else None
        drawn = self._drawn(task, level, 0 if why else self.asked.items, asking)
        before = [found.sentence(task.name)] if found and not self.asked.rehearsal else []
        before += [f"{task.name} is left out: {why}"] if why else self._remarks(drawn)
        before += task.notes if isinstance(task, Noted) else ()  # what a file's lines were taken for
        records: Sequence[Record] = () if why else await self._measured(drawn, before)
        after = self.study.about_asking(task, asking, self._settled.get(task.name, ())) if records else []
        after += self.study.afterwards(task.name, records, self.asked) if records else []
        if found and records and not self.asked.rehearsal:
            ability = self.study.found_ability(records, self.asked.key.child(task.name))
            told = "" if ability is None else edge.outcome(task.name, level, ability)
            after = [told, *after] if told else after
        for sentence in after:
            self.do.say(sentence)
        return before, after

    # ------------------------------------------------------------------------------------------------ which items

    def _searched(self, task: Task) -> bool:
        return self.asked.difficulty == EDGE and self.study.searches(task)

    def _given(self, task: Task) -> int:
        """The level that needs no search."""
        return task.levels[0] if self.asked.difficulty == EDGE else int(self.asked.difficulty)

    def _drawn(self, task: Task, level: int, measured: int, asking: Asking) -> Material:
        drawn = replace(material(task, level, self.asked.seed, self._wanted(task, measured, asking)), asking=asking)
        check_room(self.asked.model, drawn, self.settings)
        return drawn

    def _wanted(self, task: Task, measured: int, asking: Asking) -> Wanted:
        study, settings = self.study, self.settings
        return Wanted(
            measured,
            study.examples(settings),
            study.probes if self._searched(task) else 0,
            study.dev(settings),
            study.reasoned,
            # what a whole turn answers is one of the options only where the model is shown them
            "always" if asking.whole and settings.show_options == "auto" else settings.show_options,
            TRIAL if measured and asking.tried and study.tries else 0,
        )

    def _remarks(self, drawn: Material) -> list[str]:
        given = [*given_away(drawn.task.name, drawn.items), options.sentence(drawn.items)]
        return [*given, *self.study.remarks(drawn, self.asked)]

    # ------------------------------------------------------------------------------------------------ the level

    async def _edge(self, task: Task, asking: Asking) -> edge.Edge:
        if self.asked.rehearsal:  # what a level is worth is not known before: two levels are counted
            level = task.levels[min(1, len(task.levels) - 1)]
            for again in range(2):
                await self._probed(task, asking, level, again)
            return edge.Edge(level, ((level, edge.MIDDLE),), True, self.study.measured)
        found = await edge.find_edge(task.levels, partial(self._ability, task, asking))
        return replace(found, measured=self.study.measured)

    async def _ability(self, task: Task, asking: Asking, level: int) -> float:
        records: list[Record] = []
        for done in await self._probed(task, asking, level):
            if done.error is not None:  # the level must not move once something was measured at it
                raise UserError(f"no edge for {task.name} yet: level {level} failed ({done.error}); resume")
            records.extend(done.records)
        read = [record for record in records if record["status"] == "ok"]
        if not read:
            why = records[0]["error"] if records else "there are no items"
            raise UserError(f"no edge for {task.name}: no item of level {level} was read ({why})")
        return self.study.ability(read)

    async def _probed(self, task: Task, asking: Asking, level: int, again: int = 0) -> list[Done]:
        drawn = self._drawn(task, level, 0, asking)
        found = []
        for group in drawn.groups(drawn.probed):
            work = self._work(EDGE_PHASE, group, self.study.probe)
            unit = self._unit(EDGE_PHASE, group, work)
            found.append(await self.do.unit(replace(unit, at={**unit.at, "again": again}) if again else unit))
        return found

    # ------------------------------------------------------------------------------------------------ measuring

    async def _measured(self, drawn: Material, said: Sequence[str]) -> Sequence[Record]:
        """All records of a task, part by part and in the order of its items."""
        for sentence in said:
            self.do.say(sentence)
        if not drawn.items:
            return []
        parts = await asyncio.gather(*(self._part(drawn, part) for part in self.study.parts(self.settings)))
        return chained(parts)

    async def _part(self, drawn: Material, part: str) -> Sequence[Record]:
        """Everything of one part: what is prepared for it, then its units."""
        groups = [replace(group, part=part) for group in drawn.groups(drawn.items)]
        if self.study.prepares(self.settings) or drawn.trial:
            about = replace(groups[0], items=drawn.dev or drawn.trial, first=0)
            done = await self.do.unit(self._unit(PREPARE, about, self._work(PREPARE, about, self.study.prepare)))
            if not done.records:
                return []  # it failed, which is recorded; resume prepares it again and then measures
            groups = [replace(group, prepared=tuple(done.records)) for group in groups]
            self._settled.setdefault(drawn.task.name, []).extend(done.records)
        phase = self.study.name
        units = [self._unit(phase, group, self._work(phase, group, self.study.measure)) for group in groups]
        return chained([done.records for done in await asyncio.gather(*map(self.do.unit, units))])

    def _work(self, phase: str, group: Group, measure: Measure) -> Callable[[Model], Awaitable[Sequence[Record]]]:
        """The work of a unit: a reasoner that must know its items is told, and draws follow from the level alone."""

        async def work(session: Model) -> Sequence[Record]:
            turned = map(group.task.reverse, group.items) if isinstance(group.task, Reversible) else ()
            inform(session, (*group.items, *group.examples, *turned))
            inform_of_task(session, group.task)
            key = self.asked.key.child(phase, stream(group.task), group.level)
            asked = reader(session, self.settings, key)
            return await self.editing.lent(session, group, lambda it: measure(asked, it, self.settings, key))

        return work

    def _unit(self, phase: str, group: Group, work: Callable[[Model], Awaitable[Sequence[Record]]]) -> Unit:
        task, part = group.task, group.part
        at: dict[str, Any] = {"level": group.level, "first": group.first} | ({"part": part} if part else {})
        content: dict[str, Any] = {
            "stream": stream(task), "items": contents(group.items), "shown": self._contents(group)
        }  # fmt: skip
        if group.asking.ask != "few-shot":
            content["asked"] = group.asking.ask
        content |= self.editing.content
        if group.prepared:
            content["prepared"] = digest_of([_timeless(record) for record in group.prepared])
        if part in (files := self.study.files(self.settings)):
            content["file"] = files[part]
        doing = {EDGE_PHASE: " (finding the edge)", PREPARE: " (tuning)"}.get(phase, "")
        return Unit(
            phase=phase, subject=task.name, work=work, at=at, content=content,
            title=f"{task.name} level {group.level}{f', {part}' if part else ''}{doing}",
            cost=1.0 if phase == self.study.name else LESS, settled=phase == EDGE_PHASE, items=group.items,
        )  # fmt: skip

    def _contents(self, group: Group) -> str:
        """What is shown beside a unit's items: examples, and where other items' reasoning is taken from."""
        beside = (*group.examples, *group.donors)
        names = (stream(group.task), str(group.level), *(item.id for item in beside))
        if names not in self._shown:
            self._shown[names] = contents(beside)
        return self._shown[names]


def _range(low: float, high: float) -> str:
    return f"+-{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"+-{low:.2f} to {high:.2f}"


def span(low: int, high: int) -> str:
    """Numbers of items, `52` or `52 to 104`; where they are so few that theory is too hopeful, only that."""
    ends = dict.fromkeys(f"{n:,}" if n >= FEW else f"under {FEW}" for n in (low, high))
    return " to ".join(ends)


def _timeless(record: Record) -> dict[str, Any]:
    """A record without what it cost: seconds differ from run to run, and nothing that is measured hangs on them."""
    return {name: value for name, value in record.items() if name != "spend"}
