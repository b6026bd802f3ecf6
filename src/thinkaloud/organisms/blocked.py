"""Gives any reasoner a block to think in, so that what is known of it holds in native mode, too.

The reasoner behind it is asked as ever: what stands in the block is the beginning of its turn, and what it writes as
reasoning is written into the block, which it then closes. So `blocked:scripted:mixture:0.5` is the same mixture, whose
truth is known, asked as a reasoning model is asked: through `Prompt.thinking`, a mark that closes the block, an answer
turn of its own. `blocked:MODEL` does the same with any model.

It says nothing about how a real model behaves in its block: for that there is a trained one (`organism:think`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from thinkaloud.models.profile import Profile
from thinkaloud.models.session import inform, inform_of_task, open_session, usage_of
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Prompt, Reading, Sampling, Task, Usage

MARK = "</think>"
PROFILE = Profile("a block around another reasoner", "<think>\n", f"\n{MARK}\n\n", MARK, silence=("empty", "omitted"))


class Blocked:
    """`model`, which reasons in a block."""

    profile: Profile | None = PROFILE

    def __init__(self, model: Model) -> None:
        self.inner = model
        digest = model.card.digest and f"blocked:1:{model.card.digest}"
        self.card = replace(model.card, name=f"blocked:{model.card.name}", digest=digest)

    def session(self) -> Blocked:
        """The same, with a session of the model behind it."""
        return Blocked(open_session(self.inner))

    @property
    def usage(self) -> Usage:
        """The bill of the model behind it."""
        return usage_of(self.inner)

    def know(self, items: Iterable[Item]) -> None:
        """Tell a reasoner that must know its items."""
        inform(self.inner, items)

    def know_task(self, task: Task) -> None:
        """Tell a reasoner that must know its task."""
        inform_of_task(self.inner, task)

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """In an open block its reasoning, up to the mark; else its answer, as its most probable words."""
        if prompt.thinking is not None and not prompt.thinking.closed:
            done = await self.inner.generate(_opened(prompt), replace(sampling, stop=(PROBE,)), key)
            return replace(done, stopped_by=MARK if done.finish == "stop" else None)
        return await self.inner.generate(_opened(prompt), sampling, key)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Its reading after what stands in the block."""
        return await self.inner.score(_opened(prompt), options, closing)


def _opened(prompt: Prompt) -> Prompt:
    """The prompt with what stands in the block at the beginning of the turn."""
    inside = prompt.thinking.parts if prompt.thinking is not None else ()
    return replace(prompt, thinking=None, off=False, prefill=(*inside, *prompt.prefill))
