"""Verify twice: an answer counts if two who did not see how it was found accept it; else it is tried again."""

import asyncio

from thinkaloud.arms.ask import Ask
from thinkaloud.vocabulary import Item

TRIES = 3


async def solve(item: Item, ask: Ask) -> str:
    """An answer that two fresh contexts accept, or the last of three tries."""
    answer = ""
    for _ in range(TRIES):
        answer = (await ask.aloud(item.question)).answer  # this also offers it, in case the budget ends
        check = f"{item.question}\nSomebody answers {answer}. Is that right, yes or no?"
        verdicts = await asyncio.gather(*(ask.sub(check, title="check") for _ in range(2)))
        if all(verdict.lower().startswith("yes") for verdict in verdicts):
            break
    return answer
