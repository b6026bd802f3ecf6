"""A chat template that only the server has: it is applied to marked turns, and cut at the marks.

The frame of a prompt depends on its examples only, so each set of examples is rendered once. The last turn must stay
open: the server is asked to continue it, and what comes after the mark must be nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence

from thinkaloud.errors import FatalError, ThinkaloudError
from thinkaloud.joining import joined, spaced
from thinkaloud.models.http.client import CALLS, Refused
from thinkaloud.models.render import Rendered, Renderer, completion
from thinkaloud.vocabulary import Prompt, Shot

QUESTION, ANSWER = "QXQ7question7QXQ", "QXQ7answer7QXQ"

Apply = Callable[[Sequence[Mapping[str, str]]], Awaitable[str]]
"""Turns as text, the last one open."""


async def from_template(apply: Apply, wanted: str) -> tuple[Renderer, str]:
    """A renderer that uses it, or the completion form where there is no template (or it is wanted)."""
    if wanted == "completion":
        return completion, "completion"
    try:
        _cut(await apply(_turns(())))
    except ThinkaloudError as error:
        if wanted == "chat":
            raise FatalError(
                f"this server's chat template cannot be used ({error}): use --format completion"
            ) from error
        return completion, "completion"

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...]) -> tuple[str, str]:
        async def asked() -> tuple[str, str]:
            try:
                return _cut(await apply(_turns(shots)))
            except Refused as error:
                raise FatalError(f"this server's chat template failed ({error}): use --format completion") from error

        return CALLS.wait(asked())

    def render(prompt: Prompt) -> Rendered:
        before, between = frame(prompt.shots)
        return Rendered(before, prompt.question, between, spaced(prompt.prefill), " " if prompt.prefill else "")

    return render, "chat"


def _turns(shots: Sequence[Shot]) -> list[dict[str, str]]:
    turns = [turn for s in shots for turn in (("user", s.question), ("assistant", joined(s.answer)))]
    said = [*turns, ("user", QUESTION), ("assistant", ANSWER)]
    return [{"role": role, "content": content} for role, content in said]


def _cut(text: str) -> tuple[str, str]:
    before, found_q, rest = text.partition(QUESTION)
    between, found_a, _ = rest.partition(ANSWER)
    if not (found_q and found_a):
        raise FatalError("this server's chat template drops the turns it is given: use --format completion")
    return before, between
