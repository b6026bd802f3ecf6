"""The loop most people write: transformers, one prompt at a time, every prompt computed whole.

It is not careless: no gradients, a cache while writing, the output head at the last positions only, and options of one
token all read from one pass.
"""

from __future__ import annotations

from typing import Any

from workload import Answers, Ask, Score

from engines.base import Given
from engines.torch_common import Counter


class Engine:
    """See the module."""

    def __init__(self, given: Given) -> None:
        import torch
        import transformers

        self._torch = torch
        self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(given.folder)
        self._model: Any = transformers.AutoModelForCausalLM.from_pretrained(given.folder, dtype=torch.float32)
        self._counter = Counter(self._model, given.threads)
        self.computed: int | None = None
        self.facts = {"transformers": transformers.__version__, "torch": torch.__version__}

    def run(self, asks: list[Ask]) -> Answers:
        answers = Answers()
        with self._torch.inference_mode():
            for ask in asks:
                if isinstance(ask.op, Score):
                    answers.logprobs[ask.op.id] = self._score(ask)
                else:
                    answers.texts[ask.op.id] = self._write(ask)
        self.computed = self._counter.take(self.computed)
        return answers

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _score(self, ask: Ask) -> list[float | None]:
        prompt = self._ids(ask.text)
        tails = [self._ids(ask.text + option)[len(prompt) :] for option in ask.options]
        if all(len(tail) == 1 for tail in tails):
            row = self._logprobs(prompt, 1)[0]
            return [float(row[tail[0]]) for tail in tails]
        found: list[float | None] = []
        for tail in tails:
            rows = self._logprobs([*prompt, *tail[:-1]], len(tail))
            found.append(sum(float(row[token]) for row, token in zip(rows, tail, strict=True)))
        return found

    def _logprobs(self, ids: list[int], last: int) -> Any:
        logits = self._model(input_ids=self._torch.tensor([ids]), use_cache=False, logits_to_keep=last).logits[0]
        return self._torch.log_softmax(logits, -1)

    def _write(self, ask: Ask) -> list[str]:
        assert not isinstance(ask.op, Score)
        op, ids = ask.op, self._ids(ask.text)
        warm: dict[str, Any] = {"do_sample": True, "temperature": op.temperature} if op.temperature else {}
        texts = []
        for _ in range(op.n):
            done = self._model.generate(
                input_ids=self._torch.tensor([ids]),
                attention_mask=self._torch.ones(1, len(ids), dtype=self._torch.long),
                max_new_tokens=op.tokens,
                min_new_tokens=op.tokens,
                **({"do_sample": False} | warm),
            )
            texts.append(self._tokenizer.decode(done[0, len(ids) :]))
        return texts

    def forget(self) -> None:
        self._counter.total = 0

    def close(self) -> None:
        pass
