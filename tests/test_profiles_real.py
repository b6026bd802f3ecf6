"""Think blocks in the tokens of real tokenizers, against what transformers makes of real templates."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blocks_fixture import DEEPSEEK, HARMONY, profile, tokens, whole
from thinkaloud.errors import FatalError, TextRefused
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.transformers.turns import spelled
from thinkaloud.vocabulary import Prompt, Shot, Thinking

pytest.importorskip("transformers")

ASKED = "What is 2 + 3?"
TWO = ("2 plus 3 is 5.", "So it is 5.")
STEM = ("The answer is",)
REAL = Path(os.environ.get("THINKALOUD_TEMPLATES", "/nowhere"))


def real(name: str, template: str | None = None) -> Any:
    """A real tokenizer with its template, from the folder that THINKALOUD_TEMPLATES names."""
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip("THINKALOUD_TEMPLATES names no folder with real tokenizers")
    from transformers import AddedToken, PreTrainedTokenizerFast

    said = json.loads((folder / "tokenizer_config.json").read_text())
    named = {k: v["content"] if isinstance(v, dict) else v for k, v in said.items() if k in ("bos_token", "eos_token")}
    named = {name: AddedToken(text, special=True) for name, text in named.items() if text}
    found = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **named)
    found.chat_template = template or said["chat_template"]
    return found


def applied(tokenizer: Any, turns: list[dict[str, str]], **how: Any) -> Tokens:
    return tuple(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False, **how))


def test_qwen3_is_asked_in_its_reasoning_mode_unless_it_is_switched_off() -> None:
    here = real("qwen3")
    spelling = spelled(here, (), "auto", None)
    user = [{"role": "user", "content": ASKED}]
    bare, off = (applied(here, user, add_generation_prompt=True, enable_thinking=on) for on in (True, False))
    assert whole(spelling.lowering, Prompt((), ASKED)) == bare
    assert whole(spelling.lowering, Prompt((), ASKED, (), None, True)) == off
    assert whole(spelling.lowering, Prompt((), ASKED, (), Thinking((), False))) == (*bare, *tokens(here, "<think>\n"))
    assert whole(spelling.lowering, Prompt((), ASKED, (), Thinking())) == off
    assert len(tokens(here, "<think>")) == len(tokens(here, "</think>")) == 1


def test_qwen3_with_a_closed_block_is_its_own_final_message() -> None:
    """A reasoning of several lines, and one that spells the mark, which the template itself would cut in two."""
    here = real("qwen3")
    lowering = spelled(here, (), "auto", None).lowering
    for thought in (" ".join(TWO), "First:\n\n- 2\n- 3\n\nSo 5.", "\u4e8c\u52a0\u4e09\u3002\u662f\u4e94\u3002"):
        turn = {"role": "assistant", "content": "The answer is", "reasoning_content": thought}
        own = applied(here, [{"role": "user", "content": ASKED}, turn], continue_final_message=True)
        assert whole(lowering, Prompt((), ASKED, STEM, Thinking((thought,)))) == own
    spelt = whole(lowering, Prompt((), ASKED, STEM, Thinking(("I write </think> here.",))))
    (end,) = tokens(here, "</think>")
    assert spelt.count(end) == 1
    assert here.decode(spelt).count("</think>") == 2


def test_qwen3_refuses_examples_with_reasoning_and_keeps_those_without() -> None:
    here = real("qwen3")
    lowering = spelled(here, (), "auto", None).lowering
    shot = Shot("What is 1 + 1?", ("The answer is 2.",))
    turns = [{"role": "user", "content": shot.question}, {"role": "assistant", "content": "The answer is 2."}]
    own = applied(here, [*turns, {"role": "user", "content": ASKED}], add_generation_prompt=True)
    assert whole(lowering, Prompt((shot,), ASKED)) == own
    with pytest.raises(FatalError, match="drops the reasoning of earlier turns"):
        lowering.lower(Prompt((replace(shot, thinking=("1 plus 1 is 2.",)),), ASKED))


def test_a_real_deepseek_tokenizer_without_think_tokens_writes_the_tags_as_text() -> None:
    here = real("deepseek_v3", DEEPSEEK.replace("BEFORE", "").replace("BEGINS", "<think>\n"))
    spelling = spelled(here, (), "auto", None)
    assert profile(spelling).family == "deepseek-r1" and profile(spelling).given
    begun = applied(here, [{"role": "user", "content": ASKED}], add_generation_prompt=True)
    assert whole(spelling.lowering, Prompt((), ASKED, (), Thinking((), False))) == begun
    assert len(tokens(here, "</think>")) > 1
    with pytest.raises(TextRefused, match="would close its block"):
        spelling.lowering.lower(Prompt((), ASKED, (), Thinking(("A </think> b.",), False)))


def test_a_real_gpt_oss_tokenizer_writes_its_channels_as_tokens() -> None:
    here = real("gptoss", HARMONY)
    spelling = spelled(here, (), "auto", None)
    assert profile(spelling).family == "gpt-oss"
    turn = {"role": "assistant", "content": "The answer is 5.", "thinking": " ".join(TWO)}
    text: str = here.apply_chat_template([{"role": "user", "content": ASKED}, turn], tokenize=False)
    own = tokens(here, text[: text.rindex(" 5.")])
    assert whole(spelling.lowering, Prompt((), ASKED, STEM, Thinking(TWO))) == own
    channel = here.convert_tokens_to_ids("<|channel|>")
    assert own.count(channel) == 2
    direct = whole(spelling.lowering, Prompt((), f"{ASKED} <|channel|>", STEM))
    assert direct.count(channel) == 1
    assert here.decode(direct).endswith("<|start|>assistant<|channel|>final<|message|>The answer is")


@pytest.mark.parametrize("name", ["deepseek_v3", "gemma3"])
def test_real_models_that_do_not_think_in_a_block_have_no_profile(name: str) -> None:
    assert spelled(real(name), (), "auto", None).turns.profile is None
