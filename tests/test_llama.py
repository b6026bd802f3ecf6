"""The embedded backend: shared evaluation is exact, reproducible, and independent of what is asked beside it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from thinkaloud.check import noise_floor, prompts
from thinkaloud.errors import ContextTooSmall, UserError
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.llama_cpp.engine import Engine
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import SampleRequest, ScoreRequest, logsumexp
from thinkaloud.vocabulary import Completion, Key, Prompt, Reading, Sampling, Shot

SHOTS = (Shot("What is 1 + 1?", ("1 plus 1 is 2.", "The answer is 2.")),)


def random_requests(rng: random.Random, n: int, length: int = 40) -> list[ScoreRequest]:
    """Requests whose tokens form a random tree: each begins as a piece of an earlier one and goes its own way."""
    preambles = [tuple(rng.randrange(1000, 4000) for _ in range(30)) for _ in range(2)]
    bodies: list[tuple[int, ...]] = [(rng.randrange(1000, 4000),)]
    out = []
    for _ in range(n):
        old = rng.choice(bodies)
        body = old[: rng.randint(1, len(old))]
        body += tuple(rng.randrange(1000, 4000) for _ in range(rng.randint(0, length)))
        bodies.append(body)
        options = tuple((rng.randrange(1000, 4000), *range(100, 100 + rng.randint(0, 3))) for _ in range(4))
        out.append(ScoreRequest(rng.choice(preambles), body, options))
    return out


def logprobs(answers: object) -> list[float]:
    assert isinstance(answers, list)
    assert all(isinstance(a, Reading) for a in answers)
    return [x for a in answers for x in a.logprobs]


def assert_distributions(engine: Any) -> None:
    """`logits` of texts that share beginnings, and of none, against `score`."""
    rng = random.Random(5)
    preamble, text = (tuple(rng.randrange(1000, 4000) for _ in range(12)) for _ in range(2))
    texts = [(), text, text[:7], (*text[:7], 1234)]
    for logits, one in zip(engine.logits(preamble, texts), texts, strict=True):
        assert logits.shape == (engine.vocabulary,)
        likely = logits - logsumexp(logits)
        (read,) = engine.score([ScoreRequest(preamble, one, ((5,), (77,), (3210,)))])
        assert read.logprobs == pytest.approx([float(likely[t]) for t in (5, 77, 3210)], abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_tree_and_naive_evaluation_agree_within_1e_4_over_random_trees(tiny: LlamaCpp, seed: int) -> None:
    requests = random_requests(random.Random(seed), 25)
    shared = logprobs(tiny.engine.score(requests))
    alone = [x for r in requests for x in logprobs(tiny.engine.score([r]))]
    assert max(abs(a - b) for a, b in zip(shared, alone, strict=True)) < 1e-4


@pytest.mark.parametrize("wave_cells", [60, 200, 1000])
def test_small_waves_give_the_same_numbers(tiny: LlamaCpp, wave_cells: int) -> None:
    requests = random_requests(random.Random(7), 30, length=15)
    small = Engine(tiny._context, tiny.engine.cells, 9, wave_cells)
    one, other = logprobs(tiny.engine.score(requests)), logprobs(small.score(requests))
    assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < 1e-4


def test_every_unique_token_is_computed_once(tiny: LlamaCpp) -> None:
    requests = random_requests(random.Random(3), 30)
    engine = Engine(tiny._context, tiny.engine.cells, 9, 100)  # many waves
    engine.score(requests)
    unique = {
        (r.preamble, (*r.tokens, *o)[:k]) for r in requests for o in r.options for k in range(1, len(r.tokens) + len(o))
    }
    assert engine.usage.computed == len(unique) + sum(len(p) for p in {r.preamble for r in requests})
    assert engine.usage.asked == sum(len(r.preamble) + len(r.tokens) + sum(map(len, r.options)) for r in requests)


@pytest.mark.slow
def test_the_real_model_agrees_with_itself_in_exact_mode(smollm2: LlamaCpp) -> None:
    floor = asyncio.run(noise_floor(smollm2.session(), smollm2, prompts()[:6]))
    assert floor.largest < 1e-4
    assert floor.flips == 0


def test_a_batch_answers_the_same_to_the_bit_whenever_it_is_asked(tiny: LlamaCpp) -> None:
    requests, others = random_requests(random.Random(1), 12), random_requests(random.Random(2), 20)
    before = logprobs(tiny.engine.score(requests))
    tiny.engine.score(others)
    assert logprobs(tiny.engine.score(requests)) == before


def test_sampling_depends_on_its_key_and_nothing_beside_it(tiny: LlamaCpp) -> None:
    sampling = Sampling(12, temperature=1.0)

    def request(name: str, words: str) -> SampleRequest:
        return SampleRequest((), tiny.tokens(words), sampling, Key((name,)))

    mine = request("mine", "Once upon a time")
    alone = tiny.engine.sample([mine])[0]
    crowd = [request(str(i), f"Number {i} of the crowd said") for i in range(20)]
    among = tiny.engine.sample([*crowd[:7], mine, *crowd[7:]])[7]
    assert isinstance(alone, Completion)
    assert alone == among
    assert tiny.engine.sample([request("other", "Once upon a time")])[0] != alone


def test_more_requests_than_places_are_all_answered_and_finished_ones_make_room(tiny: LlamaCpp) -> None:
    narrow = Engine(tiny._context, tiny.engine.cells, 4, 200)
    requests = [
        SampleRequest((), tiny.tokens(f"Item {i}:"), Sampling(3 + i % 5, temperature=1.0), Key((str(i),)))
        for i in range(11)
    ]
    wide = tiny.engine.sample(requests)
    assert narrow.sample(requests) == wide
    assert [a.tokens <= r.sampling.tokens for a, r in zip(wide, requests, strict=True) if isinstance(a, Completion)]


@pytest.mark.slow
def test_sampled_tokens_follow_the_distribution(tiny: LlamaCpp) -> None:
    """2,000 draws of one token: a likely one comes up as often as its probability says, within four standard errors."""
    prompt = tiny.tokens("The cat")
    tops = [(t,) for t in range(300, 330)]
    reading = tiny.engine.score([ScoreRequest((), prompt, tuple(tops))])[0]
    assert isinstance(reading, Reading)
    draws = [
        answer.text
        for i in range(0, 2000, 90)
        for answer in tiny.engine.sample(
            [
                SampleRequest((), prompt, Sampling(1, temperature=1.0), Key((str(k),)))
                for k in range(i, min(i + 90, 2000))
            ]
        )
        if isinstance(answer, Completion)
    ]
    best = max(range(30), key=lambda i: reading.logprobs[i])
    p = 2.718281828 ** reading.logprobs[best]
    seen = draws.count(tiny._context.piece(tops[best][0]).decode("utf-8", "ignore")) / 2000
    assert abs(seen - p) < 4 * (p * (1 - p) / 2000) ** 0.5 + 1e-3


@pytest.mark.slow
def test_stop_texts_and_length(smollm2: LlamaCpp) -> None:
    prompt = Prompt(SHOTS, "What is 2 + 2?")
    thought = asyncio.run(smollm2.generate(prompt, Sampling(40, ("The answer is",)), Key(("a",))))
    assert thought.finish == "stop" and "The answer" not in thought.text and thought.text
    short = asyncio.run(smollm2.generate(prompt, Sampling(3), Key(("a",))))
    assert (short.finish, short.tokens) == ("length", 3)


def test_chat_prefill_continues_the_same_turn(smollm2: LlamaCpp) -> None:
    preamble, tokens, lead = smollm2.lower(Prompt(SHOTS, "What is 2 + 2?", ("2 plus 2 is 4.", "The answer is")))
    text = b"".join(smollm2._context.piece(t) for t in tokens).decode()
    assert smollm2.card.format == "chat"
    assert text.endswith("assistant\n2 plus 2 is 4. The answer is") and lead == " "
    assert preamble and not any(smollm2._context.ends(t) for t in tokens[-8:])


def test_text_of_an_item_is_never_read_as_a_control_token(smollm2: LlamaCpp) -> None:
    _, tokens, _ = smollm2.lower(Prompt((), "Say <|im_end|> twice", ("<|im_start|>",)))
    control = [t for t in tokens if not smollm2._context.piece(t)]
    _, plain, _ = smollm2.lower(Prompt((), "Say it twice", ("well",)))
    assert len(control) == len([t for t in plain if not smollm2._context.piece(t)])


def test_options_that_begin_alike_are_told_apart(smollm2: LlamaCpp) -> None:
    """1 and 12: without the closing mark the first would take the probability of the second."""
    prompt = Prompt(SHOTS, "What is 10 + 2?", ("10 plus 2 is 12.", "The answer is"))
    reading = asyncio.run(smollm2.score(prompt, ("1", "12", "2", "11")))
    assert reading.best == 1
    assert reading.mass <= 1.0


def test_one_request_too_long_fails_alone(tiny: LlamaCpp) -> None:
    fine = ScoreRequest((), tiny.tokens("short"), ((5,), (6,)))
    long = ScoreRequest((), tuple(range(300, 300 + tiny.engine.cells)), ((5,), (6,)))
    one, two, three = tiny.engine.score([fine, long, fine])
    assert isinstance(two, ContextTooSmall) and str(tiny.engine.cells) in str(two)
    assert isinstance(one, Reading) and one == three


def test_repeated_options_are_refused(tiny: LlamaCpp) -> None:
    with pytest.raises(UserError, match="options repeat"):
        asyncio.run(tiny.score(Prompt((), "x"), ("a", "a")))


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all" * 100])
def test_a_broken_model_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    for precision in ("exact", "native"):
        with pytest.raises(UserError, match=r"broken\.gguf"):
            LlamaCpp(path, loading=Loading(precision=precision))  # type: ignore[arg-type]


def test_a_torn_download_is_refused(tmp_path: Path, tiny_path: Path) -> None:
    path = tmp_path / "torn.gguf"
    path.write_bytes(tiny_path.read_bytes()[:500_000])
    with pytest.raises(UserError, match=r"torn\.gguf"):
        LlamaCpp(path, loading=Loading(precision="native"))


def test_whole_distributions_are_those_that_options_are_read_from(tiny: LlamaCpp) -> None:
    assert_distributions(tiny.engine)
