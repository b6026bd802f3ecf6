"""Let the model think aloud before it answers (Wei et al. 2022, 2201.11903, few-shot).

The model writes until it begins to answer; the answer itself is read by `snap`, never sampled.
"""

from __future__ import annotations

from thinkaloud.strategies.snap import PROBE, parts
from thinkaloud.vocabulary import Completion, Item, Key, Model, Prompt, Sampling, Shot, Transcript

STOP = (PROBE, "\n")


async def think(
    model: Model, item: Item, examples: tuple[Shot, ...], sampling: Sampling, key: Key, start: Transcript | None = None
) -> Completion:
    """The model's own reasoning about the item, continuing from `start` where it is given."""
    prompt = Prompt(examples, item.question, parts(start or Transcript()))
    return await model.generate(prompt, sampling, key)


def aloud(tokens: int, temperature: float) -> Sampling:
    """Sampling that ends where the answer begins."""
    return Sampling(tokens, STOP, temperature)
