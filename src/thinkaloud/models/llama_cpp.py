"""The embedded backend: any GGUF file through llama.cpp, with shared prefixes.

`exact` precision (the default for files that are small enough) evaluates F32 weights, dequantised once into a cache
folder, with an F32 memory and without flash attention: tree and one-by-one evaluation then agree to about 1e-5 in
log-probability. `native` precision uses the file as it is, with llama.cpp's defaults: less memory, and logits that
move with the shape of a batch (`thinkaloud check` prints by how much).
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from thinkaloud.errors import UserError
from thinkaloud.models import render
from thinkaloud.models.batching import Desk, Handler
from thinkaloud.models.dequantise import exact_copy
from thinkaloud.models.engine import Engine, SampleRequest, ScoreRequest
from thinkaloud.models.llama_lib import Context
from thinkaloud.vocabulary import Completion, Key, ModelCard, Prompt, Reading, Sampling, Usage

CELLS = 8192  # memory cells in all: the context of one prompt is the smaller of this and what the model was trained for
SEQUENCES = 97  # half of them are leaves of a wave: more leaves a wave, fewer and larger decode calls
WAVE_CELLS = 1024  # attention looks at every occupied cell, so a short memory is a fast one
EXACT_PARAMETERS = 1_000_000_000  # above this, four bytes a weight are too much to take unasked


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """How to load a GGUF file. `threads` None: the cores this process may use; `context` in tokens."""

    precision: Literal["auto", "exact", "native"] = "auto"
    format: Literal["auto", "chat", "completion"] = "auto"
    threads: int | None = None
    context: int = CELLS


class LlamaCpp:
    """A GGUF model (`digest`: its SHA-256 where that is known already).

    Sessions of it share the weights; each batches for itself and has its own bill.
    """

    def __init__(
        self, path: Path, name: str | None = None, options: LlamaOptions | None = None, digest: str | None = None
    ) -> None:
        options = options or LlamaOptions()
        digest = digest or file_digest(path)
        source = path
        exact = options.precision == "exact" or (options.precision == "auto" and _weights(path) <= EXACT_PARAMETERS)
        if exact:
            source = exact_copy(path, digest)
        self._context = Context(source, options.context, SEQUENCES, options.threads or _cores(), exact)
        cells = min(options.context, self._context.trained_context)
        self.engine = Engine(self._context, cells, SEQUENCES, WAVE_CELLS)
        self._render, form = self._renderer(options.format)
        self.card = ModelCard(
            name=name or path.stem,
            backend="llama_cpp",
            digest=f"sha256:{digest}",
            format=form,
            precision="float32, exact" if exact else "as in the file, flash attention, float16 memory",
            context=cells,
            capabilities=frozenset({"prefill", "logprobs", "raw_reasoning"}),
            details={
                "file": path.name,
                "parameters": self._context.parameters,
                "library": self._context.lib.path.parent.name,
            },
        )
        self._tokens = functools.lru_cache(maxsize=1 << 16)(self._tokenize)
        self._open_desk()

    def session(self) -> LlamaCpp:
        """The same model with a desk and a bill of its own: a session's requests are batched with each other only."""
        other = object.__new__(LlamaCpp)
        other.__dict__.update(self.__dict__)
        other._open_desk()
        return other

    def _open_desk(self) -> None:
        self.usage = Usage()

        def billed(handler: Handler) -> Handler:
            def handle(requests: Sequence[Any]) -> Sequence[Any]:
                self.engine.usage = Usage()
                answers = handler(requests)
                self.usage += self.engine.usage
                return answers

            return handle

        self._desk = Desk({"score": billed(self.engine.score), "sample": billed(self.engine.sample)})

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        """Continue the prompt; the lead space before the continuation is not part of the text."""
        preamble, tokens, _ = self.lower(prompt)
        done: Completion = await self._desk.ask("sample", SampleRequest(preamble, tokens, sampling, key))
        return replace(done, text=done.text.strip())

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        """Read the options. `closing` is scored with them only where one option begins another (1 and 12)."""
        preamble, tokens, lead = self.lower(prompt)
        texts = [self._tokens(lead + option, False) for option in options]
        if any(a != b and b[: len(a)] == a for a in texts for b in texts):
            texts = [self._tokens(lead + option + closing, False) for option in options]
        if len(set(texts)) < len(texts):
            raise UserError(f"options repeat: {list(options)!r}")
        reading: Reading = await self._desk.ask("score", ScoreRequest(preamble, tokens, tuple(texts)))
        return reading

    # ------------------------------------------------------------------------------------------------ tokens

    def tokens(self, text: str) -> tuple[int, ...]:
        """Tokens of a text, control tokens not recognised."""
        return self._tokens(text, False)

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """A prompt as preamble tokens, the other tokens, and the lead of what comes next."""
        rendered = self._render(prompt)
        preamble = (*self._context.bos(), *self._tokens(rendered.preamble, True))
        # only the frame may hold control tokens: the text of an item or a model is never read as one
        parts = (token for part in rendered.parts for token in self._tokens(part, False))
        tokens = (*self._tokens(rendered.question, False), *self._tokens(rendered.turn, True), *parts)
        return preamble, tokens, rendered.lead

    def _tokenize(self, text: str, special: bool) -> tuple[int, ...]:
        return tuple(self._context.tokenize(text, special))

    def _renderer(self, wanted: str) -> tuple[render.Renderer, Literal["chat", "completion"]]:
        template = self._context.metadata("tokenizer.chat_template")
        if wanted == "chat" and not template:
            raise UserError("this model file brings no chat template: use --format completion")
        if wanted != "completion" and template:
            return render.chat(template, "", ""), "chat"
        return render.completion, "completion"


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    if not path.is_file():
        raise UserError(f"there is no model file {str(path)!r}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _weights(path: Path) -> int:
    """Number of weights, roughly, without loading: a file of b bytes holds at most 2b weights of 4 bits."""
    return path.stat().st_size * 2
