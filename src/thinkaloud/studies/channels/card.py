"""What calibration says of the channels: how they did on reasoners of known truth."""

from __future__ import annotations

from thinkaloud.calibration import cards
from thinkaloud.study import Card

CARD = Card(lambda: cards.sentences("channels"), lambda name: None, cards.stale)
