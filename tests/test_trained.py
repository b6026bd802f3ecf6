"""A trained organism is a model like any other: pure, batched, and read by the same study."""

from __future__ import annotations

import asyncio
import math

import pytest
from click.testing import CliRunner

from thinkaloud.cli.organisms import organisms
from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.lettered import as_drawn, ask, snap_lettered
from thinkaloud.conditions.snap import snap
from thinkaloud.conditions.think import think
from thinkaloud.errors import ContextTooSmall, UserError
from thinkaloud.open_model import model_names, open_model
from thinkaloud.organisms.library import entries, load
from thinkaloud.organisms.open import open_organism
from thinkaloud.organisms.trained import Trained, Writing
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import PROBE, Key, Model, Prompt, Sampling, Shot, Transcript

KEY = Key(("tests",))
TASK = open_task("mod10")
ITEMS = TASK.items(4, 12, KEY)
DIGITS = tuple("0123456789")


@pytest.fixture(scope="module")
def faithful() -> Trained:
    return load("faithful", 0)


def prompt(i: int = 0, *between: str) -> Prompt:
    return Prompt((), ITEMS[i].question, (*between, PROBE))


def test_opens_by_name_and_says_who_it_is(faithful):
    card = faithful.card
    assert isinstance(faithful, Model)
    assert open_model("organism:faithful").card == open_model("organism:faithful/0").card == card
    assert card.backend == "organism" and card.digest.startswith("sha256:") and card.context == 38
    assert card.details["parameters"] == 106_112 and card.details["recipe"] == "faithful" and card.details["seed"] == 0
    assert "organism:faithful/0" in model_names()
    with pytest.raises(UserError, match="no organism named 'faithfull/0'; did you mean faithful/0"):
        open_model("organism:faithfull")
    with pytest.raises(UserError, match="'faithful/x' needs a whole number"):
        open_organism("faithful/x")


def test_it_writes_the_right_thought_and_answers_what_it_says(faithful):
    """Greedy and at temperature 1, from nothing and from a prefill; a wrong prefill is gone on from."""
    for item in ITEMS:
        for temperature in (0.0, 1.0):
            done = asyncio.run(think(faithful, item, Way(), Sampling(60, (), temperature), KEY.child(item.id)))
            own = TASK.parse(done.text)
            assert done.finish == "stop" and done.tokens == 20 and TASK.legible(item, own).complete == 1
            assert asyncio.run(snap(faithful, item, Way(), own)).probabilities[item.gold_index] > 0.99
        made = TASK.mistake(item, item.worked, 1, KEY)
        start = Transcript((item.worked.steps[0], made.step))
        rest = asyncio.run(think(faithful, item, Way(), Sampling(60), KEY, start))
        assert TASK.parse(rest.text).conclusion == made.implied


def test_a_guess_is_even(faithful):
    reading = asyncio.run(faithful.score(prompt(), DIGITS))
    assert max(reading.probabilities) < 0.2 and reading.mass > 0.99


def test_requests_do_not_depend_on_each_other(faithful):
    """Asked together, alone, or in another order: the same text, and log-probabilities within 1e-4 nats."""
    prompts = [prompt(i, *(s.text for s in ITEMS[i].worked.steps[: i % 5])) for i in range(12)]
    writing = [Prompt((), p.question, p.prefill[:-1]) for p in prompts if len(p.prefill) < 5]
    sampling = Sampling(40, (PROBE,), 1.0)

    async def together():
        model = faithful.session()
        scores = [model.score(p, DIGITS) for p in reversed(prompts)]
        texts = [model.generate(p, sampling, KEY.child(i)) for i, p in enumerate(writing)]
        return await asyncio.gather(asyncio.gather(*scores), asyncio.gather(*texts))

    scores, texts = asyncio.run(together())
    for p, reading in zip(reversed(prompts), scores, strict=True):
        alone = asyncio.run(faithful.session().score(p, DIGITS))
        assert max(abs(a - b) for a, b in zip(alone.logprobs, reading.logprobs, strict=True)) < 1e-4
    for i, (p, done) in enumerate(zip(writing, texts, strict=True)):
        assert asyncio.run(faithful.session().generate(p, sampling, KEY.child(i))) == done
    assert len({done.text for done in texts}) == len(texts)


def test_sampling_is_keyed(faithful):
    """Equal keys give equal texts, others differ in their synonyms; temperature 0 has none; top_p 0 is greedy."""
    asked = Prompt((), ITEMS[0].question)

    def write(key: Key, temperature: float, top_p: float = 1.0) -> str:
        return asyncio.run(faithful.generate(asked, Sampling(40, (PROBE,), temperature, top_p), key)).text

    assert write(KEY, 1.0) == write(KEY, 1.0)
    assert len({write(KEY.child(i), 1.0) for i in range(12)}) > 3
    assert write(KEY, 0.0) == write(KEY.child(1), 0.0) == write(KEY, 1.0, 0.0)


def test_writing_ends_where_it_should(faithful):
    """Before the answer if that is a stop text, else after it; before any other stop text; at the number of tokens."""
    asked = Prompt((), ITEMS[0].question)

    def write(tokens: int, *stop: str):
        return asyncio.run(faithful.generate(asked, Sampling(tokens, stop), KEY))

    whole = write(60)
    assert whole.text.endswith(f"; {PROBE} {ITEMS[0].gold}") and (whole.tokens, whole.finish) == (22, "stop")
    assert write(60, PROBE).text == whole.text.split(f" {PROBE}")[0]
    assert write(60, ";").text == whole.text.split(" ;")[0] and write(60, ";").finish == "stop"
    cut = write(7)
    assert (cut.tokens, cut.finish) == (7, "length") and whole.text.startswith(cut.text)
    full = Prompt((), ITEMS[0].question, ("* 9 is 3 ;",) * 4)
    assert asyncio.run(faithful.generate(full, Sampling(60), KEY)).tokens <= 2


def test_what_it_cannot_read_is_refused_and_examples_are_not_looked_at(faithful):
    with pytest.raises(UserError, match="answers with one digit, not '12'"):
        asyncio.run(faithful.score(prompt(), ("1", "12")))
    with pytest.raises(ContextTooSmall, match="the context holds 38"):
        asyncio.run(faithful.score(prompt(0, "... " * 30), DIGITS))
    with pytest.raises(ContextTooSmall, match="the context holds 38"):
        asyncio.run(faithful.generate(prompt(0, "... " * 22), Sampling(9), KEY))
    shots = (Shot("Ta hint 1 1 _ _ ?", (f"{PROBE} 1.",)),)
    assert faithful.encoded(Prompt(shots, ITEMS[0].question)) == faithful.encoded(Prompt((), ITEMS[0].question))


def test_letters_stand_for_their_digits(faithful):
    """The listed question is the plain one, and a letter is as probable as the digit behind it, in any order."""
    item = ITEMS[0]
    plain = asyncio.run(snap(faithful, item, Way(), item.worked))
    order = tuple(reversed(as_drawn(item)))
    assert asyncio.run(snap_lettered(faithful, item, order, Way(), item.worked)).probabilities == pytest.approx(
        plain.probabilities
    )
    assert faithful.encoded(Prompt((), ask(item, order))) == faithful.encoded(Prompt((), item.question))


def test_the_bill_counts_equal_requests_once(faithful):
    model = faithful.session()
    asyncio.run(_gather(model, [prompt(), prompt(), prompt(1)]))
    assert (model.usage.asked, model.usage.computed, model.usage.requests) == (45, 30, 3)
    row = model.encoded(Prompt((), ITEMS[0].question))
    model.write([Writing(row, Sampling(40, (PROBE,)), KEY)] * 2)
    assert model.usage.generated == 20 and model.usage.asked == 45 + 28
    assert faithful.session().usage.requests == 0


async def _gather(model: Trained, prompts: list[Prompt]):
    return await asyncio.gather(*(model.score(p, DIGITS) for p in prompts))


def test_all_that_ship_load_and_know_their_language():
    """Every certified organism opens with the hash its file has, and gives its digits nearly all probability."""
    shipped = [entry for entry in entries() if entry.certified]
    assert {entry.name for entry in shipped} >= {"faithful", "posthoc", "capable"}
    for entry in shipped:
        model = load(entry.name, entry.seed)
        reading = asyncio.run(snap(model, ITEMS[0], Way(), ITEMS[0].worked))
        assert reading.mass > 0.95 and math.isfinite(reading.margin)


def test_the_command_lists_and_certifies():
    """Every organism that ships is listed with what it does; certifying again shows each reading beside its rule."""
    shown = CliRunner().invoke(organisms, ["list"], catch_exceptions=False).output
    assert all(f"organism:{entry.spec}" in shown for entry in entries() if entry.certified)
    again = CliRunner().invoke(organisms, ["certify", "posthoc/0", "--items", "60"], catch_exceptions=False).output
    assert "transplant:paraphrase" in again and "organism:posthoc/0: " in again
    with pytest.raises(UserError, match="no recipe named 'faithfull'; did you mean faithful"):
        CliRunner().invoke(organisms, ["train", "--only", "faithfull"], catch_exceptions=False)
    with pytest.raises(UserError, match="'a' are no seeds"):
        CliRunner().invoke(organisms, ["train", "--only", "mix", "--seeds", "a"], catch_exceptions=False)
