"""Writing inside a think block ends at its mark, and what ended it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blocks_fixture import KINDS, Kind, checkpoint, ends_are_told, file, spell, whole
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import Pieces, SampleRequest, Shown, Writer, first_stop, pick
from thinkaloud.vocabulary import Completion, Key, Prompt, Sampling, Thinking

pytest.importorskip("transformers")

ASKED = "What is 2 + 3?"
TWO = ("2 plus 3 is 5.", "So it is 5.")
STEM = ("The answer is",)
NATIVE = Loading(precision="native", threads=1)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def llama(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> LlamaCpp:
    return LlamaCpp(file(kind, tmp_path_factory.mktemp("blocks") / "model.gguf"), "tiny", NATIVE)


class Letters:
    """A vocabulary of bytes, and of two control tokens: 256 is a mark, 257 ends a turn."""

    def ends(self, token: int) -> bool:
        return token >= 256

    def piece(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else b""


def written(pieces: Pieces, tokens: list[int], *stop: str) -> Completion:
    """What a writer makes of these tokens."""
    writer = Writer(pieces, 0, SampleRequest((), (1,), Sampling(len(tokens), stop), Key(("w",))))
    for token in tokens:
        if not writer.done:
            writer.take(np.eye(258, dtype=np.float32)[token])
    return writer.completion()


def test_writing_stops_at_a_mark_that_is_a_control_token_or_text() -> None:
    pieces = Shown(Letters(), {256: b"</think>"})
    text = list(b"So 5.\n")
    assert written(pieces, [*text, 256, *text], "</think>") == Completion("So 5.\n", 7, "stop", "</think>")
    spelt = [*text, *b"</think>", *text]
    assert written(Letters(), spelt, "</think>") == Completion("So 5.\n", 14, "stop", "</think>")


def test_the_end_of_a_turn_is_told_from_a_stop_text_and_from_being_cut_off() -> None:
    pieces = Shown(Letters(), {256: b"</think>"})
    assert written(pieces, [*b"So", 257], "</think>") == Completion("So", 3, "stop", "")
    assert written(pieces, [*b"So"], "</think>") == Completion("So", 2, "length", None)
    assert written(pieces, [256, *b"5", 257]) == Completion("</think>5", 3, "stop", "")


def test_the_stop_text_that_comes_first_counts_and_the_longest_of_equals() -> None:
    assert first_stop("a\n\nb</think>", ("</think>", "\n", "\n\n")) == "\n\n"
    assert first_stop("a", ("b",)) is None


def test_only_the_likeliest_tokens_are_drawn() -> None:
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], dtype=np.float32))
    drawn = {pick(logits, Sampling(1, (), 1.0, 1.0, 2), u) for u in np.linspace(0, 0.999, 200)}
    assert drawn == {1, 3}
    # the nucleus is one of what is left: .4 of .7 is more than half of it
    assert {pick(logits, Sampling(1, (), 1.0, 0.5, 2), u) for u in np.linspace(0, 0.999, 50)} == {1}
    every = [pick(logits, Sampling(1, (), 1.0, 1.0, 9), u) for u in np.linspace(0, 0.999, 50)]
    assert every == [pick(logits, Sampling(1, (), 1.0), u) for u in np.linspace(0, 0.999, 50)]


@pytest.mark.slow
def test_llama_cpp_stops_at_the_mark_inside_the_block(kind: Kind, llama: LlamaCpp) -> None:
    ends_are_told(llama, kind != KINDS["letters"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hybrid", "harmony", "mistral", "letters"])
def test_transformers_stops_there_too_and_says_how_it_wants_to_be_sampled(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from thinkaloud.models.transformers import open_transformers

    model = open_transformers(checkpoint(KINDS[name], tmp_path), NATIVE)
    ends_are_told(model, name != "letters")
    assert model.profile is not None and model.profile.sampling is not None
    said = model.profile.sampling
    assert (said.temperature, said.top_p, said.top_k) == (0.55, 0.8, 33)
    assert said.greedy == (name != "hybrid")
    assert "generation_config" in said.source
    prompt = Prompt((), ASKED, STEM, Thinking(TWO))
    assert model.reference is not None
    assert whole(model.lowering, prompt) == model.reference(prompt)


def test_line_ends_inside_the_block_are_kept() -> None:
    lowering = spell("hybrid").lowering
    said = Completion("\n\nFirst.\n\nSecond.\n", 9, "stop", "</think>")
    sampling = Sampling(9, ("</think>",))
    begun = lowering.written(Prompt((), ASKED, (), Thinking(TWO, False)), sampling, said)
    assert begun.text == "\n\nFirst.\n\nSecond."
    assert lowering.written(Prompt((), ASKED, (), Thinking((), False)), sampling, said).text == "First.\n\nSecond."
    assert begun.stopped_by == "</think>"
