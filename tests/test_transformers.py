"""The torch backend: every architecture is evaluated rightly, or in a slower way that is right, or refused."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given
from hypothesis import strategies as st

from test_llama import assert_distributions, logprobs, random_requests
from thinkaloud.errors import ContextTooSmall, UserError
from thinkaloud.models.kept import Kept
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import SampleRequest, ScoreRequest
from thinkaloud.models.transformers import open_transformers
from thinkaloud.models.transformers.branching import Alone, Branching
from thinkaloud.models.transformers.engine import Engine
from thinkaloud.models.transformers.model import Transformers
from thinkaloud.models.transformers.packed import Packed, preorder
from thinkaloud.models.transformers.page import Page
from thinkaloud.models.transformers.start import Start
from thinkaloud.models.tree import Tree
from thinkaloud.vocabulary import Completion, Key, Prompt, Reading, Sampling, Shot
from tiny_torch import KINDS, LOADING, VOCABULARY, checkpoint

SHOTS = (Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2.")),)
PACKED = [kind for kind in KINDS if kind not in ("bloom", "mamba")]


def small(requests: list[ScoreRequest]) -> list[ScoreRequest]:
    """The same trees in a vocabulary of a few hundred tokens."""

    def fold(tokens: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(3 + t % (VOCABULARY - 3) for t in tokens)

    return [ScoreRequest(fold(r.preamble), fold(r.tokens), tuple(map(fold, r.options))) for r in requests]


def gap(one: object, other: object) -> float:
    return max(abs(a - b) for a, b in zip(logprobs(one), logprobs(other), strict=True))


# ------------------------------------------------------------------------------------------------ reading


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_shared_and_naive_evaluation_agree_within_1e_4_over_random_trees(
    models: dict[str, Transformers], kind: str
) -> None:
    model = models[kind]
    naive = Engine(Alone(model.net), model.engine.pieces, model.engine.cells)
    for seed in range(3):
        asked = small(random_requests(random.Random(seed), 12, length=25))
        assert gap(model.engine.score(asked), naive.score(asked)) < 1e-4


def test_naive_evaluation_is_what_transformers_gives(models: dict[str, Transformers]) -> None:
    """The oracle of the other tests, held against a plain call of the model itself."""
    import torch

    model = models["gemma2"]
    asked = ScoreRequest((), tuple(range(20, 50)), ((5, 6), (7,)))
    reading = Engine(Alone(model.net), model.engine.pieces, 512).score([asked])[0]
    with torch.no_grad():
        logits = model.net.model(input_ids=torch.tensor([[*asked.tokens, 5, 6]])).logits[0].log_softmax(-1)
    assert isinstance(reading, Reading)
    assert reading.logprobs[0] == pytest.approx(float(logits[29, 5] + logits[30, 6]), abs=1e-5)
    assert reading.logprobs[1] == pytest.approx(float(logits[29, 7]), abs=1e-5)


@pytest.mark.parametrize("kind", PACKED)
def test_these_architectures_are_computed_as_one_packed_tree(models: dict[str, Transformers], kind: str) -> None:
    assert models[kind].card.details["computed_by"] == Packed.name


def test_an_architecture_that_no_mask_can_steer_falls_back_and_says_so(models: dict[str, Transformers]) -> None:
    """Position biases that count slots: branching; a recurrence that drops its state: text by text."""
    assert models["bloom"].card.details["computed_by"] == Branching.name
    assert models["mamba"].card.details["computed_by"] == Alone.name
    for kind in ("bloom", "mamba"):
        assert Packed.name in models[kind].card.details["not_computed_by"]


def test_the_self_test_notices_a_window_that_the_mask_forgets(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from thinkaloud.models.transformers.net import Net

    monkeypatch.setattr(Net, "windows", lambda self: {"full_attention": None})
    model = open_transformers(folders["mistral"], LOADING)
    assert model.card.details["computed_by"] != Packed.name
    assert "differs" in model.card.details["not_computed_by"][Packed.name]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["llama", "gemma3_text"])
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_small_chunks_give_the_same_numbers_and_compute_no_token_twice(
    models: dict[str, Transformers], kind: str, chunk: int
) -> None:
    model = models[kind]
    asked = small(random_requests(random.Random(7), 20, length=15))
    way = Packed(model.net)
    way.chunk = chunk
    engine = Engine(way, model.engine.pieces, model.engine.cells)
    assert gap(engine.score(asked), model.engine.score(asked)) < 1e-4
    assert engine.usage.computed == unique_tokens(asked)


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_every_unique_token_is_computed_once(models: dict[str, Transformers], kind: str) -> None:
    model = models[kind]
    asked = small(random_requests(random.Random(3), 30))
    engine = Engine(model.engine.way, model.engine.pieces, model.engine.cells)
    engine.score(asked)
    assert engine.usage.computed == unique_tokens(asked)
    assert engine.usage.asked == sum(len(r.preamble) + len(r.tokens) + sum(map(len, r.options)) for r in asked)


def unique_tokens(asked: list[ScoreRequest]) -> int:
    nodes = {
        (r.preamble, (*r.tokens, *o)[:k]) for r in asked for o in r.options for k in range(1, len(r.tokens) + len(o))
    }
    return len(nodes) + sum(len(p) for p in {r.preamble for r in asked})


def test_chunks_that_end_where_a_branch_ends_give_the_same_numbers(
    llama: Transformers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = small(random_requests(random.Random(9), 15))
    whole = llama.engine.score(asked)
    monkeypatch.setattr("thinkaloud.models.transformers.packed.BRANCH", 10)
    engine = Engine(Packed(llama.net), llama.engine.pieces, 512)
    assert gap(engine.score(asked), whole) < 1e-4
    assert engine.usage.computed == unique_tokens(asked)


def test_many_wanted_logits_are_taken_in_pieces(llama: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = small(random_requests(random.Random(5), 15))
    whole = llama.engine.score(asked)
    monkeypatch.setattr("thinkaloud.models.transformers.packed.LOGIT_BYTES", 3 * 4 * VOCABULARY)
    assert gap(llama.engine.score(asked), whole) < 1e-4


def test_a_batch_answers_the_same_to_the_bit_whenever_it_is_asked(llama: Transformers) -> None:
    one, other = (small(random_requests(random.Random(seed), 12)) for seed in (1, 2))
    before = logprobs(llama.engine.score(one))
    llama.engine.score(other)
    assert logprobs(llama.engine.score(one)) == before


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=20))
def test_preorder_puts_exactly_the_descendants_between_a_node_and_its_last(paths: list[list[int]]) -> None:
    tree = Tree()
    for path in paths:
        tree.insert(path)
    order, last = preorder(tree)
    assert sorted(order) == list(range(1, len(tree) + 1))
    for i, node in enumerate(order):
        below = {j for j, other in enumerate(order) if node in tree.path(other)}
        assert below == set(range(i, int(last[i]) + 1))


# ------------------------------------------------------------------------------------------------ writing


def sample(tokens: range, key: str, length: int = 12) -> SampleRequest:
    return SampleRequest((5, 6, 7), tuple(tokens), Sampling(length, temperature=3.0), Key((key,)))


@pytest.mark.parametrize("kind", ["llama", "gemma3_text", "bloom"])
def test_sampling_depends_on_its_key_and_nothing_beside_it(models: dict[str, Transformers], kind: str) -> None:
    engine = models[kind].engine
    mine = sample(range(40, 60), "mine")
    alone = engine.sample([mine])[0]
    crowd = [sample(range(30 + i, 45 + i), str(i), 4 + i % 9) for i in range(20)]
    assert isinstance(alone, Completion)
    assert engine.sample([*crowd[:7], mine, *crowd[7:]])[7] == alone
    assert engine.sample([sample(range(40, 60), "other")])[0] != alone


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["llama", "mistral"])
def test_finished_texts_make_room_and_all_are_as_if_written_alone(
    models: dict[str, Transformers], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few places and few slots, so that texts wait, enter, leave, and the memory is thinned out meanwhile."""
    net, pieces = models[kind].net, models[kind].engine.pieces
    requests = [sample(range(30 + i // 3, 60), str(i), 3 + i % 11) for i in range(17)]
    alone = Engine(Alone(net), pieces, 512).sample(requests)
    monkeypatch.setattr("thinkaloud.models.transformers.packed.WRITERS", 4)
    monkeypatch.setattr("thinkaloud.models.transformers.packed.SLOTS", 150)
    way = Packed(net)
    way.apart = 3
    engine = Engine(way, pieces, 512)
    assert engine.sample(requests) == alone
    assert engine.usage.requests == 17
    assert engine.usage.generated == sum(a.tokens for a in alone if isinstance(a, Completion))


def test_texts_without_examples_before_them_can_all_leave_and_others_enter(
    llama: Transformers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two groups the memory is empty: nothing is kept of the first."""
    monkeypatch.setattr("thinkaloud.models.transformers.packed.WRITERS", 2)
    requests = [SampleRequest((), (20 + i, 30), Sampling(3, temperature=3.0), Key((str(i),))) for i in range(5)]
    alone = Engine(Alone(llama.net), llama.engine.pieces, 512).sample(requests)
    assert Engine(Packed(llama.net), llama.engine.pieces, 512).sample(requests) == alone


def test_a_prompt_that_enters_attends_to_nothing_of_the_other_texts(
    llama: Transformers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entering one by one, twelve prompts of 40 tokens cost twelve masks of 40 by 40, not one over all slots each."""
    net, masks, packed = llama.net, [], llama.net.packed

    def counted(tokens: list[int], positions: Any, seen: Any, *more: Any) -> Any:
        masks.append((len(tokens), 0 if seen is None else seen.shape[1]))
        return packed(tokens, positions, seen, *more)

    monkeypatch.setattr(net, "packed", counted)
    requests = [
        SampleRequest((), tuple(range(20 + i, 60 + i)), Sampling(3 + i, temperature=3.0), Key((str(i),)))
        for i in range(12)
    ]
    alone = Engine(Alone(net), llama.engine.pieces, 512).sample(requests)
    monkeypatch.setattr("thinkaloud.models.transformers.packed.WRITERS", 4)
    masks.clear()
    assert Engine(Packed(net), llama.engine.pieces, 512).sample(requests) == alone
    prompts = [mask for mask in masks if mask[0] >= 40]
    assert prompts[0] == (160, 160)  # the first four enter at once
    assert prompts[1:] == [(40, 40)] * 8


def test_samples_of_one_prompt_compute_it_once(llama: Transformers) -> None:
    engine = Engine(Packed(llama.net), llama.engine.pieces, 512)
    engine.sample([sample(range(40, 90), str(i)) for i in range(16)])
    assert engine.usage.computed == 3 + 50


@pytest.mark.slow
def test_whole_distributions_are_those_that_options_are_read_from(tiny_path: Path) -> None:
    model = open_transformers(tiny_path, Loading(threads=1))
    assert isinstance(model, Transformers)
    assert_distributions(model.engine)


def test_stop_texts_and_length(llama: Transformers) -> None:
    prompt = Prompt(SHOTS, "What is 2 + 2?")
    sampling = Sampling(30, temperature=1.0)
    tries = ((Key((str(i),)), asyncio.run(llama.generate(prompt, sampling, Key((str(i),))))) for i in range(20))
    key, whole = next((key, done) for key, done in tries if len(done.text) > 8)
    stop = whole.text[4:6]
    cut = asyncio.run(llama.generate(prompt, Sampling(30, (stop,), temperature=1.0), key))
    assert cut.finish == "stop" and stop not in cut.text and whole.text.startswith(cut.text)
    short = asyncio.run(llama.generate(prompt, Sampling(3), Key(("a",))))
    assert (short.finish, short.tokens) == ("length", 3)


def test_one_request_too_long_fails_alone(llama: Transformers) -> None:
    fine = ScoreRequest((), (30, 31), ((5,), (6,)))
    one, two, three = llama.engine.score([fine, ScoreRequest((), (30,) * 512, ((5,), (6,))), fine])
    assert isinstance(two, ContextTooSmall) and "512" in str(two)
    assert isinstance(one, Reading) and one == three


@pytest.mark.parametrize("kind", ["llama", "mistral", "gemma3_text", "gpt2"])
@pytest.mark.parametrize("preamble", [(), tuple(range(30, 45))])
def test_texts_written_at_once_may_look_at_their_own_slots_only(
    models: dict[str, Transformers], kind: str, preamble: tuple[int, ...]
) -> None:
    """Texts of different length, some of whose slots are shared, give the logits that the mask gives."""
    net, way = models[kind].net, Packed(models[kind].net)
    state = way.preamble(preamble)[0] if preamble else []
    texts = [(50, 51, 52), (50, 51, *range(60, 75)), (70,)]
    prompts = [SampleRequest(preamble, text, Sampling(5), Key(())) for text in texts]
    found = []
    for apart in (None, 1):
        way.memory.restore(state)
        page = Page(net, way.memory, Start(preamble, state, Kept()), apart)
        page.enter(prompts, 512)
        ends = [len(preamble) + len(text) for text in texts]
        found.append([page.step([20 + k, 21, 22], [end + k for end in ends]) for k in range(9)])
    assert max(abs(one - other).max() for one, other in zip(*found, strict=True)) < 1e-4
    assert net.config._attn_implementation == "sdpa"


def test_the_self_test_says_whether_they_may(models: dict[str, Transformers]) -> None:
    """A soft cap on scores is not among what that attention knows."""
    apart = {kind: model.engine.way.apart for kind, model in models.items() if kind in PACKED}
    assert [kind for kind, least in apart.items() if least is None] == ["gemma2"]


# ------------------------------------------------------------------------------------------------ loading


def test_the_digest_follows_the_weights_and_nothing_else(folders: dict[str, Path], tmp_path: Path) -> None:
    from thinkaloud.models.transformers.files import digest

    again = checkpoint(tmp_path, "llama")
    assert digest(again) == digest(folders["llama"])
    (again / "README.md").write_text("other words")
    assert digest(again) == digest(folders["llama"])
    assert digest(checkpoint(tmp_path, "llama", seed=1)) != digest(folders["llama"])


def test_rotations_that_change_with_length_end_where_they_change() -> None:
    """Beyond it, tokens computed once for a short text would be wrong for a long one."""
    from transformers import AutoConfig

    from thinkaloud.models.transformers.model import _trained

    rotation = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4, "original_max_position_embeddings": 128}
    sizes = KINDS["llama"] | {"max_position_embeddings": 256}
    assert min(_trained(AutoConfig.for_model("llama", **sizes, rope_parameters=rotation))) == 128
    assert min(_trained(AutoConfig.for_model("llama", **sizes))) == 256


def test_native_precision_is_the_checkpoints_own_type(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = checkpoint(tmp_path, "qwen2")
    AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
    native = open_transformers(folder, Loading(precision="native", threads=1))
    assert (native.card.precision, native.card.details["dtype"]) == ("bfloat16", "bfloat16")
    assert native.card.details["computed_by"] == Packed.name
    assert open_transformers(folder, Loading(threads=1)).card.precision == "float32, exact"


def test_what_cannot_be_opened_is_one_line(folders: dict[str, Path], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "notes.gguf").write_bytes(b"not a model")
    (tmp_path / "torn").mkdir()
    for file in folders["llama"].iterdir():
        content = file.read_bytes()
        (tmp_path / "torn" / file.name).write_bytes(content[:5000] if file.suffix == ".safetensors" else content)
    cases = {
        "nowhere/at-all": "could not get 'nowhere/at-all'",
        str(tmp_path): "holds no config.json",
        str(tmp_path / "missing.gguf"): "there is no folder, file",
        str(tmp_path / "notes.gguf"): "is no whole GGUF file",
        str(tmp_path / "torn"): "torn",
    }
    for where, why in cases.items():
        with pytest.raises(UserError, match=why) as caught:
            open_transformers(where, LOADING)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="'cuda:99' is not there"):
        open_transformers(folders["llama"], Loading(device="cuda:99"))
    with pytest.raises(UserError, match="no device 'abacus'"):
        open_transformers(folders["llama"], Loading(device="abacus"))


def test_without_torch_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'thinkaloud\[transformers\]'"):
        open_transformers("some/model")


# ------------------------------------------------------------------------------------------------ against llama.cpp


@pytest.mark.slow
def test_the_same_file_reads_and_writes_as_in_llama_cpp(tiny_path: Path, tiny: LlamaCpp) -> None:
    """Random weights, so every number is the arithmetic's: two engines written by different people agree."""
    torch_model = open_transformers(tiny_path, Loading(precision="exact", format="completion", threads=1, device="cpu"))
    asked = random_requests(random.Random(0), 12)
    assert gap(torch_model.engine.score(asked), tiny.engine.score(asked)) < 1e-3
    writing = [
        SampleRequest((), tiny.tokens(f"Item {i} is"), Sampling(10, temperature=t), Key((str(i),)))
        for i, t in enumerate((0.0, 0.0, 0.0, 1.0, 1.0))
    ]
    assert torch_model.engine.sample(writing) == tiny.engine.sample(writing)


def test_the_real_model_reads_as_in_llama_cpp(smollm2: LlamaCpp) -> None:
    from thinkaloud.check import prompts
    from thinkaloud.models.named import smollm2 as weights

    torch_model = open_transformers(weights(), Loading(precision="exact", threads=1, device="cpu"))
    asked = prompts()[::2]
    odd = [
        "caf\u00e9 \u2014 \u4f60\u597d \U0001f600",
        "a\n\n  b\t1,234.5",
        "<|im_end|> don't",
        "x" * 60,
        " lead, trail ",
    ]
    lowered = [*asked, *(Prompt((), text, (text,)) for text in odd)]
    assert [torch_model.lower(p) for p in lowered] == [smollm2.lower(p) for p in lowered]

    async def read(model: Any) -> list[Reading]:
        session = model.session()
        return list(await asyncio.gather(*(session.score(p, ("7", "8", "9", "12")) for p in asked[::2])))

    assert gap(asyncio.run(read(torch_model)), asyncio.run(read(smollm2))) < 1e-3
