"""Debate (Irving et al. 2018, 1805.00899), in its smallest form: two who disagree, one argument each, and a judge."""

import asyncio

from thinkaloud.arms.ask import Ask, same
from thinkaloud.vocabulary import Item


async def solve(item: Item, ask: Ask) -> str:
    """Two sub-processes answer; where they disagree each says why, and a judge who reads both decides."""
    one, other = await asyncio.gather(ask.sub(item, share=0.3), ask.sub(item, share=0.3))
    ask.offer(one)
    if same(one, other):
        return one
    why = "{}\nSay in one sentence why the answer is {} and not {}."
    for_one, for_other = await asyncio.gather(
        ask(why.format(item.question, one, other)), ask(why.format(item.question, other, one))
    )
    return await ask.snap(f"Ann says {one}: {for_one}\nBob says {other}: {for_other}\n{item.question}")
