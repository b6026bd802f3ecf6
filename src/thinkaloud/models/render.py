"""Prompts as text: how turns are written for a given model.

A prompt becomes a *preamble* (the examples, the same for every item of a condition), the question, and the parts of
the prefill. Each is tokenised by itself, so prompts with equal parts share tokens.
Two formats: `completion` for base models, and `chat` for a model that brings a Jinja chat template, in which case the
prefill truly continues the assistant's turn: the template is cut at a marker inside that turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thinkaloud.errors import FatalError
from thinkaloud.joining import joined, spaced
from thinkaloud.vocabulary import Prompt, Shot

_QUESTION, _ANSWER = "\x00question\x00", "\x00answer\x00"
NEXT = ("\nQuestion:",)
"""Where the completion form goes on after an answer: a base model writes its own next question."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as text: `preamble`, `question`, `turn` and `parts` concatenate to the whole.

    `preamble` and `turn` (what stands between question and answer) belong to the frame and may hold control tokens;
    question and parts are somebody's text and may not. `lead` stands before an option. `ends` are texts with which the
    frame goes on after the answer, where no control token says so: an answer ends before them.
    """

    preamble: str
    question: str
    turn: str
    parts: tuple[str, ...]
    lead: str
    ends: tuple[str, ...] = ()


Renderer = Callable[[Prompt], Rendered]


def completion(prompt: Prompt) -> Rendered:
    """`Question: ...` / `Answer: ...` blocks; the last one is left open."""
    preamble = "".join(f"Question: {shot.question}\nAnswer: {joined(shot.answer)}\n\n" for shot in prompt.shots)
    parts = spaced(prompt.prefill)
    begun = tuple(f" {part}" for part in parts[:1]) + parts[1:]
    return Rendered(preamble, f"Question: {prompt.question}", "\nAnswer:", begun, " ", NEXT)


def chat(template: str, bos: str, eos: str) -> Renderer:
    """A renderer for a Jinja chat template (as in GGUF metadata, `tokenizer.chat_template`)."""
    apply = _compile(template, bos, eos)

    @functools.lru_cache(maxsize=64)
    def frame(shots: tuple[Shot, ...]) -> tuple[str, str, str]:
        """Text before the question, between question and answer, and after the answer."""
        turns = [turn for s in shots for turn in (("user", s.question), ("assistant", joined(s.answer)))]
        text = apply([*turns, ("user", _QUESTION), ("assistant", _ANSWER)])
        before, found_q, rest = text.partition(_QUESTION)
        between, found_a, after = rest.partition(_ANSWER)
        if not (found_q and found_a):
            raise FatalError("this model's chat template drops the turns it is given: use --format completion")
        return before, between, after

    def render(prompt: Prompt) -> Rendered:
        before, between, _ = frame(prompt.shots)
        return Rendered(before, prompt.question, between, spaced(prompt.prefill), " " if prompt.prefill else "")

    return render


def _compile(template: str, bos: str, eos: str) -> Callable[[list[tuple[str, str]]], str]:
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    # a template is code from a model file: sandboxed, as in transformers, with the same whitespace rules and statements
    loops = ["jinja2.ext.loopcontrols"]
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=loops)
    environment.globals["raise_exception"] = raise_exception
    try:
        compiled = environment.from_string(template)
    except TemplateError as error:
        raise FatalError(f"this model's chat template is broken ({error}): use --format completion") from error

    def apply(turns: list[tuple[str, str]]) -> str:
        messages: list[dict[str, Any]] = [{"role": role, "content": content} for role, content in turns]
        try:
            return compiled.render(messages=messages, bos_token=bos, eos_token=eos, add_generation_prompt=False)
        except TemplateError as error:
            raise FatalError(f"this model's chat template failed ({error}): use --format completion") from error

    return apply
