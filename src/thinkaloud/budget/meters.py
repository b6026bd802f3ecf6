"""Four prices of the same calls, all in token equivalents.

    B1  what was written                      output + reasoning
    B2  everything that was processed         prompts, cached or not, + output + reasoning
    B3  money, with a prefix cache            in units of one uncached prompt token, by `PRICES`
    B4  arithmetic, without attention         uncached prompts + output + reasoning; times 2N for FLOPs of N weights

Decomposition re-reads, so they can disagree altogether: a claim stands if its sign agrees under at least three, else it
depends on the price of re-reading. `PRICES` is frozen with its digest: change it and it is another measurement.
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
        """Name of this table."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]


PRICES = Prices()


def written(spend: Spend) -> float:
    """B1."""
    return spend.output + spend.reasoning


def processed(spend: Spend) -> float:
    """B2."""
    return spend.uncached + spend.cached + spend.output + spend.reasoning


def money(spend: Spend, prices: Prices = PRICES, cache: bool = True) -> float:
    """B3; without a cache every prompt token is uncached."""
    if not cache:
        return (spend.uncached + spend.cached) * prices.uncached + written(spend) * prices.output
    return (
        spend.uncached * prices.uncached
        + spend.cached * prices.cached
        + spend.cache_write * prices.cache_write
        + written(spend) * prices.output
    )


def computed(spend: Spend) -> float:
    """B4: a cached prefix costs attention reads only, which are not counted."""
    return spend.uncached + spend.output + spend.reasoning


METERS: Mapping[str, Callable[[Spend], float]] = {"B1": written, "B2": processed, "B3": money, "B4": computed}

MEANINGS: Mapping[str, str] = {
    "B1": "tokens written",
    "B2": "tokens processed, re-reading in full",
    "B3": "money with a prefix cache, in uncached prompt tokens",
    "B4": "tokens computed (FLOPs / 2N)",
}


def spend_of(record: Mapping[str, float]) -> Spend:
    """A recorded spend."""
    return Spend(**record)  # type: ignore[arg-type]  # whole numbers stay whole in JSON
