"""Caps over all workers: no batch or request in a worker is computed before the coordinator has kept back what it can
cost.

A worker asks (`Keep`), waits, and tells what it cost (`Spent`); it holds nothing in advance, so there is one account,
and that is the coordinator's. What a worker that is lost had asked for and not told stays taken: it may have been
spent. What it asks after that, under a ticket that is closed, is refused: a worker may be given up and still compute.
This module sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

from thinkaloud.cluster.protocol import Keep, Spent, Tell
from thinkaloud.models.gate import Gate
from thinkaloud.runs.caps import CapReached
from thinkaloud.vocabulary import Usage

GONE = "its unit is not being done any more"


class Allowed:
    """The coordinator's side: what one worker asks for one unit. `gate`: the unit's, here; None where nothing is capped
    and nobody need ask."""

    def __init__(self, gate: Gate | None) -> None:
        self._gate = gate
        self._open: dict[int, tuple[AbstractContextManager[None], list[Usage]]] = {}

    @property
    def asked(self) -> bool:
        """Whether a worker must ask."""
        return self._gate is not None

    def hear(self, said: Keep | Spent) -> Exception | None:
        """See `Tell`. Raises nothing: a worker waits for the answer."""
        try:
            if isinstance(said, Spent):
                self._end(said.number, said.bill)
            else:
                self._begin(said)
        except Exception as error:
            return error
        return None

    def _begin(self, said: Keep) -> None:
        if self._gate is None:
            raise CapReached(GONE)
        cost = [said.most]
        kept = self._gate(said.most, lambda: cost[0])
        kept.__enter__()
        self._open[said.number] = kept, cost

    def close(self) -> None:
        """Nothing more is allowed, and what was kept back and not told about is spent."""
        self._gate = None
        for number in list(self._open):
            self._end(number, None)

    def _end(self, number: int, bill: Usage | None) -> None:
        if number not in self._open:
            return
        kept, cost = self._open.pop(number)
        cost[0] = cost[0] if bill is None else bill
        kept.__exit__(None, None, None)


def asking(ticket: int, tell: Tell) -> Gate:
    """The gate of a unit in a worker."""
    numbers = count()

    @contextmanager
    def gate(most: Usage, bill: Callable[[], Usage]) -> Iterator[None]:
        number = next(numbers)
        if (refused := tell(Keep(ticket, number, most))) is not None:
            raise refused
        try:
            yield
        finally:
            lost = tell(Spent(ticket, number, bill()))
        if lost is not None:
            raise lost

    return gate
