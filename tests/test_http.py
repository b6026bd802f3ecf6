"""Models behind servers: what a server is, is found out; what is read is the model's; nothing is claimed unseen."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from http_fakes import FakePlain, FakeSGLang, FakeVLLM, Known
from http_fixture import LlamaProcess, closing
from thinkaloud.check import _OPTIONS, check_model, prompts
from thinkaloud.errors import ContextTooSmall, ModelError, NotMeasurable, TextRefused, UserError
from thinkaloud.models.http import open_http
from thinkaloud.models.http.address import parse
from thinkaloud.models.http.engine import chains
from thinkaloud.models.http.llama_server import LISTED
from thinkaloud.models.http.model import ServedModel
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.tree import common
from thinkaloud.vocabulary import Completion, Key, Model, Prompt, Reading, Sampling, Shot

FAST = "backoff=0.01&patience=5"
FORM = Loading(format="completion")
KEY = Key(("test",))


@pytest.fixture(scope="module")
def llama(tiny_path: Path) -> Iterator[LlamaProcess]:
    with closing(LlamaProcess(tiny_path, slots=2)) as process:
        yield process


@pytest.fixture(scope="module")
def served(llama: LlamaProcess) -> ServedModel:
    return opened(llama.url, FORM)


def opened(url: str, loading: Loading = FORM, more: str = "") -> ServedModel:
    model = open_http(f"{url}?{FAST}{more}", loading)
    assert isinstance(model, ServedModel)
    return model


def read_all(model: Model, asked: Sequence[Prompt], options: Sequence[str] = _OPTIONS) -> list[Reading]:
    async def work() -> list[Reading]:
        return list(await asyncio.gather(*(model.score(p, options) for p in asked)))

    return asyncio.run(work())


def write_all(model: Model, asked: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
    async def work() -> list[Completion]:
        keys = [KEY.child(i) for i in range(len(asked))]
        return list(await asyncio.gather(*(model.generate(p, sampling, k) for p, k in zip(asked, keys, strict=True))))

    return asyncio.run(work())


# ------------------------------------------------------------------------------------------ a real llama-server


@pytest.mark.slow
def test_a_real_server_reads_what_the_embedded_backend_reads(served: ServedModel, tiny: LlamaCpp) -> None:
    asked = prompts()
    here, there = read_all(tiny, asked), read_all(served.session(), asked)
    for a, b in zip(here, there, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=5e-4)  # the server adds up 49,152 weights in float32
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-4)


def test_prompts_become_the_same_tokens_as_here(
    served: ServedModel, tiny: LlamaCpp, llama: LlamaProcess, tiny_path: Path
) -> None:
    """Also where a text spells out control tokens: it ends no turn."""
    odd = Prompt((Shot("Say <|im_end|> twice.", ("No.",)),), "ünïcødé 12 <|im_start|>\n", ("  two spaces.", "一二三"))
    for prompt in (*prompts(), odd):
        assert served.lower(prompt) == tiny.lower(prompt)
    loading = Loading(precision="exact", format="chat", threads=1)
    chat, local = opened(llama.url, loading), LlamaCpp(tiny_path, "tiny", loading)
    assert chat.card.format == local.card.format == "chat"
    for prompt in (*prompts()[:3], odd):
        assert chat.lower(prompt) == local.lower(prompt)


def test_greedy_texts_are_those_of_the_embedded_backend(served: ServedModel, tiny: LlamaCpp) -> None:
    """But for what is no whole character: the server writes U+FFFD for it, and here it is left out."""
    sampling = Sampling(16, (".", "the"))
    there = write_all(served.session(), prompts(), sampling)
    assert [replace(done, text=done.text.replace("\ufffd", "")) for done in there] == write_all(
        tiny, prompts(), sampling
    )


@pytest.mark.slow
def test_an_option_that_is_a_part_of_a_character_is_read_too(served: ServedModel, tiny: LlamaCpp) -> None:
    """Of such a token alone the server says nothing; it is read from the list of all."""
    options = ("\U0001f9ff", "7")
    asked = prompts()[:1]
    assert any(len(served.tokens(" " + option)) > 1 for option in options)
    for a, b in zip(read_all(tiny, asked, options), read_all(served.session(), asked, options), strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=2e-3)


def test_options_far_down_the_list_are_read_exactly(served: ServedModel, tiny: LlamaCpp) -> None:
    """Options of the tiny model are nowhere near the likeliest: none of them gets a floor, or another one's value."""
    (reading,) = read_all(served.session(), prompts()[:1])
    assert max(reading.logprobs) < -math.log(LISTED)
    assert len(set(reading.logprobs)) == len(_OPTIONS)


def test_the_servers_cache_serves_the_tree(served: ServedModel, tiny: LlamaCpp) -> None:
    """What is computed is close to the unique tokens, and the bill says what the server said."""
    session, local = served.session(), tiny.session()
    prompt = replace(prompts()[0], shots=tuple(Shot(f"Q{i}?", (f"A{i}.",)) for i in range(9)))
    asked = [
        replace(prompt, question=f"What is {i}?", prefill=("a.", "b.", "c.")[:k]) for i in range(3) for k in range(4)
    ]
    read_all(session, asked), read_all(local, asked)
    nodes = len(asked)
    assert session.usage.asked == local.usage.asked
    assert session.usage.requests == local.usage.requests == len(asked)
    # at each of these places one token is computed again, once an option that is forced
    again = nodes * len(_OPTIONS) * 2
    assert local.usage.computed <= session.usage.computed + 1 <= local.usage.computed + again
    assert session.usage.computed < session.usage.asked / 3


def test_sampling_is_seeded_by_the_key(served: ServedModel) -> None:
    sampling = Sampling(12, temperature=1.0)
    first, again = (write_all(served.session(), prompts()[:3], sampling) for _ in range(2))
    assert [c.text for c in first] == [c.text for c in again]
    assert len({c.text for c in first}) == 3


def test_a_prompt_that_does_not_fit_is_refused_here(served: ServedModel) -> None:
    with pytest.raises(ContextTooSmall):
        read_all(served.session(), [Prompt((), "word " * 5000)])


def test_sessions_have_bills_of_their_own(served: ServedModel) -> None:
    one, two = served.session(), served.session()
    read_all(one, prompts()[:2])
    assert one.usage.requests == 2 and two.usage.requests == 0


def test_loops_may_come_and_go(served: ServedModel) -> None:
    """Runs call `asyncio.run` several times; the client outlives each of these loops."""
    session = served.session()
    (first,), (again,) = read_all(session, prompts()[:1]), read_all(session, prompts()[:1])
    assert first.logprobs == pytest.approx(again.logprobs, abs=1e-3)


@pytest.mark.slow
def test_check_says_what_it_is_and_what_is_measurable(served: ServedModel) -> None:
    lines = "\n".join(check_model(served))
    assert "llama-server" in lines and "the same at temperature 0 and 1" in lines
    assert "not in what precision it computes" in lines  # its floor is no claim of exactness


def test_a_name_that_is_not_served_is_refused(llama: LlamaProcess) -> None:
    with pytest.raises(UserError, match="not 'other'"):
        open_http(f"{llama.url}?{FAST}#other", FORM)


@pytest.mark.slow
def test_a_key_is_sent_and_never_shown(tiny_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(LlamaProcess(tiny_path, key="sesame-123")) as process:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        monkeypatch.setenv("THINKALOUD_API_KEY", "wrong-456")
        with pytest.raises(UserError, match="refuses the key") as refused:
            open_http(f"{process.url}?{FAST}", FORM)
        assert "456" not in str(refused.value)
        monkeypatch.setenv("THINKALOUD_API_KEY", "sesame-123")
        model = opened(process.url)
        assert read_all(model, prompts()[:1])
        assert "sesame" not in repr(model.card)


# ------------------------------------------------------------------------------------------ servers by their source


def expected(known: Known, model: ServedModel, prompt: Prompt, options: Sequence[str]) -> list[float]:
    """The oracle: every token of every option by itself."""
    preamble, tokens, lead = model.lower(prompt)
    out = []
    for option in options:
        before, total = [*preamble, *tokens], 0.0
        for token in model.tokens(lead + option):
            total += float(known.logprobs(before)[token])
            before.append(token)
        out.append(total)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("make", [FakeVLLM, lambda: FakeVLLM(named=False), FakeSGLang])
@pytest.mark.parametrize("form", ["chat", "completion"])
def test_other_kinds_are_read_exactly(make: type[FakeVLLM], form: str) -> None:
    """By name where the server takes names, else from the likeliest and one by one: never a floor."""
    with closing(make()) as server:
        model = opened(server.url, Loading(format=form))  # type: ignore[arg-type]
        assert {"prefill", "logprobs"} <= model.card.capabilities
        assert model.card.format == form
        asked = [*prompts()[:6], Prompt((), "What is 1 + 1?")]
        options = ("red", "two words", "red ball", "green")
        for prompt, reading in zip(asked, read_all(model, asked, options), strict=True):
            assert reading.logprobs == pytest.approx(expected(server.known, model, prompt, [o + "." for o in options]))
        assert model.lower(asked[0])[0][0] == 2  # the beginning that this tokenizer wants


@pytest.mark.parametrize("make", [FakeVLLM, FakeSGLang])
def test_the_chat_template_is_the_servers_and_the_last_turn_stays_open(make: type[FakeVLLM]) -> None:
    with closing(make()) as server:
        model = opened(server.url, Loading(format="chat"))
        preamble, tokens, lead = model.lower(Prompt((Shot("Q?", ("A.",)),), "What?", ("So", "it is")))
        text = server.known.decode((*preamble, *tokens))
        turns = (
            "<|im_start|>user\nQ?<|im_end|>\n<|im_start|>assistant\nA.<|im_end|>\n<|im_start|>user\nWhat?<|im_end|>\n"
        )
        assert text == f"<bos>{turns}<|im_start|>assistant\nSo it is"
        assert lead == " "


@pytest.mark.parametrize("make", [FakeVLLM, FakeSGLang])
def test_a_text_that_would_end_a_turn_is_refused(make: type[FakeVLLM]) -> None:
    """These tokenizers read control tokens anywhere; less-than signs alone harm nobody. It ends its item and no run."""
    with closing(make()) as server:
        model = opened(server.url)
        read_all(model, [Prompt((), "Is 1 <two> or a < b?")], ("yes", "no"))
        with pytest.raises(TextRefused, match="control token"):
            read_all(model, [Prompt((), "Say <|im_end|> now")], ("yes", "no"))


@pytest.mark.slow
@pytest.mark.parametrize("make", [FakeVLLM, FakeSGLang])
def test_what_others_write_is_cut_at_the_stop_and_counted(make: type[FakeVLLM]) -> None:
    with closing(make()) as server:
        model = opened(server.url)
        asked = prompts()[:2]
        for temperature in (0.0, 0.8):
            first, again = (write_all(model, asked, Sampling(8, ("the",), temperature)) for _ in range(2))
            assert first == again
            assert all(c.tokens <= 8 and "the" not in c.text for c in first)


def test_log_probabilities_after_sampling_are_not_taken_for_the_models() -> None:
    """A vLLM that was started with `processed_logprobs` gives others: it is found out, and the capability is gone."""
    with closing(FakeVLLM(processed=True)) as server:
        model = opened(server.url)
        assert "logprobs" not in model.card.capabilities
        assert "none are given" in model.card.details["log-probabilities checked"]


@pytest.mark.slow
def test_what_the_server_computed_is_what_it_says() -> None:
    with closing(FakeVLLM()) as server, closing(FakeVLLM(details=False)) as silent:
        says, silent_one = opened(server.url, more="&connections=1"), opened(silent.url)
        read_all(says, prompts()), read_all(silent_one, prompts())
        assert says.usage.computed < silent_one.usage.computed / 4  # blocks of 16 tokens, a request for each option
        assert "as the server says" in says.card.details["computed"]
        assert "not said" in silent_one.card.details["computed"]
        assert silent_one.usage.computed >= silent_one.usage.asked / len(_OPTIONS)


# ------------------------------------------------------------------------------------------ servers of no kind


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("form", ["chat", "completion"])
def test_a_text_server_is_probed_and_read(form: str, strict: bool) -> None:
    with closing(FakePlain(form, strict=strict)) as server:
        model = open_http(f"{server.url}?{FAST}", Loading())
        assert model.card.format == form
        assert {"prefill", "logprobs"} <= model.card.capabilities
        (reading,) = read_all(model, [Prompt((), "What is 3 + 4?", ("The answer is",))], ("7", "8", "9"))
        assert reading.logprobs == pytest.approx((-0.2, -2.5, -3.5))


def test_a_chat_that_begins_anew_has_no_prefill_and_says_so() -> None:
    with closing(FakePlain(prefill=False)) as server:
        model = open_http(f"{server.url}?{FAST}", Loading())
        assert not {"prefill", "logprobs"} & model.card.capabilities
        with pytest.raises(NotMeasurable):
            read_all(model, [Prompt((), "What is 3 + 4?", ("The answer is",))], ("7", "8"))


def test_an_option_that_a_text_server_does_not_list_is_no_zero() -> None:
    with closing(FakePlain()) as server:
        model = open_http(f"{server.url}?{FAST}", Loading())
        with pytest.raises(ModelError, match="not among the likeliest"):
            read_all(model, [Prompt((), "Which?", ("The colour is",))], ("purple", "orange"))


# ------------------------------------------------------------------------------------------ addresses, chains


def test_addresses_hold_their_options_and_no_keys() -> None:
    address = parse("https://host:8443/prefix/v1/?timeout=60&connections=3&cache=off#org/name")
    assert (address.base, address.root) == ("https://host:8443/prefix/v1", "https://host:8443/prefix")
    assert (address.name, address.timeout, address.connections, address.cache) == ("org/name", 60.0, 3, False)
    assert parse("http://host:1").base == "http://host:1/v1"
    with pytest.raises(UserError, match="did you mean timeout"):
        parse("http://host/v1?timeuot=3")
    with pytest.raises(UserError, match="connections='none'"):
        parse("http://host/v1?connections=none")
    for bad in ("http://me:secret@host/v1", "http://host/v1?api_key=secret"):
        with pytest.raises(UserError, match="THINKALOUD_API_KEY") as refused:
            parse(bad)
        assert "secret" not in str(refused.value)


def test_nobody_there_is_said_in_one_line() -> None:
    with pytest.raises(UserError, match="did not answer"):
        open_http("http://127.0.0.1:9/v1?patience=0&backoff=0.01", FORM)


@pytest.mark.slow
def test_chains_keep_the_order_lose_nothing_and_cut_where_little_is_shared() -> None:
    stem = tuple(range(50))
    prompts = [(*stem, 100 + item, *range(200, 200 + step)) for item in range(4) for step in range(10, 40, 10)]
    for count in range(1, 16):
        parts = chains(prompts, count)
        assert [i for part in parts for i in part] == list(range(len(prompts)))
        assert 1 <= len(parts) <= count
    assert [part.start for part in chains(prompts, 2)] == [0, 6]
    assert common(prompts[0], prompts[1]) == 61 and common((), stem) == 0 and common(stem, stem) == 50
