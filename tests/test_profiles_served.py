"""A model behind a server that thinks in a block is asked with the same tokens as here, and stops at the same marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from blocks_fixture import KINDS, Kind, ends_are_told, file, tokenizer
from http_fakes import FakePlain, FakeSGLang, FakeVLLM, Known
from http_fixture import LlamaProcess, closing
from thinkaloud.check import turns_to_compare
from thinkaloud.errors import FatalError, NotMeasurable, TextRefused
from thinkaloud.models.cuts import Tokens
from thinkaloud.models.http import open_http
from thinkaloud.models.http.model import ServedModel
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.local import Lowering
from thinkaloud.models.same import compared
from thinkaloud.models.transformers.turns import Spelling, spelled
from thinkaloud.vocabulary import Key, Prompt, Sampling, Shot, Thinking

pytest.importorskip("transformers")

ASKED, STEM = "What is 2 + 3?", ("The answer is",)
TWO = ("2 plus 3 is 5.", "So it is 5.")
SHOTS = (Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2.")),)
FORMS = (
    Prompt((), ASKED),
    Prompt(SHOTS, ASKED, STEM),
    Prompt((), ASKED, (), Thinking((), False)),
    Prompt(SHOTS, ASKED, (), Thinking(TWO, False)),
    Prompt((), ASKED, STEM, Thinking(TWO)),
    Prompt((), ASKED, STEM, Thinking()),
)


def whole(lowering: Lowering, prompt: Prompt) -> Tokens:
    preamble, tokens, _ = lowering.lower(prompt)
    return (*preamble, *tokens)


def opened(url: str, loading: Loading | None = None) -> ServedModel:
    model = open_http(f"{url}?backoff=0.01&patience=5", loading)
    assert isinstance(model, ServedModel)
    return model


# ------------------------------------------------------------------------------------------ a real llama-server


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hybrid", "v31", "harmony", "mistral", "letters"])
def test_a_real_llama_server_is_asked_as_the_embedded_backend_and_stops_where_it_does(
    name: str, tmp_path: Path
) -> None:
    kind = KINDS[name]
    path = file(kind, tmp_path / "model.gguf")
    here = LlamaCpp(path, "tiny", Loading(precision="native", threads=1))
    with closing(LlamaProcess(path)) as server:
        model = opened(server.url)
        assert model.profile is not None and here.profile is not None
        assert (model.profile.family, model.profile.closes) == (here.profile.family, here.profile.closes)
        assert model.reference is not None
        off = [Prompt((), ASKED, STEM, None, True)] if kind.silent else []
        for prompt in (*FORMS, *off):
            assert whole(model.lowering, prompt) == whole(here.lowering, prompt)
            assert whole(model.lowering, prompt) == model.reference(prompt)
        if name != "letters":  # there the text is refused, as here
            spelt = Prompt((), f"{ASKED} {here.profile.mark}", (), Thinking((f"A {here.profile.mark} b.",), False))
            assert whole(model.lowering, spelt) == whole(here.lowering, spelt)
        assert "the same tokens" in (compared(model, turns_to_compare()) or "")
        ends_are_told(model, name != "letters")


# ------------------------------------------------------------------------------------------ servers by their source


class Thinks(Known):
    """The vocabulary and the template of a kind of model that thinks."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.tokenizer = tokenizer(kind)
        self.pieces = self.tokenizer.convert_ids_to_tokens(range(len(self.tokenizer)))
        self.end = len(kind.controls) - 1

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def decode(self, tokens: Sequence[int], bare: bool = False) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=bare, clean_up_tokenization_spaces=False))

    def turns(self, body: Any) -> list[int]:
        """Turns by the template, with its variables."""
        begun = body["messages"][-1]["role"] == "assistant"
        how = {"continue_final_message": True} if begun else {"add_generation_prompt": True}
        how |= body.get("chat_template_kwargs") or {}
        return self.encode(self.tokenizer.apply_chat_template(body["messages"], tokenize=False, **how))

    def writes(self, tokens: Sequence[int], most: int, how: Any) -> tuple[str, int, str, str | None]:
        """Text, number of tokens, how it ended, and at which stop text."""
        import numpy as np

        rng, out, bare = np.random.default_rng(how["seed"]), [], how.get("skip_special_tokens", True)
        for count in range(1, most + 1):
            out.append(int(rng.integers(len(self.pieces))))
            if out[-1] == self.end:
                return self.decode(out[:-1], bare), count, "stop", None
            text = self.decode(out, bare)
            for stop in how["stop"]:
                if stop in text:
                    return text[: text.find(stop)], count, "stop", stop
        return self.decode(out, bare), most, "length", None


class ThinkingVLLM(FakeVLLM):
    """vLLM with a model that thinks in a block."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.known: Thinks = Thinks(kind)

    def answer(self, path: str, body: Any) -> Any:
        if path == "/tokenize" and "messages" in body:
            tokens = self.known.turns(body)
            return {"tokens": tokens, "count": len(tokens), "max_model_len": 4096}
        if path == "/tokenize":
            return {"tokens": self.known.encode(body["prompt"]), "count": 1, "max_model_len": 4096}
        if path == "/v1/completions" and body["max_tokens"] > 1:
            text, count, ended, stop = self.known.writes(body["prompt"], body["max_tokens"], body)
            usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": count}
            return {"choices": [{"text": text, "finish_reason": ended, "stop_reason": stop}], "usage": usage}
        return super().answer(path, body)


class ThinkingSGLang(FakeSGLang):
    """SGLang with a model that thinks in a block."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.known: Thinks = Thinks(kind)

    def answer(self, path: str, body: Any) -> Any:
        if path == "/tokenize" and "messages" in body:
            return {"tokens": self.known.turns(body), "count": 1, "max_model_len": 4096}
        if path == "/tokenize":
            return {"tokens": self.known.encode(body["prompt"]), "count": 1, "max_model_len": 4096}
        if path == "/detokenize":
            return {"text": self.known.decode(body["tokens"], body.get("skip_special_tokens", True))}
        if path == "/generate" and body["sampling_params"]["max_new_tokens"] > 1:
            how = {**body["sampling_params"], "seed": body["sampling_params"]["sampling_seed"]}
            text, count, ended, stop = self.known.writes(body["input_ids"], how["max_new_tokens"], how)
            reason = {"type": ended, "matched": stop if stop is not None else self.known.end}
            asked = len(body["input_ids"])
            meta = {"prompt_tokens": asked, "completion_tokens": count, "cached_tokens": 0, "finish_reason": reason}
            return {"text": text, "meta_info": meta}
        return super().answer(path, body)


@pytest.fixture(params=[ThinkingVLLM, ThinkingSGLang])
def make(request: pytest.FixtureRequest) -> Iterator[type[ThinkingVLLM]]:
    yield request.param


def here(name: str) -> Spelling:
    return spelled(tokenizer(KINDS[name]), (), "auto", None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hybrid", "only", "v31", "glm", "mistral", "keeps"])
def test_a_server_that_shows_no_template_is_asked_with_the_same_tokens(make: type[ThinkingVLLM], name: str) -> None:
    """Its profile is found by what its template writes for small conversations."""
    kind, own = KINDS[name], here(name)
    with closing(make(kind)) as server:
        model = opened(server.url)
        assert model.profile is not None and own.turns.profile is not None
        assert (model.profile.opens, model.profile.closes) == (own.turns.profile.opens, own.turns.profile.closes)
        assert (model.profile.given, model.profile.switch) == (own.turns.profile.given, own.turns.profile.switch)
        assert model.reference is not None
        off = [Prompt((), ASKED, STEM, None, True)] if kind.silent else []
        for prompt in (*FORMS, *off):
            assert whole(model.lowering, prompt) == whole(own.lowering, prompt)
            assert whole(model.lowering, prompt) == model.reference(prompt)
        assert "the same tokens" in (compared(model, turns_to_compare()) or "")


def test_a_mark_that_a_text_spells_is_not_the_mark_behind_a_server(make: type[ThinkingVLLM]) -> None:
    """A mark is broken in two; a control token of the frame is still refused."""
    own = here("hybrid")
    with closing(make(KINDS["hybrid"])) as server:
        model = opened(server.url)
        prompt = Prompt((), f"{ASKED} </think>", STEM, Thinking(("I write <think> [1,2].", "So 5.")))
        assert whole(model.lowering, prompt) == whole(own.lowering, prompt)
        with pytest.raises(TextRefused, match="control token"):
            model.lower(Prompt((), "Say <|im_end|>"))


def test_brackets_at_the_end_of_a_question_are_no_control_tokens(make: type[ThinkingVLLM]) -> None:
    own = spelled(tokenizer(KINDS["hybrid"]), (), "auto", None, "none")
    with closing(make(KINDS["hybrid"])) as server:
        model = opened(server.url, Loading(profile="none"))
        assert model.profile is None
        prompt = Prompt((), "What is the sum of [2,3]?", STEM)
        assert whole(model.lowering, prompt) == whole(own.lowering, prompt)


@pytest.mark.parametrize("name", ["hybrid", "mistral", "letters"])
def test_what_ended_a_text_is_told_by_the_server(make: type[ThinkingVLLM], name: str) -> None:
    """Also where the mark is a control token, which servers leave out of a text unless they are told not to."""
    with closing(make(KINDS[name])) as server:
        ends_are_told(opened(server.url), name != "letters")


def test_top_k_is_sent(make: type[ThinkingVLLM]) -> None:
    import asyncio

    with closing(make(KINDS["hybrid"])) as server:
        model = opened(server.url)
        asyncio.run(model.session().generate(FORMS[2], Sampling(4, (), 0.6, 0.95, 20), Key(("k",))))
        body = server.log[-1][1]
        assert (body.get("sampling_params") or body)["top_k"] == 20


def test_a_switch_that_there_is_not_is_refused(make: type[ThinkingVLLM]) -> None:
    with closing(make(KINDS["only"])) as server, pytest.raises(FatalError, match="no switch"):
        opened(server.url).lower(Prompt((), ASKED, (), None, True))


def test_a_model_that_is_asked_in_text_is_not_asked_for_a_block() -> None:
    import asyncio

    with closing(FakePlain("chat")) as server:
        model = open_http(f"{server.url}?backoff=0.01&patience=5")
        with pytest.raises(NotMeasurable, match="think block"):
            asyncio.run(model.generate(Prompt((), ASKED, (), Thinking()), Sampling(4), Key(("k",))))


def test_a_text_server_with_a_file_of_ones_own_is_sent_the_marks_as_text(tmp_path: Path) -> None:
    import asyncio

    path = tmp_path / "mine.toml"
    path.write_text('family = "mine"\nopens = "<hm>"\ncloses = "</hm> "\nmark = "</hm>"\n')
    with closing(FakePlain("completion")) as server:
        model = open_http(f"{server.url}?backoff=0.01&patience=5", Loading(profile=str(path)))
        shot = Shot("What is 1 + 1?", ("The answer is 2.",), ("1 plus 1 is 2.",))
        asyncio.run(model.generate(Prompt((shot,), ASKED, STEM, Thinking(TWO)), Sampling(4, ("</hm>",)), Key(("k",))))
        sent = server.log[-1][1]
        assert sent["prompt"] == (
            "Question: What is 1 + 1?\nAnswer: <hm>1 plus 1 is 2.</hm> The answer is 2.\n\n"
            "Question: What is 2 + 3?\nAnswer: <hm>2 plus 3 is 5. So it is 5.</hm> The answer is"
        )
        assert sent["stop"] == ["</hm>"]
        assert "sent as text" in model.card.details["profile"]
        with pytest.raises(TextRefused, match="would close its block"):
            asyncio.run(model.generate(Prompt((), ASKED, (), Thinking(("a </hm> b",))), Sampling(4), Key(("k",))))
