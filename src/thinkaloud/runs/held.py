"""Caps that hold: what a command may spend is never exceeded where it can be known beforehand.

An engine that computes here is asked before each batch how much that can cost at most (`models/gate.py`); a batch for
which there is no room is not computed, its unit is given up, and nothing of it is recorded. So that this happens
seldom, no unit begins that would not fit if it cost as much as the dearest so far. Where the cost of a batch is not
known beforehand (a server, a hosted model), a cap holds but for the unit that is dearer than all before it, and the
last line says by how much.

Several commands may share a cap: what they spend is taken from one pot (`pot.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.models.gate import Gated
from thinkaloud.models.session import usage_of
from thinkaloud.runs.caps import CapReached, Caps
from thinkaloud.runs.pot import Own, Pot, Shared
from thinkaloud.values import duration
from thinkaloud.vocabulary import Model, Usage


class Held(Caps):
    """Caps whose tokens are of a pot. `dearest`: the tokens of the dearest unit so far; `given_up`: units that were
    begun and did not fit."""

    def __init__(self, tokens: int | None = None, seconds: float | None = None, pot: Pot | None = None, **more: Any):
        super().__init__(tokens, seconds, **more)
        self.pot: Pot = pot or Own()
        self.shared = isinstance(self.pot, Shared)
        if self.shared and tokens is None:
            raise UserError("--share-caps shares --max-tokens: give that too")
        self.dearest, self.given_up, self.finished = 0, 0, 0
        self._paid: dict[int, int] = {}
        self._wanted, self._full = 0, False

    @property
    def reached(self) -> bool:
        """Whether no further unit may begin: also where one did not fit, or the dearest so far would not."""
        self._full = self._full or ((self._any or self.shared) and self._tokens_are_spent)
        return self._full or bool(self.given_up) or super().reached

    @property
    def _tokens_are_spent(self) -> bool:
        """Whether there is no room for one more, with all that those being done may still take; it stays so when they
        took less."""
        if self.tokens is None or self._full:
            return self._full
        unpaid = sum(max(self.dearest, one.tokens) - self._paid.get(id(one.session), 0) for one in self._open)
        return bool(self.given_up) or self.pot.taken + unpaid + max(1, self.dearest) > self.tokens

    @contextmanager
    def counting(self, session: Model) -> Iterator[None]:
        """While a unit is done. A session that passes a gate pays batch by batch, any other at the end."""
        gated = session if self.tokens is not None and isinstance(session, Gated) and session.bounded else None
        before = usage_of(session)
        if gated is not None:
            gated.gate = partial(self._gate, id(session))
        try:
            with super().counting(session):
                yield
            self.finished += 1
        except CapReached:
            self.given_up += 1
            raise
        finally:
            now = usage_of(session)
            cost = now.computed + now.generated - before.computed - before.generated
            self.dearest = max(self.dearest, cost)
            self._paid.pop(id(session), None)
            if gated is not None:
                gated.gate = None
            elif cost:
                self.pot.add(cost)

    @contextmanager
    def _gate(self, session: int, most: int, bill: Callable[[], Usage]) -> Iterator[None]:
        """Keep back what a batch can cost, and give back what it did not; `CapReached` where there is no room."""
        assert self.tokens is not None
        if not self.pot.take(most, self.tokens):
            self._wanted = most
            raise CapReached("the next batch would not fit")
        try:
            yield
        finally:
            spent = bill()
            cost = spent.computed + spent.generated
            self.pot.add(cost - most)
            self._paid[session] = self._paid.get(session, 0) + cost

    def sentence(self, done: str, go_on: str) -> str:
        """As `Caps.sentence`; `UserError` where the cap is too small for a single unit, since going on with the same
        one would never come to an end."""
        if self.given_up and not self.finished and not self.shared:
            raise UserError(
                f"--max-tokens {self.tokens:,} is too little for one unit: it was given up after {self.spent:,} "
                f"tokens, where what came next could take {self._wanted:,}; {done} are done; to go on, give more: "
                f"{go_on}"
            )
        said = super().sentence(done, go_on)
        return (
            said.replace("; ", f"; {self.pot.taken:,} tokens by all that share the cap; ", 1) if self.shared else said
        )

    @property
    def _more(self) -> str:
        over = self.pot.taken - (self.tokens or 0)
        return "" if self._tokens_are_spent and over <= 0 else super()._more


def held(tokens: int | None, time: float | str | None, shared: str | None = None) -> Held:
    """Caps as a caller gives them (`caps.caps_of`); `shared`: the file of a pot. The clock starts now."""
    seconds = duration(time) if isinstance(time, str) else time
    return Held(tokens, seconds, None if shared is None else Shared(shared))
