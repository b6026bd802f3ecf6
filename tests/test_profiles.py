"""A model that thinks in a block is asked with the tokens that its own template has for it, and no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blocks_fixture import KINDS, Kind, chatml, file, profile, spell, tokenizer, tokens, whole
from files_fixture import CHATML
from thinkaloud.errors import FatalError, TextRefused, UserError
from thinkaloud.models.detect import recommended
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.profiles import families, family_of
from thinkaloud.models.transformers.turns import Spelling, spelled
from thinkaloud.vocabulary import Prompt, Shot, Thinking

pytest.importorskip("transformers")

NATIVE = Loading(precision="native", threads=1)
ASKED = "What is 2 + 3?"
TWO = ("2 plus 3 is 5.", "So it is 5.")
STEM = ("The answer is",)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def here(kind: Kind) -> Any:
    return tokenizer(kind)


@pytest.fixture(scope="module")
def spelling(here: Any) -> Spelling:
    return spelled(here, (), "auto", None)


@pytest.fixture(scope="module")
def llama(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> LlamaCpp:
    return LlamaCpp(file(kind, tmp_path_factory.mktemp("blocks") / "model.gguf"), "tiny", NATIVE)


def begun(tokenizer: Any, kind: Kind, told: dict[str, bool]) -> str:
    """The oracle: what transformers' own `apply_chat_template` writes before an answer, without a block that is open
    or empty at its end."""
    said = [{"role": "user", "content": ASKED}]
    text: str = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True, **told)
    return text.removesuffix(kind.opens if kind.given else "").removesuffix(kind.silent or "")


ON: dict[str, dict[str, bool]] = {"v31": {"thinking": True}, "channel": {"enable_thinking": True}}
"""What some templates are told for the model to think at all."""


def on(kind: Kind) -> dict[str, bool]:
    return next((ON[name] for name in ON if KINDS[name] == kind), {})


# ------------------------------------------------------------------------------------------------ profiles


def test_a_family_is_known_by_its_template_and_tokens(kind: Kind, spelling: Spelling, llama: LlamaCpp) -> None:
    """And the marks with their white space, and whether the template opens the block, are those of this template."""
    found = profile(spelling)
    assert (found.family, found.opens, found.closes, found.given) == (kind.family, kind.opens, kind.closes, kind.given)
    assert (found.switch is not None) == (kind.silent is not None) == ("switch" in found.silence)
    assert llama.profile == replace(found, sampling=llama.profile.sampling if llama.profile else None)
    assert "thinking" not in llama.card.details
    assert kind.family in llama.card.details["profile"]


def test_a_model_without_marks_has_no_profile() -> None:
    plain = tokenizer(replace(KINDS["letters"], template=CHATML))
    assert spelled(plain, (), "auto", None).turns.profile is None


def test_told_that_there_is_no_profile_the_turns_are_as_without_one() -> None:
    none = spelled(tokenizer(KINDS["hybrid"]), (), "auto", None, "none")
    assert none.turns.profile is None
    assert none.lowering.profile is None


def test_each_family_of_the_package_says_what_was_not_checked() -> None:
    assert len(families()) >= 10
    for family in families():
        assert family.notes and family.mark in family.closes and family.silence
        assert family.sampling is not None and family.sampling.source
        assert family.sampling.greedy or family.sampling.why
    assert [family.asks for family in families()] == sorted((family.asks for family in families()), reverse=True)


OWN_FILE = 'family = "mine"\nopens = "<hm>"\ncloses = "</hm> "\nmark = "</hm>"\nsilence = ["omitted"]\n'


def test_a_file_of_ones_own_is_taken_whatever_the_template_shows(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN_FILE)
    found = spelled(tokenizer(replace(KINDS["letters"], template=CHATML)), (), "auto", None, str(path))
    text = found.turns.render(Prompt((), ASKED, STEM, Thinking(TWO))).text
    assert text.endswith("<hm>2 plus 3 is 5. So it is 5.</hm> The answer is")
    assert profile(found).family == "mine"


def test_a_base_model_with_a_file_of_ones_own_writes_its_marks_as_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN_FILE)
    found = spelled(tokenizer(KINDS["letters"]), (), "completion", None, str(path))
    plain = spelled(tokenizer(KINDS["letters"]), (), "completion", None, "none")
    shots = (Shot("What is 1 + 1?", STEM),)
    prompt = Prompt(shots, ASKED, STEM)
    assert whole(found.lowering, prompt) == whole(plain.lowering, prompt)
    thought = found.turns.render(replace(prompt, thinking=Thinking(TWO[:1]))).text
    assert thought.endswith("Answer: <hm>2 plus 3 is 5.</hm> The answer is")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN_FILE.replace("mark", "marc"), "marc.*mark"),
        (OWN_FILE.replace('mark = "</hm>"\n', ""), "does not say mark"),
        (OWN_FILE.replace('"omitted"', '"silent"'), "silence is .*silent"),
        (OWN_FILE.replace('"</hm> "', '"</h>"'), "does not hold the mark"),
        ("family = ", "is not TOML"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as refused:
        family_of(str(path))
    assert "\n" not in str(refused.value)


def test_a_word_that_is_no_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"'qwen3'.*auto, none or a FILE\.toml"):
        spelled(tokenizer(KINDS["hybrid"]), (), "auto", None, "qwen3")


def test_the_models_own_sampling_counts_before_the_familys() -> None:
    found = recommended(profile(spell("hybrid")), {"temperature": 0.7, "top_k": 40}, "a file").sampling
    assert found is not None
    assert (found.temperature, found.top_p, found.top_k, found.source) == (0.7, 1.0, 40, "a file")
    assert not found.greedy
    assert "without end" in found.why
    said = profile(spell("hybrid"))
    assert recommended(said, {"top_k": 40.0}, "a file") == said


def test_a_model_file_says_how_it_wants_to_be_sampled(kind: Kind, llama: LlamaCpp, spelling: Spelling) -> None:
    assert llama.profile is not None and llama.profile.sampling is not None
    if kind.sampling is None:
        assert llama.profile.sampling == profile(spelling).sampling
    else:
        said = llama.profile.sampling
        assert (said.temperature, said.top_p, said.top_k) == kind.sampling
        assert "metadata" in said.source


# ------------------------------------------------------------------------------------------------ prompts


def test_each_form_of_a_turn_has_the_tokens_of_its_text(kind: Kind, spelling: Spelling, here: Any) -> None:
    """Open, begun, closed, empty and left out: nothing is inserted that was not asked for."""
    before = begun(here, kind, on(kind))
    forms = {
        Prompt((), ASKED): before + kind.direct,
        Prompt((), ASKED, STEM): f"{before}{kind.direct}The answer is",
        Prompt((), ASKED, (), Thinking((), False)): before + kind.opens,
        Prompt((), ASKED, (), Thinking(TWO, False)): f"{before}{kind.opens}2 plus 3 is 5. So it is 5.",
        Prompt((), ASKED, STEM, Thinking(TWO)): f"{before}{kind.opens}{' '.join(TWO)}{kind.closes}The answer is",
        Prompt((), ASKED, (), Thinking()): before + kind.opens + kind.closes,
        Prompt((), ASKED, STEM, Thinking()): f"{before}{kind.opens}{kind.closes}The answer is",
    }
    for prompt, text in forms.items():
        assert whole(spelling.lowering, prompt) == tokens(here, text), text
        assert spelling.reference(prompt) == tokens(here, text)


def test_llama_cpp_is_asked_with_the_same_tokens(kind: Kind, spelling: Spelling, llama: LlamaCpp) -> None:
    """Also in examples, in other scripts, and where a question or a reasoning spells a mark."""
    shots = (Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2.")),)
    odd = f"caf\u00e9 \u4f60\u597d {kind.opens} now"
    for thinking in (None, Thinking((), False), Thinking(TWO, False), Thinking(TWO), Thinking()):
        for prompt in (Prompt(shots, ASKED, (), thinking), Prompt((), odd, (), thinking)):
            assert whole(llama.lowering, prompt) == whole(spelling.lowering, prompt)
            assert llama.reference is not None
            if prompt.question == ASKED:
                assert whole(llama.lowering, prompt) == llama.reference(prompt)


def test_a_switch_writes_what_the_template_writes(kind: Kind, spelling: Spelling, here: Any) -> None:
    prompt = Prompt((), ASKED, STEM, None, True)
    if kind.silent is None:
        with pytest.raises(FatalError, match="no switch"):
            spelling.lowering.lower(prompt)
        return
    name, value = profile(spelling).switch or ("", True)
    text = here.apply_chat_template(
        [{"role": "user", "content": ASKED}], tokenize=False, add_generation_prompt=True, **{name: value}
    )
    assert text.endswith(kind.silent)
    assert whole(spelling.lowering, prompt) == tokens(here, f"{text}The answer is")
    block = replace(prompt, thinking=Thinking(TWO))
    bare = text.removesuffix(kind.silent) + kind.opens + " ".join(TWO) + kind.closes
    assert whole(spelling.lowering, block) == tokens(here, f"{bare}The answer is")


@pytest.mark.parametrize("name", ["hybrid", "harmony", "glm", "keeps", "letters"])
def test_a_closed_block_is_the_templates_own_final_message(name: str) -> None:
    """Where a template shows the reasoning of the last turn."""
    spelling, here = spell(name), tokenizer(KINDS[name])
    thought, said = " ".join(TWO), "The answer is 5."
    turn = {"role": "assistant", "content": said, "reasoning_content": thought, "thinking": thought}
    text: str = here.apply_chat_template([{"role": "user", "content": ASKED}, turn], tokenize=False)
    own = tokens(here, text[: text.rindex(said) + len("The answer is")])
    assert whole(spelling.lowering, Prompt((), ASKED, STEM, Thinking(TWO))) == own


def test_a_mark_that_a_text_spells_is_not_the_mark(kind: Kind, spelling: Spelling, llama: LlamaCpp, here: Any) -> None:
    """Neither in a question nor in a reasoning: the block has one beginning and one end."""
    mark = profile(spelling).mark
    spelt = (f"I write {mark} here.", *TWO)
    if kind == KINDS["letters"]:
        for lowering in (spelling.lowering, llama.lowering):
            with pytest.raises(TextRefused, match="would close its block"):
                lowering.lower(Prompt((), ASKED, STEM, Thinking(spelt)))
            lowering.lower(Prompt((), f"{ASKED} {mark}", STEM, Thinking(TWO)))
        return
    (token,) = tokens(here, mark)
    for lowering in (spelling.lowering, llama.lowering):
        clean = whole(lowering, Prompt((), ASKED, STEM, Thinking(TWO)))
        dirty = whole(lowering, Prompt((), f"{ASKED} {mark}", STEM, Thinking(spelt)))
        assert dirty.count(token) == clean.count(token)
        assert mark in here.decode(lowering.tokens(f"I write {mark} here."))
        assert token not in lowering.tokens(f"I write {mark} here.")


def test_examples_whose_reasoning_the_template_drops_are_refused() -> None:
    shot = Shot("What is 1 + 1?", ("The answer is 2.",), ("1 plus 1 is 2.",))
    for name in ("hybrid", "r1", "v31", "harmony"):
        with pytest.raises(FatalError, match="drops the reasoning of earlier turns") as refused:
            spell(name).lowering.lower(Prompt((shot,), ASKED))
        assert "\n" not in str(refused.value)
    text = Shot("What is 1 + 1?", ("<think>1 plus 1 is 2.</think> The answer is 2.",))
    with pytest.raises(FatalError, match="drops the reasoning"):
        spell("hybrid").lowering.lower(Prompt((text,), ASKED))


def test_examples_keep_their_reasoning_where_the_template_does() -> None:
    shot = Shot("What is 1 + 1?", ("The answer is 2.",), ("1 plus 1 is 2.",))
    shown = spell("keeps").turns.render(Prompt((shot,), ASKED)).text
    assert "<think>\n1 plus 1 is 2.\n</think>\n\nThe answer is 2.<|im_end|>" in shown


KEPT = chatml("{{ m.content }}", "{{ '<think>\n\n</think>\n' if enable_thinking is false else '' }}", "")
OBEYS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content.replace('/no_think', '') }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n{% endif %}{# </think> #}"
)


def templated(template: str) -> Spelling:
    return spelled(tokenizer(replace(KINDS["keeps"], template=template)), (), "auto", None)


def test_examples_keep_their_reasoning_in_the_text_of_their_turn_where_the_template_keeps_that() -> None:
    """And the line end behind the block is the one that the template itself writes behind an empty one."""
    found = templated(KEPT)
    assert profile(found).closes == "\n</think>\n"
    shot = Shot("What is 1 + 1?", ("The answer is 2.",), ("1 plus 1 is 2.",))
    text = found.turns.render(Prompt((shot,), ASKED)).text
    assert "assistant\n<think>\n1 plus 1 is 2.\n</think>\nThe answer is 2.<|im_end|>" in text


def test_words_that_a_template_takes_out_of_a_question_are_no_form_of_silence() -> None:
    """Prompts are made with a mark in the question's place, so the template would not see them."""
    assert "instruction" not in profile(templated(OBEYS)).silence
    assert profile(templated(OBEYS)).opens == "<think>\n\n"
    assert "instruction" in profile(spell("keeps")).silence


def test_a_model_without_a_block_is_not_asked_for_one() -> None:
    lowering = spelled(tokenizer(replace(KINDS["letters"], template=CHATML)), (), "auto", None).lowering
    for prompt in (Prompt((), ASKED, (), Thinking()), Prompt((), ASKED, (), None, True)):
        with pytest.raises(FatalError, match="no think block"):
            lowering.lower(prompt)


def test_an_answer_is_not_begun_in_an_open_block() -> None:
    with pytest.raises(UserError, match="still open"):
        spell("hybrid").lowering.lower(Prompt((), ASKED, STEM, Thinking(TWO, False)))


def test_options_after_a_block_are_the_tokens_that_the_whole_text_has(spelling: Spelling, here: Any) -> None:
    prompt = Prompt((), ASKED, STEM, Thinking(TWO))
    preamble, rest, (tail,) = spelling.lowering.followed(prompt, ["5."])
    text = spelling.turns.render(prompt).text
    assert (*preamble, *rest, *tail) == tokens(here, f"{text} 5.")
