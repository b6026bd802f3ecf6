"""What a few calls cost, counted beside the model: prompt tokens, tokens written, calls.

A session's own bill is that of a whole unit. Where one unit holds many things that cost differently (the moves of a
player), each asks through a `Tally` of its own. Prompt tokens are counted as if every call were computed alone, so
they do not depend on what else is asked at the same time. Reading options costs their prompt and nothing besides: a
player that wrote its answer would write one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from thinkaloud.budget.counter import Counter
from thinkaloud.models.profile import Profile
from thinkaloud.models.session import Lowers, Tokenizes, profile_of
from thinkaloud.vocabulary import Completion, Key, Model, Prompt, Reading, Sampling


class Tally:
    """`model`, and what was asked of it through this. It can say its tokens and its profile where the model can."""

    tokens: Callable[[str], Sequence[Hashable]]
    lower: Callable[[Prompt], tuple[tuple[Hashable, ...], tuple[Hashable, ...], str]]

    def __init__(self, model: Model, counter: Counter) -> None:
        self.card = model.card
        self.profile: Profile | None = profile_of(model)
        self._model, self._counter = model, counter
        self.asked = self.written = self.calls = 0
        if isinstance(model, Tokenizes):
            self.tokens = model.tokens
        if isinstance(model, Lowers):
            self.lower = model.lower

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """See `Model`."""
        done = await self._model.generate(prompt, sampling, key)
        self._book(prompt)
        self.written += done.tokens
        return done

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """See `Model`."""
        reading = await self._model.score(prompt, options, closing)
        self._book(prompt)
        return reading

    def _book(self, prompt: Prompt) -> None:
        self.asked += len(self._counter.lower(prompt))
        self.calls += 1

    @property
    def bill(self) -> dict[str, int]:
        """For a record."""
        return {"asked": self.asked, "written": self.written, "calls": self.calls}
