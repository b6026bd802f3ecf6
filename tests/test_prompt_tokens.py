"""The tokens of every prompt are those that the model's own template and tokenizer give for the same turns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from files_fixture import GEMMA, KINDS, LLAMA2, make
from http_fakes import FakeSGLang, FakeVLLM
from http_fixture import LlamaProcess, closing
from thinkaloud.check import turns_to_compare
from thinkaloud.models.cuts import Tokens, reaches
from thinkaloud.models.http import open_http
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Lowering
from thinkaloud.models.render import by_template, messages, turns
from thinkaloud.models.same import compared
from thinkaloud.models.template import DATE, chosen
from thinkaloud.vocabulary import Prompt, Shot

NATIVE = Loading(precision="native", threads=1, device="cpu")
OPTIONS = ("7", "12", "So it is", "caf\u00e9", "(a)")
SPELT = Prompt(
    (Shot("Say </s><|im_end|><end_of_turn> now.", ("No <s>.",)),), "<|im_start|> or [INST]?", ("It </s> is",)
)


def whole(lowering: Lowering, prompt: Prompt) -> Tokens:
    preamble, tokens, _ = lowering.lower(prompt)
    return (*preamble, *tokens)


@pytest.fixture(scope="module", params=KINDS)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """One file of each sort."""
    return request.param, make(request.param, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def here(file: tuple[str, Path]) -> LlamaCpp:
    return LlamaCpp(file[1], file[0], NATIVE)


@pytest.fixture(scope="module")
def tokenizer(file: tuple[str, Path]) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(file[1].parent, gguf_file=file[1].name)


def own_text(tokenizer: Any, prompt: Prompt, chat: bool) -> str:
    """The oracle: what transformers' own `apply_chat_template` writes, or the completion form."""
    if not chat:
        shots = "".join(f"Question: {s.question}\nAnswer: {' '.join(s.answer)}\n\n" for s in prompt.shots)
        return f"{shots}Question: {prompt.question}\nAnswer:" + "".join(f" {part}" for part in prompt.prefill)
    said = [*turns(prompt.shots), ("user", prompt.question)]
    how = {"add_generation_prompt": True}
    if prompt.prefill:
        said, how = [*said, ("assistant", " ".join(prompt.prefill))], {"continue_final_message": True}
    text: str = tokenizer.apply_chat_template(messages(said), tokenize=False, **how)
    return text


@pytest.mark.slow
def test_llama_cpp_is_asked_with_the_tokens_of_the_whole_text(
    file: tuple[str, Path], here: LlamaCpp, tokenizer: Any
) -> None:
    """Spaces of SentencePiece, end marks by name, and BOS once, whoever writes it."""
    chat = not file[0].startswith("base")
    assert here.card.format == ("chat" if chat else "completion")
    for prompt in turns_to_compare():
        text = own_text(tokenizer, prompt, chat)
        bare, bos = here._context.tokenize(text, True), here._context.bos()
        own = tuple(bare if bare[: len(bos)] == bos else [*bos, *bare])
        assert whole(here.lowering, prompt) == own
    assert "the same tokens" in (compared(here, turns_to_compare()) or "")
    first = whole(here.lowering, turns_to_compare()[0])
    assert list(first[:2]).count(here._context.bos()[0] if here._context.bos() else -1) == len(here._context.bos())


def test_options_are_the_tokens_that_the_whole_text_has(here: LlamaCpp) -> None:
    for prompt in turns_to_compare():
        _, _, lead = here.lower(prompt)
        preamble, tokens, tails = here.lowering.followed(prompt, [f"{option}." for option in OPTIONS])
        for option, tail in zip(OPTIONS, tails, strict=True):
            text = here.lowering._rendered(prompt)[0] + lead + option + "."
            own = here._context.tokenize(text, True)
            assert [*preamble, *tokens, *tail][-len(own) :] == own


def test_a_boxed_option_follows_its_stem_without_a_space_and_may_be_ended_by_the_turn(here: LlamaCpp) -> None:
    r"""`\boxed{7}`, and not `\boxed{ 7}`, to which a chat model gives no probability; and `7` with the end of the turn
    behind it, where the model's turns have one."""
    shots = turns_to_compare()[0].shots
    prompt = Prompt(shots, "What is 3 + 4?", ("3 + 4 = 7.", "\n\n\\boxed{"), tight=True)
    preamble, tokens, tails = here.lowering.followed(prompt, ["7}"], ["7"])
    text = here.lowering._rendered(prompt)[0]
    assert text.endswith("\\boxed{")
    own = here._context.tokenize(text + "7}", True)
    assert [*preamble, *tokens, *tails[0]][-len(own) :] == own
    assert len(tails) == (2 if here.card.format == "chat" else 1)
    for ended in tails[1:]:
        assert here.engine.pieces.ends(ended[-1]), "a turn is ended by the token that ends turns"
        assert here.engine.pieces.piece(ended[-2]).endswith(b"7")


def test_transformers_is_asked_with_the_same_tokens(file: tuple[str, Path], here: LlamaCpp, tokenizer: Any) -> None:
    """As `apply_chat_template` makes them, and as llama.cpp makes them of the same file."""
    from thinkaloud.models.transformers.turns import spelled

    spelling = spelled(tokenizer, (), "auto", file[1])
    for prompt in turns_to_compare():
        assert whole(spelling.lowering, prompt) == spelling.reference(prompt)
    for prompt in [*turns_to_compare(), SPELT]:
        assert whole(spelling.lowering, prompt) == whole(here.lowering, prompt)


def test_a_real_llama_server_is_asked_with_the_same_tokens(file: tuple[str, Path], here: LlamaCpp) -> None:
    """Also of a base model, for which it shows a template of its own."""
    with closing(LlamaProcess(file[1])) as server:
        served = open_http(f"{server.url}?backoff=0.01&patience=5")
        assert served.card.format == here.card.format
        assert ("ChatML" in served.card.details.get("chat template", "")) == file[0].startswith("base")
        for prompt in [*turns_to_compare(), SPELT]:
            assert whole(served.lowering, prompt) == whole(here.lowering, prompt)  # type: ignore[attr-defined]
        assert "the same tokens" in (compared(served, turns_to_compare()) or "")


def test_what_an_item_says_is_never_a_control_token(here: LlamaCpp) -> None:
    """Neither in a question, nor in an example, nor in the answer."""
    control = [t for t in range(here.engine.vocabulary) if not here._context.piece(t)]
    innocent = Prompt((Shot("Say it now.", ("No.",)),), "This or that?", ("It is",))
    counts = [sum(token in control for token in whole(here.lowering, prompt)) for prompt in (SPELT, innocent)]
    assert counts[0] == counts[1]


@pytest.mark.slow
@pytest.mark.parametrize("make_server", [FakeVLLM, FakeSGLang])
def test_servers_that_write_bos_get_it_once(make_server: type[FakeVLLM]) -> None:
    with closing(make_server()) as server:
        for form in ("chat", "completion"):
            model = open_http(f"{server.url}?backoff=0.01&patience=5", Loading(format=form))  # type: ignore[arg-type]
            assert whole(model.lowering, turns_to_compare()[0]).count(2) == 1  # type: ignore[attr-defined]
            assert "the same tokens" in (compared(model, turns_to_compare()[:5]) or "")


# ------------------------------------------------------------------------------------------ templates alone


def test_templates_that_transformers_renders_are_rendered_alike() -> None:
    """A date, marks for training, JSON, parts instead of text, loops that end early: against transformers itself."""
    pytest.importorskip("transformers")
    from transformers.utils.chat_template_utils import render_jinja_template

    said = "{% for m in messages %}<{{ m['role'] }}>{{ CONTENT }}</>{% endfor %}"
    plain = [
        said.replace("{{ CONTENT }}", "{%- generation -%} {{ m['content'] }} {%- endgeneration -%}"),
        said.replace("CONTENT", "m['content'] | tojson") + "{{ {'a': '<\u00e9>'} | tojson }}",
        said.replace("CONTENT", "m['content'] if loop.last else m['content'].split('</think>')[-1]"),
        "{% set ns = namespace(n=0) %}" + said.replace("CONTENT", "m['content'] | trim"),
        GEMMA,
        LLAMA2,
    ]
    prompt = Prompt((Shot("Q \u00e9?", ("<think>so</think>A.",)),), "What?", ("It", "is"))
    turns_said = messages([*turns(prompt.shots), ("user", prompt.question), ("assistant", "It is")])
    names = {"bos_token": "<s>", "eos_token": "</s>"}
    for template in plain:
        own, _ = render_jinja_template([turns_said], chat_template=template, continue_final_message=True, **names)
        ours = by_template(template, names)
        assert ours.render(prompt).text == ours.reference(prompt) == own[0]
    parted = "{% for m in messages %}[{% for part in m['content'] %}{{ part.text }}{% endfor %}]{% endfor %}"
    assert by_template(parted, names).render(prompt).text.endswith("[What?][It is")


def test_a_template_that_writes_the_day_gets_a_fixed_one_and_the_card_says_so() -> None:
    template = "Today is {{ strftime_now('%d %b %Y') }}.{% for m in messages %}[{{ m['content'] }}]{% endfor %}"
    found = by_template(template, {})
    assert found.render(Prompt((), "Q")).preamble == f"Today is {DATE:%d %b %Y}.["
    assert f"{DATE:%Y-%m-%d}" in found.notes["date"]


def test_a_turn_that_begins_with_an_empty_think_block_is_said() -> None:
    template = (
        "{% for m in messages %}<{{ m.role }}>{% if loop.last and m.role == 'assistant' %}<think>\n\n</think>\n\n"
        "{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    assert "switched off" in by_template(template, {}).notes["thinking"]
    assert "thinking" not in by_template(LLAMA2, {"bos_token": "", "eos_token": ""}).notes


def test_named_templates_without_a_default() -> None:
    assert chosen({"default": "a", "tool_use": "b"}) == ("a", "")
    assert chosen({"rag": "b"}) == ("b", "the only one there is, 'rag'")
    assert chosen({"rag": "b", "tool_use": "c"})[0] is None


def test_vocabularies_whose_tokens_reach_over_words_are_not_cut() -> None:
    assert reaches([b" the", b"of the"]) and not reaches([b" the", b"\n  ", b"> <"])


REAL = Path(os.environ.get("THINKALOUD_TEMPLATES", "/nowhere"))


@pytest.fixture(scope="module", params=["qwen3", "deepseek_v3", "gemma3"])
def real(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A real tokenizer with its template, from the folder that THINKALOUD_TEMPLATES names."""
    folder = REAL / request.param
    if not folder.is_dir():
        pytest.skip("THINKALOUD_TEMPLATES names no folder with real tokenizers")
    from transformers import AddedToken, PreTrainedTokenizerFast

    said = json.loads((folder / "tokenizer_config.json").read_text())
    named = {k: v["content"] if isinstance(v, dict) else v for k, v in said.items() if k in ("bos_token", "eos_token")}
    named = {name: AddedToken(text, special=True) for name, text in named.items() if text}
    found = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **named)
    found.chat_template = said["chat_template"]
    yield found


def test_real_tokenizers_and_templates(real: Any) -> None:
    from thinkaloud.models.transformers.turns import spelled

    spelling = spelled(real, (), "auto", None)
    for prompt in turns_to_compare():
        if prompt.prefill or "thinking" not in spelling.turns.notes:
            assert whole(spelling.lowering, prompt) == spelling.reference(prompt)
