"""Caps that hold: what a command may spend, in tokens or in money, is never exceeded where it can be known beforehand.

An engine is asked before each batch, and a server before each request, how much that can cost at most
(`models/gate.py`); where there is no room for it, it is not done, its unit is given up, and nothing of it is recorded.
A model without a gate passes one request by request (`models/tolls.py`). Where the cost is not known beforehand (an
engine that computes a text anew for every token), a cap holds but for the unit that is dearer than all before it, and
the last line says by how much.

Money is counted over a run and not over a command: the pot is a file in its folder (of shards, beside their folders),
which begins with the most that what is recorded there can have cost. Several commands may share both caps (`pot.py`).
What a server may have done for a request that it did not answer, or with an error, counts as its most, each time.

A cap of time ends a unit that is being done before its next batch or request, once the command has finished another
one: the first is always finished, so that resuming again and again comes to an end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.session import usage_of
from thinkaloud.models.tolls import Tolls, bounded
from thinkaloud.runs.caps import CapReached, Caps
from thinkaloud.runs.pot import Own, Pot, Shared
from thinkaloud.runs.price import Price, cap_of, price_of, told
from thinkaloud.runs.purse import Purse
from thinkaloud.values import duration
from thinkaloud.vocabulary import Model, Record, Usage

SPENT = "spent.json"
"""What a run with a cap of money spent, in its folder; of a run in shards, beside their folders, behind its name."""
Work = Callable[[Model], Awaitable[Sequence[Record]]]
"""Of a unit (`study.Unit`)."""


@dataclass(frozen=True, slots=True)
class Money:
    """A cap of money in `price.UNIT`s, and what tokens cost. `shared`: the file of a pot, if not the run's own."""

    most: int
    price: Price
    shared: str | None = None


class Held(Caps):
    """Caps whose amounts are of pots. `given_up`: units that were begun and did not fit."""

    def __init__(
        self, tokens: int | None = None, seconds: float | None = None, pot: Pot | None = None,
        money: Money | None = None, **more: Any,
    ):  # fmt: skip
        super().__init__(tokens, seconds, **more)
        self.pot: Pot = pot or Own()
        if isinstance(self.pot, Shared) and tokens is None:
            raise UserError("--share-caps shares --max-tokens and --max-cost: give one of them too")
        self.purses: list[Purse] = []
        if tokens is not None:
            self.purses.append(Purse("--max-tokens", tokens, self.pot, _tokens, "{:,} tokens".format))
        self.money = money
        self.given_up, self.finished = 0, 0
        self._full: Purse | None = None
        self._refused: Purse | None = None
        self._late = False
        self._tolls, self._asked = Tolls(), dict[int, Model]()

    def keep(self, file: Path, spent: Usage) -> None:
        """The run is known: its pot of money is in this file, and begins with what was `spent` on it before."""
        if self.money is None:
            return
        cost, shared = self.money.price.cost, self.money.shared
        kept = "--max-cost keeps what is spent in"
        pot = Shared(file, "money", cost(spent), kept) if shared is None else Shared(shared, "money", cost(spent))
        self.purses.append(Purse("--max-cost", self.money.most, pot, cost, told))

    @property
    def reached(self) -> bool:
        """Whether no further unit may begin: also where one did not fit, or the dearest so far would not."""
        if self._full is None:
            may = (one for one in self.purses if self._any or one.shared)
            self._full = next((one for one in may if one.full(self._being_done(one))), None)
        return self._full is not None or bool(self.given_up) or super().reached

    def _being_done(self, purse: Purse) -> list[tuple[int, int]]:
        return [(id(one.session), 0 if bounded(one.session) else purse.amount(one.bill)) for one in self._open]

    @property
    def _counts(self) -> bool:
        return super()._counts or self.money is not None

    @property
    def _option(self) -> str:
        return super()._option if self.tokens is not None else "--max-cost"

    @property
    def _tokens_are_spent(self) -> bool:
        """What a purse says is said by it."""
        return self._full is not None

    @contextmanager
    def counting(self, session: Model) -> Iterator[None]:
        """While a unit is done. A session of which the most is known pays batch by batch or request by request, any
        other at the end."""
        pays, before = bounded(session), usage_of(session)
        gate = partial(self._gate, id(session), pays) if self.purses or self.seconds is not None else None
        try:
            with super().counting(session), self._tolls.opened(session, gate) as asked:
                self._asked[id(session)] = asked
                yield
            self.finished += 1
        except CapReached:
            self.given_up += 1
            self._full = self._full or self._refused
            raise
        finally:
            self._asked.pop(id(session), None)
            bill = usage_of(session)
            for purse in self.purses:
                purse.close(id(session), 0 if pays else purse.amount(bill) - purse.amount(before))

    def through(self, work: Work) -> Work:
        """The work of a unit, which asks its session so that requests pass the gate."""

        async def done(session: Model) -> Sequence[Record]:
            return await work(self._asked.get(id(session), session))

        return done

    @contextmanager
    def _gate(self, session: int, pays: bool, most: Usage, bill: Callable[[], Usage]) -> Iterator[None]:
        """Keep back what a batch can cost, and give back what it did not; `CapReached` where there is no room, or no
        time."""
        if self.finished and self.seconds is not None and self.took >= self.seconds:
            self._late, self._refused = True, None
            raise CapReached("the time is over")
        kept: list[Purse] = []
        for purse in self.purses if pays else ():
            if not purse.keep_back(most):
                for other in kept:
                    other.settle(session, most, Usage())
                self._refused = purse
                raise CapReached("the next batch would not fit")
            kept.append(purse)
        try:
            yield
        finally:
            for purse in kept:
                purse.settle(session, most, bill())

    def sentence(self, done: str, go_on: str) -> str:
        """As `Caps.sentence`; `UserError` where the cap is too small for a single unit, since going on with the same
        one would never come to an end."""
        full = self._full
        if full is not None and self.given_up and not self.finished and not full.shared:
            raise UserError(
                f"{_named(full)} is too little for one unit: it was given up after {full.said(full.pot.taken)}, where "
                f"what came next could take {full.said(full.wanted).removesuffix(' tokens')}; {done} are done; to go "
                f"on, give more: {go_on}"
            )
        said = super().sentence(done, go_on)
        if full is not None and full.option == "--max-tokens" and not full.shared and full.pot.taken > self.spent:
            rest = full.said(full.pot.taken - self.spent)
            said = said.replace(
                "; ", f"; {rest} besides may have been spent by workers or requests that were lost; ", 1
            )
        for purse in self.purses:
            if purse.shared:
                by = "on this run" if purse.option == "--max-cost" else "by all that share the cap"
                said = said.replace("; ", f"; {purse.said(purse.pot.taken)} {by}; ", 1)
        return said

    @property
    def _why(self) -> str:
        if self._full is None or self._is_enough:
            return super()._why
        return f"by {_named(self._full)}"

    @property
    def _more(self) -> str:
        if self._full is None or self._is_enough:
            return super()._more
        over = self._full.over
        unit = " more than the cap: units that had begun were finished"
        return f" ({self._full.said(over)}{unit})" if over else ""


def _named(purse: Purse) -> str:
    """The cap as it was given."""
    return f"{purse.option} {purse.said(purse.most).removesuffix(' tokens')}"


def _tokens(usage: Usage) -> int:
    return usage.computed + usage.generated


@dataclass(frozen=True, slots=True)
class Asked:
    """Caps as a caller gives them: `tokens`; `time` in seconds, or as in `10m` (`values.duration`); `cost` and the
    `price` of tokens (`price.py`); `shared`: the file of a pot."""

    tokens: int | None = None
    time: float | str | None = None
    cost: float | str | None = None
    price: Any = None
    shared: str | None = None


def held(asked: Asked) -> Held:
    """Caps as asked for. The clock starts now."""
    seconds = duration(asked.time) if isinstance(asked.time, str) else asked.time
    money = None
    if asked.cost is not None:
        most = cap_of(asked.cost)
        if asked.price is None:
            raise UserError(
                f"--max-cost is {asked.cost}, and no price is known: give what a million tokens of prompts cost, and a "
                "million that are written, as in --price 0.15,0.60"
            )
        money = Money(most, price_of(asked.price), asked.shared)
    elif asked.price is not None:
        raise UserError(f"--price is {asked.price}, and nothing is capped by it: give --max-cost too")
    shared = asked.shared is not None and (asked.tokens is not None or money is None)
    return Held(asked.tokens, seconds, Shared(asked.shared) if shared and asked.shared else None, money)
