"""The positions of 2023, as standing forecasts (`standing.toml` says what each field means).

They are part of the package and of no ledger: nobody locked them, none has a probability, and they belong beside
everybody's own questions. This module knows no question and scores nothing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("standing.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who holds what, on what basis it is attributed, and what here speaks to it."""

    id: str
    side: str
    who: str
    position: str
    attribution: str
    source: str
    bet: str
    here: str
    resolvable: str


def standing() -> tuple[str, tuple[Standing, ...]]:
    """Where they come from, and each of them."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return raw["about"], tuple(msgspec.convert(one, Standing, strict=True) for one in raw["forecast"])


def line(one: Standing) -> str:
    """One of them in a line."""
    return (
        f"{one.id} ({one.side}), {one.who}: {one.position} Attribution: {one.attribution}. Bet: {one.bet}. "
        f"Source: {one.source}. Here: {one.here}. Resolvable: {one.resolvable}."
    )
