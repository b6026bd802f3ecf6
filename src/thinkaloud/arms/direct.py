"""R0, R1, R2 and the algorithm in the prompt: one context, one answer.

R0 is a snap judgement with the first examples as they come, R1 the same with a tuned prompt; R2 thinks aloud with a
tuned prompt (Wei et al. 2022, 2201.11903). Voting over several R2 (self-consistency, Wang et al. 2022, 2203.11171) is
R2k: it needs no arm of its own, since every arm's attempts are voted over as far as a budget goes.
"""

from __future__ import annotations

from thinkaloud.arms.ask import Ask
from thinkaloud.errors import NotMeasurable
from thinkaloud.tasks.traits import Explained
from thinkaloud.vocabulary import Item


async def snap(item: Item, ask: Ask) -> str:
    """The answer at once."""
    return await ask.snap(item.asked)


async def aloud(item: Item, ask: Ask) -> str:
    """Reasoning, then the answer."""
    return (await ask.aloud(item.asked)).answer


async def algorithm(item: Item, ask: Ask) -> str:
    """Reasoning, with the way to do it written into the question."""
    task = ask.world.task
    if not isinstance(task, Explained) or task.algorithm is None:
        raise NotMeasurable(f"nobody has written down an algorithm for {task.name}")
    return (await ask.aloud(f"{task.algorithm}\n{item.asked}")).answer
