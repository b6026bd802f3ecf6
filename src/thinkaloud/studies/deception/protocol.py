"""While a liar learns its trade, what do its readers report? A study that asks no model and trains its own.

A unit is one training. See `docs/deception.md` for the protocol in words and what it cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from thinkaloud.organisms.fit import need_torch
from thinkaloud.studies.deception.estimates import estimates
from thinkaloud.studies.deception.page import LIMITS, PAGE
from thinkaloud.studies.deception.settings import DeceptionSettings
from thinkaloud.studies.deception.training import Training, records, trainings
from thinkaloud.study import Asked, Do, Study, Unit
from thinkaloud.vocabulary import Estimate, Key, Model, Record

USUAL = 1
"""The seed that says nothing: networks have seeds of their own (`DeceptionSettings.seeds`)."""


class Deception(Study):
    """True, reported, missed and made up, while networks are trained to deceive."""

    name = "deception"
    question = "While a liar learns its trade, what do its readers report?"
    limits = LIMITS
    Settings = DeceptionSettings
    page = PAGE

    def check(self, settings: DeceptionSettings) -> None:
        """Training needs torch."""
        need_torch()

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """Every training of the protocol."""
        settings: DeceptionSettings = asked.settings.resolved
        root = Key(("organisms", "deception"))
        root = root if asked.seed == USUAL else root.child("seed", asked.seed)
        made = trainings(settings)
        do.expect(sum(training.plan.steps for training in made) / 100)
        for training in made:
            await do.unit(self._unit(training, partial(records, training, settings, root, do.say)))
        return [
            f"{settings.items} items a stop, and {settings.labelled} others whose labels correct the reported share."
        ]

    def _unit(self, training: Training, train: Callable[[], list[Record]]) -> Unit:
        async def work(session: Model) -> list[Record]:
            return train()

        return Unit(
            phase=self.name, subject=training.name, work=work, at=training.at, title=training.name,
            cost=training.plan.steps / 100,
        )  # fmt: skip

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """See `estimates.py`."""
        return estimates(records)

    def expected(self, settings: DeceptionSettings, tasks: int, items: int) -> int:
        """A unit for each training."""
        return len(trainings(settings.resolved))
