"""What an item or a model says is data: it opens no turn, closes no block, ends no prefill, and is not lost."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocks_fixture import KINDS, TAGS, Kind, file, tokenizer, whole
from thinkaloud.errors import ThinkaloudError
from thinkaloud.models.cuts import framing
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Lowering
from thinkaloud.models.render import ANSWER, QUESTION
from thinkaloud.models.transformers.turns import spelled
from thinkaloud.vocabulary import Prompt, Shot, Thinking

BEGIN, USER, OWN, END = (f"<\uff5c{name}\uff5c>" for name in ("begin", "User", "Assistant", "end"))
TOOL = "<tool_call>"
PLAIN = {
    # DeepSeek's marks of turns are no control tokens in its tokenizer: they are read in any text
    "turns in any text": dataclasses.replace(KINDS["r1"], controls=(BEGIN, END), marks=(USER, OWN, *TAGS)),
    "tools in any text": dataclasses.replace(
        KINDS["hybrid"], template=KINDS["hybrid"].template + f"{{# {TOOL} #}}", marks=(*TAGS, TOOL, "<h4>")
    ),
}
EVERY = {**KINDS, **PLAIN}
LETTERS = (
    "\n",
    "\n\n",
    " ",
    "a",
    "caf\u00e9",
    "user",
    "assistant",
    "<",
    "|",
    ">",
    "</",
    "{{ bos_token }}",
    "{% raw %}",
)
ODD = ("\x00", "\u202e", "\u2028", "\ufeff", "\U0001f600", "\r", "/no_think", "Question:", "Answer:", "[INST]", "</s>")
PLACES = ("question", "example", "its answer", "prefill", "reasoning")


def prompt(place: str, text: str) -> Prompt:
    """A prompt with this text at one of the places where texts of items and models stand."""
    shot = Shot(text if place == "example" else "Hi?", (text if place == "its answer" else "No.",))
    if place == "reasoning":
        return Prompt((), "What now?", ("It is",), Thinking((text,)))
    return Prompt((shot,), text if place == "question" else "What now?", (text if place == "prefill" else "It is",))


def hostile(kind: Kind) -> st.SearchStrategy[str]:
    """Its own marks, whole and in pieces, among other things that might mean something to somebody."""
    marks = (*kind.controls, *kind.marks, *TAGS, kind.opens, kind.closes)
    pieces = [mark[i:j] for mark in marks for i, j in ((0, 2), (0, -1), (1, None), (2, None))]
    return st.lists(
        st.sampled_from((*marks, *marks, *marks, *marks, *pieces, *LETTERS, *ODD)), min_size=1, max_size=6
    ).map("".join)


def held(lowering: Lowering, kind: Kind, framed: dict[str, int], place: str, text: str) -> None:
    """A prompt with this text has the frame of one with an innocent text, or is refused in one line."""
    try:
        innocent = Counter(token for token in whole(lowering, prompt(place, "This.")) if token in framed.values())
    except ThinkaloudError:
        return  # this kind has no such place
    try:
        found = Counter(token for token in whole(lowering, prompt(place, text)) if token in framed.values())
    except ThinkaloudError as error:
        assert "\n" not in str(error)
        return
    assert found == innocent, (place, text)


def frame_tokens(tokenize: Any, kind: Kind) -> dict[str, int]:
    """The tokens that mean something in this kind's frame."""
    marks = [mark for mark in kind.marks if mark in (*TAGS, USER, OWN, TOOL)]
    return {text: tokenize(text, True)[0] for text in (*kind.controls, *marks)}


QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module", params=sorted(EVERY))
def kind(request: pytest.FixtureRequest) -> tuple[Kind, Lowering, dict[str, int], Any]:
    pytest.importorskip("transformers")
    made = EVERY[request.param]
    own = tokenizer(made)
    spelling = spelled(own, (), "auto", None)
    vocabulary = {text: own.convert_tokens_to_ids(text) for text in (*made.controls, *made.marks)}
    words = {text: token for text, token in vocabulary.items() if text != "<h4>"}
    return made, spelling.lowering, words, own


@QUICK
@given(st.data())
def test_no_text_opens_a_turn_or_closes_a_block(kind: Any, data: st.DataObject) -> None:
    """Twelve kinds of templates, through transformers' tokenizers; also where marks are read in any text."""
    made, lowering, framed, _ = kind
    text = data.draw(hostile(made))
    for place in PLACES:
        held(lowering, made, framed, place, text)


@QUICK
@given(st.data())
def test_what_is_asked_is_what_was_said(kind: Any, data: st.DataObject) -> None:
    """No letter of a question is lost to the template or to a guard."""
    made, lowering, _, own = kind
    text = f"a{data.draw(hostile(made))}b"
    try:
        found = whole(lowering, prompt("question", text))
    except ThinkaloudError:
        return
    assert text in own.decode(list(found), clean_up_tokenization_spaces=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hybrid", "turns in any text", "tools in any text", "mistral"])
def test_llama_cpp_holds_it_too(name: str, tmp_path: Path) -> None:
    made = EVERY[name]
    model = LlamaCpp(file(made, tmp_path / "m.gguf"), name, Loading(precision="native", threads=1, device="cpu"))
    framed = frame_tokens(model._context.tokenize, made)

    @QUICK
    @given(hostile(made))
    def tried(text: str) -> None:
        for place in PLACES:
            held(model.lowering, made, framed, place, text)

    tried()


@pytest.mark.parametrize("mark", [QUESTION, ANSWER, f"  {QUESTION}  "])
@pytest.mark.parametrize("place", ["example", "its answer"])
def test_an_example_that_spells_a_placeholder_is_refused(kind: Any, mark: str, place: str) -> None:
    """The frame would be cut there, and the turns of other examples would be lost without a word."""
    with pytest.raises(ThinkaloudError, match=r"an example spells 'QXQ7|no examples|drops the reasoning"):
        whole(kind[1], prompt(place, f"Say {mark} now."))


def test_words_that_only_look_like_marks_stay_words() -> None:
    """Of the tokens that are read anywhere, those of the frame are broken up, and no others."""
    found = framing(["<h4>", "<unused7>", "<|fim_middle|>", USER, "<mine>", "\n\n", "\u2581\u2581"], "{{ '<mine>' }}")
    assert list(found) == ["<|fim_middle|>", USER, "<mine>"]
