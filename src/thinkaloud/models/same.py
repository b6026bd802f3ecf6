"""Compares the tokens of prompts with those that the model's own template and tokenizer give for the same turns.

`thinkaloud check` uses it: the tokens that are sent are compared with those of transformers' `apply_chat_template`, of
the file's own tokenizer on the whole text, or of the server's `/tokenize`; for a model that thinks in a block, with
blocks too. It does not know whether the template is the one that the model was trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.local import Local
from thinkaloud.models.profile import Profile
from thinkaloud.models.requests import ReturnsLogits
from thinkaloud.models.tree import common
from thinkaloud.vocabulary import PROBE, Model, Prompt, Thinking

AROUND = 4  # tokens shown from the first difference on


def compared(model: Model, asked: Sequence[Prompt]) -> str | None:
    """A line that says *the same tokens* or the first difference; None for a model without tokens."""
    if not isinstance(model, Local):
        return None
    if model.reference is None:
        return "prompts: not compared, this model names no template and tokenizer of its own"
    count = 0
    asked = [*asked, *(with_blocks(model.profile, asked) if model.profile else ())]
    for prompt in asked:
        if not prompt.prefill and "thinking" in model.card.details:
            continue  # said already: the model would begin its own turn in another way
        preamble, rest, _ = model.lower(prompt)
        sent = (*preamble, *rest)
        try:
            own = model.reference(prompt)
        except ThinkaloudError as error:
            return f"prompts: not compared: {error}"
        if sent != own:
            return f"prompts: NOT the tokens of the model's own template and tokenizer: {_difference(model, sent, own)}"
        count += len(sent)
    many = f"{len(asked)} prompts, {count:,} tokens"
    return f"prompts: the same tokens as the model's own template and tokenizer give ({many})"


def with_blocks(profile: Profile, asked: Sequence[Prompt]) -> list[Prompt]:
    """The same turns of a model that thinks in a block: what was begun stands in an open block, in a closed one with an
    answer begun behind it, and behind reasoning that is switched off, where there is a switch."""
    inside = [replace(prompt, prefill=(), thinking=Thinking(prompt.prefill, False)) for prompt in asked]
    closed = [replace(prompt, prefill=(PROBE,), thinking=Thinking(prompt.prefill)) for prompt in asked]
    off = [replace(prompt, off=True) for prompt in asked if profile.switch]
    return [*inside, *closed, *off]


def _difference(model: Local, sent: Tokens, own: Tokens) -> str:
    at = common(sent, own)
    show = _shower(model)
    return f"from token {at} on it is sent {show(sent[at : at + AROUND])}, and they give {show(own[at : at + AROUND])}"


def _shower(model: Local) -> Callable[[Tokens], str]:
    pieces = model.engine.pieces if isinstance(model.engine, ReturnsLogits) else None

    def show(tokens: Tokens) -> str:
        text = b"".join(pieces.piece(t) for t in tokens).decode("utf-8", "replace") if pieces is not None else ""
        return f"{list(tokens)}" + (f" {text!r}" if text else "")

    return show
