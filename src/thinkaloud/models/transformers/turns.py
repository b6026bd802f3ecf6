"""How a checkpoint wants its turns written, and the tokens that transformers itself gives for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from thinkaloud.errors import UserError
from thinkaloud.joining import joined
from thinkaloud.models.block import asked, by_known, ended
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.detect import profile_of_template
from thinkaloud.models.local import Lowering
from thinkaloud.models.marks import cut_at, marks_of, shown
from thinkaloud.models.render import TurnFormat, messages, turns
from thinkaloud.models.requests import Pieces
from thinkaloud.models.template import chosen, dated
from thinkaloud.models.transformers.tokens import Vocabulary, like_llama_cpp
from thinkaloud.vocabulary import Prompt


@dataclass(frozen=True, slots=True)
class Spelling:
    """How prompts become tokens, and the tokens that transformers itself gives for them (`reference`)."""

    vocabulary: Pieces
    turns: TurnFormat
    lowering: Lowering
    reference: Callable[[Prompt], Tokens]


def spelled(
    tokenizer: Any,
    ends: Iterable[int],
    wanted: Literal["auto", "chat", "completion"],
    file: Path | None,
    profile: str = "auto",
) -> Spelling:
    """By a tokenizer of transformers; `file`: the GGUF file that it is from; `profile`: as in `Loading`."""
    vocabulary = Vocabulary(like_llama_cpp(tokenizer, file) if file else tokenizer, ends)
    turns = turn_format(tokenizer, wanted, profile, vocabulary)
    marks = marks_of(turns.profile, vocabulary.tokenize)
    # the flags of a GGUF file are for chats too; a checkpoint's chat template writes all that there is to be
    bos = vocabulary.bos if turns.form == "completion" or file else []
    cuts = cut_at(vocabulary.cuts(_template(tokenizer)), marks)
    lowering = Lowering(vocabulary.tokenize, bos, turns.render, cuts, turns.profile)
    return Spelling(shown(vocabulary, marks), turns, lowering, whole(tokenizer, turns, bos))


def turn_format(
    tokenizer: Any, wanted: Literal["auto", "chat", "completion"], profile: str, vocabulary: Vocabulary
) -> TurnFormat:
    """How turns are written."""
    templates = tokenizer.chat_template
    template, why = chosen(templates) if isinstance(templates, dict) else (templates, "")
    if wanted == "chat" and not isinstance(template, str):
        raise UserError(f"this model brings no chat template ({why or 'none at all'}): use --format completion")
    known = template if wanted != "completion" and isinstance(template, str) else None
    names = {name: str(text) for name, text in tokenizer.special_tokens_map.items()}
    found = profile_of_template(profile, known, names, lambda text: len(vocabulary.tokenize(text, True)) == 1)
    return by_known(known, names, found).noted("chat template", why)


def whole(tokenizer: Any, form: TurnFormat, bos: Sequence[int]) -> Callable[[Prompt], Tokens]:
    """The tokens of a prompt as transformers makes them: `apply_chat_template` on the turns, or the text at once.
    `bos`: what a GGUF file wants before them, besides."""

    def applied(prompt: Prompt, told: Mapping[str, bool]) -> str:
        how = {**told, "chat_template": _template(tokenizer), "tokenize": False, "add_generation_prompt": True}
        try:
            return str(tokenizer.apply_chat_template(asked(prompt.shots, prompt.question), **how))
        except Exception:  # templates that take no plain text raise what they like
            return str(tokenizer.apply_chat_template(asked(prompt.shots, prompt.question, True), **how))

    def tokens(prompt: Prompt) -> Tokens:
        if form.form == "completion":
            return tuple(tokenizer(form.reference(prompt), add_special_tokens=False).input_ids)
        if form.profile is not None:
            told, on = (applied(prompt, form.profile.variables(off)) for off in (prompt.off, False))
            text = ended(form.profile, told, on, prompt)
            return tuple(tokenizer(text, add_special_tokens=False).input_ids)
        said = [*turns(prompt.shots), ("user", prompt.question)]
        how: dict[str, Any] = {"add_generation_prompt": True}
        if prompt.prefill:
            said, how = [*said, ("assistant", joined(prompt.prefill))], {"continue_final_message": True}
        how |= {"chat_template": _template(tokenizer), "tokenize": True, "return_dict": False}
        try:
            return tuple(tokenizer.apply_chat_template(messages(said), **how))
        except Exception:  # templates that take no plain text raise what they like
            return tuple(tokenizer.apply_chat_template(messages(said, True), **how))

    def begun(prompt: Prompt) -> Tokens:
        found = tokens(prompt)
        return found if found[: len(bos)] == tuple(bos) else (*bos, *found)

    return begun


def _template(tokenizer: Any) -> str:
    """The template for plain turns, with a fixed date."""
    template, _ = chosen(found) if isinstance(found := tokenizer.chat_template, dict) else (found, "")
    return dated(template or "")
