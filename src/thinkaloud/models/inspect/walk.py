"""Options read from the likeliest next tokens of a text API.

Such an API gives, for the place where the prefill ends, the texts of its (at most 20) likeliest next tokens. An option
is read by walking: a token that says the option's beginning is added to the prefill, and the API is asked again, until
the option is said; the probabilities along a path are multiplied, those of different paths to the same text are added.
Where a token that completes one option also begins another (1 and 12 in single digits), all options are read with
their closing mark.

What is not known. *Token boundaries*: the server cuts the longer prefill anew, so a path that is read here need not be
the tokens that the model would have written; for options that are short words or numbers after a space they are. *An
option that is not listed* is not improbable by any known amount: it is somewhere between 0 and its `ceiling`, the
probability of the least token that is listed. It is read as the ceiling, so missing is never zero and a margin is never
overstated; where all such ceilings together could be more than `TOLERANCE` of what was seen, or nothing was seen, the
reading is refused (`ModelError`: this unit fails and says so; another item may well be read).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.inspect.ask import Top
from thinkaloud.vocabulary import Reading

TOLERANCE = 0.05
"""Largest share of the options' probability that may be unknown."""
LEAST = 1e-9  # no ceiling is below: log-probabilities are rounded, and 0 is not known

Ask = Callable[[str], Awaitable[Top]]
"""The likeliest tokens after the prefill and some more text."""


class Ambiguous(Exception):
    """A token completes one option and begins another."""


@dataclass(frozen=True, slots=True)
class Part:
    """A path to an option: its log-probability, or (not `seen`) the ceiling of what there may be."""

    logprob: float
    seen: bool


Paths = dict[int, list[Part]]


async def read(ask: Ask, options: Sequence[str], closing: str, lead: str) -> Reading:
    """The options' log-probabilities; `lead` is the space that parts them from the prefill (or nothing)."""
    if len(set(options)) < len(options):
        raise UserError(f"options repeat: {list(options)!r}")
    known: dict[str, asyncio.Task[Top]] = {}

    async def once(said: str) -> Top:
        if said not in known:
            known[said] = asyncio.ensure_future(_asked(ask, said))
        return await known[said]

    try:
        found = await _walk(once, "", dict(enumerate(options)), lead)
    except Ambiguous:
        found = await _walk(once, "", {i: option + closing for i, option in enumerate(options)}, lead)
    return _reading([found[i] for i in range(len(options))], options)


async def _asked(ask: Ask, said: str) -> Top:
    return await ask(said)


async def _walk(ask: Ask, said: str, wanted: Mapping[int, str], lead: str) -> Paths:
    """Paths to the rest of each wanted option after `said`."""
    top = await ask(said)
    paths: Paths = {i: [] for i in wanted}
    further: dict[str, dict[int, str]] = {}
    tokens = _texts(top, strip=not said.strip())
    for text in tokens:
        if not text and not said and lead:  # the space is a token of its own: the options follow it
            further[text] = dict(wanted)
        if not text:
            continue
        completed = {i for i, rest in wanted.items() if _says(text, rest)}
        begun = {i: rest[len(text) :] for i, rest in wanted.items() if rest.startswith(text) and i not in completed}
        if begun and any(text == wanted[i] for i in completed):
            raise Ambiguous
        for i in completed:
            paths[i].append(Part(tokens[text], True))
        if begun:
            further[text] = begun
    # whether the first token brings its own space or not, what is said is the same text
    rests = await asyncio.gather(*(_walk(ask, (said or lead) + text, then, lead) for text, then in further.items()))
    for text, found in zip(further, rests, strict=True):
        for i, parts in found.items():
            paths[i] += [Part(tokens[text] + part.logprob, part.seen) for part in parts]
    least = math.log(_ceiling(top))
    return {i: parts or [Part(least, False)] for i, parts in paths.items()}


def _texts(top: Top, strip: bool) -> dict[str, float]:
    """Log-probabilities by text; `strip`: without the space that may stand before an option."""
    found: dict[str, float] = {}
    for token, logprob in top.items():
        text = token.lstrip(" ") if strip else token
        found[text] = _sum([found[text], logprob]) if text in found else logprob
    return found


def _says(text: str, rest: str) -> bool:
    """Whether a token says the whole rest of an option, and does not go on with the same word or number."""
    return text == rest or (text.startswith(rest) and not text[len(rest)].isalnum())


def _ceiling(top: Top) -> float:
    """The most that a token which is not listed can have."""
    listed = [math.exp(x) for x in top.values()]
    return max(LEAST, min(min(listed), 1 - math.fsum(listed)))


def _reading(found: Sequence[Sequence[Part]], options: Sequence[str]) -> Reading:
    seen = [[part.logprob for part in parts if part.seen] for parts in found]
    known = math.fsum(math.exp(x) for parts in seen for x in parts)
    missing = {
        option: math.fsum(math.exp(part.logprob) for part in parts if not part.seen)
        for option, parts, there in zip(options, found, seen, strict=True)
        if not there
    }
    unknown = math.fsum(missing.values())
    if not known or unknown > TOLERANCE * known:
        names = ", ".join(repr(option) for option in missing)
        raise ModelError(
            f"{names} not among the likeliest tokens: up to {unknown:.2g} of probability is unknown beside "
            f"{known:.2g} that was seen, so the options cannot be read here"
        )
    return Reading(tuple(_sum([part.logprob for part in parts]) for parts in found))


def _sum(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + math.log(math.fsum(math.exp(x - top) for x in logs))
