"""A token is drawn by temperature and nucleus sampling, against the definition worked out one token at a time."""

from __future__ import annotations

import asyncio
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from thinkaloud.models.requests import pick
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Sampling

SHARES = (Fraction(1, 16), Fraction(8, 16), Fraction(3, 16), Fraction(4, 16))
"""Tokens 0 to 3; by probability 1, 3, 2, 0."""
LOGITS = np.log(np.array([float(share) for share in SHARES], dtype=np.float32))


def drawn(top_p: float, temperature: float = 1.0, n: int = 3200) -> list[float]:
    """Which share of evenly spaced numbers picks each token."""
    sampling = Sampling(1, temperature=temperature, top_p=top_p)
    found = [pick(LOGITS, sampling, (i + 0.5) / n) for i in range(n)]
    return [found.count(token) / n for token in range(len(SHARES))]


def nucleus(top_p: Fraction) -> list[float]:
    """The smallest set of most probable tokens that holds `top_p`, each by its share of it (Holtzman et al. 2020)."""
    kept: dict[int, Fraction] = {}
    for token in sorted(range(len(SHARES)), key=lambda t: -SHARES[t]):
        if sum(kept.values()) < top_p:
            kept[token] = SHARES[token]
    return [float(kept.get(token, Fraction(0)) / sum(kept.values())) for token in range(len(SHARES))]


@pytest.mark.parametrize("top_p", [Fraction(1, 5), Fraction(3, 5), Fraction(4, 5), Fraction(19, 20), Fraction(1)])
def test_only_the_most_probable_tokens_are_drawn_that_hold_top_p(top_p: Fraction) -> None:
    assert drawn(float(top_p)) == pytest.approx(nucleus(top_p), abs=1e-3)


def test_what_is_left_out_is_so_by_its_place_and_not_by_its_index() -> None:
    """.6 needs tokens 1 (8/16) and 3 (4/16); a token before them is never drawn."""
    assert drawn(0.6) == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=1e-3)


def test_temperature_comes_before_the_nucleus() -> None:
    """At temperature 2 shares go by their roots: 1, 2.83, 1.73, 2 of 7.56; so .6 needs 1 and 3, .7 one more."""
    roots = [math.sqrt(share) for share in SHARES]
    assert drawn(1.0, 2.0) == pytest.approx([root / sum(roots) for root in roots], abs=1e-3)
    assert [share > 0 for share in drawn(0.6, 2.0)] == [False, True, False, True]
    assert [share > 0 for share in drawn(0.7, 2.0)] == [False, True, True, True]


def test_temperature_0_is_the_most_probable_token_whatever_is_drawn() -> None:
    assert drawn(0.5, 0.0, 16) == [0, 1, 0, 0]


class Told:
    """A model that keeps how it was asked to write."""

    card = ModelCard("told", "test", "v1", "completion", "exact", 1 << 12, frozenset({"prefill"}))

    def __init__(self) -> None:
        self.asked: list[Sampling] = []

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.asked.append(sampling)
        return Completion("yes", 1, "stop")

    async def score(self, prompt: Prompt, options: Any, closing: str = ".") -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(("given", "asked"), [(0.7, 0.7), (None, 1.0)])
def test_who_asks_through_inspect_sets_it(given: float | None, asked: float) -> None:
    """Our own studies draw from the whole distribution; Inspect's `top_p` is the one way to set it."""
    model_api = pytest.importorskip("inspect_ai.model")
    from thinkaloud.interop import provider

    told = Told()
    api: Any = provider.ThinkaloudAPI("scripted:posthoc")
    api.model = told
    config = model_api.GenerateConfig(top_p=given, temperature=0.5, max_tokens=4, seed=1)
    asyncio.run(api._write(Prompt((), "Q?"), config))
    assert [one.top_p for one in told.asked] == [asked]
