"""A model that answers in workers only: here it has its card, how it reasons, and bills for what they did."""

from __future__ import annotations

from thinkaloud.cluster.protocol import About
from thinkaloud.models.gate import Gate
from thinkaloud.runs.replay import StandIn
from thinkaloud.vocabulary import Model, Usage


class Away(StandIn):
    """Whether a prompt fits the model's context, each worker looks for itself. A run that is begun with it has the
    model's own card (`about.card`)."""

    def __init__(self, about: About) -> None:
        super().__init__(about.card, about.profile)
        self._about = about

    def session(self) -> Model:
        """With an empty bill, where the model counts its tokens."""
        return (_Billed if self._about.billed else _There)(self._about)


class _There(StandIn):
    """A session whose batches pass a gate where they are computed (`allowed.py`)."""

    def __init__(self, about: About) -> None:
        super().__init__(about.card, None)
        self.gate: Gate | None = None
        self.bounded = about.bounded


class _Billed(_There):
    def __init__(self, about: About) -> None:
        super().__init__(about)
        self.usage = Usage()
