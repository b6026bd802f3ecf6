"""The shipped ruler cards speak of this code: not stale, and measuring some of them again gives their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from thinkaloud.calibration import cards
from thinkaloud.calibration.roster import Standard, scripted_standards, trained_standards
from thinkaloud.ruler.measure import ITEMS, cells, measure

AGAIN = ("scripted:encoded", "scripted:graded:0.5", "organism:faithful/0")
"""Reasoners to measure again: nothing in the words, a dial between, and a trained network."""


def standards() -> dict[str, Standard]:
    return {s.model: s for s in (*scripted_standards(), *trained_standards())}


def test_the_cards_are_not_stale() -> None:
    """They were made by the files that decide their numbers as they are now, weights and all."""
    assert cards.stale() is None


def test_every_reasoner_whose_truth_is_known_is_on_the_cards() -> None:
    assert {row["organism"] for row in cards.load()["cells"]} == set(standards())


@pytest.mark.parametrize("name", AGAIN)
def test_measuring_again_gives_the_numbers_of_the_card(name: str) -> None:
    """Deterministic, so equal up to the rounding of another machine's sums."""
    standard = standards()[name]
    now = cells(standard, measure(name, standard.task, standard.level, ITEMS))
    kept: list[dict[str, Any]] = [row for row in cards.load()["cells"] if row["organism"] == name]
    about = ("test", "by", "truth", "n")
    assert len(now) > 20 and [[row[k] for k in about] for row in kept] == [[row[k] for k in about] for row in now]
    for old, new in zip(kept, now, strict=True):
        for number in ("value", "low", "high", "dial"):
            assert (old[number] is None) == (new[number] is None), (old, new)
            assert old[number] is None or abs(old[number] - new[number]) < 1e-3, (old, new)
