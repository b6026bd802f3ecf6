"""How a checkpoint wants its turns written, and the tokens that transformers itself gives for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from thinkaloud.errors import UserError
from thinkaloud.joining import joined
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.local import Lowering
from thinkaloud.models.render import TurnFormat, by_template, completion, messages, turns
from thinkaloud.models.template import chosen, dated
from thinkaloud.models.transformers.tokens import Vocabulary, like_llama_cpp
from thinkaloud.vocabulary import Prompt


@dataclass(frozen=True, slots=True)
class Spelling:
    """How prompts become tokens, and the tokens that transformers itself gives for them (`reference`)."""

    vocabulary: Vocabulary
    turns: TurnFormat
    lowering: Lowering
    reference: Callable[[Prompt], Tokens]


def spelled(
    tokenizer: Any, ends: Iterable[int], wanted: Literal["auto", "chat", "completion"], file: Path | None
) -> Spelling:
    """By a tokenizer of transformers; `file`: the GGUF file that it is from."""
    vocabulary = Vocabulary(like_llama_cpp(tokenizer, file) if file else tokenizer, ends)
    turns = turn_format(tokenizer, wanted)
    # the flags of a GGUF file are for chats too; a checkpoint's chat template writes all that there is to be
    bos = vocabulary.bos if turns.form == "completion" or file else []
    lowering = Lowering(vocabulary.tokenize, bos, turns.render, vocabulary.cuts())
    return Spelling(vocabulary, turns, lowering, whole(tokenizer, turns, bos))


def turn_format(tokenizer: Any, wanted: Literal["auto", "chat", "completion"]) -> TurnFormat:
    """How turns are written."""
    templates = tokenizer.chat_template
    template, why = chosen(templates) if isinstance(templates, dict) else (templates, "")
    if wanted == "chat" and not isinstance(template, str):
        raise UserError(f"this model brings no chat template ({why or 'none at all'}): use --format completion")
    if wanted == "completion" or not isinstance(template, str):
        return TurnFormat(completion, "completion", {"chat template": why} if why else {})
    found = by_template(template, {name: str(text) for name, text in tokenizer.special_tokens_map.items()})
    return found.noted("chat template", why)


def whole(tokenizer: Any, form: TurnFormat, bos: Sequence[int]) -> Callable[[Prompt], Tokens]:
    """The tokens of a prompt as transformers makes them: `apply_chat_template` on the turns, or the text at once.
    `bos`: what a GGUF file wants before them, besides."""

    def tokens(prompt: Prompt) -> Tokens:
        if form.form == "completion":
            return tuple(tokenizer(form.reference(prompt), add_special_tokens=False).input_ids)
        template, _ = chosen(found) if isinstance(found := tokenizer.chat_template, dict) else (found, "")
        said = [*turns(prompt.shots), ("user", prompt.question)]
        how: dict[str, Any] = {"add_generation_prompt": True}
        if prompt.prefill:
            said, how = [*said, ("assistant", joined(prompt.prefill))], {"continue_final_message": True}
        how |= {"chat_template": dated(template or ""), "tokenize": True, "return_dict": False}
        try:
            return tuple(tokenizer.apply_chat_template(messages(said), **how))
        except Exception:  # templates that take no plain text raise what they like
            return tuple(tokenizer.apply_chat_template(messages(said, True), **how))

    def begun(prompt: Prompt) -> Tokens:
        found = tokens(prompt)
        return found if found[: len(bos)] == tuple(bos) else (*bos, *found)

    return begun
