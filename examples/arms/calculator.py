"""Calculator: the model writes the expression, a tool calculates it. It goes on without one where that fails."""

from thinkaloud.arms.ask import Ask, answer_in
from thinkaloud.vocabulary import Item, Shot

SHOTS = (
    Shot("Tom has 3 bags with 12 nuts each and eats 5 nuts. How many are left?\nExpression:", ("3 * 12 - 5\n",)),
    Shot("What is 17 plus 25?\nExpression:", ("17 + 25\n",)),
)


async def solve(item: Item, ask: Ask) -> str:
    """An expression by the model, its value by a calculator; thinking aloud where there is none."""
    written = await ask(f"{item.question}\nExpression:", shots=SHOTS, tokens=32)
    result = await ask.tool("calculator", written.strip().partition("\n")[0])
    return answer_in(result) if result.ok else (await ask.aloud(item.question)).answer
