"""Recursive: a question is cut in two, and each half again, two levels deep, each with a share of the budget."""

from thinkaloud.arms.ask import Ask
from thinkaloud.tasks.parts import fill, read_parts
from thinkaloud.vocabulary import Item

DEEPEST = 2


async def solve(item: Item, ask: Ask) -> str:
    """Cut in two, two levels deep; what cannot be cut is thought about aloud."""
    parts: tuple[str, ...] = ()
    if ask.depth < DEEPEST:
        parts = read_parts(await ask(f"{item.question}\nCut this into two smaller questions: 1. and 2."))[:2]
    if len(parts) < 2:
        return (await ask.aloud(item.question)).answer
    found: list[str] = []
    for part in parts:
        found.append(await ask.sub(fill(part, found), solve, share=0.45))
    known = "\n".join(f"{fill(part, found)} {answer}" for part, answer in zip(parts, found, strict=True))
    return await ask.snap(f"{known}\n{item.question}")
