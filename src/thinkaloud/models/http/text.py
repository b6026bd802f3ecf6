"""A server that takes text only: plain completions, or only chat. Nothing that it claims is taken on trust.

What it can do is shown by the same begun turns, and options are read from the likeliest next tokens by their text, as
for models behind Inspect (`models/inspect`, which says what text cannot tell). A chat is asked to continue its last
turn (`continue_final_message`), unless the server rejects this option; the probes find out whether it really continues.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.block import as_text
from thinkaloud.models.detect import NOTHING, profile_seen
from thinkaloud.models.http.client import CALLS, Client, Malformed, Refused
from thinkaloud.models.http.served import counted, text_of
from thinkaloud.models.inspect.ask import Asked, Line, Reply, Top, Turn, given
from thinkaloud.models.inspect.model import InspectModel
from thinkaloud.models.inspect.probe import Shown, probe
from thinkaloud.models.loading import Loading
from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import ModelCard, Prompt, Usage

Form = Literal["chat", "completion"]
GOES_ON = {"continue_final_message": True, "add_generation_prompt": False}


async def open_text(client: Client, loading: Loading) -> Spoken:
    """A probed model of a server that takes text."""
    name = await _name(client)
    form: Form = "completion"
    if loading.format == "chat" or (loading.format == "auto" and not await _completes(client, name)):
        form = "chat"
    line = TextLine(client, name, form)
    known = profile_seen(loading.profile, NOTHING) if form == "completion" else None
    return Spoken(line, await probe(line), loading.context, known)


async def _name(client: Client) -> str:
    address = client.address
    listed = await client.has("/v1/models")
    names = [str(card.get("id")) for card in listed.get("data", ())] if isinstance(listed, dict) else []
    if address.name:
        return address.name
    if len(names) != 1:
        said = f"it serves {', '.join(names[:5])}" if names else "it lists no models"
        raise UserError(f"{address.base} needs a model's name after #: {said}")
    return names[0]


async def _completes(client: Client, name: str) -> bool:
    body = {"model": name, "prompt": "Hello", "max_tokens": 1}
    try:
        await client.post("/v1/completions", body, lambda found: text_of(found["choices"][0]["text"]))
    except Refused as error:
        if error.status in (401, 403):
            raise
        return False
    return True


class TextLine(Line):
    """A connection to one model of a server, in text."""

    def __init__(self, client: Client, name: str, form: Form) -> None:
        self.client, self.form, self.name = client, form, name
        self._goes_on = True

    async def ask(self, conversation: Sequence[Turn], asked: Asked) -> Reply:
        """One reply. A refusal by the server fails one unit, unless the key or the name is wrong."""
        return await CALLS.run(self._asked(conversation, asked))

    async def _asked(self, conversation: Sequence[Turn], asked: Asked) -> Reply:
        begun = conversation[-1][0] == "assistant"
        try:
            if begun and self.form == "chat" and self._goes_on:
                try:
                    return await self._sent(conversation, asked, GOES_ON)
                except Refused as error:
                    if error.status not in (400, 422):
                        raise
                    reply = await self._sent(conversation, asked, {})
                    self._goes_on = False  # only now is it known that the flags were at fault
                    return reply
            return await self._sent(conversation, asked, {})
        except Refused as error:
            if error.status in (401, 403, 404):
                raise
            raise ModelError(str(error)) from error

    async def _sent(self, conversation: Sequence[Turn], asked: Asked, more: Mapping[str, Any]) -> Reply:
        sampling = asked.sampling
        body: dict[str, Any] = {
            "model": self.name, "max_tokens": sampling.tokens, "temperature": sampling.temperature, **more,
        }  # fmt: skip
        body |= {"top_p": sampling.top_p} if sampling.top_p < 1 else {}
        body |= {"stop": list(sampling.stop)} if sampling.stop else {}
        body |= {"seed": asked.seed} if asked.seed is not None else {}
        if self.form == "chat":
            body["messages"] = [{"role": role, "content": content} for role, content in conversation]
            body |= {"logprobs": True, "top_logprobs": asked.top} if asked.top else {}
        else:
            body["prompt"] = _written(conversation)
            body |= {"logprobs": asked.top} if asked.top else {}
        path = "/v1/chat/completions" if self.form == "chat" else "/v1/completions"
        started = time.perf_counter()
        return await self.client.post(path, body, lambda found: _reply(found, asked, time.perf_counter() - started))


def _written(conversation: Sequence[Turn]) -> str:
    """Turns in the completion form (`render.completion`); the last answer is left open."""
    last = len(conversation) - 1
    text = ""
    for i, (role, said) in enumerate(conversation):
        if role == "user":
            text += f"Question: {said}\nAnswer:"
        else:
            text += f" {said}" + ("" if i == last else "\n\n")
    return text


def _reply(found: Any, asked: Asked, seconds: float) -> Reply:
    choice = found["choices"][0]
    message = choice.get("message")
    text = text_of((message["content"] or "") if message else choice["text"])
    tokens, tops = _tops(choice.get("logprobs") or {})
    spent = found.get("usage")
    usage = Usage(requests=1, seconds=seconds)
    if spent:
        prompt = counted(spent["prompt_tokens"])
        cached = counted((spent.get("prompt_tokens_details") or {}).get("cached_tokens") or 0, prompt)
        usage += Usage(asked=prompt, computed=prompt - cached, generated=counted(spent.get("completion_tokens") or 0))
    thought = message and (message.get("reasoning_content") or message.get("reasoning"))
    hidden = ((spent or {}).get("completion_tokens_details") or {}).get("reasoning_tokens")
    return Reply(
        text,
        "length" if choice.get("finish_reason") == "length" else "stop",
        tokens,
        tops,
        "raw" if thought or "<think>" in text else "hidden" if hidden else "none",
        usage,
        bool(spent),
    )


def _tops(logprobs: Any) -> tuple[tuple[str, ...], tuple[Top, ...]]:
    """The chosen tokens and the likeliest alternatives, from either of the two response formats in use."""
    if content := logprobs.get("content"):
        tops = [_given((e["token"], e["logprob"]) for e in one.get("top_logprobs") or []) for one in content]
        return tuple(text_of(one["token"]) for one in content), tuple(tops) if all(tops) else ()
    tokens, rows = tuple(logprobs.get("tokens") or ()), logprobs.get("top_logprobs") or []
    if tokens and rows and len(tokens) != len(rows):
        raise Malformed(f"{len(rows)} lists of likeliest tokens for {len(tokens)} tokens")
    named = [_given((row or {}).items()) for row in rows]
    return tokens, tuple(named) if all(named) else ()


def _given(listed: Iterable[tuple[Any, Any]]) -> Top:
    try:
        return given((text_of(token), value) for token, value in listed)
    except ModelError as error:
        raise Malformed(str(error)) from error


class Spoken(InspectModel):
    """A model that was probed in text. Its session is the same model with its own bill. `profile`: how it thinks in a
    block, as a user's file says (no template is known); then the marks are sent as text."""

    def __init__(self, line: TextLine, shown: Shown, context: int, profile: Profile | None = None) -> None:
        self.line, self.shown, self.usage, self.profile = line, shown, Usage(), profile
        self.card = ModelCard(
            name=line.name,
            backend="http",
            digest=f"name:{line.client.address.base}#{line.name}",
            format=line.form,
            precision="unknown, behind a server",
            context=context,
            capabilities=shown.capabilities,
            details={
                "server": "OpenAI-compatible, of no kind that is known here: asked in text",
                "address": line.client.address.base,
                **shown.details,
                "weights": "known by name only: what answers under it may change",
                "context": "not known, as --context says",
                **({"profile": f"{profile.sentence}; the marks are sent as text"} if profile else {}),
            },
        )

    async def _ask(self, prompt: Prompt, asked: Asked, said: str = "") -> Reply:
        return await super()._ask(as_text(self.profile, prompt) if self.profile else prompt, asked, said)
