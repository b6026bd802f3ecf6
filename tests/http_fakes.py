"""Servers that follow the source of real ones (vLLM, SGLang, plain OpenAI), on a model whose log-probabilities are
known."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np

from http_fixture import reply, serve

WORDS = 512
_PIECES = re.compile(r"<\|im_start\|>|<\|im_end\|>|<bos>| ?[A-Za-z]+|\s|.", re.DOTALL)
TEMPLATE = "<|im_start|>{role}\n{content}<|im_end|>\n"


class Known:
    """A vocabulary that fills up as it is used, and a next-token distribution that is a function of the tokens."""

    def __init__(self) -> None:
        self.pieces = ["<|im_start|>", "<|im_end|>", "<bos>"]
        self._lock = threading.Lock()
        self.asked: list[tuple[int, ...]] = []

    def encode(self, text: str) -> list[int]:
        """Tokens; control tokens are read wherever they stand, as Hugging Face's tokenizers do."""
        with self._lock:
            out = []
            for piece in _PIECES.findall(text):
                if piece not in self.pieces:
                    self.pieces.append(piece)
                out.append(self.pieces.index(piece))
            assert len(self.pieces) < WORDS
            return out

    def decode(self, tokens: Sequence[int]) -> str:
        """Their text."""
        return "".join(self.pieces[t] if t < len(self.pieces) else "?" for t in tokens)

    def logprobs(self, tokens: Sequence[int]) -> np.ndarray:
        """After these tokens."""
        seed = hashlib.sha256(np.asarray(tokens, dtype=np.int64).tobytes()).digest()
        logits = np.random.default_rng(int.from_bytes(seed[:8], "big")).standard_normal(WORDS) * 3
        return logits - np.log(np.exp(logits).sum())

    def chat(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """Turns through the template, which writes the beginning of the text itself; the last one is left open."""
        text = "<bos>" + "".join(TEMPLATE.format(**m) for m in messages)
        begun = messages[-1]["role"] == "assistant"
        return self.encode(text.removesuffix("<|im_end|>\n") if begun else f"{text}<|im_start|>assistant\n")

    def write(self, tokens: Sequence[int], most: int, stop: Sequence[str], seed: int, temperature: float) -> tuple:
        """Text, number of tokens, how it ended."""
        rng, out = np.random.default_rng(seed), list(tokens)
        for count in range(1, most + 1):
            lp = self.logprobs(out)[: len(self.pieces)]
            p = np.exp(lp / (temperature or 1))
            out.append(int(lp.argmax()) if temperature == 0 else int(rng.choice(len(p), p=p / p.sum())))
            text = self.decode(out[len(tokens) :])
            if out[-1] == 1:
                return text.removesuffix("<|im_end|>"), count, "stop"
            cuts = [text.find(s) for s in stop if s in text]
            if cuts:
                return text[: min(cuts)], count, "stop"
        return self.decode(out[len(tokens) :]), most, "length"


class Fake:
    """A server that follows another one's source. `answer(path, body)` gives the JSON, None where there is no such
    endpoint, or a pair of status and JSON. `log`: what was asked for."""

    def __init__(self) -> None:
        self.known = Known()
        self.log: list[tuple[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server, self.port = serve(self._handle)

    @property
    def url(self) -> str:
        """Its address, without options."""
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(self, path: str, body: Any) -> Any:
        """The reply."""
        raise NotImplementedError

    def _handle(self, asked: BaseHTTPRequestHandler, raw: bytes) -> None:
        body = json.loads(raw) if raw else None
        self.log.append((asked.path, body))
        self.headers.append(dict(asked.headers.items()))
        found = self.answer(asked.path, body)
        if found is None:
            found = 404, {"error": {"message": "Not Found"}}
        status, found = found if isinstance(found, tuple) else (200, found)
        reply(asked, found, status)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class FakeVLLM(Fake):
    """vLLM 0.33 as its source reads: `vllm/entrypoints/openai/completion`, `serve/tokenize`, `v1/sample/sampler.py`.
    `named`: it knows `logprob_token_ids`; `processed`: started with `--logprobs-mode processed_logprobs`; `details`:
    with `--enable-prompt-tokens-details`."""

    def __init__(self, named: bool = True, processed: bool = False, details: bool = True, most: int = 20) -> None:
        self.named, self.processed, self.details, self.most = named, processed, details, most
        super().__init__()

    def answer(self, path: str, body: Any) -> Any:
        """As vLLM would."""
        k = self.known
        if path == "/version":
            return {"version": "0.33.0"}
        if path == "/v1/models":
            return {"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 4096, "root": "tiny"}]}
        if path == "/tokenize":
            tokens = k.chat(body["messages"]) if "messages" in body else k.encode(body["prompt"])
            begun = "messages" in body and body["messages"][-1]["role"] == "assistant"
            assert not body.get("messages") or body["continue_final_message"] == begun
            bos = [2] if body.get("add_special_tokens", True) and "prompt" in body else []
            return {"tokens": bos + tokens, "count": len(tokens), "max_model_len": 4096}
        if path == "/detokenize":
            return {"prompt": k.decode(body["tokens"])}
        return self._complete(body) if path == "/v1/completions" else None

    def _complete(self, body: Any) -> Any:
        k, prompt, asked = self.known, body["prompt"], body.get("logprobs")
        ids = body.get("logprob_token_ids") if self.named else None
        if asked is not None and not ids and asked > self.most:
            said = f"Requested sample logprobs of {asked}, which is greater than max allowed: {self.most}"
            return 400, {"error": {"message": said, "type": "BadRequestError"}}
        if ids and asked != len(ids):
            return 400, {"error": {"message": "logprobs must equal len(logprob_token_ids)"}}
        text, count, ended = k.write(
            prompt, body["max_tokens"], body.get("stop") or (), body.get("seed") or 0, body["temperature"]
        )
        choice: dict[str, Any] = {"text": text, "finish_reason": ended, "index": 0, "logprobs": None}
        lp = k.logprobs(prompt)
        if self.processed and body["temperature"]:
            lp = np.where(lp >= np.sort(lp)[-5], lp, -np.inf)
            lp = lp - np.log(np.exp(lp).sum())
        if asked is not None:
            tokens = ids or [int(t) for t in np.argsort(-lp)[:asked]]
            top = {f"token_id:{t}": max(float(lp[t]), -9999.0) for t in [int(lp.argmax()), *tokens]}
            choice["logprobs"] = {"top_logprobs": [top], "tokens": [], "token_logprobs": [], "text_offset": []}
        if body.get("prompt_logprobs") is not None:
            value = float(k.logprobs(prompt[:-1])[prompt[-1]])
            choice["prompt_logprobs"] = [None, {str(prompt[-1]): {"logprob": value, "rank": 1, "decoded_token": "x"}}]
        usage = {"prompt_tokens": len(prompt), "completion_tokens": count, "total_tokens": len(prompt) + count}
        if self.details:
            usage["prompt_tokens_details"] = {"cached_tokens": _cached(k, prompt, 16)}
        return {"choices": [choice], "usage": usage}


class FakeSGLang(Fake):
    """SGLang 0.5.23 as its source reads: `srt/entrypoints/http_server.py`, `managers/io_struct.py`,
    `layers/sampler.py`: log-probabilities at a temperature are those after it."""

    def answer(self, path: str, body: Any) -> Any:
        """As SGLang would."""
        k = self.known
        if path == "/model_info":
            return {"model_path": "tiny", "served_model_name": "tiny", "is_generation": True, "weight_version": "1"}
        if path == "/server_info":
            return {"version": "0.5.23", "context_length": 4096}
        if path == "/v1/models":
            return {"data": [{"id": "tiny", "max_model_len": 4096}]}
        if path == "/tokenize":
            if "messages" in body:
                return {"tokens": k.chat(body["messages"]), "count": 1, "max_model_len": 4096}
            bos = [2] if body.get("add_special_tokens", True) else []
            return {"tokens": bos + k.encode(body["prompt"]), "count": 1, "max_model_len": 4096}
        if path == "/detokenize":
            text = k.decode(body["tokens"])
            return {"text": re.sub(r"<\|im_\w+\|>|<bos>", "", text) if body.get("skip_special_tokens", True) else text}
        return self._generate(body) if path == "/generate" else None

    def _generate(self, body: Any) -> Any:
        k, prompt, how = self.known, body["input_ids"], body["sampling_params"]
        seed = how.get("sampling_seed") or 0
        text, count, ended = k.write(prompt, how["max_new_tokens"], how.get("stop") or (), seed, how["temperature"])
        meta = {
            "prompt_tokens": len(prompt), "completion_tokens": count, "cached_tokens": _cached(k, prompt, 1),
            "finish_reason": {"type": ended},
        }  # fmt: skip
        if body.get("return_logprob"):
            lp = k.logprobs(prompt) / (how["temperature"] or 1)
            lp = lp - np.log(np.exp(lp).sum())
            meta["output_token_ids_logprobs"] = [[[float(lp[t]), t, None] for t in body["token_ids_logprob"]]]
        return {"text": text, "meta_info": meta}


def _cached(k: Known, prompt: Sequence[int], block: int) -> int:
    """What a memory of everything asked before would hold, in whole blocks, and never the last token."""
    best = 0
    for old in k.asked:
        same = next(
            (i for i, (a, b) in enumerate(zip(old, prompt, strict=False)) if a != b), min(len(old), len(prompt))
        )
        best = max(best, min(same, len(prompt) - 1) // block * block)
    k.asked.append(tuple(prompt))
    return best


class FakePlain(Fake):
    """An OpenAI-compatible server of no known kind, with a model that knows what comes next in the probes' lists.

    `form`: `chat` or `completion`, the only one it has; `prefill`: it goes on with the last turn, or begins anew;
    `strict`: it refuses fields that OpenAI does not have."""

    def __init__(self, form: str = "chat", prefill: bool = True, strict: bool = False) -> None:
        self.form, self.prefill, self.strict = form, prefill, strict
        super().__init__()

    def answer(self, path: str, body: Any) -> Any:
        """As such a server would."""
        from thinkaloud.models.inspect.probe import LISTS, WORD

        if path == "/v1/models":
            return {"data": [{"id": "some-model", "object": "model"}]}
        if path != ("/v1/chat/completions" if self.form == "chat" else "/v1/completions"):
            return None
        if self.strict and {"continue_final_message", "add_generation_prompt"} & set(body):
            return 400, {"error": {"message": "Unrecognized request argument supplied: continue_final_message"}}
        shown = body["messages"][-1]["content"] if self.form == "chat" else body["prompt"]
        goes_on = self.prefill and (self.form == "completion" or body["messages"][-1]["role"] == "assistant")
        begun = next((b for b in (*LISTS, WORD) if goes_on and shown.endswith(b.begun)), None)
        answers = {"The answer is": ("7", "8", "9"), "The colour is": ("red", "blue", "green")}
        known = next((tokens for end, tokens in answers.items() if goes_on and shown.endswith(end)), None)
        space = "" if begun is WORD else " "
        said = any(shown.endswith(f" {word}") for words in answers.values() for word in words)
        if goes_on and said:  # an answer that is said is closed
            return self._reply([".", "\n"], {".": -1e-9, "!": -20.0}, body)
        words = [space + (begun.follows if begun else known[0] if known else "Sure"), ",", " and", " so"]
        first = {words[0]: -0.2, **{f" {w}": -2.5 - i for i, w in enumerate((known or ("", "the", "a"))[1:])}}
        return self._reply(words[: body["max_tokens"]], first, body)

    def _reply(self, words: list[str], first: dict[str, float], body: Any) -> Any:
        tops = [first, *({w: -0.1, " x": -3.0} for w in words[1:])]
        usage = {"prompt_tokens": 10, "completion_tokens": len(words), "total_tokens": 10 + len(words)}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "length"}
        if self.form == "chat":
            choice["message"] = {"role": "assistant", "content": "".join(words)}
            if body.get("logprobs"):
                choice["logprobs"] = {"content": [
                    {"token": w, "logprob": top[w],
                     "top_logprobs": [{"token": t, "logprob": v} for t, v in top.items()]}
                    for w, top in zip(words, tops, strict=False)
                ]}  # fmt: skip
        else:
            choice["text"] = "".join(words)
            if body.get("logprobs"):
                values = [top[w] for w, top in zip(words, tops, strict=False)]
                choice["logprobs"] = {"tokens": words, "token_logprobs": values, "top_logprobs": tops[: len(words)]}
        return {"choices": [choice], "usage": usage}
