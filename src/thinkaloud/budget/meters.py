"""The four cost metrics (meters) of the same calls, all in token equivalents.

    B1  what was written                      output + reasoning
    B2  everything that was processed         prompts, cached or not, + output + reasoning
    B3  money, with a prefix cache            in units of one uncached prompt token, by `PRICES`
    B4  arithmetic, without attention         uncached prompts + output + reasoning; times 2N for FLOPs of N weights

Decomposition reads the same text several times, so the four can disagree. A claim holds if its sign is the same under
at least three of them; otherwise it depends on the price of re-reading. `PRICES` is part of the measurement and has a
digest: with other prices it is another measurement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from thinkaloud.budget.ledger import Spend


@dataclass(frozen=True, slots=True)
class Prices:
    """Price of a token of each class, in units of an uncached prompt token (their ratios are common among hosted
    models; the unit cancels)."""

    uncached: float = 1.0
    cached: float = 0.1
    cache_write: float = 0.0
    output: float = 4.0

    @property
    def digest(self) -> str:
        """12 hex digits that identify this table of prices."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]


PRICES = Prices()


def written(spend: Spend) -> float:
    """B1: output tokens, visible and hidden."""
    return spend.output + spend.reasoning


def processed(spend: Spend) -> float:
    """B2: all tokens processed, cached or not: prompts, output and hidden reasoning."""
    return spend.uncached + spend.cached + spend.output + spend.reasoning


def money(spend: Spend, prices: Prices = PRICES, cache: bool = True) -> float:
    """B3: money, in units of one uncached prompt token. `cache` False: every prompt token is priced as uncached."""
    if not cache:
        return (spend.uncached + spend.cached) * prices.uncached + written(spend) * prices.output
    return (
        spend.uncached * prices.uncached
        + spend.cached * prices.cached
        + spend.cache_write * prices.cache_write
        + written(spend) * prices.output
    )


def computed(spend: Spend) -> float:
    """B4: tokens computed. A cached prefix costs only attention reads, which are not counted."""
    return spend.uncached + spend.output + spend.reasoning


METERS: Mapping[str, Callable[[Spend], float]] = {"B1": written, "B2": processed, "B3": money, "B4": computed}

MEANINGS: Mapping[str, str] = {
    "B1": "tokens written",
    "B2": "tokens processed, re-reading in full",
    "B3": "money with a prefix cache, in uncached prompt tokens",
    "B4": "tokens computed (FLOPs / 2N)",
}


def spend_of(record: Mapping[str, float]) -> Spend:
    """The `Spend` of a recorded JSON object."""
    return Spend(**record)  # type: ignore[arg-type]  # whole numbers stay whole in JSON
