"""Counts the tokens of prompts and texts for the ledger: the model's own tokens, or words if it does not show any.

A model that can say what it computes has `lower(prompt)` (the embedded engine does) and `tokens(text)`. For any other
model (scripted reasoners, a user's own object) each word and each punctuation mark counts as one token, and the run's
notes say so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thinkaloud.budget.ledger import Tokens
from thinkaloud.joining import joined
from thinkaloud.vocabulary import Model, Prompt, Shot


@dataclass(frozen=True, slots=True)
class Counter:
    """`lower`: a prompt's tokens; `tokens`: those of a text that was written; `exact`: whether they are the model's."""

    lower: Callable[[Prompt], Tokens]
    tokens: Callable[[str], Tokens]
    exact: bool


def counter(model: Model) -> Counter:
    """The counter for this model's prompts."""
    lower: Callable[[Prompt], tuple[Tokens, Tokens, str]] | None = getattr(model, "lower", None)
    tokens: Callable[[str], Tokens] | None = getattr(model, "tokens", None)
    if lower is None or tokens is None:
        return Counter(_words_of, _words, False)

    def whole(prompt: Prompt) -> Tokens:
        preamble, rest, _ = lower(prompt)
        return (*preamble, *rest)

    return Counter(whole, tokens, True)


def _words_of(prompt: Prompt) -> Tokens:
    return (
        *_preamble(prompt.shots),
        "\nQ",
        *_words(prompt.question),
        "\nA",
        *(w for p in prompt.prefill for w in _words(p)),
    )


@functools.lru_cache(maxsize=256)
def _preamble(shots: tuple[Shot, ...]) -> Tokens:
    parts: list[Any] = []
    for shot in shots:
        parts += ["\nQ", *_words(shot.question), "\nA", *_words(joined(shot.answer))]
    return tuple(parts)


def _words(text: str) -> Tokens:
    return tuple(text.split())
