"""A model that reasons as it is told and answers what its reasoning says, and remembers every prompt."""

from __future__ import annotations

import json
import math
from pathlib import Path

from thinkaloud.joining import joined
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling

CAPABLE = frozenset({"prefill", "logprobs", "raw_reasoning"})


class Reader:
    """`reasonings`: question -> (the reasoning it writes, the answer). It is sure of the answer once the whole
    reasoning stands there, and guesses before."""

    def __init__(self, reasonings: dict[str, tuple[str, str]]) -> None:
        self.known = reasonings
        self.card = ModelCard("reader", "own", "rule:reader", "completion", "exact", 1 << 16, CAPABLE)
        self.prompts: list[Prompt] = []
        self.samplings: list[Sampling] = []

    def _about(self, prompt: Prompt) -> tuple[str, str]:
        return next((told for question, told in self.known.items() if question in prompt.question), ("", ""))

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        self.prompts.append(prompt)
        self.samplings.append(sampling)
        text, begun = self._about(prompt)[0], joined(prompt.prefill)
        rest = text[len(begun) :] if text.startswith(begun) else ""
        return Completion(rest.removeprefix(" "), len(rest.split()), "stop")

    async def score(self, prompt: Prompt, options: tuple[str, ...], closing: str = ".") -> Reading:
        self.prompts.append(prompt)
        text, answer = self._about(prompt)
        if not text or text not in joined(prompt.prefill) or answer not in options:
            return Reading(tuple(-math.log(len(options)) for _ in options))
        rest = 0.06 / (len(options) - 1)
        return Reading(tuple(math.log(0.94 if option == answer else rest) for option in options))


def sums(path: Path, n: int, between: str | None = " ", **more: object) -> Reader:
    """A file of `n` sums with the reasoning as one entry, its two sentences set apart by `between` (None: without
    reasoning), and a reader who knows them."""
    lines, known = [], {}
    for i in range(n):
        a, b, c = 11 + i, 3 + i % 5, 2 + i % 3
        steps, gold = (f"{a} + {b} = {a + b}.", f"{a + b} + {c} = {a + b + c}."), str(a + b + c)
        question = f"How many are {a} apples, {b} apples and {c} apples?"
        text = (between or " ").join(steps)
        known[question] = (text, gold)
        options = [str(a + b + c + k) for k in (0, 1, -1, 10)]
        line = {"id": f"q{i}", "question": question, "options": options, "answer": gold, **more}
        lines.append(line if between is None else line | {"reasoning": [text]})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Reader(known)
