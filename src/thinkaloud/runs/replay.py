"""The program of a study gone through again over what is recorded: which units it asks for, and what it says of them.

No model is asked and none is loaded: `StandIn` has the card of the one that answered, and how it reasons. Questions are
drawn anew, so a unit whose questions, examples or protocol are others now is not found, and that is an error: this is
how a merge and a verification know that a run is complete and of what it says it is of. What is not tried again is
whether a reasoning fits the model's context: that was true when the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thinkaloud.errors import FatalError, UserError
from thinkaloud.models.profile import Profile
from thinkaloud.runs.execute import placed
from thinkaloud.runs.following import Following
from thinkaloud.study import Unit
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling


class StandIn:
    """A model that is known and not there."""

    def __init__(self, card: ModelCard, profile: Profile | None) -> None:
        self.card, self.profile = replace(card, context=0), profile

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Nothing can be asked."""
        raise FatalError("no model is asked here")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Nothing can be asked."""
        raise FatalError("no model is asked here")


class Missing(UserError):
    """A unit that the program asks for and the folder does not hold; `place` says which."""

    def __init__(self, why: str, place: tuple[str, ...]) -> None:
        super().__init__(why)
        self.place = place


@dataclass
class Replay(Following):
    """One pass over a run in which nothing is done: units come from the journal, failed ones too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._places = {}  # a unit of other content is said here, in `_done_now`

    async def _done_now(self, key: str, unit: Unit) -> Mapping[str, Any]:
        """The unit as it failed; `Missing` where it was never done."""
        if (found := self.journal.recorded(key)) is not None:
            return found
        where = ", ".join(unit.place)
        others = [one["unit"] for one in self.journal if placed(one) == unit.place]
        if others:
            was = f"{others[0][:8]}, now {key[:8]}"
            raise Missing(f"the unit {where} is of other content than is asked for now ({was})", unit.place)
        raise Missing(f"the unit {where} is not there ({key[:8]})", unit.place)
