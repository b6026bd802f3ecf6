"""Best of k by self-verification, and retry/escalate: what the same money buys without taking anything apart.

The verifier is the model: a proposed answer is shown with its question and it says yes or no, after examples of right
and wrong proposals (Cobbe et al. 2021, 2110.14168 trains one; here nothing is trained). `escalate` begins with the
cheapest answer and goes on to more expensive ones until one is accepted (FrugalGPT: Chen et al. 2023, 2305.05176).
"""

from __future__ import annotations

import asyncio

from thinkaloud.arms.ask import Ask, same
from thinkaloud.vocabulary import Item, Prompt, Shot

K = 3
"""Candidates."""
YES, NO = "yes", "no"
CHECK = "{question}\nProposed answer: {answer}\nIs the proposed answer right?"


async def best_of(item: Item, ask: Ask) -> str:
    """The first of `K` candidates that is accepted; the most frequent one where none is."""
    said = await asyncio.gather(*(ask.aloud(item.asked) for _ in range(K)))
    found = [one.answer for one in said]
    verdicts = await asyncio.gather(*(accepts(item, answer, ask) for answer in found))
    accepted = [answer for answer, verdict in zip(found, verdicts, strict=True) if verdict]
    return accepted[0] if accepted else most(found)


async def escalate(item: Item, ask: Ask) -> str:
    """At once; if that is not accepted aloud; if that is not either, the most frequent of `K` more."""
    answer = await ask.snap(item.asked)
    ask.offer(answer)
    if await accepts(item, answer, ask):
        return answer
    answer = (await ask.aloud(item.asked)).answer
    if await accepts(item, answer, ask):
        return answer
    said = await asyncio.gather(*(ask.aloud(item.asked) for _ in range(K)))
    return most([answer, *(one.answer for one in said)])


async def accepts(item: Item, answer: str, ask: Ask) -> bool:
    """Whether the model accepts an answer; an empty one is refused without asking."""
    if not answer:
        return False
    asked = Prompt(_shots(ask), CHECK.format(question=item.asked, answer=answer))
    return (await ask.write(asked, 4, (".", "\n"), "check")).text.strip().lower().startswith(YES)


def most(found: list[str]) -> str:
    """The most frequent answer, the first of equals."""
    return max(found, key=lambda one: sum(bool(one) and same(one, other) for other in found), default="")


def _shots(ask: Ask) -> tuple[Shot, ...]:
    """Each example with its right answer, or with that of another one: by turns."""
    examples = ask.style.examples
    shots = []
    for i, example in enumerate(examples):
        other = examples[(i + 1) % len(examples)].answer
        wrong = i % 2 == 1 and not same(other, example.answer)
        shown = CHECK.format(question=example.question, answer=other if wrong else example.answer)
        shots.append(Shot(shown, (f"{NO if wrong else YES}.",)))
    return tuple(shots)
