"""What calibration says of the tests of faithfulness: how they did on reasoners of known truth."""

from __future__ import annotations

from thinkaloud.calibration import cards
from thinkaloud.studies.faithfulness.tables import ruler
from thinkaloud.study import Card

CARD = Card(lambda: cards.sentences("faithfulness"), ruler, cards.stale)
