"""What an arm asks with: calls, sub-processes and tools, each paid from one ledger.

    async def solve(item, ask):
        parts = (await ask(f"Name the two numbers in: {item.question}")).split(" and ")
        found = await asyncio.gather(*(ask.sub(f"What is twice {part}?", share=0.3) for part in parts))
        return await ask(f"What is {' + '.join(found)}?")

An arm is any such function: it returns its answer as text. `ask(...)` is one call with nothing before it but what is
given; `ask.snap` and `ask.aloud` are the two tuned ways to ask, with the arm's examples; `ask.sub` runs a process with
a context and, if wanted, a share of the budget of its own, to any depth; `ask.tool` runs a tool. `asyncio.gather` runs
things side by side, and what is asked at the same time is computed together.

When the budget ends, the process ends (`OutOfBudget` goes up through it and need not be caught) and the answer it has
offered by then (`ask.offer`) counts.

An intervention changes what comes back from the processes below the arm (`edits.py`); arms know nothing of it. All
randomness of a call hangs on its own prompt, the item and the attempt, not on the arm or on what else is asked: arms
that ask the same thing are told the same.
"""

from __future__ import annotations

import functools
import hashlib
import re
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from thinkaloud.arms.in_flight import InFlight
from thinkaloud.arms.style import STEP_BY_STEP, Style
from thinkaloud.budget.counter import Counter
from thinkaloud.budget.ledger import Account, Ledger, OutOfBudget, Spend
from thinkaloud.budget.trace import Node, Trace
from thinkaloud.errors import (
    FatalError,
    ModelError,
    TextRefused,
    ThinkaloudError,
    UserError,
    ends_run,
    is_final,
    reason,
    unknown,
)  # fmt: skip
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.tasks.answers import same as same
from thinkaloud.tools.base import ToolResult
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Prompt, Sampling, Shot, Task

Solver = Callable[[Item, "Ask"], Awaitable[str]]
"""An arm, or a process of one."""
Tool = Callable[..., Awaitable[ToolResult]]

_NEXT = re.compile(r"\n\s*(?:Question|Q|Human|User)\s*:")
"""Where a model that goes on after its answer begins another question."""
SHORTEST = 2
"""A call that may write less than this is not worth its prompt."""


class Edit(Protocol):
    """An intervention on results: (`thought`, `sub` or `tool`; what was asked; what came back) -> (what is put in its
    place, name of what was done), or None to leave it."""

    def __call__(self, kind: str, asked: str, text: str) -> tuple[str, str] | None:
        """The text in its place, and the name of what was done."""
        ...


class Returned(str):
    """What a tool gave back, as text; `ok` is False where it failed."""

    ok: bool

    def __new__(cls, text: str, ok: bool) -> Returned:
        """The text, and whether the tool did what it was asked."""
        made = super().__new__(cls, text)
        made.ok = ok
        return made


@dataclass(frozen=True, slots=True)
class Room:
    """Most tokens that a call may write: an answer, a reasoning, a program."""

    answer: int = 16
    aloud: int = 128
    program: int = 160


@dataclass(kw_only=True)
class World:
    """What all processes of one attempt share. `stop` ends an answer; `known` are the options, by which an answer is
    told from what stands around it; `memory` holds what was answered before, so that an edited attempt goes the old way
    up to its edit."""

    model: Model
    task: Task
    style: Style
    ledger: Ledger
    key: Key
    trace: Trace
    counter: Counter
    room: Room = field(default_factory=Room)
    temperature: float = 0.7
    given: bool = False
    stop: tuple[str, ...] = ("\n",)
    tools: Mapping[str, Tool] = field(default_factory=dict)
    edit: Edit | None = None
    memory: dict[str, Completion] = field(default_factory=dict)
    asked: Tally[str] = field(default_factory=Tally)
    known: frozenset[str] = frozenset()

    async def generate(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """The model's answer, or what it said to the same call before."""
        name = _digest(prompt)
        self.asked[name] += 1
        key = self.key.child(name, self.asked[name])
        known = f"{name}/{self.asked[name]}/{sampling.tokens}"
        if known not in self.memory:
            try:
                said = await self.model.generate(prompt, sampling, key)
            except Exception as failure:
                fault = _of_the_model(failure)
                if fault is failure:
                    raise
                raise fault from failure
            self.memory[known] = replace(said, text=said.text.strip())
        return self.memory[known]


@dataclass(frozen=True, slots=True)
class Said:
    """A reasoning and the answer after it (empty: it came to none)."""

    thought: str
    answer: str


class Ask:
    """One process: a context of its own. `style` is how its questions are dressed, `depth` how deep it stands."""

    def __init__(self, world: World, account: Account, node: Node, depth: int = 0) -> None:
        self.world, self._account, self._node, self.depth = world, account, node, depth
        self.offered = ""
        self._under_way = InFlight()
        self._over = False

    @property
    def style(self) -> Style:
        """Instruction and examples that this arm was given."""
        return self.world.style

    @property
    def left(self) -> float:
        """What this process can still spend, in the run's meter."""
        return self._account.left

    def offer(self, answer: str) -> None:
        """The answer so far: what counts if the budget ends now."""
        self.offered = answer

    # ------------------------------------------------------------------------------------------------ calls

    async def __call__(self, question: str, *, shots: tuple[Shot, ...] = (), tokens: int | None = None) -> str:
        """One call: the question, after examples where some are given; what the model wrote."""
        want = self.world.room.aloud if tokens is None else tokens
        return (await self.write(Prompt(shots, question), want)).text

    async def write(
        self, prompt: Prompt, tokens: int, stop: tuple[str, ...] = (), title: str = "call", spare: int = 0
    ) -> Completion:
        """Continue a prompt by at most `tokens`, fewer where the budget says so; `spare` tokens of it are left."""
        return (await self.call(prompt, Sampling(tokens, stop, self.world.temperature), title, spare))[0]

    async def call(self, prompt: Prompt, wanted: Sampling, title: str, spare: int = 0) -> tuple[Completion, Node]:
        """The same, with its node in the trace."""
        if self._over:
            raise OutOfBudget("this process has ended")
        asked = "\n".join((prompt.question, *prompt.prefill))
        node = self.world.trace.add(self._node.id, "call", title, asked)
        lowered = self.world.counter.lower(prompt)
        try:
            hold = self._account.reserve(lowered, wanted.tokens, SHORTEST, spare)
        except OutOfBudget as refused:
            node.cut, node.error = True, str(refused)
            raise
        started = time.perf_counter()
        node.prompt = lowered
        with self._under_way:
            try:
                done = await self.world.generate(prompt, replace(wanted, tokens=hold.tokens))
            except BaseException as failure:
                node.spend, node.error = hold.settle(), str(failure) or type(failure).__name__
                raise
        node.written = self.world.counter.tokens(done.text)
        node.spend = hold.settle(node.written, done.tokens, wall=time.perf_counter() - started)
        node.text, node.cut = done.text, done.finish == "length" and hold.tokens < wanted.tokens
        return done, node

    async def snap(self, question: str, shots: tuple[Shot, ...] | None = None, thought: tuple[str, ...] = ()) -> str:
        """The answer at once, or after a given thought; after examples that have answers alone."""
        examples = self.style.snap if shots is None else shots
        prompt = Prompt(examples, self.style.ask(question), (*thought, PROBE))
        return answer_in((await self.write(prompt, self.world.room.answer, self.world.stop, "answer")).text)

    async def aloud(self, question: str, shots: tuple[Shot, ...] | None = None, start: tuple[str, ...] = ()) -> Said:
        """Reasoning, then an answer, in one context; without examples where there are none with reasoning."""
        examples = self.style.aloud if shots is None else shots
        begin = start or (() if examples else (STEP_BY_STEP,))
        prompt, room = Prompt(examples, self.style.ask(question), begin), self.world.room
        spare = room.answer + len(self.world.counter.tokens(PROBE)) + 1
        wanted = Sampling(room.aloud + room.answer, (), self.world.temperature)
        done, node = await self.call(prompt, wanted, "aloud", spare)
        thought, found, rest = cut(done.text, self.world.known, not self.world.stop)
        answer = answer_in(rest.split(self.world.stop[0])[0] if self.world.stop else rest)
        edited = self._edited("thought", thought, node)
        if not found or edited != thought:  # it has not answered, or not to this
            between = (*begin, *((edited,) if edited else ()))
            answer = await self.snap(question, examples, between)
        self.offer(answer)
        return Said(edited, answer)

    # ------------------------------------------------------------------------------------------------ processes

    async def sub(
        self, what: str | Item, solve: Solver | None = None, *, share: float | None = None, title: str = "sub-process"
    ) -> str:
        """A process with a context of its own: what it answers, or had offered when the budget ended.

        `share` of what is left is set aside for it; without one it spends from this process's budget.
        """
        if self._over:
            raise OutOfBudget("this process has ended")
        item = self.question(what) if isinstance(what, str) else what
        node = self.world.trace.add(self._node.id, "sub", title, item.asked)
        account = self._account if share is None else self._account.open(share)
        inner = Ask(self.world, account, node, self.depth + 1)
        with self._under_way:
            try:
                answer = await inner.run(solve or _aloud, item)
            finally:
                if account is not self._account:
                    self._account.close(account)
        node.text = self._edited("sub", answer, node)
        return node.text

    async def run(self, solve: Solver, item: Item) -> str:
        """Run a process to its end: until everything that it asked is back, also where its budget ended before."""
        try:
            answer = await solve(item, self)
            if not isinstance(answer, str):
                raise TypeError(f"a process returned {answer!r}, not a text")
            return answer
        except OutOfBudget as ended:
            self._node.cut, self._node.error = True, str(ended)
            return self.offered
        finally:
            self._over = True
            await self._under_way.landed()

    def question(self, text: str) -> Item:
        """A question that a process made up: it has no options, and nobody knows its answer."""
        return Item(f"{self._node.id}", self.world.task.name, 0, text, (), "")

    async def tool(self, name: str, text: str, **given: Any) -> Returned:
        """What a tool gives back; its failure is a result too. `given` is the tool's own (see `tools/`)."""
        if name not in self.world.tools:
            raise FatalError(str(unknown("tool", name, self.world.tools)))  # true of every attempt
        if self._over:
            raise OutOfBudget("this process has ended")
        node = self.world.trace.add(self._node.id, "tool", name, text)
        inner = Ask(self.world, self._account, node, self.depth + 1)
        with self._under_way:  # a program may ask, so whoever ends must wait for it too
            result = await self.world.tools[name](text, ask=inner, **given)
        node.spend = Spend(tool_seconds=result.seconds)
        self.world.ledger.book(node.spend)
        node.error = None if result.ok else result.text
        if result.stopped is not None:
            raise result.stopped
        node.text = self._edited("tool", result.text, node)
        return Returned(node.text, result.ok)

    def _edited(self, kind: str, text: str, node: Node) -> str:
        """The text, or what an intervention puts in its place: only results that come back to the arm itself."""
        if self.world.edit is None or self.depth > 0:
            return text
        made = self.world.edit(kind, "" if kind == "thought" else node.asked, text)
        if made is None:
            return text
        node.edited = made[1]
        return made[0]


def _of_the_model(failure: Exception) -> Exception:
    """What a model raised, so that it is not taken for a fault of the arm that asked it."""
    told = isinstance(failure, ThinkaloudError) and (is_final(failure) or not isinstance(failure, UserError))
    if told or ends_run(failure):
        return failure
    return (TextRefused if is_final(failure) else ModelError)(reason(failure))


async def _aloud(item: Item, ask: Ask) -> str:
    return (await ask.aloud(item.asked)).answer


def cut(text: str, known: frozenset[str] = frozenset(), lines: bool = False) -> tuple[str, bool, str]:
    """What was written, cut where it states its answer (`answer_statement.py`): the reasoning, whether there is an
    answer, the answer. `known`: the options, as `plain` spells them; `lines`: answers may have several lines.

    A model that goes on with a question of its own making has ended its turn before it.
    """
    turn = _NEXT.split(text, maxsplit=1)[0]
    found = split_answer(turn, known)
    if found.answer is None:
        return text.strip(), False, ""
    stated, said, rest = turn[found.start :].partition(PROBE)
    return found.text, True, rest if lines and said and not stated.strip("* ") else found.answer


def answer_in(text: str) -> str:
    """An answer as it is compared: without end marks and spaces around it."""
    return text.strip().removesuffix(".").strip()


def _digest(prompt: Prompt) -> str:
    digest = _shown(prompt.shots).copy()
    digest.update(f"\1{prompt.question}\1{' '.join(prompt.prefill)}".encode("utf-8", "replace"))
    return str(digest.hexdigest())[:16]


@functools.lru_cache(maxsize=256)
def _shown(shots: tuple[Shot, ...]) -> Any:
    """The hash of the examples, which many prompts begin with."""
    text = "\0".join(f"{shot.question}\0{' '.join(shot.answer)}" for shot in shots)
    return hashlib.sha256(text.encode("utf-8", "replace"))
