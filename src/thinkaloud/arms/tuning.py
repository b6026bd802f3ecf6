"""The same tuning for every arm: random search over instructions and examples, on dev items of its own.

Every arm gets the same candidates in the same order (they hang on the task, not on the arm), the same dev items and one
attempt at each, and takes the candidate with most right answers, the first of equals. The first candidate is the plain
one. A few dev items are noise: where nothing is better than the plain one, something worse may win; `docs/tuning.md`
has the numbers. This is DSPy's bootstrap with random search (Khattab et al. 2023, 2310.03714) without its dependencies:
it asks nothing of the model but to answer, so small ones can be tuned. Tuning that has a model reflect on its mistakes
stands in `gepa_tuning.py`.

Where examples come without reasoning the model writes it: it thinks aloud about each, with no examples, and what led to
the right answer is kept. What tuning cost is a fixed cost, recorded and not charged to any item.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thinkaloud.arms.ask import Ask, Room, cut
from thinkaloud.arms.attempt import Stage, Terms, attempt, unless_lost
from thinkaloud.arms.programs import calls
from thinkaloud.arms.style import INSTRUCTIONS, Example, Style, example
from thinkaloud.budget.counter import Counter
from thinkaloud.budget.ledger import Spend
from thinkaloud.joining import joined
from thinkaloud.tasks.draws import pick, some, whole
from thinkaloud.vocabulary import Item, Key, Model, Record, Task

FEWEST = 2
"""Examples of a candidate, at least."""
UNKNOWN = 128
"""Tokens for a reasoning of a length that nobody knows: where no example has one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A style as numbers: which instruction, which of the examples in which order."""

    instruction: int
    examples: tuple[int, ...]

    def style(self, examples: Sequence[Example]) -> Style:
        """The style itself."""
        return Style(tuple(examples[i] for i in self.examples), INSTRUCTIONS[self.instruction])


def candidates(examples: int, trials: int, key: Key) -> list[Candidate]:
    """The plain candidate (half of the examples, no instruction), and `trials` - 1 others by lot."""
    plain = Candidate(0, tuple(range((examples + 1) // 2)))
    found = [plain]
    rng = key.rng
    while len(found) < trials:
        size = whole(rng, min(FEWEST, examples), examples)
        found.append(Candidate(pick(rng, range(len(INSTRUCTIONS))), tuple(some(rng, range(examples), size))))
    return found


@dataclass(frozen=True, slots=True)
class TuningData:
    """What tuning has: examples to choose from, dev items to choose by, how many candidates; whether reasoning is to be
    written where there is none."""

    shown: Sequence[Item]
    dev: Sequence[Item]
    trials: int
    thinks: bool = True


async def tune(model: Model, task: Task, terms: Terms, data: TuningData, key: Key) -> Record:
    """Choose a style for an arm. A record that `style_of` reads."""
    shown, dev, trials = data.shown, data.dev, data.trials
    thoughts, spend = await thought_about(model, task, terms, data, key)
    examples = dressed(task, shown, thoughts)
    tried = candidates(len(examples), max(1, trials), key.child("candidates"))
    scores: list[float | None] = [None] * len(tried)
    if trials > 1 and dev:
        jobs = [_score(model, task, replace(terms, style=c.style(examples)), dev, key) for c in tried]
        done = await asyncio.gather(*jobs)
        scores = [right for right, _ in done]
        spend = sum((cost for _, cost in done), spend)
    best = max(range(len(tried)), key=lambda i: (scores[i] or 0.0, -i))
    return {
        "arm": terms.arm,
        "status": "ok",
        "error": None,
        "tuner": "random",
        "instruction": tried[best].instruction,
        "text": INSTRUCTIONS[tried[best].instruction],
        "examples": list(tried[best].examples),
        "thoughts": thoughts,
        "written": len(thoughts),
        "trials": [
            {"instruction": c.instruction, "examples": list(c.examples), "right": score}
            for c, score in zip(tried, scores, strict=True)
        ],
        "dev": len(dev),
        "spend": spend.as_dict(),
    }


def style_of(record: Record, task: Task, shown: Sequence[Item]) -> Style:
    """The style that a record of tuning chose; `text` is its instruction where it is none of the list."""
    examples = dressed(task, shown, record["thoughts"])
    text = record.get("text")
    instruction = INSTRUCTIONS[record["instruction"]] if text is None else str(text)
    return Style(tuple(examples[i] for i in record["examples"]), instruction)


def dressed(task: Task, shown: Sequence[Item], thoughts: Mapping[str, Sequence[str]]) -> list[Example]:
    """The examples, with the reasoning that was written about some of them (by their position)."""
    examples = [example(task, item) for item in shown]
    return [replace(one, thought=tuple(thoughts.get(str(i), one.thought))) for i, one in enumerate(examples)]


async def thought_about(
    model: Model, task: Task, terms: Terms, data: TuningData, key: Key
) -> tuple[dict[str, list[str]], Spend]:
    """Reasoning about the examples by the model itself, where it is wanted and nobody else wrote any; and its cost."""
    if not data.thinks or any(item.worked.steps for item in data.shown):
        return {}, Spend()
    return await self_written(model, task, data.shown, terms, key)


async def _score(model: Model, task: Task, terms: Terms, dev: Sequence[Item], key: Key) -> tuple[float, Spend]:
    """Share of dev items that one attempt gets right, and what that cost."""
    stages = [Stage.of(model, task, item, key.child("dev")) for item in dev]
    made = unless_lost(await asyncio.gather(*(attempt(stage, terms, 0, terms.budgets[-1]) for stage in stages)))
    return sum(one.right for one in made) / len(made), sum((one.trace.spend for one in made), Spend())


async def self_written(
    model: Model, task: Task, shown: Sequence[Item], terms: Terms, key: Key
) -> tuple[dict[str, list[str]], Spend]:
    """Reasoning by the model itself about the examples, kept where it led to the right answer; and its cost."""

    async def think(item: Item, ask: Ask) -> str:
        return (await ask.aloud(item.asked, ())).answer

    alone = replace(terms, solve=think, style=Style(tuple(example(task, item) for item in shown)))
    stages = [Stage.of(model, task, item, key.child("written")) for item in shown]
    made = await asyncio.gather(*(attempt(stage, alone, 0, terms.budgets[-1]) for stage in stages))
    kept: dict[str, list[str]] = {}
    for i, one in enumerate(made):
        calls = [node for node in one.trace.nodes if node.title == "aloud"]
        if one.right and calls:
            kept[str(i)] = [step.text for step in task.parse(cut(calls[0].text)[0]).steps]
    return {i: steps for i, steps in kept.items() if steps}, sum((one.trace.spend for one in made), Spend())


def room(task: Task, shown: Sequence[Item], counted: Counter) -> Room:
    """How much may be written: by the lengths of what the examples' answers, reasoning and programs take."""
    examples = [example(task, item) for item in shown]
    style = Style(tuple(examples))

    def longest(texts: Sequence[str]) -> int:
        return max((len(counted.tokens(text)) for text in texts), default=0)

    answer = 8 + 2 * longest([one.answer for one in examples])
    thought = longest([joined(one.thought) for one in examples])
    turn = longest([joined(shot.answer) for shot in style.whole])
    program = longest([code or "" for one in examples for code in (one.program, calls(one))])
    aloud = max(48, 3 * thought, 2 * turn) if thought or turn else UNKNOWN
    return Room(answer, aloud, max(64, 2 * program))


def costs(units: Sequence[Mapping[str, Any]]) -> list[str]:
    """What tuning cost in a run, as a line to print; none where nothing was tuned."""
    records = [record for unit in units if unit.get("phase") == "prepare" for record in unit["records"]]
    spent = [Spend(**record["spend"]) for record in records if record.get("spend")]
    total = sum(spent, Spend())
    if not total.calls:
        return []
    prompts, written = total.uncached + total.cached, total.output + total.reasoning
    about = f"{prompts:,} prompt tokens, {written:,} written in {total.calls:,} calls"
    return [f"tuning (a fixed cost, charged to no item): {about}, for {len(spent)} arms x tasks"]
