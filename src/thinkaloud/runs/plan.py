"""What a run would cost, counted and not run: the study is rehearsed with a model that only counts.

The rehearsal asks exactly the prompts that the study would ask if the model reasoned as the task's worked reasoning
does, merges them into the same prefix trees, and counts nodes. What it does not know is how long this model really
reasons and, at the edge, which level will be chosen; both are reported with the numbers. Where the user says how many
tokens a reasoning may take, or no worked reasoning is known, every reasoning is counted with all of its tokens.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from thinkaloud.conditions.settings import budget_of
from thinkaloud.errors import SHOWN, ContextTooSmall
from thinkaloud.joining import joined
from thinkaloud.models.closed import sequences
from thinkaloud.models.session import Counts, profile_of
from thinkaloud.models.tree import ROOT, Tree
from thinkaloud.runs.records import Forgetting
from thinkaloud.study import EDGE, Asked, Done, Study, Unit
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Prompt, Reading, Sampling, Usage

Long = dict[str, int]
"""Item that does not fit the context -> the most tokens that a prompt of it needs."""
MUSING, NOTHING = "Let me think about this step by step.", "nothing."
"""What a model is taken to write where its reasoning is not known, and where it is asked for something else."""


@dataclass
class Whole:
    """What the units of a rehearsal have in common: preambles that were computed, items that do not fit, tasks of which
    no worked reasoning is known with the tokens that each reasoning was counted with, and the `most` tokens that could
    be written in all."""

    preambles: set[tuple[int, ...]] = field(default_factory=set)
    long: Long = field(default_factory=dict)
    guessed: dict[str, int] = field(default_factory=dict)
    most: int = 0


class Rehearsal:
    """A model that answers at once and counts what a real one would compute."""

    def __init__(self, model: Counts, budget: int | None = None, whole: Whole | None = None) -> None:
        self._model, self.card, self.profile, self._budget = model, model.card, profile_of(model), budget
        self.whole = whole or Whole()
        self._trees: dict[tuple[int, ...], Tree] = {}
        self._items: dict[str, Item] = {}
        self.usage = Usage()

    def session(self) -> Rehearsal:
        """A unit's own trees; preambles are computed once a run."""
        return Rehearsal(self._model, self._budget, self.whole)

    def tokens(self, text: str) -> tuple[int, ...]:
        """As the model itself: what is as long as something else must be so in a plan, too."""
        return self._model.tokens(text)

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """As the model itself."""
        return self._model.lower(prompt)

    def know(self, items: Iterable[Item]) -> None:
        """Use each item's worked reasoning as the text that the model would write."""
        self._items |= {item.asked: item for item in items}

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """The rest of the reasoning. Asked about no item, it is an editor, which is given three times the room that its
        text needs (`tasks/text.py`)."""
        self._ask(prompt, (), room=sampling.tokens)
        item = self._about(prompt.question)
        text = "" if item is None else self._reasoning(item, sampling.tokens)[len(joined(prompt.begun)) :].strip()
        edits = not any(known in prompt.question for known in self._items)
        written = sampling.tokens // 3 if edits else len(self._model.tokens(f" {text or NOTHING} {PROBE}"))
        self.usage += Usage(generated=min(written, sampling.tokens))
        self.whole.most += sampling.tokens
        return Completion(
            text or NOTHING, written, "stop", self.profile.mark if prompt.inside and self.profile else None
        )

    def _about(self, question: str) -> Item | None:
        """The item that a question is of, with words behind it that ask for reasoning or none."""
        known = self._items.get(question)
        begun = [asked for asked in self._items if question.startswith(asked)] if known is None else []
        return self._items[max(begun, key=len)] if begun else known

    def _reasoning(self, item: Item, room: int) -> str:
        """What the model would write about an item from the beginning: the worked reasoning, or where its length says
        nothing, a text that takes all the tokens there are, less than a sentence short of them."""
        if item.worked.text and self._budget is None:
            return item.worked.text
        if not item.worked.text:
            self.whole.guessed[item.task] = max(room, self.whole.guessed.get(item.task, 0))
        text = item.worked.text or MUSING
        times = (self._budget or room) // len(self._model.tokens(f" {text}"))
        return " ".join([text] * max(1, times))

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Equal log-probabilities: only tokens are counted."""
        self._ask(prompt, options, closing)
        return Reading(tuple(-math.log(len(options)) for _ in options))

    def _ask(self, prompt: Prompt, options: Sequence[str], closing: str = "", room: int = 0) -> None:
        preamble, tokens, lead = self._model.lower(prompt)
        tails, also = sequences(self._model.tokens, lead, options, closing)
        self._fit(prompt, len(preamble) + len(tokens) + max([room, *map(len, tails)]))
        computed = 0
        if preamble not in self.whole.preambles:
            self.whole.preambles.add(preamble)
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
            self.whole.long[name] = max(needed, self.whole.long.get(name, 0))
        raise ContextTooSmall(needed, context, "a prompt and its answer")


def too_long(long: Long, context: int) -> list[str]:
    """Which items cannot fit, as a line; none where all do."""
    if not long:
        return []
    told = ", ".join(f"{name} ({needed:,})" for name, needed in list(long.items())[:SHOWN])
    more = f" and {len(long) - SHOWN} more" if len(long) > SHOWN else ""
    items = f"{len(long)} item{'s' if len(long) > 1 else ''}"
    return [f"{items} cannot fit the context of {context:,} tokens, and will fail at least in part: {told}{more}"]


class Counting(Forgetting):
    """A `Do` that does every unit with a model that only counts, and sums up what each subject costs."""

    def __init__(self, study: Study, model: Rehearsal) -> None:
        super().__init__(study, model)
        self.model = model
        self.spent: dict[str, Usage] = {}
        self.units: Counter[str] = Counter()

    async def unit(self, unit: Unit) -> Done:
        """What it would cost."""
        session = self.model.session()
        records = await unit.work(session)
        self.spent[unit.subject] = self.spent.get(unit.subject, Usage()) + session.usage
        self.units[unit.subject] += 1
        return Done(records)


def make_plan(study: Study, asked: Asked) -> list[str]:
    """The plan as lines; `asked` with the real model."""
    model = asked.model
    if "model" not in study.takes:
        return [f"{study.name} is given no model: no tokens are counted here", *_expected(study, asked)]
    if not isinstance(model, Counts):
        said = f"{model.card.name} does not say what its tokens are: there is nothing to count"
        return [said, *_expected(study, asked)]
    budget = budget_of(asked.settings)
    rehearsal = Rehearsal(model, budget)
    do = Counting(study, rehearsal)
    rehearsed = replace(asked, model=rehearsal, rehearsal=True, open_model=_rehearsing(asked.open_model, rehearsal))
    notes = asyncio.run(study.run(rehearsed, do))
    total, units = sum(do.spent.values(), Usage()), sum(do.units.values())
    read, write = speed(model)
    seconds = total.computed / read.tokens + total.generated / write.tokens
    lines = [_cost(f"{name}: {do.units[name]} units", spent) for name, spent in do.spent.items()]
    if asked.difficulty == EDGE and any(len(task.levels) > 1 for task in asked.tasks):
        lines.append("the edge is not known before the run: counted at an easy level, with two levels probed")
    return [
        *lines,
        *_counted(rehearsal.whole, budget),
        *too_long(rehearsal.whole.long, model.card.context),
        *notes,
        f"in all: {units} units, {total.requests:,} requests, {total.computed:,} prompt tokens to compute of "
        f"{total.asked:,} asked for ({total.asked / max(1, total.computed):.1f} times fewer), "
        f"{total.generated:,} to write (at most {max(rehearsal.whole.most, total.generated):,})",
        f"time: {'less than' if read.bound or write.bound else 'about'} {math.ceil(seconds)} s here (measured now: "
        f"{read} prompt tokens and {write} written tokens a second)",
        *_expected(study, asked),
    ]


def _rehearsing(open_model: Callable[[str], Model] | None, rehearsal: Rehearsal) -> Callable[[str], Model] | None:
    """Opens further models that only count, too; one that does not say its tokens is counted in the run's own."""
    if open_model is None:
        return None

    def opened(name: str) -> Model:
        found = open_model(name)
        return Rehearsal(found) if isinstance(found, Counts) else rehearsal.session()

    return opened


def _counted(whole: Whole, budget: int | None) -> list[str]:
    """Which reasonings were counted as long as they may be."""
    if budget is not None:
        return [f"every reasoning is counted with all of its {budget:,} tokens (--think-tokens)"]
    return [
        f"{task} has no worked reasoning: each is counted with all of the {room:,} tokens that it may take"
        for task, room in whole.guessed.items()
    ]


def _cost(name: str, spent: Usage) -> str:
    return (
        f"{name}, {spent.computed:,} prompt tokens to compute ({spent.asked:,} asked for), {spent.generated:,} to write"
    )


def _expected(study: Study, asked: Asked) -> list[str]:
    said = study.precision(asked)
    return [said] if said else []


ENOUGH, LONGEST = 0.5, 6.0
"""Seconds that a measurement should take to stand well above the clock's noise, and after which none is begun."""
WRITERS = 2
"""Prompts that are answered side by side, to measure how fast answers are written."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens a second; `bound`: it was too fast to be measured, and is at least this."""

    tokens: float
    bound: bool = False

    def __str__(self) -> str:
        return f"{'more than ' if self.bound else ''}{self.tokens:,.0f}"


def rate(tokens: int, seconds: float) -> Rate:
    """The rate of so many tokens in so many seconds; a bound where the time is too short to say more."""
    return Rate(max(1, tokens) / max(seconds, ENOUGH), seconds < ENOUGH)


def speed(model: Counts) -> tuple[Rate, Rate]:
    """How fast prompts are computed and answers written on this machine now. More prompts, then more words, until it
    takes `ENOUGH` seconds or `LONGEST` are over: under 20 seconds in all, unless a single batch takes longer."""
    start, base = asyncio.run(_timed(model, WRITERS, 1))
    if base < ENOUGH:  # the first batch paid for memory that was touched for the first time
        start, base = asyncio.run(_timed(model, WRITERS, 1))
    reading = (start, base) if base >= ENOUGH else _growing(lambda n: _timed(model, n, 1), 4 * WRITERS, 256)

    async def written(n: int) -> tuple[Usage, float]:
        usage, seconds = await _timed(model, WRITERS, n)
        return Usage(generated=usage.generated - start.generated), seconds - base

    # where the context is short, what is written fills no more than half of it
    writing = _growing(written, 4, min(1024, model.card.context // 2 or 1024))
    return rate(reading[0].computed, reading[1]), rate(writing[0].generated, writing[1])


def _growing(timed: Callable[[int], Awaitable[tuple[Usage, float]]], n: int, most: int) -> tuple[Usage, float]:
    """What the first batch cost that took long enough, or the largest of them."""
    started = time.perf_counter()

    async def once(size: int) -> tuple[Usage, float]:
        return await timed(size)

    while True:
        usage, seconds = asyncio.run(once(n))
        if seconds >= ENOUGH or n >= most or time.perf_counter() - started > LONGEST:
            return usage, seconds
        n = min(4 * n, most)


async def _timed(model: Counts, prompts: int, tokens: int) -> tuple[Usage, float]:
    """The bill and the seconds of writing so many tokens after each of so many prompts, all at once."""
    text = " ".join(f"{a} plus {a} is {2 * a}." for a in range(6))
    session, sampling = model.session(), Sampling(tokens, temperature=1.0)
    asked = [(Prompt((), f"What is {i}? {text}"), Key(("speed", str(i)))) for i in range(prompts)]
    started = time.perf_counter()
    await asyncio.gather(*(session.generate(prompt, sampling, key) for prompt, key in asked))
    return session.usage, time.perf_counter() - started
