"""What a run would cost, counted and not run: the study is rehearsed with a model that only counts.

The rehearsal asks exactly the prompts that the study would ask if the model reasoned as the task's worked reasoning
does, merges them into the same prefix trees, and counts nodes. What it does not know is how long this model really
reasons and, at the edge, which level will be chosen; both are said beside the numbers.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from thinkaloud.errors import SHOWN, ContextTooSmall, NotMeasurable
from thinkaloud.joining import joined
from thinkaloud.metrics import power
from thinkaloud.models.closed import sequences
from thinkaloud.models.open import open_model
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import Material, material
from thinkaloud.strategies.snap import PROBE
from thinkaloud.studies import edge
from thinkaloud.studies.base import Group, InParts, Settings, Study
from thinkaloud.studies.registry import open_study
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Completion, Item, Key, Model, Prompt, Reading, Record, Sampling, Usage

Measure = Callable[[Model, Group, Settings, Key], Awaitable[list[Record]]]

Long = dict[str, int]
"""Item that does not fit the context -> the most tokens that a prompt of it needs."""

TAU = 0.1
"""How much families differ in an effect, for the plan of a study over families; a pilot says better."""
SPREAD = 0.4
"""Standard deviation over items of the probability of the right answer, for the expected interval: on small models at
their edge it is .3 to .45."""


@runtime_checkable
class Counts(Model, Protocol):
    """A model that can say what it computes: any local one, and a server that tells its tokens."""

    usage: Usage

    def session(self) -> Counts:
        """With a bill of its own."""
        ...

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """A prompt as preamble tokens, the other tokens, and the lead of what comes next."""
        ...

    def tokens(self, text: str) -> tuple[int, ...]:
        """Tokens of a text."""
        ...


class Rehearsal:
    """A model that answers at once and counts what a real one would compute."""

    def __init__(self, model: Counts, known: set[tuple[int, ...]] | None = None, long: Long | None = None) -> None:
        self._model, self.card = model, model.card
        self._preambles = set() if known is None else known
        self.long: Long = {} if long is None else long
        self._trees: dict[tuple[int, ...], Tree] = {}
        self._worked: dict[str, str] = {}
        self._items: dict[str, Item] = {}
        self.usage = Usage()

    def session(self) -> Rehearsal:
        """A unit's own trees; preambles are computed once a run."""
        return Rehearsal(self._model, self._preambles, self.long)

    def know(self, items: Iterable[Item]) -> None:
        """The reasoning to count."""
        self._worked |= {item.asked: item.worked.text for item in items}
        self._items |= {item.asked: item for item in items}

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The rest of the worked reasoning."""
        self._ask(prompt, (), room=sampling.tokens)
        text = self._worked.get(prompt.question, "")[len(joined(prompt.prefill)) :].strip() or "nothing."
        written = len(self._model.tokens(f" {text} {PROBE}"))
        self.usage += Usage(generated=min(written, sampling.tokens))
        return Completion(text, written, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Indifferent."""
        self._ask(prompt, options, closing)
        return Reading(tuple(-math.log(len(options)) for _ in options))

    def _ask(self, prompt: Prompt, options: Sequence[str], closing: str = "", room: int = 0) -> None:
        preamble, tokens, lead = self._model.lower(prompt)
        tails, also = sequences(self._model.tokens, lead, options, closing)
        self._fit(prompt, len(preamble) + len(tokens) + max([room, *map(len, tails)]))
        computed = 0
        if preamble not in self._preambles:
            self._preambles.add(preamble)
            computed += len(preamble)
        tree = self._trees.setdefault(preamble, Tree())
        before = len(tree)
        nodes = tree.insert(tokens)
        for tail in (*tails, *(other for others in also for other in others)):
            tree.insert(tail[:-1], nodes[-1] if nodes else ROOT)
        asked = len(preamble) + len(tokens) + sum(map(len, tails))
        self.usage += Usage(asked=asked, computed=computed + len(tree) - before, requests=1)

    def _fit(self, prompt: Prompt, needed: int) -> None:
        """Note an item whose prompt does not fit the context, and fail as the model would."""
        context = self.card.context
        if not context or needed <= context:
            return
        within = [known for known in self._items if known in prompt.question]
        if within:
            name = self._items[max(within, key=len)].id
            self.long[name] = max(needed, self.long.get(name, 0))
        raise ContextTooSmall(needed, context, "a prompt and its answer")


def too_long(long: Long, context: int) -> list[str]:
    """Which items cannot fit, as a line; none where all do."""
    if not long:
        return []
    told = ", ".join(f"{name} ({needed:,})" for name, needed in list(long.items())[:SHOWN])
    more = f" and {len(long) - SHOWN} more" if len(long) > SHOWN else ""
    items = f"{len(long)} item{'s' if len(long) > 1 else ''}"
    return [f"{items} cannot fit the context of {context:,} tokens, and will fail at least in part: {told}{more}"]


def make_plan(config: Config) -> list[str]:
    """The plan as lines."""
    study, tasks = open_study(config.study), open_tasks(config.tasks)
    model = open_model(config.model, config.loading)
    if not isinstance(model, Counts):
        raise NotMeasurable(f"plans count tokens, and {model.card.name} has none")
    rehearsal, lines, total, units = Rehearsal(model), [], Usage(), 0
    for task in tasks:
        level = task.levels[min(1, len(task.levels) - 1)] if config.difficulty == "edge" else int(config.difficulty)
        drawn = material(task, level, config, config.items, study)
        spent, count = asyncio.run(_study(study, rehearsal, drawn, config))
        probe = study.probe if isinstance(study, InParts) else edge.probe
        probes = asyncio.run(_rehearse(probe, rehearsal, drawn.groups(drawn.edge) * 2, config))
        count += 2 * len(drawn.groups(drawn.edge))
        units += count
        total += spent + probes
        lines.append(
            f"{task.name}, level {level}: {count} units, {spent.computed + probes.computed:,} prompt tokens to compute "
            f"({spent.asked + probes.asked:,} asked for), {spent.generated + probes.generated:,} to write"
        )
    read, write = speed(model)
    seconds = total.computed / read + total.generated / write
    half = 1.96 * SPREAD / math.sqrt(config.items)
    if config.difficulty == "edge":
        lines.append("the edge is not known before the run: counted at the level shown, with two levels probed")
    expected = (
        f"intervals to expect: +-{half:.2f} for a mean probability over {config.items} items (spread over items "
        f"{SPREAD}); a channel is a paired difference and usually narrower, the share is wider by 1 / (own - chance)"
    )
    if isinstance(study, InParts):
        expected = power.plan(len(tasks), config.items, TAU).sentence
    return [
        *lines,
        *too_long(rehearsal.long, model.card.context),
        f"in all: {units} units, {total.requests:,} requests, {total.computed:,} prompt tokens to compute of "
        f"{total.asked:,} asked for ({total.asked / max(1, total.computed):.1f} times fewer), "
        f"{total.generated:,} to write",
        f"time: about {seconds:.0f} s here (measured just now: {read:.0f} prompt tokens and {write:.0f} written "
        "tokens a second)",
        expected,
    ]


async def _study(study: Study, rehearsal: Rehearsal, drawn: Material, config: Config) -> tuple[Usage, int]:
    """What measuring a task costs, and how many units that is: every part of it, with what is prepared for it."""
    groups = drawn.groups(drawn.items)
    if not isinstance(study, InParts):
        return await _rehearse(study.measure, rehearsal, groups, config), len(groups)
    total, count = Usage(), 0
    for part in study.parts(config.settings):
        about, made = replace(groups[0], items=drawn.dev, part=part), rehearsal.session()
        made.know((*drawn.dev, *drawn.examples))
        prepared = tuple(await study.prepare(made, about, config.settings, Key(("plan", part))))
        mine = [replace(group, part=part, prepared=prepared) for group in groups]
        total += made.usage + await _rehearse(study.measure, rehearsal, mine, config)
        count += 1 + len(mine)
    return total, count


async def _rehearse(measure: Measure, model: Rehearsal, groups: Sequence[Group], config: Config) -> Usage:
    total = Usage()
    for group in groups:
        session = model.session()
        session.know((*group.items, *group.examples))
        await measure(session, group, config.settings, Key(("plan", group.task.name)))
        total += session.usage
    return total


def speed(model: Counts) -> tuple[float, float]:
    """Prompt tokens and written tokens a second on this machine now, from one small batch of each."""
    text = " ".join(f"{a} plus {a} is {2 * a}." for a in range(6))
    prompts = [Prompt((), f"What is {i}? {text}") for i in range(8)]

    async def timed(tokens: int) -> tuple[Usage, float]:
        session = model.session()
        started = time.perf_counter()
        sampling = Sampling(tokens, temperature=1.0)
        await asyncio.gather(*(session.generate(p, sampling, Key(("speed", str(i)))) for i, p in enumerate(prompts)))
        return session.usage, time.perf_counter() - started

    asyncio.run(timed(1))  # the first batch pays for memory that is touched for the first time
    reading, read_seconds = asyncio.run(timed(1))
    writing, write_seconds = asyncio.run(timed(8))
    more = max(write_seconds - read_seconds, 1e-3)
    return reading.computed / read_seconds, max(1, writing.generated - reading.generated) / more
