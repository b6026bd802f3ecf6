"""Options read from the likeliest next tokens of a text API.

Such an API gives, for the place where the prefill ends, the texts of its (at most 20) likeliest next tokens. An option
is read by walking: a token that says the option's beginning is added to the prefill, and the API is asked again, until
the option and its closing mark are said; the probabilities along a path are multiplied, and those of different paths to
the same text are added. The rule is that of `models/closed.py`: an option counts only with its closing mark, so `C`
does not include ` C++`, and if a closed option is a prefix of another one (`5.` and `5.5.`), the continuation into the
other one is subtracted. It costs one more call for each option that is listed.

What this cannot know. *Token boundaries*: the server tokenises the longer prefill again, so a path that is read here
need not be the tokens that the model would have written; for options that are short words or numbers after a space they
are. *What is not listed* is not improbable by any known amount: it is somewhere between 0 and a bound, the probability
of the least token that is listed or what the listed ones leave over, whichever is less. It is read as that bound, so
missing is never zero and a margin is never overstated, and `Reading.unknown` says how much of each option is only a
bound; where all bounds together could be more than `TOLERANCE` of what was seen, or nothing was seen, the reading is
refused (`ModelError`: this unit fails and says so; another item may well be read). A list that leaves nothing over
although its least token is a likely one was cut and scaled by a sampler (top-k, top-p): there only the least token
bounds.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.inspect.ask import Top, given
from thinkaloud.models.requests import added, staying
from thinkaloud.vocabulary import Reading

TOLERANCE = 0.05
"""Largest share of the options' probability that may be unknown."""
LEAST = 1e-9  # no bound is below: log-probabilities are rounded, and 0 is not known
SAME = 1e-12
"""Nats: closer log-probabilities differ by the rounding of sums along a path, and by nothing else."""
CUT = 1e-3
"""A list whose tokens leave over less than this share of the least of them was scaled to 1."""

Ask = Callable[[str], Awaitable[Top]]
"""Asks for the likeliest tokens after the prefill and some more text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A path to an option: its log-probability, and how much of that probability is only an upper bound."""

    logprob: float
    unknown: float = 0.0

    def after(self, logprob: float) -> Part:
        """The same path after a prefix with this log-probability."""
        return Part(self.logprob + logprob, self.unknown * math.exp(logprob))


Paths = dict[int, list[Part]]


@dataclass(frozen=True, slots=True)
class Walk:
    """One reading: the function that asks, the closing mark, and the space between prefill and option (or nothing)."""

    ask: Ask
    closing: str
    lead: str

    async def paths(self, said: str, wanted: Mapping[int, str]) -> Paths:
        """Paths to the rest of each wanted option after `said`. An empty rest means that the option is complete, unless
        a longer option follows."""
        top = await self.ask(said)
        tokens = _texts(top, strip=not said.strip())
        bound = _bound(top)
        paths: Paths = {i: [] for i in wanted}
        further: dict[str, dict[int, str]] = {}
        for text in tokens:
            if not text:  # the space is a token of its own: the options follow it
                further |= {text: dict(wanted)} if self.lead and not said else {}
                continue
            begun = {i: rest[len(text) :] for i, rest in wanted.items() if rest.startswith(text)}
            if any(begun.values()):  # also those that the token says, for they may still become another
                further[text] = begun
            for i in wanted:
                if i not in further.get(text, {}) and self._says_only(text, i, wanted):
                    paths[i].append(Part(tokens[text]))
        # whether the first token brings its own space or not, what is said is the same text
        rests = await asyncio.gather(*(self.paths((said or self.lead) + text, then) for text, then in further.items()))
        for text, found in zip(further, rests, strict=True):
            for i, parts in found.items():
                paths[i] += [part.after(tokens[text]) for part in parts]
        onward = [tokens[text] for text in tokens if text and any(_leads(text, rest) for rest in wanted.values())]
        ends = Part(staying(onward), 0.0 if onward else bound)
        unlisted = Part(math.log(bound), bound)
        return {i: [ends] if not wanted[i] else parts or [unlisted] for i, parts in paths.items()}

    def _says_only(self, text: str, i: int, wanted: Mapping[int, str]) -> bool:
        """Whether a token completes option i without continuing into a longer option."""
        longer = [rest for j, rest in wanted.items() if j != i and rest.startswith(wanted[i])]
        goes_on = any(rest.startswith(text) or self._says(text, rest) for rest in longer)
        return self._says(text, wanted[i]) and not goes_on

    def _says(self, text: str, rest: str) -> bool:
        """Whether a token completes a closed option without continuing the same word or number. A space before the
        closing mark is not part of the answer."""
        if not rest:
            return False
        text = text.lstrip(" ") if rest == self.closing else text
        if not text.startswith(rest):
            return False
        more = text[len(rest) : len(rest) + 1]
        return not more or (not more.isalnum() if self.closing else more.isspace())


async def read(ask: Ask, options: Sequence[str], closing: str, lead: str) -> Reading:
    """The options' log-probabilities; `lead` is the space between prefill and option (or nothing)."""
    if len(set(options)) < len(options):
        raise UserError(f"options repeat: {list(options)!r}")
    known: dict[str, asyncio.Task[Top]] = {}

    async def once(said: str) -> Top:
        if said not in known:
            known[said] = asyncio.ensure_future(_asked(ask, said))
        return await known[said]

    walk = Walk(once, closing, lead)
    found = await walk.paths("", {i: option + closing for i, option in enumerate(options)})
    return _reading([found[i] for i in range(len(options))], options)


async def _asked(ask: Ask, said: str) -> Top:
    return given((await ask(said)).items())


def _texts(top: Top, strip: bool) -> dict[str, float]:
    """Log-probabilities by text; `strip`: without the space that may precede an option."""
    found: dict[str, float] = {}
    for token, logprob in top.items():
        text = token.lstrip(" ") if strip else token
        found[text] = added([found[text], logprob]) if text in found else logprob
    return found


def _leads(text: str, rest: str) -> bool:
    """Whether a token begins or completes the rest of an option."""
    return bool(rest) and (rest.startswith(text) or text.startswith(rest))


def _bound(top: Top) -> float:
    """Upper bound of the probability of a token that is not listed."""
    listed = [math.exp(x) for x in top.values()]
    if not listed:
        return 1.0
    least, left = min(listed), 1 - math.fsum(listed)
    return max(LEAST, least if left < CUT * least else min(least, left))


def _equal(logprobs: Iterable[float]) -> tuple[float, ...]:
    """Make options equal whose probabilities differ only by rounding along their paths; otherwise rounding would decide
    which one is the answer."""
    kept: list[float] = []
    for x in logprobs:
        kept.append(next((y for y in kept if abs(x - y) <= SAME), x))
    return tuple(kept)


def _reading(found: Sequence[Sequence[Part]], options: Sequence[str]) -> Reading:
    logprobs = _equal(added([part.logprob for part in parts]) for parts in found)
    unknown = tuple(math.fsum(part.unknown for part in parts) for parts in found)
    bounds = math.fsum(unknown)
    seen = math.fsum(map(math.exp, logprobs)) - bounds
    if seen <= 0 or bounds > TOLERANCE * seen:
        names = ", ".join(repr(option) for option, bound in zip(options, unknown, strict=True) if bound)
        raise ModelError(
            f"{names} not among the likeliest tokens: up to {bounds:.2g} of probability is unknown beside "
            f"{max(0.0, seen):.2g} that was seen, so the options cannot be read here"
        )
    return Reading(logprobs, (), unknown if bounds else ())
