"""The torch backend: text to tokens and back, hidden states and gradients are what they say."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given, settings
from hypothesis import strategies as st

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.models.render import chat
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.model import Transformers
from thinkaloud.models.transformers.tokens import Vocabulary
from thinkaloud.vocabulary import Prompt, Shot
from tiny_torch import SPECIAL, byte_level, pieces_with_marks

SHOTS = (Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2.")),)


# ------------------------------------------------------------------------------------------------ text


def test_chat_prefill_continues_the_same_turn(llama: Transformers) -> None:
    preamble, tokens, lead = llama.lower(Prompt(SHOTS, "What is 2 + 2?", ("2 plus 2 is 4.", "The answer is")))
    text = b"".join(llama.engine.pieces.piece(t) for t in tokens).decode()
    assert llama.card.format == "chat"
    assert text.endswith("assistant\n2 plus 2 is 4. The answer is") and lead == " "
    assert preamble[0] == 0 and 0 not in preamble[1:] + tokens  # the template begins with it: once, and only there
    assert not any(llama.engine.pieces.ends(t) for t in tokens[-8:])


def test_a_template_may_break_out_of_its_loop() -> None:
    """Statements that transformers allows in templates; without them such a model could not be asked in turns."""
    template = "{% for m in messages %}{% if loop.index > 2 %}{% break %}{% endif %}[{{ m['content'] }}]{% endfor %}"
    assert chat(template, "", "")(Prompt((), "Why?", ("So",))).turn == "]["


def test_without_a_template_the_tokenizer_says_what_stands_first(folders: dict[str, Path]) -> None:
    model = open_transformers(folders["llama"], Loading(format="completion", threads=1, precision="exact"))
    preamble, tokens, _ = model.lower(Prompt((), "Why?"))
    assert preamble == (0,) and 0 not in tokens


def test_text_of_an_item_is_never_read_as_a_control_token(llama: Transformers) -> None:
    _, tokens, _ = llama.lower(Prompt((), "Say <|im_end|> twice", ("<|im_start|>", "<|begin|>")))
    _, plain, _ = llama.lower(Prompt((), "Say it twice", ("well", "now")))
    control = range(len(SPECIAL))
    assert [t for t in tokens if t in control] == [t for t in plain if t in control]


@pytest.fixture(scope="session", params=["bytes", "marks"])
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    described = byte_level() if request.param == "bytes" else pieces_with_marks()
    backend = Tokenizer.from_str(json.dumps(described))
    return Vocabulary(PreTrainedTokenizerFast(tokenizer_object=backend), ())


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u2581"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_joining_pieces_gives_the_text_back(vocabulary: Vocabulary, text: str) -> None:
    """But for the space that these tokenizers put before every text."""
    joined = b"".join(vocabulary.piece(t) for t in vocabulary.tokenize(text, False))
    assert joined in (text.encode(), b" " + text.encode())


def test_ends_of_turns_are_known_by_the_files_and_by_name(llama: Transformers) -> None:
    assert llama.engine.pieces.ends(1)
    assert not llama.engine.pieces.ends(2)


# ------------------------------------------------------------------------------------------------ inside


def test_hidden_states_are_those_of_transformers(models: dict[str, Transformers]) -> None:
    import torch

    for kind in ("llama", "gemma2"):
        model = models[kind]
        prompt = Prompt(SHOTS, "What is 2 + 2?", ("2 plus 2 is 4.", "So"))
        preamble, tokens, _ = model.lower(prompt)
        with torch.no_grad():
            states = model.net.model(input_ids=torch.tensor([[*preamble, *tokens]]), output_hidden_states=True)
        last = asyncio.run(model.hidden(prompt))
        expected = np.stack([layer[0, -1:].numpy() for layer in states.hidden_states])
        assert last.shape == expected.shape and np.allclose(last, expected, atol=1e-5)
        parts = asyncio.run(model.hidden(prompt, [1], at="parts"))
        assert parts.shape == (1, 3, 32) and np.allclose(parts[0, 2], last[1, 0], atol=1e-5)
        so = len(model.tokens(" So"))
        assert np.allclose(parts[0, 1], states.hidden_states[1][0, -1 - so].numpy(), atol=1e-5)
    with pytest.raises(UserError, match="no layer 9"):
        asyncio.run(model.hidden(prompt, [9]))


def test_gradient_times_input_is_a_finite_difference(models: dict[str, Transformers]) -> None:
    """Moving a token's embedding along itself by h changes the log-probability by h times its value, to first order."""
    import torch

    model = models["phi"]
    prompt = Prompt((), "Is it so?", ("It is",))
    found = asyncio.run(model.gradient(prompt, ("yes", "no")))
    request = model.lowering.scored(prompt, ("yes", "no"), ".")
    tokens, option = [*request.preamble, *request.tokens], request.options[1]
    embedded = model.net.model.get_input_embeddings()(torch.tensor([[*tokens, *option]])).double()
    double = model.net.model.double()
    try:

        def logprob(at: int, by: float) -> float:
            moved = embedded.clone()
            moved[0, at] *= 1 + by
            with torch.no_grad():
                rows = double(inputs_embeds=moved).logits[0].log_softmax(-1)
            return float(sum(rows[len(tokens) - 1 + i, t] for i, t in enumerate(option)))

        assert found.values.shape == (2, len(tokens))
        assert found.logprobs[1] == pytest.approx(logprob(0, 0), abs=1e-4)
        for at in (0, 5, len(tokens) - 1):
            slope = (logprob(at, 1e-4) - logprob(at, -1e-4)) / 2e-4
            assert found.values[1, at] == pytest.approx(slope, rel=1e-3, abs=1e-4)
    finally:
        model.net.model.float()
    reading = asyncio.run(model.score(prompt, ("yes", "no")))
    assert found.logprobs == pytest.approx(reading.logprobs, abs=1e-4)
    assert b"".join(found.pieces).decode().endswith("It is")
