"""Counts the tokens of prompts and texts for the ledger: the model's own tokens, or words if it does not show any.

A model that can say what it computes has the trait `Lowers` (`models/session.py`; the embedded engine does). For any
other (scripted reasoners, one's own objects) a word or a mark counts as a token; that is said in the run's notes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from thinkaloud.budget.ledger import Tokens
from thinkaloud.joining import joined
from thinkaloud.models.session import Lowers
from thinkaloud.vocabulary import Model, Prompt, Shot


@dataclass(frozen=True, slots=True)
class Counter:
    """`lower`: a prompt's tokens; `tokens`: those of a text that was written; `exact`: whether they are the model's."""

    lower: Callable[[Prompt], Tokens]
    tokens: Callable[[str], Tokens]
    exact: bool


def counter(model: Model) -> Counter:
    """How this model's prompts are counted."""
    if not isinstance(model, Lowers):
        return Counter(_words_of, _words, False)
    lower, tokens = model.lower, model.tokens

    def whole(prompt: Prompt) -> Tokens:
        preamble, rest, _ = lower(prompt)
        return (*preamble, *rest)

    return Counter(whole, lambda text: tuple(tokens(text)), True)


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
    parts: list[str] = []
    for shot in shots:
        parts += ["\nQ", *_words(shot.question), "\nA", *_words(joined(shot.answer))]
    return tuple(parts)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())
