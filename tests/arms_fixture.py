"""A fake model for arms: it reads sums, writes what an arm asks for in words, and is wrong as often as it is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from thinkaloud.arms.ask import Ask, Solver, World
from thinkaloud.arms.attempt import Stage, Terms
from thinkaloud.arms.style import Style, example
from thinkaloud.arms.toolbox import TOOLS
from thinkaloud.budget.counter import counter
from thinkaloud.budget.ledger import Ledger
from thinkaloud.budget.meters import METERS
from thinkaloud.budget.trace import Trace
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, ModelCard, Prompt, Reading, Sampling, Task

SUM = re.compile(r"What is (\d+(?: [+-] \d+)*)\?")
TASK = open_task("chain_sum")
EXAMPLES = TASK.items(4, 2, Key(("arms", "examples")))
ITEM = TASK.items(4, 3, Key(("arms", "items")))[2]
STYLE = Style(tuple(example(TASK, item) for item in EXAMPLES))


@dataclass
class Fake:
    """`say` makes the answer to a prompt; `error` is how often a number is wrong; `waits`: how long an answer takes, in
    turns of the event loop; `asked` keeps every prompt."""

    say: Callable[[Fake, Prompt, Key], str] | None = None
    error: float = 0.0
    waits: Callable[[Prompt], int] = lambda prompt: 1
    digest: str = "fake"
    asked: list[Prompt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.card = ModelCard("fake", "test", self.digest, "scripted", "exact", 1 << 20, frozenset({"prefill"}))

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """At most `sampling.tokens` words."""
        self.asked.append(prompt)
        for _ in range(self.waits(prompt)):
            await asyncio.sleep(0)
        text = (self.say or Fake.reckon)(self, prompt, key)
        stopped = min((text.index(stop) for stop in sampling.stop if stop in text), default=len(text))
        words = re.findall(r"\s*\S+", text[:stopped])
        kept = "".join(words[: sampling.tokens])
        return Completion(kept, min(len(words), sampling.tokens), "length" if len(words) > sampling.tokens else "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Not asked by arms."""
        raise NotImplementedError

    def reckon(self, prompt: Prompt, key: Key) -> str:
        """Reads the last sum in a question and does what is asked with it."""
        question, found = prompt.question, SUM.findall(prompt.question)
        terms = found[-1] if found else "0"
        value = str(sum(int(x.replace(" ", "")) for x in re.findall(r"(?:- )?\d+", terms)) + self.slip(key))
        if "yes or no" in question:
            value = "yes" if re.search(rf"answers {value}\.", question) else "no"
        if prompt.prefill[-1:] == (PROBE,):
            return f" {value}."
        if question.endswith("Expression:"):
            return f"{terms}\n"
        if "1. " in question.splitlines()[-1]:
            return parts(terms)
        return f"We work it out. {PROBE} {value}."

    def slip(self, key: Key) -> int:
        """0, or 1 where it is wrong."""
        return int(key.rng.random() < self.error)


def parts(terms: str) -> str:
    """A sum in two: all but its last number, and that added; nothing where there are only two."""
    rest, sign, last = terms.rpartition(" + ")
    return f"1. What is {rest}?\n2. What is #1 + {last}?\n" if sign and " " in rest else "There is nothing to cut."


def terms(solve: Solver, limit: int = 100_000, meter: str = "B4") -> Terms:
    """The terms of an arm with one budget."""
    return Terms(arm="own", solve=solve, style=STYLE, budgets=(limit,), meter=meter, attempts=2)


def stage(model: Fake, item: Item = ITEM, task: Task = TASK) -> Stage:
    """An item before a fake model."""
    return Stage.of(model, task, item, Key(("arms", "stage")))


def top(model: Fake, limit: float, meter: str = "B4") -> Ask:
    """The process of an arm, with its world, for tests that look into the ledger."""
    ledger, trace = Ledger(limit, METERS[meter]), Trace("own", ITEM.question)
    world = World(
        model=model, task=TASK, style=STYLE, ledger=ledger, key=Key(("arms", "world")), trace=trace,
        counter=counter(model), tools=TOOLS,
    )  # fmt: skip
    return Ask(world, ledger.account, trace.nodes[0])
