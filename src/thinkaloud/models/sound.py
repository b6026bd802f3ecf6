"""Whether what a model gave is a reading at all: checked once, where a reading is made, whatever the model.

NaN, plus infinity, a log-probability above 0, minus infinity for every option, or another number of values than there
are options: none of these is a distribution, and what is computed from them would be a number without a meaning. They
raise `FailedReading` with the model and what was asked. An option that is impossible beside a possible one is fine:
its -inf becomes `IMPOSSIBLE`, a number that JSON can hold and whose exponential is 0.

This module does not know how a reading was made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from thinkaloud.errors import FailedReading
from thinkaloud.vocabulary import Reading

IMPOSSIBLE = -1e9
"""Nats: how a log-probability of -inf is kept."""
SLACK = 0.01
"""Nats by which rounding may lift a log-probability above 0 (sums of bfloat16 numbers stay below it)."""


def fault(logprobs: Sequence[float], options: int) -> str | None:
    """Why these are no log-probabilities of so many options; None where they are."""
    if len(logprobs) != options:
        return f"{len(logprobs)} log-probabilities for {options} options"
    if any(math.isnan(x) for x in logprobs):
        return "NaN among the log-probabilities"
    top = max(logprobs)
    if top == -math.inf:
        return "every option has probability 0 (-inf)"
    if top > SLACK:
        return f"a log-probability of {top:.4g}, above 0"
    return None


def sound(found: Reading, options: int, model: str, about: str) -> Reading:
    """The reading of a model about something, checked and finite; the rest of it is kept. Raises `FailedReading`."""
    logprobs = tuple(map(float, found.logprobs))
    why = fault(logprobs, options)
    if why is not None:
        raise FailedReading(f"{model} gave no distribution for {about}: {why}")
    return replace(found, logprobs=tuple(max(x, IMPOSSIBLE) for x in logprobs))
