"""What any server that takes tokens can be asked. Each kind of server (`llama_server`, `vllm`, `sglang`) is one file
that translates these requests into its own protocol, and its answers back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from thinkaloud.models.http.client import Malformed
from thinkaloud.models.render import TurnFormat
from thinkaloud.vocabulary import Completion, Prompt, Sampling, Usage

Tokens = tuple[int, ...]

NEVER = -9998.0
"""Servers write minus infinity as -9999 or as the smallest float; a real log-probability is never below this."""


@dataclass(frozen=True, slots=True)
class About:
    """What a server says about itself. `model`: the name it answers to; `identity`: what distinguishes this model from
    others, as far as the server says; `slots`: how many caches it has that hold one prompt each (0: one cache for all);
    `context` in tokens; `details`: for the card, in sentences."""

    kind: str
    version: str
    model: str
    identity: Mapping[str, Any]
    context: int
    slots: int = 0
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A request to read: the log-probabilities of certain next tokens after these tokens."""

    tokens: Tokens
    wanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """Log-probabilities by token (a missing token could not be read), and the cost of all requests that
    it took. If a server does not say what it computed, everything counts as computed."""

    logprobs: Mapping[int, float]
    usage: Usage


ONE = Usage(generated=1)
"""What is written, and thrown away, to read what would come next."""


@dataclass(frozen=True, slots=True)
class Written:
    """A completion and what it cost."""

    completion: Completion
    usage: Usage


class Served(Protocol):
    """A server of one kind, asked in tokens. All coroutines run in the client's loop."""

    about: About
    shown: Sequence[str]
    """Texts of control tokens that a completion must show: the marks of a think block."""

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """Tokens of texts, each alone and with nothing added. Control tokens are recognised if the second value is
        true."""
        ...

    async def bos(self, form: str) -> Tokens:
        """The tokens put before a text of this form, unless it begins with them."""
        ...

    async def turn_format(self, wanted: str, profile: str = "auto") -> TurnFormat:
        """How turns are written, from the server's own template; `profile`: as in `Loading`."""
        ...

    async def controls(self, form: TurnFormat) -> re.Pattern[str]:
        """A pattern of the frame's control tokens, as far as they are known."""
        ...

    async def reference(self, form: TurnFormat, prompt: Prompt) -> Tokens:
        """A prompt's tokens as the server makes them from the same turns, by its own template and tokenizer."""
        ...

    async def read(self, node: Node, slot: int, temperature: float = 0.0) -> Read:
        """The node's log-probabilities. `temperature` must not change them; it exists so that this can be checked."""
        ...

    async def write(self, tokens: Tokens, sampling: Sampling, seed: int, slot: int) -> Written:
        """A continuation."""
        ...


def number(found: Any) -> float:
    """Return `found` as a float; null in JSON means minus infinity. Raises `Malformed` for anything else."""
    value = -math.inf if found is None else float(found)
    if math.isnan(value) or value > 1e-3:
        raise Malformed(f"{found!r} is no log-probability")
    return value


def counted(found: Any, most: int | None = None) -> int:
    """Return `found` if it is a number of tokens; raise `Malformed` otherwise."""
    if isinstance(found, bool) or not isinstance(found, int) or found < 0 or (most is not None and found > most):
        raise Malformed(f"{found!r} is no number of tokens")
    return found


def text_of(found: Any) -> str:
    """Return `found` if it is a string; raise `Malformed` otherwise."""
    if not isinstance(found, str):
        raise Malformed(f"{found!r:.40} is no text")
    return found


def stopped(finish: str, said: object) -> str | None:
    """What ended a text, as vLLM and SGLang say: the stop text, or the end of the turn (its token, or nothing); None
    where the text was cut off."""
    if finish == "length":
        return None
    return said if isinstance(said, str) else ""


def ids(found: Any) -> Tokens:
    """Return `found` as token ids; raise `Malformed` if it is not a list of ints >= 0."""
    if not isinstance(found, list) or any(isinstance(t, bool) or not isinstance(t, int) or t < 0 for t in found):
        raise Malformed("these are no tokens")
    return tuple(found)


def real(logprobs: Mapping[int, float]) -> dict[int, float]:
    """Without values that represent minus infinity: a floor is not a measurement."""
    return {token: value for token, value in logprobs.items() if value > NEVER}
