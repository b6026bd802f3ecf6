"""For a chat template that only the server has: the server applies it to turns with marks, and the result is cut at the
marks.

The frame of a prompt depends on its examples only, so each set of examples is rendered once. The last turn must stay
open: the server is asked to continue it, and nothing may follow the mark. A server's template may write today's date,
which would change the prompt from day to day, so the date is replaced by a fixed one.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from thinkaloud.errors import FatalError, ThinkaloudError
from thinkaloud.models.block import by_known, first_of, opened, ways_to_ask, with_block
from thinkaloud.models.detect import NOTHING, Rendering, Seen, candidates, marks, profile_seen, renderings
from thinkaloud.models.http.client import CALLS, Refused
from thinkaloud.models.profile import Profile
from thinkaloud.models.profiles import Family
from thinkaloud.models.render import (
    ANSWERED,
    PADDED,
    QUESTION,
    Frame,
    Rendered,
    TurnFormat,
    behind,
    completion,
    cut,
    marked,
    messages,
    thinking,
)
from thinkaloud.models.template import DATE
from thinkaloud.vocabulary import Prompt, Shot

Apply = Callable[[Sequence[Mapping[str, Any]], Mapping[str, bool]], Awaitable[str]]
"""Renders turns as text, by the template with these variables; the last one stays open if it is the assistant's."""
Single = Callable[[str], Awaitable[bool]]
"""Whether a text is one token."""

DAYS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%d/%m/%Y", "%m/%d/%Y")
"""Date formats that templates use."""


async def from_template(apply: Apply, single: Single, wanted: str, profile: str = "auto") -> TurnFormat:
    """The turn format of a template, or the completion form if there is no template or the user asks for it.
    `profile`: as in `Loading`."""
    if wanted == "completion":
        return by_known(None, {}, profile_seen(profile, NOTHING))
    after = await _behind(apply)
    if known := profile_seen(profile, await _seen(apply, single, candidates(profile))):
        return _with_block(apply, known, after)
    return await _without_block(apply, wanted, after)


async def _behind(apply: Apply) -> str:
    """What the template puts behind an answer; empty where it does not say."""
    try:
        return behind(await apply(messages(ANSWERED), {}))
    except ThinkaloudError:
        return ""


async def _seen(apply: Apply, single: Single, known: Sequence[Family]) -> Seen:
    """What the server's template writes, and which marks are tokens of its vocabulary."""

    async def tried(one: Rendering) -> tuple[Rendering, str] | None:
        try:
            return one, await apply(one.messages, dict(one.variables))
        except ThinkaloudError:
            return None  # templates refuse what they like, and servers what they do not know

    found = await asyncio.gather(*map(tried, renderings(known) if known else ()))
    tokens = [text for text in marks(known) if await single(text)]
    return Seen("", dict(one for one in found if one is not None), frozenset(tokens))


def _with_block(apply: Apply, profile: Profile, after: str) -> TurnFormat:
    """Turns of a model that thinks in a block."""

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...], off: bool) -> Frame:
        async def rendered(said: Sequence[Mapping[str, Any]]) -> str:
            try:
                return await apply(said, profile.variables(off))
            except Refused as error:
                raise FatalError(f"this server's chat template failed ({error}): use --format completion") from error

        def tried(said: Sequence[Mapping[str, Any]]) -> Frame:
            return replace(opened(undated(CALLS.wait(rendered(said))), shots), after=after)

        question = PADDED.format(QUESTION)
        return first_of([functools.partial(tried, said) for said in ways_to_ask(profile, shots, question)])

    return TurnFormat(with_block(profile, frame), "chat", {"profile": profile.sentence}, profile=profile)


async def _without_block(apply: Apply, wanted: str, after: str) -> TurnFormat:
    """Turns of a model that has no block to think in."""
    try:
        found = await _framed(apply, ())
    except ThinkaloudError as error:
        if wanted == "chat":
            raise FatalError(
                f"this server's chat template cannot be used ({error}): use --format completion"
            ) from error
        return TurnFormat(completion, "completion", {"chat template": f"none that can be used: {error}"})
    notes = {}
    if undated(found.before) != found.before:
        notes["date"] = f"the server's chat template writes the day, which is always {DATE:%Y-%m-%d} here"
    begun = await apply(messages([("user", QUESTION)]), {})
    if thought := thinking(found.filled(Prompt((), "")).turn, begun):
        notes["thinking"] = thought

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...]) -> Frame:
        async def asked() -> Frame:
            try:
                found = await _framed(apply, shots)
            except Refused as error:
                raise FatalError(f"this server's chat template failed ({error}): use --format completion") from error
            return Frame(undated(found.before), found.between, found.trims, after)

        return CALLS.wait(asked())

    def render(prompt: Prompt) -> Rendered:
        return frame(prompt.shots).filled(prompt)

    return TurnFormat(render, "chat", notes)


async def _framed(apply: Apply, shots: Sequence[Shot]) -> Frame:
    found = cut(await apply(messages(marked(shots)), {}))
    if found is None:
        raise FatalError("this server's chat template drops the turns it is given: use --format completion")
    return found


def undated(text: str) -> str:
    """The text with `DATE` in place of today's date (and yesterday's and tomorrow's, because of time zones)."""
    for away in (0, -1, 1):
        day = datetime.now() + timedelta(days=away)
        for form in DAYS:
            text = text.replace(day.strftime(form), DATE.strftime(form))
    return text
