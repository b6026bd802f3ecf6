"""Checks that what a model returned is a distribution: once, where a reading is made, for every model.

NaN, plus infinity, a log-probability above 0, minus infinity for every option, or a wrong number of values: none of
these is a distribution, and any estimate from them would be meaningless. They raise `FailedReading` with the model and
what was asked. A single impossible option is valid: its -inf becomes `IMPOSSIBLE`, a number that JSON can hold and
whose exponential is 0.

This module does not know how a reading was made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from thinkaloud.errors import FailedReading
from thinkaloud.vocabulary import Reading

IMPOSSIBLE = -1e9
"""The number, in nats, that stands for a log-probability of -inf."""
SLACK = 0.01
"""Nats by which rounding may lift a log-probability above 0 (sums of bfloat16 numbers stay below it)."""


def fault(logprobs: Sequence[float], options: int) -> str | None:
    """Why these are not log-probabilities of that many options; None if they are."""
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
    """The reading, checked and with finite values; everything else unchanged. Raises `FailedReading` if it is no
    distribution."""
    logprobs = tuple(map(float, found.logprobs))
    why = fault(logprobs, options)
    if why is not None:
        raise FailedReading(f"{model} gave no distribution for {about}: {why}")
    return replace(found, logprobs=tuple(max(x, IMPOSSIBLE) for x in logprobs))
