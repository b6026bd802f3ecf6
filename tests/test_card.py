"""The shipped ruler card is what the study gives today, and the truth lies where the card says."""

from __future__ import annotations

from thinkaloud.organisms.card import card, measure, sentences


def test_the_card_is_not_stale() -> None:
    """Deterministic, so equal up to the rounding of another machine's sums."""
    shipped, now = card(), measure()
    assert [(r["reasoner"], r["channel"], r["truth"], r["n"]) for r in shipped] == [
        (r["reasoner"], r["channel"], r["truth"], r["n"]) for r in now
    ]
    for old, new in zip(shipped, now, strict=True):
        assert all(abs(old[k] - new[k]) < 1e-3 for k in ("value", "low", "high")), (old, new)


def test_every_channel_is_recovered_on_every_reasoner() -> None:
    for row in card():
        assert row["low"] - 1e-3 <= row["truth"] <= row["high"] + 1e-3, row
    assert "28 of 28 cells" in sentences()[0]
