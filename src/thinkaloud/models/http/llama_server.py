"""llama-server (llama.cpp): its own `/completion`, with tokens in and log-probabilities out.

Written after its source, and tested against it. This module relies on the following: `n_probs` log-probabilities are
those of the raw logits over the whole vocabulary (`post_sampling_probs` off), whatever the sampler does afterwards; the
*chosen* token always comes with its own, so a token far down the list is read exactly by forcing it (a bias of `FORCE`
on it, greedy), at the price of one computed token. If the chosen token is only a part of a character, the server
returns nothing, not even the list: then another token is forced and the whole vocabulary is listed. A slot keeps its
last prompt, and the prefix that the next one shares with it is not computed again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from thinkaloud.errors import UserError
from thinkaloud.models.block import asked, by_known, ended
from thinkaloud.models.cuts import LOOKS_LIKE_CONTROL, either
from thinkaloud.models.detect import candidates, marks, profile_of_template
from thinkaloud.models.http.client import Client, Malformed
from thinkaloud.models.http.served import ONE, About, Node, Read, Tokens, Written, counted, ids, number, real, text_of
from thinkaloud.models.render import TurnFormat
from thinkaloud.vocabulary import Completion, Prompt, Sampling, Shot, Usage

LISTED = 128  # the likeliest tokens asked for with each node: enough for most options, and little to send
FORCE = 1e6
EVERY = 1 << 20  # more than any vocabulary: the server lists what it has
FIELDS = (
    "content", "completion_probabilities", "timings", "tokens_evaluated", "tokens_predicted", "stop_type",
    "stopping_word",
)  # fmt: skip
CHATML = """{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\n' -}}
{%- endif -%}"""
"""What llama-server shows for a file without a chat template (`CHATML_TEMPLATE_SRC` in its source)."""
UNASKED = "none of the file's: llama-server shows its own ChatML then, which is not used (--format chat does)"
# the order of `requests.pick`: temperature first, then the likeliest, then the nucleus, nothing else
SAMPLERS = ("temperature", "top_k", "top_p")
NEUTRAL = {
    "top_k": 0, "min_p": 0.0, "typical_p": 1.0, "repeat_penalty": 1.0, "presence_penalty": 0.0,
    "frequency_penalty": 0.0, "dry_multiplier": 0.0, "xtc_probability": 0.0, "mirostat": 0, "min_keep": 0,
}  # fmt: skip


async def llama_server(client: Client) -> LlamaServer | None:
    """The server, if it is a llama-server; else None."""
    props = await client.has("/props")
    if not isinstance(props, dict) or "default_generation_settings" not in props:
        return None
    listed = await client.has("/v1/models")
    model = listed["data"][0] if isinstance(listed, dict) and listed.get("data") else {}
    meta = model.get("meta") or {}
    context = props["default_generation_settings"].get("n_ctx") or meta.get("n_ctx") or 0
    alias = str(props.get("model_alias") or model.get("id") or "")
    identity = {
        "alias": alias.rpartition("/")[2],
        "template": props.get("chat_template"),
        **{key: meta.get(key) for key in ("n_vocab", "n_embd", "n_params", "size", "n_ctx_train", "ftype")},
    }
    details = {
        "weights": f"{props.get('model_ftype') or meta.get('ftype') or 'unknown'}, as the server says",
        "log-probabilities": "of the raw logits; tokens that are not among the likeliest are forced, and exact too",
        "computed": "as the server says",
    }
    slots = max(1, int(props.get("total_slots") or 1))
    limit = min(int(context), int(meta.get("n_ctx_train") or context))
    about = About("llama-server", str(props.get("build_info", "unknown")), alias, identity, limit, slots, details)
    named = {name: str(props.get(name) or "") for name in ("bos_token", "eos_token")}
    return LlamaServer(client, about, str(props.get("chat_template") or ""), named)


class LlamaServer:
    """A llama-server."""

    def __init__(self, client: Client, about: About, template: str, named: Mapping[str, str]) -> None:
        self.client, self.about = client, about
        self._template, self._named = template, named
        self.shown: Sequence[str] = ()
        self._mark: int | None = None
        self._whole: int | None = None

    async def tokenize(self, texts: Sequence[tuple[str, bool]]) -> list[Tokens]:
        """One request for all texts without control tokens, and one for each of the others."""
        out: dict[int, Tokens] = {}
        plain = [
            i for i, (text, special) in enumerate(texts) if text and not (special and LOOKS_LIKE_CONTROL.search(text))
        ]
        if len(plain) > 1:
            out |= dict(zip(plain, await self._many([texts[i][0] for i in plain]), strict=True))
        for i, (text, special) in enumerate(texts):
            if i not in out:
                out[i] = await self._one(text, special)
        return [out[i] for i in range(len(texts))]

    async def _one(self, text: str, special: bool, added: bool = False) -> Tokens:
        body = {"content": text, "parse_special": special, "add_special": added}
        return await self.client.post("/tokenize", body, _tokens) if text or added else ()

    async def _many(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenise many texts with one request. The server tokenises a list part by part and takes numbers in it as
        tokens, so a control token, which no text can produce here, separates the texts."""
        mark = await self._marker()
        content = [part for text in texts for part in (text, mark)]

        def parted(found: Any) -> list[Tokens]:
            parts: list[list[int]] = [[]]
            for token in _tokens(found):
                if token == mark:
                    parts.append([])
                else:
                    parts[-1].append(token)
            if len(parts) != len(texts) + 1 or parts[-1]:
                raise Malformed("the texts came back in other parts")
            return [tuple(part) for part in parts[:-1]]

        return await self.client.post("/tokenize", {"content": content, "parse_special": False}, parted)

    async def _marker(self) -> int:
        """A control token to separate texts: the end of a turn, from the template or the vocabulary."""
        if self._mark is None:
            for text in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "</s>", "<|endoftext|>", "<|end|>", "<eos>"):
                control, plain = await self._one(text, True), await self._one(text, False)
                if len(control) == 1 and control[0] not in plain:
                    self._mark = control[0]
                    return self._mark
            self._mark = 0  # every vocabulary begins with one that no text becomes
        return self._mark

    async def bos(self, form: str) -> Tokens:
        """The tokens that the file wants before every text."""
        bare, added = await self._one("a", False), await self._one("a", False, True)
        return added[: len(added) - len(bare)] if added[-len(bare) :] == bare else added[: added.index(bare[0])]

    async def turn_format(self, wanted: str, profile: str = "auto") -> TurnFormat:
        """The turn format of the server's template. The server shows ChatML for a file without a template: such a file
        is taken for a base model, unless the user says otherwise."""
        template = self._template
        default = "".join(template.split()) == "".join(CHATML.split())
        if wanted == "chat" and not template:
            raise UserError("this server shows no chat template: use --format completion")
        plain = wanted == "completion" or not template or (wanted == "auto" and default)
        known = None if plain else template
        texts = [text for text in marks(candidates(profile)) if len(await self._one(text, True)) == 1]
        found = by_known(known, self._named, profile_of_template(profile, known, self._named, texts.__contains__))
        if plain:
            return found.noted("chat template", UNASKED if default and wanted == "auto" else "")
        return found.noted("chat template", "llama-server's own ChatML, as --format says" if default else "")

    async def controls(self, form: TurnFormat) -> re.Pattern[str]:
        """The texts that look like control tokens and that the server reads as one token."""
        shown = form.render(Prompt((Shot("q", ("a",)),), "q")).text
        named = {*LOOKS_LIKE_CONTROL.findall(shown), *self._named.values()} - {""}
        found = [text for text in sorted(named) if await self._one(text, True) != await self._one(text, False)]
        return either(found)

    async def reference(self, form: TurnFormat, prompt: Prompt) -> Tokens:
        """The server's own tokens of the prompt, by `/apply-template` and `/tokenize`. Two cases are rendered here
        instead: templates that write the date (which differs on the server), and begun turns (for which the server
        leaves out what the template puts before them)."""
        text = form.reference(prompt)
        if form.profile is not None and form.form == "chat" and "date" not in form.notes:
            told, on = [await self._applied(prompt, form.profile.variables(off)) for off in (prompt.off, False)]
            text = ended(form.profile, told, on, prompt)
        elif form.form == "chat" and not prompt.prefill and not {"date", "thinking"} & set(form.notes):
            text = await self._applied(prompt, {})
        bos, bare = await self.bos(form.form), await self._one(text, True)
        return bare if bare[: len(bos)] == bos else (*bos, *bare)

    async def _applied(self, prompt: Prompt, told: Mapping[str, bool]) -> str:
        """The turns up to the beginning of the model's own, by the server's template with these variables."""
        body = {"messages": asked(prompt.shots, prompt.question), **({"chat_template_kwargs": told} if told else {})}
        return await self.client.post("/apply-template", body, _prompt)

    async def read(self, node: Node, slot: int, temperature: float = 0.0) -> Read:
        """Read from the list of the likeliest tokens; tokens that are not on it are forced."""
        found: dict[int, float] = {}
        usage = Usage()
        for token in node.wanted:
            if token not in found:
                more = {"n_probs": 1 if found else LISTED, "temperature": temperature}
                listed, cost = await self._forced(node, slot, token, more)
                usage += cost
                found |= {wanted: listed[wanted] for wanted in node.wanted if wanted in listed}
        if len(found) < len(node.wanted):
            listed, cost = await self._forced(node, slot, await self._letter(), {"n_probs": EVERY})
            usage += cost
            found |= {wanted: listed[wanted] for wanted in node.wanted if wanted in listed}
        return Read(real(found), usage)

    async def _letter(self) -> int:
        """A token that is a whole character."""
        self._whole = self._whole or (await self._one("a", False))[0]
        return self._whole

    async def _forced(
        self, node: Node, slot: int, token: int, more: Mapping[str, Any]
    ) -> tuple[dict[int, float], Usage]:
        """The log-probabilities listed with a chosen token; empty if the token is not a whole character."""
        force = {"logit_bias": [[token, FORCE]], "samplers": SAMPLERS, "post_sampling_probs": False}
        body = self._body(node.tokens, slot, {"n_predict": 1, "temperature": 0.0, **force, **more})

        def read(found: Any) -> tuple[dict[int, float], Usage]:
            usage = self._usage(found, node.tokens) + ONE
            if "completion_probabilities" not in found and found["stop_type"] == "limit":
                return {}, usage
            entry = found["completion_probabilities"][0]
            if entry["id"] != token:
                raise Malformed(f"token {entry['id']!r} was chosen, {token} was forced")
            return {counted(e["id"]): number(e["logprob"]) for e in [entry, *entry["top_logprobs"]]}, usage

        return await self.client.post("/completion", body, read)

    async def write(self, tokens: Tokens, sampling: Sampling, seed: int, slot: int) -> Written:
        """A continuation, drawn by the server's sampler (temperature, top-k, nucleus) with a 31-bit seed."""
        body = self._body(tokens, slot, {
            "n_predict": sampling.tokens, "temperature": sampling.temperature, "top_p": sampling.top_p,
            "top_k": sampling.top_k, "samplers": SAMPLERS, "seed": seed & 0x7FFFFFFF, "stop": sampling.stop,
            **({"preserved_tokens": self.shown} if self.shown else {}),
        })  # fmt: skip

        def read(found: Any) -> Written:
            usage = self._usage(found, tokens)
            count = counted(found["tokens_predicted"], sampling.tokens)
            finish: Literal["stop", "length"] = "length" if found["stop_type"] == "limit" else "stop"
            if finish == "length" and count < sampling.tokens:
                raise Malformed(f"cut off after {count} of {sampling.tokens} tokens")
            stops = {"limit": None, "word": str(found.get("stopping_word") or ""), "eos": ""}
            done = Completion(text_of(found["content"]), count, finish, stops.get(found["stop_type"]))
            return Written(done, usage + Usage(generated=count))

        return await self.client.post("/completion", body, read)

    def _body(self, tokens: Tokens, slot: int, more: Mapping[str, Any]) -> dict[str, Any]:
        cache = self.client.address.cache
        fixed = {"prompt": tokens, "id_slot": slot, "cache_prompt": cache, "stream": False, "response_fields": FIELDS}
        return {**NEUTRAL, **fixed, **more}

    def _usage(self, found: Any, tokens: Tokens) -> Usage:
        if found["tokens_evaluated"] != len(tokens):  # the prompt was cut, or is not the one that was sent
            raise Malformed(f"{found['tokens_evaluated']!r} tokens of {len(tokens)} were taken")
        timings = found["timings"]
        seconds = max(0.0, float(timings["prompt_ms"]) + float(timings["predicted_ms"])) / 1000
        return Usage(asked=len(tokens), computed=counted(timings["prompt_n"], len(tokens)), seconds=seconds)


def _prompt(found: Any) -> str:
    return text_of(found["prompt"])


def _tokens(found: Any) -> Tokens:
    return ids(found["tokens"])
