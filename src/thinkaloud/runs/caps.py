"""The most that one command may spend: tokens, seconds, or both; or until what there is is enough.

Once a cap is reached no further unit begins; those that are being done are finished and recorded, so that a command can
spend more than its cap, by at most the units that were being done then. Every command may begin one unit, even where
loading the model took all its time: resuming again and again must come to an end.

A cap of tokens or of time is of one command and not of a run: what earlier commands spent on the same folder does not
count. Nothing that is measured depends on a cap.

Tokens are those of the bill: prompt tokens that were computed, and tokens written. This module knows no unit, no folder
and no study.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.models.session import Billed, open_session, usage_of
from thinkaloud.values import duration
from thinkaloud.vocabulary import Model, Usage


class CapReached(ThinkaloudError):
    """No further unit may begin. Passes through everything that isolates failures of items."""

    ends_run = True


class Caps:
    """What one command may spend, and what it has spent since this object was made. `tokens` and `seconds`: None for no
    cap, else above 0 (`UserError`); `clock`: seconds that only grow."""

    def __init__(
        self, tokens: int | None = None, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if tokens is not None and tokens < 1:
            raise UserError(f"--max-tokens is {tokens}: at least 1")
        if seconds is not None and not seconds > 0:
            raise UserError(f"--max-time is {seconds:g} s: give more than 0 seconds")
        self.tokens, self.seconds = tokens, seconds
        self._clock, self._began = clock, clock()
        self._closed, self._open = 0, list[_Counted]()
        self._any, self._untold = False, ""
        self.enough: Callable[[], bool] | None = None
        """Asked before every unit: whether what there is answers the question. None: a run goes to its end."""
        self._is_enough = False

    @property
    def spent(self) -> int:
        """Tokens so far, with those of units that are being done."""
        return self._closed + sum(one.tokens for one in self._open)

    @property
    def took(self) -> float:
        """Seconds so far."""
        return self._clock() - self._began

    @property
    def reached(self) -> bool:
        """Whether no further unit may begin. Once it is true it stays true."""
        if not self._any:
            return False
        self._is_enough = self._is_enough or (self.enough is not None and self.enough())
        late = self.seconds is not None and self.took >= self.seconds
        return self._is_enough or late or self._tokens_are_spent or bool(self._untold)

    @property
    def _counts(self) -> bool:
        """Whether a cap is of what models count."""
        return self.tokens is not None

    @property
    def _option(self) -> str:
        """What asks for such a cap."""
        return "--max-tokens"

    @property
    def _tokens_are_spent(self) -> bool:
        return self.tokens is not None and self.spent >= self.tokens

    @contextmanager
    def counting(self, session: Model) -> Iterator[None]:
        """While a unit is done: the tokens of its session count. Where there is a cap of tokens and none was told of
        requests that were made, no further unit begins: a cap that cannot be kept must not look kept."""
        counted = _Counted(session, usage_of(session))
        self._open.append(counted)
        self._any = True
        try:
            yield
        finally:
            self._open.remove(counted)
            self._closed += counted.tokens
            if self._counts and counted.untold:
                self._untold = self._silent(session.card.name)

    def check(self, model: Model | None) -> None:
        """`UserError` where a cap of what models count cannot be kept: no model is asked (None), or it counts no
        tokens."""
        if not self._counts:
            return
        if model is None:
            raise UserError(f"{self._option} is given, and this study asks no model: give --max-time")
        if not isinstance(open_session(model), Billed):
            raise UserError(self._silent(model.card.name))

    def _silent(self, name: str) -> str:
        return f"{self._option} cannot be kept: {name} does not count its tokens; give --max-time"

    def sentence(self, done: str, go_on: str) -> str:
        """Which cap ended the command, what was spent, how much is `done`, and how to `go_on`."""
        tokens = f"{self.spent:,} tokens and " if self.spent else ""  # some models count none
        used = f"{tokens}{self.took:,.1f} s used{self._more}"
        return f"stopped {self._why}: {used}; {done} are done; to go on: {go_on}"

    @property
    def _why(self) -> str:
        """Which cap was reached, or cannot be kept."""
        if self._is_enough:
            return "because what there is is enough"
        if self._untold:
            return f"because {self._untold}"
        return f"by --max-tokens {self.tokens:,}" if self._tokens_are_spent else f"by --max-time {self.seconds:g} s"

    @property
    def _more(self) -> str:
        """How far what had begun went over it."""
        if self._untold or self._is_enough:
            return ""
        if self._tokens_are_spent:
            over, unit = self.spent - (self.tokens or 0), "tokens"
        else:
            over, unit = int(self.took - (self.seconds or 0)), "s"
        return f" ({over:,} {unit} more than the cap: units that had begun were finished)" if over else ""


def caps_of(tokens: int | None, time: float | str | None) -> Caps:
    """Caps as a caller gives them: `time` in seconds, or as in `10m` (`values.duration`). The clock starts now."""
    return Caps(tokens, duration(time) if isinstance(time, str) else time)


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """A session whose unit is being done, and its bill when that began."""

    session: Model
    before: Usage

    @property
    def bill(self) -> Usage:
        """Since then."""
        now, was = usage_of(self.session), self.before
        return Usage(
            now.asked - was.asked, now.computed - was.computed, now.generated - was.generated,
            now.requests - was.requests, now.seconds - was.seconds,
        )  # fmt: skip

    @property
    def tokens(self) -> int:
        """Computed and written since."""
        bill = self.bill
        return bill.computed + bill.generated

    @property
    def untold(self) -> bool:
        """Whether requests were made since, and not one token was counted, not even asked for."""
        return bool(self.bill.requests) and not self.bill.asked and not self.tokens
