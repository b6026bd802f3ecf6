"""A model behind Inspect's model layer, as one of ours: `inspect:PROVIDER/NAME?key=value`.

Turns are a chat: examples as user and assistant turns, the question as a user turn, the prefill as the beginning of the
last turn. What it can do was probed (`probe.py`), and its capabilities are only those that were shown; the card says so
in sentences. If prefills are not continued, a prompt without one is still answered, and one with a prefill raises
`NotMeasurable`. Options are read from the likeliest next tokens (`walk.py` says what that cannot know), at temperature
1, where every service reports the distribution that it samples from.

A remote model has no digest of its weights: the card's digest is its name, and the model behind a name can change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from thinkaloud.errors import ModelError, NotMeasurable, UserError
from thinkaloud.joining import joined, written
from thinkaloud.models.gate import Gate, most_said, requested
from thinkaloud.models.inspect.ask import Asked, Line, Reply, Top, turns
from thinkaloud.models.inspect.probe import Shown, probe, texts, without
from thinkaloud.models.inspect.walk import read
from thinkaloud.models.loading import Loading
from thinkaloud.models.loop import BackgroundLoop
from thinkaloud.models.profile import Profile
from thinkaloud.models.requests import first_stop
from thinkaloud.reading import json_of
from thinkaloud.vocabulary import LINE_END, Completion, Key, ModelCard, Prompt, Reading, Sampling, Usage

if TYPE_CHECKING:
    from inspect_ai.model import Model as InspectsModel

RETRIES = 6  # Inspect's own default is to try forever, with half an hour between tries
DRAWS = (1, 2, 3)  # a draw of the end of the turn is, for many services, a reply without any token
CALLS = BackgroundLoop("thinkaloud-inspect")


def open_inspect(spec: str, loading: Loading | None = None) -> InspectModel:
    """A probed model from `PROVIDER/NAME?key=value&...` (with or without `inspect:` before it). Keys that Inspect's
    generate configuration knows go there (`max_connections`, `reasoning_effort`), `base_url` is the address, others go
    to the provider."""
    try:
        import inspect_ai  # noqa: F401
    except ImportError as error:
        raise UserError("models through Inspect need its package: pip install 'thinkaloud[inspect]'") from error
    loading = loading or Loading()
    name = spec.removeprefix("inspect:")
    if loading.format == "completion":
        raise UserError(f"{'inspect:' + name!r} takes turns, not one text: leave out --format completion")
    model = _get(name)
    line = Line(model, CALLS)
    return InspectModel(line, CALLS.wait(probe(line)), loading.context)


async def adopt(model: InspectsModel, context: int = Loading().context) -> InspectModel:
    """A model that Inspect has already opened, inside Inspect's event loop. It is probed once, at the first request."""
    kept: asyncio.Future[InspectModel] | None = getattr(model.api, "_thinkaloud", None)
    if kept is None or (kept.done() and (kept.cancelled() or kept.exception() is not None)):
        kept = asyncio.ensure_future(_adopted(model, context))
        model.api._thinkaloud = kept  # type: ignore[attr-defined]  # lives as long as the model does
    return (await asyncio.shield(kept)).session()


async def _adopted(model: InspectsModel, context: int) -> InspectModel:
    line = Line(model)
    return InspectModel(line, await probe(line), context)


class InspectModel:
    """A chat model that was probed. Its session is the same model with its own bill."""

    profile: Profile | None = None
    gate: Gate | None = None
    bounded = True

    def __init__(self, line: Line, shown: Shown, context: int) -> None:
        self.line, self.shown, self.usage = line, shown, Usage()
        known = _known_context(line.model)
        self.card = ModelCard(
            name=line.name,
            backend="inspect",
            digest=f"name:{line.name}",
            format="chat",
            precision="unknown, behind a service",
            context=known or context,
            capabilities=shown.capabilities,
            details={
                **shown.details,
                "weights": "known by name only: what answers under it may change",
                "context": "as Inspect knows it" if known else "not known, as --context says",
                "probing": f"{shown.usage.requests} calls, {shown.usage.asked} prompt tokens",
            },
        )

    def session(self) -> InspectModel:
        """The same model with its own bill."""
        other = copy(self)
        other.usage, other.gate = Usage(), None
        return other

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt. The seed follows from the key; whether it is respected depends on the provider
        (`card.details["repeatable"]`). The text is without the space around it (`joining.written`), and cut before any
        stop."""
        shown = self.shown
        self._may(prompt)
        if sampling.temperature == 0 and not shown.cold:
            why = shown.details["temperature 0"]
            raise NotMeasurable(f"{self.card.name} cannot be asked at temperature 0 ({why}): give --temperature")
        stops = tuple(stop for stop in sampling.stop if shown.blank or stop.strip())
        asked = Sampling(sampling.tokens, stops, sampling.temperature, sampling.top_p)
        reply = await self._ask(prompt, Asked(asked, int.from_bytes(key.digest[:4]) >> 1))
        text, finish = written(self._own(prompt, reply), bool(prompt.prefill)), reply.finish
        if stop := first_stop(text, sampling.stop):
            text, finish = text[: text.find(stop)].rstrip(), "stop"
        return Completion(text, reply.usage.generated, finish, stop)

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Read the options, each with its closing mark, from the likeliest next tokens."""
        self._may(prompt)
        if "logprobs" not in self.card.capabilities:
            raise NotMeasurable(f"{self.card.name} cannot be read: log-probabilities: {self.shown.details['logprobs']}")
        wanted = Asked(Sampling(self.shown.least, (), 1.0), top=self.shown.top)

        async def after(said: str) -> Top:
            for seed in DRAWS:
                reply = await self._ask(prompt, replace(wanted, seed=seed), said)
                if reply.tops:
                    return texts(reply.tops[0], self.shown.marked)
            raise ModelError(f"{self.card.name} sent no log-probabilities in {len(DRAWS)} tries, and did when probed")

        closing = "" if closing == LINE_END else closing  # the end of a turn is no text that could be listed
        return await read(after, options, closing, " " if prompt.prefill and not prompt.tight else "")

    async def _ask(self, prompt: Prompt, asked: Asked, said: str = "") -> Reply:
        conversation = turns(prompt, said)
        with requested(self.gate, most_said([text for _, text in conversation], asked.sampling.tokens)) as told:
            reply = await self.line.ask(conversation, asked)
            if reply.counted:
                told(reply.usage)
        self.usage += reply.usage
        return reply

    def _may(self, prompt: Prompt) -> None:
        thinks = prompt.thinking is not None or prompt.off or any(shot.thinking for shot in prompt.shots)
        if thinks and self.profile is None:
            raise NotMeasurable(f"{self.card.name} is asked in text: nothing can be written into its think block")
        if prompt.prefill and not self.shown.prefill:
            raise NotMeasurable(f"{self.card.name} cannot go on with its own turn: {self.shown.details['prefill']}")

    def _own(self, prompt: Prompt, reply: Reply) -> str:
        """The reply without the prefill, if the provider returns it with the reply."""
        if not (prompt.prefill and self.shown.echoes):
            return reply.text
        rest = without(reply.text, joined(prompt.prefill))
        if rest is None:
            raise ModelError(
                f"{self.card.name} brought the prefill along when probed, and now came {reply.text[:40]!r}"
            )
        return rest


def _get(name: str) -> InspectsModel:
    from inspect_ai.model import GenerateConfig, get_model

    from thinkaloud.models.inspect.ask import trouble

    plain, _, query = name.partition("?")
    provider, _, rest = plain.partition("/")
    if not (provider and rest):
        raise UserError(f"{'inspect:' + name!r} names no model: inspect:PROVIDER/NAME, as in inspect:openai/gpt-4o")
    arguments = _arguments(query, name)
    config = {key: arguments.pop(key) for key in list(arguments) if key in GenerateConfig.model_fields}
    try:
        made = GenerateConfig(**{"max_retries": RETRIES, **config})
        # not shared with other users of Inspect in this process: calls are made in a loop of our own
        return get_model(plain, config=made, memoize=False, **arguments)
    except ValueError as error:
        raise UserError(f"{'inspect:' + name!r} cannot be opened: {' '.join(str(error).split())[:300]}") from error
    except Exception as error:  # a missing package or key, in each provider's own words
        raise UserError(str(trouble("inspect:" + name, error))) from error


def _arguments(query: str, name: str) -> dict[str, Any]:
    """`key=value&...`; a value that is JSON (a number, true, null) is that, anything else is text."""
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise UserError(f"{pair!r} in {'inspect:' + name!r} is no key=value")
        try:
            found[key] = json_of(value)
        except json.JSONDecodeError:
            found[key] = value
    return found


def _known_context(model: InspectsModel) -> int | None:
    from inspect_ai.model import get_model_info

    info = get_model_info(model)
    return info.context_length if info else None
