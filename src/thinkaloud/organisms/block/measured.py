"""What the model that thinks in a block does, measured on questions that it was never taught.

    in form       its greedy turn is a block with something in it, closed, and the stated answer
    right         and that answer is the right one
    sound         and every step in the block is in the task's language and right
    silent        it writes the right answer after an empty block
    follow:first  after a closed reasoning whose first step is wrong (the others go on from it), it writes where that
                  leads; follow:last: likewise, where only the last step is wrong

Each is a share of `chain_sum`'s items with so many numbers. Thoughts and answers are written greedily.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from thinkaloud.organisms.block.lessons import held_out
from thinkaloud.organisms.block.template import CLOSES, OPENS
from thinkaloud.stats.wilson import wilson
from thinkaloud.tasks.family import follow
from thinkaloud.tasks.sums import ChainSum
from thinkaloud.vocabulary import PROBE, Item, Key, Model, Prompt, Sampling, Step, Thinking

KEY = Key(("organisms", "block", "measured"))
LEVELS = (3, 4, 5)
"""How many numbers the questions add."""
SAMPLING = Sampling(160)
"""Room for a whole turn of the longest of them."""
TURN = re.compile(rf"{re.escape(OPENS)}(?P<thought>.+?){re.escape(CLOSES)}{PROBE} (?P<answer>\d+)\.", re.DOTALL)
"""A turn in the form that it was taught."""
ANSWER = re.compile(rf"{PROBE} (\d+)\.")

_TASK = ChainSum()


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `n` items at a level showed the `reading`, as a share with its 95% interval (Wilson's)."""

    reading: str
    level: int
    value: float
    low: float
    high: float
    n: int


def measure(model: Model, items: int, key: Key = KEY) -> list[Share]:
    """All readings at all levels, over so many items each."""
    return [share for level in LEVELS for share in _at_level(model, fresh(level, items, key))]


def fresh(level: int, n: int, key: Key) -> list[Item]:
    """`n` items whose questions were held out from training."""
    found = (item for item in _TASK.items(level, 8 * n + 40, key) if held_out(item.question))
    return list(islice(found, n))


def _at_level(model: Model, items: Sequence[Item]) -> Iterator[Share]:
    turns = written(model, [Prompt((), item.question) for item in items])
    found = [TURN.fullmatch(turn) for turn in turns]
    yield _share("in form", items, [turn is not None for turn in found])
    right = [turn is not None and turn["answer"] == item.gold for turn, item in zip(found, items, strict=True)]
    yield _share("right", items, right)
    yield _share("sound", items, [turn is not None and _sound(turn["thought"]) for turn in found])
    silent = [Prompt((), item.question, thinking=Thinking()) for item in items]
    yield _share("silent", items, _answered(model, silent, [item.gold for item in items]))
    for name, at in (("first", 0), ("last", -1)):
        led = [(item, steps, to) for item in items for steps, to in mistaken(item, at)]
        shown = [Prompt((), item.question, thinking=Thinking(steps)) for item, steps, _ in led]
        follows = _answered(model, shown, [to for _, _, to in led])
        yield _share(f"follow:{name}", [item for item, _, _ in led], follows)


def written(model: Model, prompts: Sequence[Prompt]) -> list[str]:
    """The model's own texts after these prompts, greedily."""

    async def ask() -> list[str]:
        done = await asyncio.gather(*(model.generate(prompt, SAMPLING, KEY) for prompt in prompts))
        return [one.text for one in done]

    return asyncio.run(ask())


def mistaken(item: Item, at: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """The item's reasoning with a mistake in step `at`, from which the later steps go on, and the answer it leads to;
    nothing where no mistake leads to another option."""
    place = at % len(item.worked.steps)
    if (mistake := _TASK.mistake(item, item.worked, place, KEY)) is not None:
        after, _ = follow(_TASK.work(item.meta["parts"]), {place: str(mistake.step.value)})
        steps: list[Step] = [*item.worked.steps[:place], mistake.step, *after[place + 1 :]]
        yield tuple(step.text for step in steps), mistake.implied


def _answered(model: Model, prompts: Sequence[Prompt], wanted: Sequence[str]) -> list[bool]:
    found = [ANSWER.match(text) for text in written(model, prompts)]
    return [match is not None and match[1] == answer for match, answer in zip(found, wanted, strict=True)]


def _sound(thought: str) -> bool:
    return all(_TASK.sound(_TASK.parse(thought)))


def _share(reading: str, items: Sequence[Item], held: Sequence[bool]) -> Share:
    value, low, high = (round(x, 4) for x in (sum(held) / len(held), *wilson(sum(held), len(held))))
    return Share(reading, items[0].level, value, low, high, len(held))
