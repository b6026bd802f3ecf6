"""A model that answers in workers only: here it has its card, how it reasons, and bills for what they did."""

from __future__ import annotations

from thinkaloud.cluster.protocol import About
from thinkaloud.runs.replay import StandIn
from thinkaloud.vocabulary import Model, ModelCard, Usage


class Away(StandIn):
    """Whether a prompt fits the model's context, each worker looks for itself. A run that is begun with it has the
    model's own card (`about.card`)."""

    def __init__(self, about: About) -> None:
        super().__init__(about.card, about.profile)
        self._billed = about.billed

    def session(self) -> Model:
        """With an empty bill, where the model counts its tokens."""
        return _Billed(self.card) if self._billed else self


class _Billed(StandIn):
    def __init__(self, card: ModelCard) -> None:
        super().__init__(card, None)
        self.usage = Usage()
