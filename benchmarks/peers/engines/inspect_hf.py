"""Inspect's `hf` provider on a local folder, through `Model.generate` with all requests of a stage in flight.

It has no log-likelihood of a given text: a reading is one token written with its 20 most probable ones, so options of
several tokens cannot be read. Its prefill closes the assistant's turn and opens a new one; that is left as it is, and
shows as disagreement. Not sampling is a setting of its model object, so it is set stage by stage.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
from typing import Any

from workload import Answers, Ask, Score

from engines.base import Given
from engines.torch_common import Counter


class Engine:
    """See the module."""

    def __init__(self, given: Given) -> None:
        import torch
        from inspect_ai.model import get_model

        self._model: Any = get_model(
            "hf/local", memoize=False, model_path=str(given.folder), device="cpu", dtype=torch.float32
        )
        self._counter = Counter(self._model.api.model, given.threads)
        self._loop = asyncio.new_event_loop()  # its batches live on one loop
        self.computed: int | None = None
        self.facts = {name: importlib.metadata.version(name) for name in ("inspect_ai", "transformers", "torch")}

    def run(self, asks: list[Ask]) -> Answers:
        from inspect_ai.model import GenerateConfig

        answers = Answers()
        reads = [ask for ask in asks if isinstance(ask.op, Score)]
        config = GenerateConfig(max_tokens=1, logprobs=True, top_logprobs=20)
        for ask, output in zip(reads, self._all([(ask, config) for ask in reads], 1, 0.0), strict=True):
            answers.logprobs[ask.op.id] = _read(ask, output)
        writes = [(ask, ask.op) for ask in asks if not isinstance(ask.op, Score)]
        for tokens, temperature in sorted({(op.tokens, op.temperature) for _, op in writes}):
            config = GenerateConfig(max_tokens=tokens, temperature=temperature or None)
            mine = [(ask, op) for ask, op in writes if (op.tokens, op.temperature) == (tokens, temperature)]
            done = iter(self._all([(ask, config) for ask, op in mine for _ in range(op.n)], tokens, temperature))
            for ask, op in mine:
                answers.texts[ask.op.id] = [next(done).completion for _ in range(op.n)]
        self.computed = self._counter.take(self.computed)
        return answers

    def _all(self, requests: list[tuple[Ask, Any]], tokens: int, temperature: float) -> list[Any]:
        """Answers to requests that are asked at the same time."""
        self._model.api.do_sample = temperature > 0
        self._model.api.model.generation_config.min_new_tokens = tokens

        async def together() -> list[Any]:
            return list(await asyncio.gather(*(self._model.generate(_chat(ask), config=c) for ask, c in requests)))

        return self._loop.run_until_complete(together()) if requests else []

    def forget(self) -> None:
        self._counter.total = 0

    def close(self) -> None:
        pass


def _chat(ask: Ask) -> list[Any]:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser

    messages: list[Any] = []
    for question, answer in ask.shots:
        messages += [ChatMessageUser(content=question), ChatMessageAssistant(content=answer)]
    messages.append(ChatMessageUser(content=ask.question))
    return [*messages, *([ChatMessageAssistant(content=" ".join(ask.prefill))] if ask.prefill else [])]


def _read(ask: Ask, output: Any) -> list[float | None] | None:
    """The options among the most probable tokens; None where they are not tokens."""
    content = output.choices[0].logprobs.content[0]
    top = {one.token: float(one.logprob) for one in content.top_logprobs or []}
    assert isinstance(ask.op, Score)
    found = [top.get(option, top.get(option.strip())) for option in ask.options]
    return None if all(x is None for x in found) else found
