"""Ask for the answer with a given text between question and answer: nothing, some filler, a piece of reasoning.

Every reading in thinkaloud is made and checked here (`read`). The examples before the question have the same form as
what stands between: examples without reasoning for a silent reading, with filler for a filler one, so that novelty of
form is not mistaken for loss of content.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from thinkaloud.conditions.asking import Way, parts
from thinkaloud.models.sound import sound
from thinkaloud.vocabulary import PROBE, Item, Model, Prompt, Reading, Shot, Transcript

Form = Callable[[Item], Transcript]
"""What stands between question and answer in an example."""


def shots(examples: Sequence[Item], form: Form) -> tuple[Shot, ...]:
    """Solved examples in the given form."""
    return tuple(Shot(item.asked, (*parts(form(item)), f"{PROBE} {item.gold}.")) for item in examples)


def nothing(item: Item) -> Transcript:
    """The silent form."""
    return Transcript()


def worked(item: Item) -> Transcript:
    """The reasoning form: the task's own correct reasoning."""
    return item.worked


async def snap(model: Model, item: Item, way: Way, between: Transcript | None = None) -> Reading:
    """The distribution over the item's options, read right after `between`."""
    prompt = way.stated(item.asked, between or Transcript())
    return await read(model, item, prompt, item.options, way.stem.closing)


async def read(model: Model, item: Item, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
    """A model's reading of `options`, asked about `item`; `FailedReading` where it is no distribution."""
    return sound(await model.score(prompt, options, closing), len(options), model.card.name, f"item {item.id}")
