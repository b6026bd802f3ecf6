"""What a million tokens cost, and what a bill costs by that: the money of whoever runs a study.

In any currency, which is nobody's business here. Amounts are whole numbers of `UNIT`s, so that they add up exactly;
prices are rounded up to a millionth. Not to be confused with the prices of a measurement (`budget/meters.py`), which
are ratios and the same for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from thinkaloud.errors import UserError
from thinkaloud.vocabulary import Usage

UNIT = Decimal("1e-12")
LARGEST = Decimal(10**9)
"""Of a price, and of a cap."""


@dataclass(frozen=True, slots=True)
class Price:
    """Millionths of the currency for a million tokens: of a `prompt`, `written`, and `cached` of a prompt, which cost
    no more than others."""

    prompt: int
    written: int
    cached: int

    def cost(self, usage: Usage) -> int:
        """What a bill costs, in `UNIT`s."""
        cached = max(0, usage.asked - usage.computed)
        return usage.computed * self.prompt + cached * self.cached + usage.generated * self.written


def price_of(given: str | Sequence[float]) -> Price:
    """From `PROMPT,WRITTEN` or `PROMPT,WRITTEN,CACHED` for a million tokens; without the last, tokens from a cache cost
    what others do. `UserError` where it is something else."""
    parts = given.split(",") if isinstance(given, str) else [str(one) for one in given]
    found = [one for one in map(_decimal, parts) if one is not None]
    if len(found) != len(parts) or len(found) not in (2, 3):
        raise UserError(
            f"--price is {','.join(parts)!r}: give what a million tokens of prompts cost, and a million that are "
            "written, as in --price 0.15,0.60 (and a third for tokens of prompts that come from a cache)"
        )
    prompt, written, *rest = (int((one * 10**6).to_integral_value(ROUND_CEILING)) for one in found)
    cached = rest[0] if rest else prompt
    if cached > prompt:
        raise UserError(f"--price is {','.join(parts)!r}: tokens from a cache (the third) cost no more than others")
    return Price(prompt, written, cached)


def cap_of(given: str | float) -> int:
    """A cap of money in `UNIT`s; `UserError` where it is none."""
    found = _decimal(str(given))
    if not found:
        raise UserError(f"--max-cost is {str(given)!r}: give an amount above 0, as in --max-cost 2.50")
    return int((found / UNIT).to_integral_value(ROUND_FLOOR))


def told(amount: int) -> str:
    """An amount of `UNIT`s as people write it, with as many decimals as a small one needs."""
    value = amount * UNIT
    return f"{value:,.2f}" if value >= 1 or not value else f"{value:.2g}" if value < Decimal("1e-4") else f"{value:.4f}"


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= LARGEST else None
