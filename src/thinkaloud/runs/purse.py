"""One cap of what may be spent: the most, the pot that it is taken from, and how much of a bill counts against it.

Before a batch is computed the most that it can cost is kept back, and afterwards what it did not cost is given back. So
that few units are given up on the way, no unit begins that would not fit if it cost as much as the dearest so far. This
module knows no unit by what it does, and not whether an amount is tokens or money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from thinkaloud.runs.pot import Pot, Shared
from thinkaloud.vocabulary import Usage


@dataclass(eq=False)
class Purse:
    """`option`: what asked for the cap, for messages; `amount`: what a bill counts; `said`: an amount in words.
    `dearest`: what the dearest unit took so far; `wanted`: what a batch could have taken that had no room."""

    option: str
    most: int
    pot: Pot
    amount: Callable[[Usage], int]
    said: Callable[[int], str]
    dearest: int = 0
    wanted: int = 0
    _paid: dict[int, int] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        """Whether others take from the same pot."""
        return isinstance(self.pot, Shared)

    @property
    def over(self) -> int:
        """How much more was spent than may be."""
        return max(0, self.pot.taken - self.most)

    def full(self, being_done: Iterable[tuple[int, int]]) -> bool:
        """Whether there is no room for one more unit, with all that those being done may still take. Each is given by
        its session, and what it took that is paid when it is done: 0 where it pays batch by batch."""
        unpaid = sum(max(0, max(self.dearest, took) - self._paid.get(session, 0)) for session, took in being_done)
        return self.pot.taken + unpaid + max(1, self.dearest) > self.most

    def keep_back(self, most: Usage) -> bool:
        """Take the most that a batch can cost; False where there is no room."""
        if self.pot.take(self.amount(most), self.most):
            return True
        self.wanted = self.amount(most)
        return False

    def settle(self, session: int, most: Usage, bill: Usage) -> None:
        """Give back what a batch did not cost."""
        cost = self.amount(bill)
        self.pot.add(cost - self.amount(most))
        self._paid[session] = self._paid.get(session, 0) + cost

    def close(self, session: int, unpaid: int) -> None:
        """A unit was done, and what it took that was not paid batch by batch is paid now."""
        self.dearest = max(self.dearest, unpaid + self._paid.pop(session, 0))
        if unpaid:
            self.pot.add(unpaid)
