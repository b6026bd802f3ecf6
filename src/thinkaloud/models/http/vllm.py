"""vLLM: completions with tokens in, and log-probabilities of the tokens that are named.

Written after its source (0.33). `logprob_token_ids` (up to `NAMED` of them) gives exact log-probabilities. An older
server ignores it: then as many of the likeliest tokens as it allows are requested, and the others one by one as the
last token of a prompt (`prompt_logprobs`), which vLLM computes without its prefix cache. `logprobs-mode` must be
`raw_logprobs`, the default; the probe detects another one. vLLM reports cached tokens only with
`--enable-prompt-tokens-details`. Control tokens that a text spells out would be read as control tokens, so such a text
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from thinkaloud.errors import UserError
from thinkaloud.models.http.client import Client, Malformed, Refused
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

NAMED = 128
TOP = 20  # what a server allows unless it was told otherwise
ID = "token_id:"


async def vllm(client: Client, name: str | None) -> VLLM | None:
    """The server, if it is vLLM; else None."""
    version = await client.has("/version")
    listed = await client.has("/v1/models")
    if not isinstance(version, dict) or "version" not in version or not isinstance(listed, dict):
        return None
    cards = [card for card in listed.get("data", ()) if card.get("owned_by") == "vllm"]
    card = next((card for card in cards if name is None or card["id"] == name), None)
    if card is None:
        return None
    server = VLLM(client, card["id"], int(card["max_model_len"]), str(version["version"]), str(card.get("root")))
    await server.learn()
    return server


class VLLM(Tokenizing):
    """A vLLM server."""

    def __init__(self, client: Client, model: str, context: int, version: str, root: str) -> None:
        super().__init__(client, {"model": model})
        self.model, self._named, self._top, self._says_cached = model, True, TOP, False
        self.about = About("vLLM", version, model, {"model": model, "root": root}, context)

    async def learn(self) -> None:
        """Find out which requests this server accepts."""
        tokens = await self._encode("Hello", True)
        node = Node(tokens or (1,), (0, 1))
        try:
            found, _ = await self._next(node, {"logprobs": 2, "logprob_token_ids": [0, 1]})
            self._named = {0, 1} <= set(found)
        except Refused:
            self._named = False
        if not self._named:
            self._top = await self._allowed(node)
        await self._ask(node.tokens, {"max_tokens": 1, "temperature": 0.0}, self._usage)
        how = "of the tokens that are named" if self._named else f"of the {self._top} likeliest, others one by one"
        details = {
            "log-probabilities": how,
            "computed": "as the server says" if self._says_cached else "not said by the server, taken as asked",
        }
        a = self.about
        self.about = About(a.kind, a.version, a.model, a.identity, a.context, 0, details)

    async def _allowed(self, node: Node) -> int:
        """How many of the likeliest tokens may be requested: if too many are requested, the server names its limit."""
        try:
            await self._next(node, {"logprobs": 1 << 20})
        except Refused as error:
            named = re.search(r"max allowed: (\d+)", str(error))
            return int(named[1]) if named else 5
        return TOP

    async def decoded(self, tokens: Tokens) -> str:
        """The text of these tokens, control tokens included, as the server decodes it."""
        body = {"model": self.model, "tokens": tokens}
        return await self.client.post("/detokenize", body, lambda found: text_of(found["prompt"]))

    async def applied(self, said: Sequence[Mapping[str, Any]], told: Mapping[str, bool]) -> Tokens:
        """Turns by the server's template with these variables, as tokens; the last one is left open if it is the
        assistant's."""
        begun = said[-1]["role"] == "assistant"
        body = {
            "model": self.model, "messages": said, "add_generation_prompt": not begun,
            "continue_final_message": begun, "add_special_tokens": False,
            **({"chat_template_kwargs": told} if told else {}),
        }  # fmt: skip
        return await self.client.post("/tokenize", body, lambda found: ids(found["tokens"]))

    async def read(self, node: Node, slot: int, temperature: float = 0.0) -> Read:
        """Read tokens by their ids, or from the likeliest tokens and one by one."""
        if self._named:
            found: dict[int, float] = {}
            usage = Usage()
            for start in range(0, len(node.wanted), NAMED):
                part = node.wanted[start : start + NAMED]
                more = {"logprobs": len(part), "logprob_token_ids": part, "temperature": temperature}
                one, cost = await self._next(node, more)
                found, usage = found | one, usage + cost
            return Read(real({t: found[t] for t in node.wanted if t in found}), usage)
        found, usage = await self._next(node, {"logprobs": self._top, "temperature": temperature})
        for token in node.wanted:
            if token not in found:
                value, cost = await self._last((*node.tokens, token))
                found[token], usage = value, usage + cost
        return Read(real({t: found[t] for t in node.wanted}), usage)

    async def _next(self, node: Node, more: Mapping[str, Any]) -> tuple[dict[int, float], Usage]:
        def read(found: Any) -> tuple[dict[int, float], Usage]:
            top = found["choices"][0]["logprobs"]["top_logprobs"][0]
            return {_id(key): number(value) for key, value in top.items()}, self._usage(found) + ONE

        body = {"max_tokens": 1, "temperature": 0.0, "return_tokens_as_token_ids": True, **more}
        return await self._ask(node.tokens, body, read)

    async def _last(self, tokens: Tokens) -> tuple[float, Usage]:
        def read(found: Any) -> tuple[float, Usage]:
            last = found["choices"][0]["prompt_logprobs"][-1]
            return number(last[str(tokens[-1])]["logprob"]), self._usage(found) + ONE

        return await self._ask(tokens, {"max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}, read)

    async def _ask(self, tokens: Tokens, body: Mapping[str, Any], read: Callable[[Any], T]) -> T:
        def checked(found: Any) -> T:
            if found["usage"]["prompt_tokens"] != len(tokens):
                raise Malformed(f"{found['usage']['prompt_tokens']!r} tokens of {len(tokens)} were taken")
            return read(found)

        whole = {"model": self.model, "prompt": tokens, "add_special_tokens": False, **body}
        return await self.client.post("/v1/completions", whole, checked)

    async def write(self, tokens: Tokens, sampling: Sampling, seed: int, slot: int) -> Written:
        """A continuation, drawn by the server's sampler with a 63-bit seed. Top-p is applied after the temperature, as
        here."""
        body = {
            "max_tokens": sampling.tokens, "temperature": sampling.temperature, "top_p": sampling.top_p,
            "top_k": sampling.top_k, **({"skip_special_tokens": False} if self.shown else {}),
            "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
            "stop": sampling.stop, "seed": seed,
        }  # fmt: skip

        def read(found: Any) -> Written:
            choice = found["choices"][0]
            count = counted(found["usage"]["completion_tokens"], sampling.tokens)
            finish: Literal["stop", "length"] = "length" if choice["finish_reason"] == "length" else "stop"
            done = Completion(text_of(choice["text"]), count, finish, stopped(finish, choice.get("stop_reason")))
            return Written(done, self._usage(found) + Usage(generated=count))

        return await self._ask(tokens, body, read)

    def _usage(self, found: Any) -> Usage:
        asked = counted(found["usage"]["prompt_tokens"])
        details = found["usage"].get("prompt_tokens_details")
        self._says_cached = self._says_cached or bool(details)
        cached = counted((details or {}).get("cached_tokens") or 0, asked)
        return Usage(asked=asked, computed=asked - cached)


def _id(key: str) -> int:
    if not key.startswith(ID):
        raise UserError("this server names tokens by their text, not by their number: it is too old to be read exactly")
    return int(key.removeprefix(ID))
