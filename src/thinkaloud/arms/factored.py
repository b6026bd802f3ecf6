"""F1 and F2: the same parts, in one context or each in a context of its own. Their difference is the whole point.

Both get the same list of parts: the model's own plan, written in the same call (the same prompt and the same
randomness, so it is the same text), or the task's own where the run says `plan = given` or where the text is too long
to be written out again. F1 then answers the parts and the question below its plan; F2 asks every part where nothing
else stands (parts that do not need each other side by side) and puts the answers before the last question. So F2 - F1
holds the information equal and is the effect of fresh contexts alone (least-to-most: Zhou et al. 2022, 2205.10625;
decomposed prompting: Khot et al. 2022, 2210.02406).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from thinkaloud.arms.ask import Ask
from thinkaloud.arms.style import ANSWERS, PARTS, context_of, last, planned, without
from thinkaloud.tasks.parts import Decomposition, decompose, fill, numbered, read_parts, references
from thinkaloud.vocabulary import Item, Prompt


async def same_context(item: Item, ask: Ask) -> str:
    """F1: the parts are listed, answered and put together in one context."""
    shots = ask.style.whole
    given = _given(item, ask)
    if given is not None:
        plan = numbered(without([part.question for part in given.parts], context_of(item)))
        return (await ask.aloud(item.asked, shots, (planned(plan), ANSWERS))).answer
    if not shots:
        return (await ask.aloud(item.asked)).answer
    return (await ask.aloud(item.asked, shots, (PARTS,))).answer


async def fresh_contexts(item: Item, ask: Ask) -> str:
    """F2: every part is answered in a context of its own."""
    given = _given(item, ask)
    if given is not None:
        questions, final = tuple(part.question for part in given.parts), given.final
    else:
        questions, final = await _plan(item, ask), item.asked
    if not questions:  # nothing to take apart: think aloud
        return (await ask.aloud(item.asked)).answer
    found = await _answers(questions, ask)
    asked = last(item.asked, final, [fill(question, found) for question in questions], found)
    return await ask.snap(asked, ask.style.final or ask.style.snap)


async def nested(item: Item, ask: Ask) -> str:
    """F2 whose parts are taken apart once more."""
    questions = await _plan(item, ask) if ask.depth <= 1 else ()
    if len(questions) < 2:
        return await part(item, ask)
    found = await _answers(questions, ask, nested)
    asked = last(item.asked, item.asked, [fill(question, found) for question in questions], found)
    return await ask.snap(asked, ask.style.final or ask.style.snap)


async def part(item: Item, ask: Ask) -> str:
    """A single part, as the examples show it."""
    shots = ask.style.part
    return (await ask.aloud(item.asked, shots)).answer if shots else await ask.snap(item.asked)


async def _plan(item: Item, ask: Ask) -> tuple[str, ...]:
    """The model's own list of parts; empty if no part can be parsed, or if there are no decomposition examples."""
    shots = ask.style.whole
    if not shots:
        return ()
    prompt = Prompt(shots, ask.style.ask(item.asked), (PARTS,))
    done = await ask.write(prompt, ask.world.room.aloud + ask.world.room.answer, (ANSWERS,), "plan")
    return read_parts(done.text)


async def _answers(questions: Sequence[str], ask: Ask, solve: object = part) -> list[str]:
    """Answers of all parts, each as soon as those that it needs are there."""
    waiting: list[asyncio.Task[str]] = []

    async def one(number: int, question: str) -> str:
        needed = references(question)
        known = {k: await waiting[k - 1] for k in needed}
        text = fill(question, [known.get(k) for k in range(1, number)])
        return await ask.sub(text, solve, title=f"part {number}")  # type: ignore[arg-type]

    for number, question in enumerate(questions, 1):
        waiting.append(asyncio.ensure_future(one(number, question)))
    return list(await asyncio.gather(*waiting))


def _given(item: Item, ask: Ask) -> Decomposition | None:
    """The task's own parts, where they are to be used."""
    return decompose(ask.world.task, item) if ask.world.given or context_of(item) else None
