"""lm-evaluation-harness: its own requests, ordering and batching, called in-process.

Options are `loglikelihood` requests, where its cache of one-token continuations lets options of one token share a pass;
writing is `generate_until`. Reading in batches was slower here than one at a time (padding), writing in batches faster.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any

from workload import Answers, Ask, Score

from engines.base import Given
from engines.torch_common import Counter

READ, WRITTEN = 1, 8  # batch sizes


class Engine:
    """See the module."""

    def __init__(self, given: Given) -> None:
        from lm_eval.models.huggingface import HFLM

        self._lm: Any = HFLM(pretrained=str(given.folder), device="cpu", dtype="float32", batch_size=READ)
        self._counter = Counter(self._lm.model, given.threads)
        self.computed: int | None = None
        self.facts = {name: importlib.metadata.version(name) for name in ("lm_eval", "transformers", "torch")}

    def run(self, asks: list[Ask]) -> Answers:
        from lm_eval.api.instance import Instance

        answers = Answers()
        reads = [ask for ask in asks if isinstance(ask.op, Score)]
        pairs = [(ask, option) for ask in reads for option in ask.options]
        if pairs:
            self._lm.batch_size_per_gpu = READ
            requests = [Instance("loglikelihood", {}, (ask.text, option), 0) for ask, option in pairs]
            for ask in reads:
                answers.logprobs[ask.op.id] = []
            found = self._lm.loglikelihood(requests, disable_tqdm=True)
            for (ask, _), (logprob, _) in zip(pairs, found, strict=True):
                got = answers.logprobs[ask.op.id]
                assert got is not None
                got.append(float(logprob))
        writes = [(ask, ask.op) for ask in asks if not isinstance(ask.op, Score)]
        if writes:
            self._lm.batch_size_per_gpu = WRITTEN
            requests = [
                Instance("generate_until", {}, (ask.text, _settings(op.tokens, op.temperature)), s)
                for ask, op in writes
                for s in range(op.n)
            ]
            texts = iter(self._lm.generate_until(requests, disable_tqdm=True))
            for ask, op in writes:
                answers.texts[ask.op.id] = [next(texts) for _ in range(op.n)]
        self.computed = self._counter.take(self.computed)
        return answers

    def forget(self) -> None:
        self._counter.total = 0

    def close(self) -> None:
        pass


def _settings(tokens: int, temperature: float) -> dict[str, Any]:
    sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    return {"until": [], "max_gen_toks": tokens, "min_new_tokens": tokens, **sampling}
