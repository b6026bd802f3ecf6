"""Our models as a model provider of Inspect: `inspect eval ANY --model thinkaloud/smollm2-135m`.

What stands after `thinkaloud/` is a name or a path as `--model` takes it; `-M precision=native` and the like say how to
load it (`models/loading.py`). A final assistant message is truly continued, usage is always filled, and one key, made
of `seed` and the place among `num_choices`, gives one text; without a seed every call draws anew.

A system message is put before the first question, since our prompts have no other place for it: the model sees it as
the user's words. Tools, pictures and turns out of order are refused in one line.

Log-probabilities are those of the text's own tokens, as the tokenizer cuts it: the text is computed once more, in one
pass, and read at every token. What was drawn token by token can, rarely, have been cut otherwise, and blanks around
the text are not part of it. Only models whose engine runs here give them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from thinkaloud.conditions.filler import length
from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Local
from thinkaloud.models.loop import BackgroundLoop
from thinkaloud.models.requests import ReturnsLogits, logsumexp
from thinkaloud.open_model import open_model
from thinkaloud.vocabulary import Completion, Key, Model, Prompt, Sampling, Shot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_TOKENS = 1024
TEMPERATURE = 1.0  # the model's own distribution, where nothing else was asked for
HERE = BackgroundLoop("thinkaloud-models")  # computing must not hold up Inspect's own loop


@modelapi(name="thinkaloud")
class ThinkaloudAPI(ModelAPI):
    """One of our models behind Inspect's interface."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008  (Inspect's own signature)
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name.startswith("inspect:"):
            raise UserError(f"{model_name!r} is a model of Inspect's already: leave out thinkaloud/")
        self.model = open_model(model_name, _loading(model_args))
        self._vocabulary: Vocabulary | None = None

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One or several continuations of the same messages."""
        if tools:
            raise UserError(f"{self.model_name} writes text and calls no tools, and was given {tools[0].name!r}")
        if config.top_logprobs and not config.logprobs:
            raise UserError("top_logprobs needs logprobs")
        prompt = to_prompt(input)
        return await HERE.run(self._write(prompt, config))

    async def _write(self, prompt: Prompt, config: GenerateConfig) -> ModelOutput:
        seed = str(config.seed) if config.seed is not None else os.urandom(16).hex()
        stops = tuple(config.stop_seqs or ())
        temperature = TEMPERATURE if config.temperature is None else config.temperature
        top_p = 1.0 if config.top_p is None else config.top_p
        sampling = Sampling(config.max_tokens or MAX_TOKENS, stops, temperature, top_p)
        written = [
            await self.model.generate(prompt, sampling, Key(("inspect", seed, str(choice))))
            for choice in range(config.num_choices or 1)
        ]
        read = [await self._logprobs(prompt, one, config) for one in written]
        shown = _shown_tokens(self.model, prompt)
        generated = sum(one.tokens for one in written)
        return ModelOutput(
            model=self.model_name,
            choices=[
                ChatCompletionChoice(
                    message=ChatMessageAssistant(content=one.text, model=self.model_name, source="generate"),
                    stop_reason="max_tokens" if one.finish == "length" else "stop",
                    logprobs=logprobs,
                )
                for one, logprobs in zip(written, read, strict=True)
            ],
            usage=ModelUsage(input_tokens=shown, output_tokens=generated, total_tokens=shown + generated),
        )

    async def _logprobs(self, prompt: Prompt, written: Completion, config: GenerateConfig) -> Logprobs | None:
        if not config.logprobs or not isinstance(self.model, Local) or not isinstance(self.model.engine, ReturnsLogits):
            return None
        if self._vocabulary is None:
            self._vocabulary = _vocabulary(self.model.engine)
        return Logprobs(content=_along(self.model, self._vocabulary, prompt, written, config.top_logprobs or 0))

    def max_tokens(self) -> int | None:
        """Where nobody says how many."""
        return min(MAX_TOKENS, self.model.card.context // 2)

    def max_connections(self) -> int:
        """Calls at once: what waits together is computed together."""
        return 32

    def connection_key(self) -> str:
        """Limits are per model."""
        return self.model_name

    def collapse_user_messages(self) -> bool:
        """Our prompts alternate."""
        return True

    def collapse_assistant_messages(self) -> bool:
        """Our prompts alternate."""
        return True


def to_prompt(messages: Sequence[ChatMessage]) -> Prompt:
    """Messages as examples, a question and a prefill; `UserError` where they are none."""
    system = [message.text for message in messages if message.role == "system"]
    said = [(message.role, _text(message)) for message in messages if message.role != "system"]
    if not said or any(role != ("user", "assistant")[i % 2] for i, (role, _) in enumerate(said)):
        roles = ", ".join(role for role, _ in said) or "nothing"
        raise UserError(f"messages must be user, assistant, user ... in turns, not {roles}")
    texts = [text for _, text in said]
    texts[0] = "\n\n".join([*system, texts[0]])
    begun = (texts.pop(),) if len(texts) % 2 == 0 else ()
    shots = tuple(Shot(question, (answer,)) for question, answer in zip(texts[:-1:2], texts[1::2], strict=True))
    return Prompt(shots, texts[-1], tuple(text for text in begun if text))


def _text(message: ChatMessage) -> str:
    parts = message.content if isinstance(message.content, list) else []
    strange = [part.type for part in parts if part.type != "text"]
    if strange:
        raise UserError(f"a message holds {strange[0]!r}, and these models read text only")
    return message.text


def _loading(arguments: Mapping[str, Any]) -> Loading:
    known = {field.name for field in fields(Loading)}
    strange = sorted(set(arguments) - known)
    if strange:
        raise UserError(f"-M {strange[0]} is no way to load a model; known: {', '.join(sorted(known))}")
    return Loading(**arguments)


def _shown_tokens(model: Model, prompt: Prompt) -> int:
    """Tokens of a prompt; pieces between spaces, of a model that has none."""
    if isinstance(model, Local):
        preamble, tokens, _ = model.lower(prompt)
        return len(preamble) + len(tokens)
    shown = [text for shot in prompt.shots for text in (shot.question, *shot.answer)]
    return sum(length(text) for text in (*shown, prompt.question, *prompt.prefill))


# ------------------------------------------------------------------------------------------------------ logprobs


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A local model's tokens as text; a control token is empty, and listed as such."""

    texts: tuple[str, ...]
    raw: tuple[bytes, ...]

    def entry(self, token: int, likely: Any) -> dict[str, Any]:
        """A token as Inspect lists it."""
        return {"token": self.texts[token], "logprob": float(likely[token]), "bytes": list(self.raw[token])}


def _vocabulary(engine: ReturnsLogits) -> Vocabulary:
    raw = tuple(engine.pieces.piece(token) for token in range(engine.vocabulary))
    return Vocabulary(tuple(piece.decode("utf-8", "replace") for piece in raw), raw)


def _along(model: Local, vocabulary: Vocabulary, prompt: Prompt, written: Completion, top: int) -> list[Logprob]:
    """What was likely at every token of a text, in one pass over the text."""
    import numpy as np

    assert isinstance(model.engine, ReturnsLogits)
    preamble, tokens, lead = model.lower(prompt)
    # of a single token it is known what it says, and not whether a blank was part of it: see below
    said = model.tokens(lead + written.text) if written.tokens > 1 and written.text else ()
    places = [(*tokens, *said[:at]) for at in range(max(1, len(said)))]
    found = []
    for at, logits in enumerate(model.engine.logits(preamble, places)):
        likely = logits - logsumexp(logits)
        token = said[at] if said else _likeliest(vocabulary, written.text, likely)
        best = np.argsort(-likely, kind="stable")[:top]
        tops = [TopLogprob(**vocabulary.entry(int(i), likely)) for i in best]
        found.append(Logprob(**vocabulary.entry(token, likely), top_logprobs=tops or None))
    return found


def _likeliest(vocabulary: Vocabulary, text: str, likely: Any) -> int:
    """The token that a text of one token was: the likeliest that says it, with or without a blank. The end of the turn
    is a token that says nothing."""
    same = [token for token, said in enumerate(vocabulary.texts) if said.strip() == text]
    return max(same or range(len(vocabulary.texts)), key=lambda token: float(likely[token]))
