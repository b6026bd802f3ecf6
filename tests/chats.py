"""A chat model for tests that answers sums in free text, and is sure only after the stem that it uses itself."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.joining import joined
from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling

MARK = "</think>"
BLOCK = Profile("a family for tests", "<think>\n", f"\n{MARK}\n\n", MARK, silence=("empty", "switch", "omitted"))


@dataclass
class Chat:
    """`ending`: how its reasoning ends (see `_ends`); `stem`: after which it is sure of its answer; `silent`: whether
    it is right without reasoning, by form of silence; `profile`: of a model with a block."""

    ending: str = "closed"
    stem: str = "\\boxed{"
    silent: float = 0.4
    profile: Profile | None = None
    form: str = "chat"

    def __post_init__(self) -> None:
        capabilities = frozenset({"prefill", "logprobs", "raw_reasoning"})
        self.card = ModelCard("chat", "test", "d:1", self.form, "exact", 4096, capabilities)  # type: ignore[arg-type]
        self.asked: list[Prompt] = []

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Reasoning in an open block or a told turn, else an answer."""
        self.asked.append(prompt)
        total = _sum(prompt.question)
        thought = f"We add them up.\n\nThe sum is {total}, so we are done."
        if self.profile is not None and prompt.thinking is not None and not prompt.thinking.closed:
            return self._ends(thought, total)
        if prompt.prefill or prompt.thinking is not None or prompt.off or "step by step" not in prompt.question:
            return Completion(f"{self.stem}{total}}}", 5, "stop", "")
        return self._ends(thought, total)

    def _ends(self, thought: str, total: int) -> Completion:
        block = self.profile is not None
        stated = "" if block else f"\n\nSo {self.stem}{total}}}"
        return {
            "closed": Completion(thought + stated, 20, "stop", MARK if block else ""),
            "forced": Completion(thought, 20, "length"),
            "never closed": Completion(thought, 20, "stop", ""),
            "inside": Completion(f"{thought}\nThe answer is {total}.", 20, "stop", ""),
            "empty": Completion("", 0, "stop", MARK if block else ""),
            "unparsed": Completion(thought, 20, "stop", ""),
            "refused": Completion("I'm sorry, but I can't help with that.", 9, "stop", ""),
        }[self.ending]

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Nearly all of the probability is on the options after its own stem, a little after another one."""
        self.asked.append(prompt)
        total = str(_sum(prompt.question))
        inside = prompt.thinking.parts if prompt.thinking is not None else ()
        between = joined([*inside, *prompt.prefill[:-1]])
        sure = 0.9 if re.search(rf"(?<!\d){total}(?!\d)", between) else self._silently(prompt)
        mass = 0.95 if prompt.prefill and self.stem in prompt.prefill[-1] else 0.05
        rest = (1 - sure) / max(1, len(options) - 1)
        return Reading(tuple(math.log(mass * (sure if option == total else rest)) for option in options))

    def _silently(self, prompt: Prompt) -> float:
        return min(0.99, self.silent + 0.3) if prompt.off else self.silent


def _sum(question: str) -> int:
    return sum(map(int, re.findall(r"\d+", question.partition("?")[0])))


def questions(n: int) -> list[dict[str, str]]:
    """Lines of the simplest file: a question and its answer."""
    return [{"question": f"What is {i + 3} + {2 * i + 5}?", "answer": str(3 * i + 8)} for i in range(n)]
