"""A pass over a run that knows which units the program asked for, done now or before.

What lies in a folder besides (of an earlier attempt with another answer, of another plan) is no part of the run. This
module does no unit by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.runs.execute import Execution, placed
from thinkaloud.study import Done, Unit


@dataclass
class Following(Execution):
    """An execution that notes the place of every unit that it is asked for."""

    asked_for: set[tuple[str, ...]] = field(default_factory=set)

    async def unit(self, unit: Unit) -> Done:
        """As `Execution.unit`."""
        self.asked_for.add(unit.place)
        return await super().unit(unit)

    @property
    def units(self) -> list[Mapping[str, Any]]:
        """What is recorded of the units that were asked for, in their order."""
        mine = (unit for unit in self.journal if unit.get("of") == self.identity.hash)
        return [unit for unit in mine if placed(unit) in self.asked_for]
