"""The ledger of one item: reserve before a call, settle after it, never spend more than the budget.

    ledger = Ledger(4000, METERS["B4"])
    hold = ledger.account.reserve(prompt, want=100)     # at most 100 tokens of output, fewer where they do not fit
    hold.settle(output)                                 # what was written; the rest of the reservation is free again

A reservation holds the prompt and the longest possible output, so two calls that wait at the same time are never
promised the same tokens. If a call does not fit, its output is limited to what fits; if that is less than `least`, it
is refused (`OutOfBudget`). `Account.open` sets a share aside for a sub-process: its siblings cannot take it, and what
it leaves comes back when it is closed.

Counts are raw token classes (`Spend`), priced by a meter afterwards (`meters.py`). How much of a prompt counts as
cached is computed here and never taken from a provider: the longest prefix that it shares with any earlier prompt +
output of the same ledger, rounded down to whole blocks. Earlier means reserved earlier, so the count does not depend on
how fast answers arrive. A reply that is replayed from memory is reserved and settled like any other.

This module does not know what a token is (any hashable object works), nor which model writes them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.tree import common

Tokens = tuple[Hashable, ...]


class OutOfBudget(ThinkaloudError):
    """A call does not fit into the remaining budget. This ends the process that asked; the answer that it has offered
    so far counts."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What calls cost, in raw classes: prompt tokens `uncached` and `cached` (a cache's reads) and of the former those
    that a cache would store (`cache_write`), tokens written `output` (visible) and `reasoning` (not shown by the
    provider), `calls`, seconds of `tool_seconds` CPU and of `wall` clock."""

    uncached: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    calls: int = 0
    tool_seconds: float = 0.0
    wall: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(
            self.uncached + other.uncached,
            self.cached + other.cached,
            self.cache_write + other.cache_write,
            self.output + other.output,
            self.reasoning + other.reasoning,
            self.calls + other.calls,
            self.tool_seconds + other.tool_seconds,
            self.wall + other.wall,
        )

    def writing(self, output: int, reasoning: int = 0, wall: float = 0.0) -> Spend:
        """The same call with the given number of output and reasoning tokens."""
        return Spend(
            self.uncached, self.cached, self.cache_write, self.output + output, self.reasoning + reasoning, self.calls,
            self.tool_seconds, self.wall + wall,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON. Written by hand because `asdict` makes deep copies, and this runs for every node."""
        return {
            "uncached": self.uncached,
            "cached": self.cached,
            "cache_write": self.cache_write,
            "output": self.output,
            "reasoning": self.reasoning,
            "calls": self.calls,
            "tool_seconds": self.tool_seconds,
            "wall": self.wall,
        }


Meter = Callable[[Spend], float]


class Prefixes:
    """The token sequences seen so far, sorted, so that the longest shared prefix is with one of the two neighbours."""

    def __init__(self, block: int = 1) -> None:
        self.block = block
        self._seen: list[Tokens] = []
        self._place: tuple[Tokens, int] | None = None  # where the sequence last looked up belongs, until one is added

    def shared(self, tokens: Tokens) -> int:
        """Length of the longest prefix shared with any earlier sequence, rounded down to whole blocks."""
        at = bisect_left(self._seen, tokens)
        self._place = tokens, at
        best = common(tokens, self._seen[at]) if at < len(self._seen) else 0
        if at and best < len(tokens):
            best = max(best, common(tokens, self._seen[at - 1]))
        return best // self.block * self.block

    def add(self, tokens: Tokens) -> None:
        """Remember a sequence."""
        known = self._place
        at = known[1] if known is not None and known[0] is tokens else bisect_left(self._seen, tokens)
        if at == len(self._seen) or self._seen[at] != tokens:
            self._seen.insert(at, tokens)
            self._place = None


class Account:
    """A share of a ledger, with an upper limit of its own. `limit`, `spent` and `held` are in the meter's units."""

    def __init__(self, ledger: Ledger, limit: float) -> None:
        self._ledger = ledger
        self.limit = limit
        self.spent = 0.0
        self.held = 0.0

    @property
    def left(self) -> float:
        """What can still be reserved."""
        return self.limit - self.spent - self.held

    def reserve(self, prompt: Tokens, want: int, least: int = 1, spare: int = 0) -> Reservation:
        """Reserve the cost of a call with this prompt and at most `want` tokens of output. Fewer tokens if `want` does
        not fit while `spare` units are left for the next call; raises `OutOfBudget` if not even `least` tokens fit."""
        cached = self._ledger.prefixes.shared(prompt)
        asked = Spend(len(prompt) - cached, cached, len(prompt) - cached, calls=1)
        base = self._ledger.meter(asked)
        rate = self._ledger.meter(asked.writing(1)) - base
        fits = math.floor((self.left - base) / rate + 1e-9) - spare
        if fits < min(least, want):
            raise OutOfBudget(f"a call of {base:.0f} and {least} more tokens does not fit into {self.left:.0f} left")
        self._ledger.prefixes.add(prompt)
        return Reservation(self._ledger, self, prompt, asked, min(want, fits))

    def open(self, share: float) -> Account:
        """Set a share of the remaining budget aside for a sub-process."""
        if not 0 < share <= 1:
            raise ValueError(f"a share is more than 0 and at most 1, not {share!r}")
        inner = Account(self._ledger, max(0.0, self.left) * share)
        self.held += inner.limit
        return inner

    def close(self, inner: Account) -> None:
        """Close the account of a finished sub-process; what it did not spend is free again."""
        if inner.held > 1e-6:
            raise ValueError(f"an account with {inner.held:.0f} still reserved cannot be closed")
        self.held -= inner.limit
        self.spent += inner.spent


class Reservation:
    """A reservation for one call, which may write up to `tokens` tokens. Settle it exactly once, also if the call
    failed."""

    def __init__(self, ledger: Ledger, account: Account, prompt: Tokens, asked: Spend, tokens: int) -> None:
        self._ledger, self._account, self._prompt, self._asked = ledger, account, prompt, asked
        self.tokens = tokens
        self._held = ledger.meter(asked.writing(tokens))
        account.held += self._held

    def settle(self, written: Tokens = (), count: int | None = None, reasoning: int = 0, wall: float = 0.0) -> Spend:
        """Record the real cost of the call. `count`: number of tokens written, if it differs from the length of
        `written` (a stop text is generated but is not part of the answer)."""
        output = len(written) if count is None else count
        spend = self._asked.writing(output, reasoning, wall)
        self._account.held -= self._held
        self._account.spent += self._ledger.meter(spend)
        self._held = 0.0
        self._ledger.total += spend
        if written:
            self._ledger.prefixes.add((*self._prompt, *written))
        return spend


class Ledger:
    """The ledger of one item under one arm. `account` is its whole budget; `total` is what was spent, by token
    class."""

    def __init__(self, limit: float, meter: Meter, block: int = 1) -> None:
        self.meter = meter
        self.prefixes = Prefixes(block)
        self.account = Account(self, limit)
        self.total = Spend()

    def book(self, spend: Spend) -> None:
        """Record a cost that is not in tokens: seconds of a tool."""
        self.total += spend

    @property
    def overshoot(self) -> float:
        """How much more than the limit was spent. 0 unless a model wrote more than it was allowed."""
        return max(0.0, self.meter(self.total) - self.account.limit)
