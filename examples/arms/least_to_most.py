"""Least to most (Zhou et al. 2022, 2205.10625): easier questions first, each asked with the answers before it."""

from thinkaloud.arms.ask import Ask
from thinkaloud.tasks.parts import read_parts
from thinkaloud.vocabulary import Item


async def solve(item: Item, ask: Ask) -> str:
    """Least to most: easier questions first, each with the answers before it."""
    listed = await ask(f"{item.question}\nWhich questions should be answered first? List them as 1. 2. 3.")
    known = ""
    for question in read_parts(listed):
        known += f"{question} {await ask.sub(known + question)}\n"
    return await ask.snap(known + item.question)
