"""Small models, question files and damaged folders for tests of run folders."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling

CAN = frozenset({"prefill", "logprobs", "raw_reasoning"})


class Leaning:
    """A model that gives the option that is longest in digits, or first in the alphabet, the probability `p`."""

    def __init__(self, p: float, digest: str = "") -> None:
        self.p = p
        self.card = ModelCard("leaning", "test", digest, "scripted", "exact", 1 << 20, CAN)  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        return Completion("It is so.", 3, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        rest = math.log((1 - self.p) / (len(options) - 1))
        return Reading(tuple(math.log(self.p) if option == min(options) else rest for option in options))


def lines(n: int = 14, gold: int = 0, about: str = "sheet", **more: Any) -> list[dict[str, Any]]:
    """`n` questions, whose answer is the option at `gold` in alphabetical order."""
    options = ["ash", "birch", "cedar"]
    return [
        {"question": f"Which tree is on {about} {i}?", "options": options, "answer": options[gold],
         "reasoning": [f"On {about} {i} it is {options[gold]}."], **more}
        for i in range(n)
    ]  # fmt: skip


def written(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    """A question file, and its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)
