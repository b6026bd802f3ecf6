"""How a GGUF file wants its prompts: its template, its control tokens, and the peculiarities of its tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from thinkaloud.errors import UserError
from thinkaloud.models.block import by_known
from thinkaloud.models.cuts import Cuts, Tokens, either, framing, local, with_marks
from thinkaloud.models.detect import profile_of_template, recommended
from thinkaloud.models.llama_cpp.lib import DEFINED, STRIPS, Context
from thinkaloud.models.render import TurnFormat
from thinkaloud.vocabulary import Prompt

TEMPLATE = "tokenizer.chat_template"


SAMPLING = "general.sampling"
"""How the file wants to be sampled, where it says so: `.temp`, `.top_p`, `.top_k`."""


def turn_format(context: Context, wanted: Literal["auto", "chat", "completion"], profile: str = "auto") -> TurnFormat:
    """How turns are written. `profile`: as in `Loading`."""
    from thinkaloud.models.template import chosen  # Jinja, which scripted models need not wait for

    templates = context.templates(TEMPLATE)
    template, why = chosen(templates)
    if wanted == "chat" and template is None:
        raise UserError(f"this model file brings no chat template ({why or 'none at all'}): use --format completion")
    template = None if wanted == "completion" else template
    names = {"bos_token": context.named("bos"), "eos_token": context.named("eos")}
    found = profile_of_template(profile, template, names, lambda text: len(context.tokenize(text, True)) == 1)
    if found:
        found = recommended(found, _sampling(context), "the model file's metadata")
    return by_known(template, names, found).noted("chat template", why)


def _sampling(context: Context) -> dict[str, float]:
    """The file's own recommended sampling, by the names of `Recommended`."""
    names = {"temperature": "temp", "top_p": "top_p", "top_k": "top_k"}
    said = {name: context.metadata(f"{SAMPLING}.{key}") for name, key in names.items()}
    return {name: float(value) for name, value in said.items() if value}


def cuts(context: Context) -> Cuts:
    """Where texts may be cut."""
    from thinkaloud.models.template import chosen

    found = context.controls()
    every = either(found)
    before = either(text for text, attributes in found.items() if not attributes & STRIPS)
    pieces = (context.piece(token) for token in range(context.vocab_size) if context.spaced(token))
    made = local(context.tokenize, pieces, Cuts(controls=every, before=before, spelled=every))
    return with_marks(made, framing(context.controls(DEFINED), chosen(context.templates(TEMPLATE))[0]))


def whole(context: Context, turns: TurnFormat) -> Callable[[Prompt], Tokens]:
    """The tokens of a prompt's whole text at once, by the file's own template and tokenizer."""

    def tokens(prompt: Prompt) -> Tokens:
        text = turns.reference(prompt)
        bare, bos = context.tokenize(text, True), context.bos()
        return tuple(bare if bare[: len(bos)] == bos else [*bos, *bare])

    return tokens
