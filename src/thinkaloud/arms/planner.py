"""P: an Auto-GPT-like planner, pinned: a loop in which the model chooses its next action until it finishes.

It is one fixed program and not the subject of the study: prompts, actions and the number of rounds are frozen here
(`VERSION`). Actions: `ask: ...` (a sub-process with a fresh context), `calculate: ...` (the calculator), `note: ...`
(a thought that stays), `finish: ...` (the answer).
"""

from __future__ import annotations

from thinkaloud.arms.ask import Ask, answer_in
from thinkaloud.vocabulary import Item, Prompt, Shot

VERSION = 1
ROUNDS = 6
LINE = 48
"""Most tokens of an action."""
GOAL = (
    "Goal: {question}\nActions: ask: a question for a helper; calculate: an expression; note: a thought; "
    "finish: the answer.\n{log}Next action:"
)
EXAMPLES = (
    (
        "What is 17 times 23, plus 9?",
        (("calculate: 17 * 23", "391"), ("calculate: 391 + 9", "400"), ("finish: 400", "")),
    ),
    (
        "What is the capital of the country north of Spain?",
        (("note: The country is France.", ""), ("finish: Paris", "")),
    ),
)


async def plan(item: Item, ask: Ask) -> str:
    """Actions in a loop; the last offered answer counts where none finishes."""
    log, shots = "", _shots()
    for _ in range(ROUNDS):
        asked = Prompt(shots, GOAL.format(question=item.asked, log=log))
        line = (await ask.write(asked, LINE, ("\n",), "action")).text.strip()
        action, _, rest = line.partition(":")
        rest = rest.strip()
        match action.strip().lower():
            case "finish":
                return answer_in(rest)
            case "ask" if rest:
                came = await ask.sub(rest)
                ask.offer(came)
            case "calculate" if rest:
                came = await ask.tool("calculator", rest)
                ask.offer(came)
            case "note":
                came = ""
            case _:
                came = "That is no action."
        log += f"> {line}\n" + (f"= {came}\n" if came else "")
    return await ask.snap(GOAL.format(question=item.asked, log=log), shots)


def _shots() -> tuple[Shot, ...]:
    made = []
    for question, steps in EXAMPLES:
        log = ""
        for line, came in steps:
            made.append(Shot(GOAL.format(question=question, log=log), (line,)))
            log += f"> {line}\n" + (f"= {came}\n" if came else "")
    return tuple(made)
