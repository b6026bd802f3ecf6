"""SGLang: its own `/generate`, with tokens in and log-probabilities of the tokens that are named.

Written after its source (0.5.23) and tested against a stub that follows it; a real SGLang was never run here.
`token_ids_logprob` gives exact log-probabilities at temperature 0. At any other temperature SGLang reports them after
the temperature (unless it was started with SGLANG_RETURN_ORIGINAL_LOGPROB), so readings always use 0. Its sampler takes
a seed only with `--enable-deterministic-inference`. Control tokens that a text spells out would be read as control
tokens, so such a text is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from thinkaloud.models.http.client import Client, Malformed
from thinkaloud.models.http.huggingface import Tokenizing
from thinkaloud.models.http.served import (
    ONE,
    About,
    Node,
    Read,
    Tokens,
    Written,
    counted,
    ids,
    number,
    real,
    stopped,
    text_of,
)
from thinkaloud.vocabulary import Completion, Sampling, Usage

T = TypeVar("T")


async def sglang(client: Client, name: str | None) -> SGLang | None:
    """The server, if it is SGLang; else None."""
    info = await client.has("/model_info") or await client.has("/get_model_info")
    if not isinstance(info, dict) or "model_path" not in info or "is_generation" not in info:
        return None
    listed = await client.has("/v1/models")
    cards: list[dict[str, Any]] = listed.get("data", []) if isinstance(listed, dict) else []
    card = next((c for c in cards if name is None or c["id"] == name), {})
    server = await client.has("/server_info") or await client.has("/get_server_info") or {}
    model = str(card.get("id") or info.get("served_model_name") or info["model_path"])
    context = int(card.get("max_model_len") or server.get("context_length") or 0)
    identity = {"model": model, "path": info["model_path"], "weights": info.get("weight_version")}
    details = {
        "log-probabilities": "of the tokens that are named, at temperature 0",
        "computed": "as the server says",
        "seed": "followed"
        if server.get("enable_deterministic_inference")
        else "not followed: samples differ each time",
    }
    about = About("SGLang", str(server.get("version", "unknown")), model, identity, context, 0, details)
    return SGLang(client, about)


class SGLang(Tokenizing):
    """An SGLang server."""

    def __init__(self, client: Client, about: About) -> None:
        super().__init__(client, {"model": about.model})
        self.about = about

    async def decoded(self, tokens: Tokens) -> str:
        """The text of these tokens, control tokens included, as the server decodes it."""
        body = {"model": self.about.model, "tokens": tokens, "skip_special_tokens": False}
        return await self.client.post("/detokenize", body, lambda found: text_of(found["text"]))

    async def applied(self, said: Sequence[Mapping[str, Any]], told: Mapping[str, bool]) -> Tokens:
        """Turns by the server's template with these variables, as tokens; the last one is left open if it is the
        assistant's."""
        begun = said[-1]["role"] == "assistant"
        body = {"model": self.about.model, "messages": said, "continue_final_message": begun}
        body |= {"chat_template_kwargs": told} if told else {}
        return await self.client.post("/tokenize", body, lambda found: ids(found["tokens"]))

    async def read(self, node: Node, slot: int, temperature: float = 0.0) -> Read:
        """Read tokens by their ids."""
        body = {
            "sampling_params": {"max_new_tokens": 1, "temperature": temperature}, "return_logprob": True,
            "logprob_start_len": -1, "token_ids_logprob": node.wanted,
        }  # fmt: skip

        def read(found: Any) -> Read:
            rows = found["meta_info"]["output_token_ids_logprobs"][0]
            logprobs = {counted(row[1]): number(row[0]) for row in rows}
            return Read(real({t: logprobs[t] for t in node.wanted}), self._usage(found) + ONE)

        return await self._ask(node.tokens, body, read)

    async def write(self, tokens: Tokens, sampling: Sampling, seed: int, slot: int) -> Written:
        """A continuation, drawn by the server's sampler. Whether it follows the 31-bit seed depends on the server."""
        body = {"sampling_params": {
            "max_new_tokens": sampling.tokens, "temperature": sampling.temperature, "top_p": sampling.top_p,
            "top_k": sampling.top_k or -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0,
            "frequency_penalty": 0.0, "stop": sampling.stop, "sampling_seed": seed & 0x7FFFFFFF,
            **({"skip_special_tokens": False} if self.shown else {}),
        }}  # fmt: skip

        def read(found: Any) -> Written:
            count = counted(found["meta_info"]["completion_tokens"], sampling.tokens)
            reason = found["meta_info"]["finish_reason"]
            kind = reason["type"]
            if kind not in ("stop", "length"):
                raise Malformed(f"ended by {kind!r}")
            finish: Literal["stop", "length"] = kind
            done = Completion(text_of(found["text"]), count, finish, stopped(finish, reason.get("matched")))
            return Written(done, self._usage(found) + Usage(generated=count))

        return await self._ask(tokens, body, read)

    async def _ask(self, tokens: Tokens, body: Mapping[str, Any], read: Callable[[Any], T]) -> T:
        def checked(found: Any) -> T:
            if found["meta_info"]["prompt_tokens"] != len(tokens):
                raise Malformed(f"{found['meta_info']['prompt_tokens']!r} tokens of {len(tokens)} were taken")
            return read(found)

        return await self.client.post("/generate", {"input_ids": tokens, **body}, checked)

    def _usage(self, found: Any) -> Usage:
        asked = counted(found["meta_info"]["prompt_tokens"])
        return Usage(asked=asked, computed=asked - counted(found["meta_info"]["cached_tokens"], asked))
