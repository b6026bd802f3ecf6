"""A gate for every session, whether or not it has one of its own.

A session that passes a gate (`gate.py`) is given one, and so is the model behind one that only passes requests on (its
`inner`). Any other is asked through a view of it, and each request passes first: it can cost the tokens of its prompt
(as many as its text has bytes, where the model does not show its tokens) and all those that may be written; reading
options costs at most a prompt, an option and a token for each. What it did cost, the session's bill says. Where there
is no room for a request, it waits for those of its session that are being answered: what they did not cost is room.

Requests of one session overlap, and a bill does not say which of them it is for. Whoever ends is charged what was
billed so far, but no more than its most, and the most of the others stays kept back; the last one is charged the rest.
So never less is taken than was spent. A request that failed on the way is charged its most.

`UNIT` is the gate of the unit that is being done, for whoever asks another model for the same unit (`lent`). This
module holds no budget and knows no unit. Not known: whether a model keeps to these bounds, such as one that computes a
prompt several times for one text. Then what it is billed counts, and it goes over by that request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from thinkaloud.errors import TextRefused, ThinkaloudError, Unreached, UserError, ends_run
from thinkaloud.models.gate import FRAME, Gate, Gated, most_said
from thinkaloud.models.session import Lowers, Tokenizes, open_session, usage_of
from thinkaloud.vocabulary import Completion, Key, Model, Prompt, Reading, Sampling, Usage

UNIT: ContextVar[Gate | None] = ContextVar("UNIT", default=None)
UNASKED = (Unreached, UserError, TextRefused)
"""Errors of a request of which nothing was computed."""

Counts = tuple[int, int, int]
"""Tokens asked, computed and generated."""
NOTHING: Counts = (0, 0, 0)
T = TypeVar("T")


def gated(session: Model) -> Gated | None:
    """Who passes a gate of its own where this session is asked; None where nobody does."""
    if isinstance(session, Gated):
        return session
    behind = getattr(session, "inner", None)
    return gated(behind) if isinstance(behind, Model) else None


def bounded(session: Model) -> bool:
    """Whether the most that is told before a batch or request holds, as far as that is known."""
    own = gated(session)
    return own is None or own.bounded


class Tolls:
    """Gives sessions their gates. A model without sessions may be asked for several units at once: it keeps the gate of
    one of them as long as any is done."""

    def __init__(self) -> None:
        self._gates: dict[int, list[Gate]] = {}
        self._bills: dict[int, _Bill] = {}

    @contextmanager
    def opened(self, session: Model, gate: Gate | None) -> Iterator[Model]:
        """While a unit is done: what is to be asked in place of the session, whose requests pass the gate (None: they
        pass none)."""
        before = UNIT.set(gate)
        try:
            if gate is None:
                yield session
            elif (own := gated(session)) is not None:
                with self._given(own, gate):
                    yield session
            else:
                with self._charged(session, gate) as view:
                    yield view
        finally:
            UNIT.reset(before)

    @contextmanager
    def _given(self, own: Gated, gate: Gate) -> Iterator[None]:
        gates = self._gates.setdefault(id(own), [])
        gates.append(gate)
        own.gate = gate
        try:
            yield
        finally:
            gates.remove(gate)
            own.gate = gates[-1] if gates else None
            if not gates:
                del self._gates[id(own)]

    @contextmanager
    def _charged(self, session: Model, gate: Gate) -> Iterator[Model]:
        bill = self._bills.setdefault(id(session), _Bill(session))
        bill.units += 1
        try:
            yield view(session, _Toll(session, bill, lambda: gate))
        finally:
            bill.units -= 1
            if not bill.units:
                del self._bills[id(session)]
                if any(rest := bill.owed()):  # spent without a request; refused only where too much is spent already
                    with suppress(ThinkaloudError), gate(Usage(), lambda: Usage(*rest)):
                        pass


def lent(model: Model) -> Model:
    """A model that is asked beside the one that a unit is of, such as one that edits: what it does in a unit passes the
    unit's gate."""

    def session() -> Model:
        opened = open_session(model)
        if UNIT.get() is None:
            return opened
        own = gated(opened)
        if own is None:
            return view(opened, _Toll(opened, _Bill(opened), UNIT.get))
        own.gate = UNIT.get()
        return opened

    return view(model, None, {"session": session})


class _Bill:
    """What a session was charged so far; `units` that ask it, and requests that are being answered."""

    def __init__(self, session: Model) -> None:
        self._session, self._charged = session, _counts(usage_of(session))
        self._twice = NOTHING  # of requests that failed: charged, and perhaps billed as well
        self.units, self.asking = 0, 0
        self.changed = asyncio.Event()

    def owed(self) -> Counts:
        """Billed, and not charged yet."""
        return _less(_counts(usage_of(self._session)), self._charged)

    def paid(self, counts: Counts) -> None:
        """So much of the bill is charged, or paid by somebody else."""
        self._charged = _plus(self._charged, counts)

    def end(self, most: Usage, failed: bool) -> Usage:
        """A request was answered, or failed on the way; what it is charged."""
        self.asking -= 1
        self.changed.set()
        self.changed = asyncio.Event()
        if failed:
            charge = _counts(most)
            self._twice = _plus(self._twice, charge)
        else:
            charge = _least(self.owed(), _counts(most))
            self.paid(charge)
        if not self.asking:
            rest = self.owed()
            self.paid(rest)
            charge = _plus(charge, _less(rest, self._twice))
            self._twice = NOTHING
        return Usage(*charge)


def _counts(usage: Usage) -> Counts:
    return usage.asked, usage.computed, usage.generated


def _plus(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _less(one: Counts, other: Counts) -> Counts:
    """None below 0."""
    return max(0, one[0] - other[0]), max(0, one[1] - other[1]), max(0, one[2] - other[2])


def _least(one: Counts, other: Counts) -> Counts:
    return min(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2])


class _Toll:
    """Has every request of a session pass the gate that there is then."""

    def __init__(self, session: Model, bill: _Bill, gate: Callable[[], Gate | None]) -> None:
        self._session, self.bill, self._gate = session, bill, gate

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """See `Model`."""
        read = _read(self._session, prompt)
        most = Usage(read, read, sampling.tokens)
        return await self._passing(most, lambda: self._session.generate(prompt, sampling, key))

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """See `Model`."""
        said = sum(_tokens(self._session, option + closing) + 1 for option in options)
        read = _read(self._session, prompt) * len(options) + said
        most = Usage(read, read, len(options))
        return await self._passing(most, lambda: self._session.score(prompt, options, closing))

    async def _passing(self, most: Usage, ask: Callable[[], Awaitable[T]]) -> T:
        gate, bill = self._gate(), self.bill
        if gate is None:
            return await ask()
        cost = [most]
        while True:
            with ExitStack() as passed:
                try:
                    passed.enter_context(gate(most, lambda: cost[0]))
                except Exception as error:
                    if not (ends_run(error) and bill.asking):
                        raise
                else:
                    return await self._asked(ask, cost)
            await bill.changed.wait()

    async def _asked(self, ask: Callable[[], Awaitable[T]], cost: list[Usage]) -> T:
        """The answer; what it is charged is put into `cost`."""
        self.bill.asking += 1
        failed = True
        try:
            answer = await ask()
            failed = False
            return answer
        except UNASKED:
            failed = False
            raise
        finally:
            cost[0] = self.bill.end(cost[0], failed)


def _tokens(session: Model, text: str) -> int:
    if isinstance(session, Tokenizes):
        with suppress(Exception):  # a text that it cannot take
            return len(session.tokens(text)) + 1  # a text may begin otherwise where it stands alone
    return len(text.encode("utf-8", "surrogatepass"))


def _read(session: Model, prompt: Prompt) -> int:
    """The most tokens that a prompt has."""
    if isinstance(session, Lowers):
        with suppress(Exception):  # a prompt that it cannot take: it says so when it is asked
            preamble, tokens, _ = session.lower(prompt)
            return len(preamble) + len(tokens)
    thinking = prompt.thinking.parts if prompt.thinking is not None else ()
    turns = [part for shot in prompt.shots for part in (shot.question, *shot.thinking, *shot.answer)]
    turns += [prompt.question, *thinking, *prompt.prefill]
    if isinstance(session, Tokenizes):
        return sum(_tokens(session, turn) for turn in turns) + FRAME * (len(turns) + 1)
    return most_said(turns, 0).computed


# ------------------------------------------------------------------------------------------------------------- a view


class _View:
    """A session as it is, but for what is given instead."""

    _viewed: Any
    _toll: _Toll | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._viewed, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "usage" and self._toll is not None:  # what another model did for the unit passed the gate itself
            self._toll.bill.paid(_less(_counts(value), _counts(self._viewed.usage)))
        setattr(self._viewed, name, value)


def view(session: Model, toll: _Toll | None, instead: Mapping[str, Any] | None = None) -> Model:
    """The session, asked through a toll; or with these members instead of its own. Whoever asks whether it is of a
    class, or has a trait, hears what the session would say."""
    given = {} if toll is None else {"generate": toll.generate, "score": toll.score}
    given |= instead or {}
    names = {name for name in dir(session) if not name.startswith("_")} - given.keys()
    members: dict[str, Any] = {name: _forwarded(name) for name in names}
    members["__class__"] = property(lambda self: type(session))
    made: Any = object.__new__(type("Viewed", (_View,), members))
    vars(made).update(given, _viewed=session, _toll=toll)
    return cast(Model, made)


def _forwarded(name: str) -> property:
    return property(lambda self: getattr(self._viewed, name))
