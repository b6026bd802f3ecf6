"""llama.cpp's own server over HTTP, prompt caching on: one memory for all slots, float32, no flash attention.

Requests go one after the other, sorted by their text, so that each extends the last, and the server picks the slot that
shares most with it; the samples of one prompt are one request. Sending to many slots at once was slower: slots do not
share what they cache, so each computed the examples anew. A reading asks for the most probable next tokens; an option
that is not among them is asked for by itself (a bias makes the server choose it; what it tells is without the bias).
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from workload import Answers, Ask, Score

from engines.base import Given
from engines.branches import Tokens, branches, joined

SLOTS, CELLS, TOP = 8, 16384, 40
FORCE = 1000.0


class Engine:
    """See the module."""

    def __init__(self, given: Given) -> None:
        import xllamacpp

        self._server = xllamacpp.Server(_settings(given))
        at = urlsplit(self._server.listening_address)
        self._connection = http.client.HTTPConnection(at.hostname or "127.0.0.1", at.port, timeout=600)
        self.computed: int | None = None
        self.facts: dict[str, Any] = {"xllamacpp": xllamacpp.__version__, "slots": SLOTS}

    def run(self, asks: list[Ask]) -> Answers:
        answers = Answers()
        for ask in sorted(asks, key=lambda ask: ask.text):
            if isinstance(ask.op, Score):
                answers.logprobs[ask.op.id] = self._score(ask)
            else:
                answers.texts[ask.op.id] = self._write(ask)
        return answers

    # ------------------------------------------------------------------------------------------------ reading

    def _score(self, ask: Ask) -> list[float | None]:
        prompt = self._tokens(ask.text)
        options = [tuple(self._tokens(ask.text + option)[len(prompt) :]) for option in ask.options]
        logprob: dict[tuple[Tokens, int], float | None] = {}
        for start, wanted in branches(options).items():
            found = self._next([*prompt, *start])
            for token in wanted:
                if token not in found:
                    found |= self._next([*prompt, *start], token)
                logprob[start, token] = found.get(token)
        return joined(options, logprob)

    def _next(self, prompt: list[int], forced: int | None = None) -> dict[int, float]:
        """Log-probabilities of the most probable next tokens, or of one token."""
        body: dict[str, Any] = {"prompt": prompt, "n_predict": 1, "n_probs": 1 if forced else TOP}
        if forced is not None:
            body |= {"logit_bias": [[forced, FORCE]]}
        first = self._complete(body | {"temperature": 0.0})[0]["completion_probabilities"][0]
        return {one["id"]: one["logprob"] for one in (*first["top_logprobs"], first)}

    # ------------------------------------------------------------------------------------------------ writing

    def _write(self, ask: Ask) -> list[str]:
        """All samples in one request: the server computes their prompt once and decodes them together."""
        assert not isinstance(ask.op, Score)
        op, written = ask.op, list[str]()
        body = {"prompt": self._tokens(ask.text), "n_predict": op.tokens, "ignore_eos": True, "seed": 1}
        sampling = {"temperature": op.temperature, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
        while len(written) < op.n:
            written += [str(one["content"]) for one in self._complete(body | sampling, min(op.n - len(written), SLOTS))]
        return written

    # ------------------------------------------------------------------------------------------------ asking

    def _tokens(self, text: str) -> list[int]:
        return list(self._post("/tokenize", {"content": text, "add_special": False, "parse_special": True})["tokens"])

    def _complete(self, body: dict[str, Any], n: int = 1) -> list[Any]:
        reply = self._post("/completion", {**body, "n_cmpl": n, "cache_prompt": True})
        done = reply if isinstance(reply, list) else [reply]
        for one in done:  # the last token written is not computed
            self.computed = (self.computed or 0) + one["timings"]["prompt_n"] + one["timings"]["predicted_n"] - 1
        return done

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        reply = self._connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"llama-server answered {reply.status}: {text[:200]!r}")
        return json.loads(text)

    def forget(self) -> None:
        """Nothing to do: no two workloads share their examples."""

    def close(self) -> None:
        del self._server


def _settings(given: Given) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(given.gguf)
    params.n_ctx, params.n_parallel, params.kv_unified = CELLS, SLOTS, True
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = given.threads
    params.n_threads_http = SLOTS + 1
    params.hostnames, params.port, params.verbosity = ["127.0.0.1"], 0, 0
    return params
