"""What a server that takes tokens can be asked, whatever its kind. Each kind (`llama_server`, `vllm`, `sglang`) is one
file that puts these questions into its own words, as its source reads them, and its answers into ours.
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
"""Servers write minus infinity as -9999 or as the least float: no log-probability of a model is below this."""


@dataclass(frozen=True, slots=True)
class About:
    """What a server says about itself. `model`: the name it answers to; `identity`: what tells this model from another
    one, as far as the server says; `slots`: how many memories it has that hold one prompt's beginning each (0: one
    memory for all); `context` in tokens; `details`: for the card, in sentences."""

    kind: str
    version: str
    model: str
    identity: Mapping[str, Any]
    context: int
    slots: int = 0
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """After these tokens, the log-probabilities of those next ones are wanted."""

    tokens: Tokens
    wanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """Log-probabilities by token (one that is not there could not be had), and what it cost. A server that does not say
    what it computed is taken to have computed everything."""

    logprobs: Mapping[int, float]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Written:
    """A completion and what it cost."""

    completion: Completion
    usage: Usage


class Served(Protocol):
    """A server of one kind, asked in tokens. All coroutines run in the client's loop."""

    about: About

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """Tokens of texts, each for itself and with nothing added; control tokens recognised where the second is
        true."""
        ...

    async def bos(self, form: str) -> Tokens:
        """What is put before a text of this form, unless it begins so by itself."""
        ...

    async def turn_format(self, wanted: str) -> TurnFormat:
        """How turns are written, from the server's own template."""
        ...

    async def controls(self, form: TurnFormat) -> re.Pattern[str]:
        """What matches the control tokens of the frame, as far as they can be known."""
        ...

    async def reference(self, form: TurnFormat, prompt: Prompt) -> Tokens:
        """A prompt's tokens as the server itself makes them of the same turns, by its template and its tokenizer."""
        ...

    async def read(self, node: Node, slot: int, temperature: float = 0.0) -> Read:
        """The node's log-probabilities. `temperature` must change nothing: it is there to see that it does not."""
        ...

    async def write(self, tokens: Tokens, sampling: Sampling, seed: int, slot: int) -> Written:
        """A continuation."""
        ...


def number(found: Any) -> float:
    """A log-probability that is one; null is how JSON writes minus infinity."""
    value = -math.inf if found is None else float(found)
    if math.isnan(value) or value > 1e-3:
        raise Malformed(f"{found!r} is no log-probability")
    return value


def counted(found: Any, most: int | None = None) -> int:
    """A number of tokens that is one."""
    if isinstance(found, bool) or not isinstance(found, int) or found < 0 or (most is not None and found > most):
        raise Malformed(f"{found!r} is no number of tokens")
    return found


def text_of(found: Any) -> str:
    """A text that is one."""
    if not isinstance(found, str):
        raise Malformed(f"{found!r:.40} is no text")
    return found


def ids(found: Any) -> Tokens:
    """Tokens that are some."""
    if not isinstance(found, list) or any(isinstance(t, bool) or not isinstance(t, int) or t < 0 for t in found):
        raise Malformed("these are no tokens")
    return tuple(found)


def real(logprobs: Mapping[int, float]) -> dict[int, float]:
    """Without those that stand for minus infinity: a floor is not a measurement."""
    return {token: value for token, value in logprobs.items() if value > NEVER}
