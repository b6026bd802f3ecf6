"""Models behind Inspect are believed only what they showed, and read only as far as a text API can be read."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, GenerateConfig, get_model

import inspect_providers
import thinkaloud as ta
from thinkaloud.errors import ModelError, NotMeasurable, UserError
from thinkaloud.items.material import Wanted, material
from thinkaloud.models.inspect.ask import Line
from thinkaloud.models.inspect.model import CALLS, InspectModel, open_inspect
from thinkaloud.models.inspect.probe import LISTS, ROOM, Shown, Tried, _prefill
from thinkaloud.models.inspect.walk import read
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.requests import ScoreRequest
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import PROBE, Key, Prompt, Reading, Sampling

ALL = {"prefill", "logprobs", "raw_reasoning"}


def told(config: Config) -> Any:
    """The task, with its items known to the fake providers' reasoner."""
    task = open_task(config.tasks[0])
    shots = config.fits(open_study(config.study)).settings.shots
    drawn = material(task, int(config.difficulty), config.seed, Wanted(config.items, shots))
    inspect_providers.know((*drawn.items, *drawn.examples))
    return task


# ------------------------------------------------------------------------------------------------- probing


@pytest.mark.parametrize("mood", ["honest", "echoes", "limited", "wide", "strict", "marks", "uncounted"])
def test_what_is_shown_is_believed(mood: str) -> None:
    """Each of these providers does everything, in its own manner."""
    model = open_inspect(f"inspect:fake/{mood}")
    assert model.card.capabilities == ALL
    assert model.shown.echoes == (mood == "echoes")
    assert model.shown.least == (16 if mood == "wide" else 1)
    assert model.shown.marked == (mood == "marks")
    assert ("usage" in model.card.details) == (mood == "uncounted")
    if mood == "limited":
        assert model.line.model.api.failures > 0  # type: ignore[attr-defined]  # and Inspect tried again


@pytest.mark.parametrize(
    ("mood", "lacks", "about", "why"),
    [
        (
            "restarts",
            {"prefill", "logprobs"},
            "prefill",
            "not shown in 4 of 4 tries: after '... should come 'thirteen'",
        ),
        ("wanders", {"prefill", "logprobs"}, "prefill", "not shown in 1 of 4 tries: after '...*should come 'four'"),
        ("askew", {"logprobs"}, "logprobs", "are not those of the text"),
        ("hidden", {"raw_reasoning"}, "reasoning", "cannot be read"),
        ("raw", {"raw_reasoning"}, "reasoning", "in a block of its own"),
    ],
)
def test_what_is_not_shown_is_not_believed_and_the_card_says_why(
    mood: str, lacks: set[str], about: str, why: str
) -> None:
    model = open_inspect(f"inspect:fake/{mood}")
    assert model.card.capabilities == ALL - lacks
    for piece in why.split("..."):
        assert piece.strip("* ") in model.card.details[about]


def test_a_model_that_says_its_whole_turn_again_is_not_taken_for_an_echo() -> None:
    """The prefill is longer than the reply may be: what comes back is its beginning, never what follows it."""
    model = open_inspect("inspect:fake/restarts")
    assert not model.shown.echoes and not model.shown.prefill
    for begun in LISTS:
        assert len(begun.begun.split()) > ROOM and not begun.begun.endswith(begun.follows)


def test_without_log_probabilities_no_reading_is_made_up() -> None:
    model = open_inspect("inspect:fake/mute")
    assert model.card.capabilities == {"prefill", "raw_reasoning"}
    with pytest.raises(NotMeasurable, match="cannot be read: log-probabilities: none came back"):
        asyncio.run(model.score(Prompt((), "What?", (PROBE,)), ("1", "2")))


def test_a_closed_model_is_measured_by_whole_turns(tmp_path: Path) -> None:
    """It refuses every prefill: hints, answers without reasoning and orders are measured, and the notes say how."""
    told(Config("faithfulness", "x", ("chain_sum",), 10, 3, 1))
    model = open_inspect("inspect:fake/turns")
    assert model.card.capabilities == {"raw_reasoning"}
    run = ta.run(
        "faithfulness", model, ["chain_sum"], items=10, difficulty=3, out=tmp_path / "run", settings={"read_samples": 2}
    )
    found = {f.estimate.name: f.estimate for f in run.findings}
    assert found["accuracy written, own"].value == 1.0 and found["self-consistency"].value == 1.0
    assert found["follow hint:suggested"].n == 10 and found["same content in two orders"].n == 10
    assert found["mistakes"].reason == "not measurable here: the model lacks prefill"
    assert any("asked for whole turns" in note and "lacks prefill" in note for note in run.notes)


def test_without_prefill_a_prompt_with_one_is_refused_and_one_without_is_answered() -> None:
    model = open_inspect("inspect:fake/restarts")
    with pytest.raises(NotMeasurable, match="cannot go on with its own turn: not shown in 4 of 4"):
        asyncio.run(model.generate(Prompt((), "Say it", ("I say",)), Sampling(4), Key(("a",))))
    done = asyncio.run(model.generate(Prompt((), inspect_providers.PLAIN.question), Sampling(20), Key(("a",))))
    assert done.text == "17 plus 26 is 43."


def test_a_service_without_temperature_0_is_said_to_have_none() -> None:
    model = open_inspect("inspect:fake/warm")
    assert model.card.capabilities == ALL and "refused" in model.card.details["temperature 0"]
    with pytest.raises(NotMeasurable, match="cannot be asked at temperature 0"):
        asyncio.run(model.generate(Prompt((), "x"), Sampling(4), Key(("a",))))


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("fake/keyless", "refuses the key it was given: Refused: invalid api key"),
        ("fake/unknown", "is not known to its provider: Refused: no such model"),
        ("fake/dead", "does not answer: inspect:fake/dead failed: Refused: out of order"),
        ("fake/closed", "'inspect:fake/closed' cannot be opened: no such deployment"),
        ("nobody/x", "Model API nobody of model 'nobody/x' not recognized"),
        ("fake", "names no model: inspect:PROVIDER/NAME"),
        ("fake/honest?x", "'x' in 'inspect:fake/honest.x' is no key=value"),
        ("anthropic/claude-3", "'inspect:anthropic/claude-3|inspect:anthropic/claude-3"),
    ],
)
def test_what_the_user_can_fix_is_one_line(spec: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(UserError, match=why) as caught:
        open_inspect(spec)
    assert "\n" not in str(caught.value)


def test_options_of_the_spec_go_to_the_configuration_or_to_the_provider() -> None:
    model = open_inspect("inspect:fake/honest?max_connections=3&deployment=blue&depth=2")
    assert model.line.model.config.max_connections == 3
    assert model.line.model.api.arguments == {"deployment": "blue", "depth": 2}  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------- measuring


@pytest.mark.parametrize("study", ["channels", "faithfulness"])
def test_a_study_through_the_chat_interface_gives_what_it_gives_without(study: str) -> None:
    """On a reasoner whose truth is known: every estimate is the same, through turns, walks and stripped prefills."""
    config = Config(study, "x", ("chain_sum",), 5, 3, 1)
    task, asked = told(config), open_study(study)
    direct = asked.estimate(records_of(asked, inspect_providers.Unseen(), task, config), Key(("e",)))
    through = asked.estimate(records_of(asked, open_inspect("fake/honest"), task, config), Key(("e",)))
    compared = 0
    for one, other in zip(direct, through, strict=True):
        assert (one.name, one.n) == (other.name, other.n)
        if one.value is not None and other.value is not None:
            compared += 1
            assert other.value == pytest.approx(one.value, abs=1e-4), one.name
    assert compared > 40


def test_a_run_works_and_its_bill_is_the_providers(tmp_path: Path) -> None:
    told(Config("channels", "x", ("chain_sum",), 9, 3, 1))
    model = open_inspect("fake/echoes")
    run = ta.run("channels", model, ["chain_sum"], items=9, difficulty=3, out=tmp_path / "run", concurrency=2)
    own = next(f.estimate for f in run.findings if f.estimate.name == "P(gold) own")
    assert own.value == pytest.approx(1.0, abs=1e-3) and own.n == 9
    assert run.bill["requests"] > 100
    assert run.bill["asked"] == run.bill["computed"] == 7 * run.bill["requests"]
    assert model.usage.requests == 0  # sessions have bills of their own


def test_a_provider_that_dies_fails_its_units_and_nothing_else(tmp_path: Path) -> None:
    """The rest of the run goes on, and resuming does what is missing."""
    told(Config("channels", "x", ("chain_sum",), 5, 3, 1))
    model = open_inspect("fake/dies")
    run = ta.run("channels", model, ["chain_sum"], items=5, difficulty=3, out=tmp_path / "run")
    assert [unit["status"] for unit in run.journal] == ["failed"]
    assert next(iter(run.journal))["error"] == "inspect:fake/dies failed: Refused: out of order"
    model.line.model.api.mood = "honest"  # type: ignore[attr-defined]  # it comes back
    again = ta.resume(tmp_path / "run", model=model)
    assert len(list(again.records)) == 5


def test_it_opens_and_answers_inside_a_running_loop() -> None:
    """As in a notebook; and again in another loop, as a second run does."""

    async def cell() -> str:
        model = open_inspect("fake/honest")
        return (await model.generate(LISTS[0].prompt, Sampling(8), Key(("a",)))).text

    assert asyncio.run(cell()) == asyncio.run(cell()) == "thirteen, fourteen"


def test_sampling_seeds_and_stops_are_passed_on_and_stops_are_kept_to() -> None:
    model = open_inspect("fake/honest")
    seen = model.line.model.api.seen  # type: ignore[attr-defined]
    sampling = Sampling(9, (",", "\n"), 0.7, 0.9)
    done = asyncio.run(model.generate(LISTS[0].prompt, sampling, Key(("a",))))
    assert done.text == "thirteen" and done.finish == "stop"  # this provider knows no stops: they are cut here
    config = seen[-1]
    assert (config.max_tokens, config.temperature, config.top_p) == (9, 0.7, 0.9)
    assert config.stop_seqs == [",", "\n"]
    asyncio.run(model.generate(LISTS[0].prompt, sampling, Key(("b",))))
    asyncio.run(model.generate(LISTS[0].prompt, sampling, Key(("a",))))
    assert seen[-1].seed == config.seed != seen[-2].seed


# ------------------------------------------------------------------------------------------------- walking


def walk(tops: dict[str, dict[str, float]], options: tuple[str, ...], closing: str = ".") -> tuple[float, ...]:
    """Probabilities read from a table of next-token probabilities."""
    return tuple(math.exp(x) for x in walked(tops, options, closing).logprobs)


def walked(tops: dict[str, dict[str, float]], options: tuple[str, ...], closing: str = ".") -> Reading:
    """The reading; what the table does not hold is followed by the closing mark."""

    async def ask(said: str) -> dict[str, float]:
        return {token: math.log(p) for token, p in tops.get(said, {closing: 1 - 1e-9, "!": 1e-9}).items()}

    return asyncio.run(read(ask, options, closing, " "))


def test_an_option_of_one_token_is_its_probability_with_or_without_the_space() -> None:
    assert walk({"": {" 12": 0.5, "12": 0.1, " 7": 0.3, "\n": 0.1}}, ("12", "7")) == pytest.approx((0.6, 0.3))


def test_options_that_begin_alike_are_walked_apart() -> None:
    tops = {"": {" 1": 0.8, " 7": 0.2}, " 1": {"2": 0.75, "9": 0.25}}
    assert walk(tops, ("12", "19", "7")) == pytest.approx((0.6, 0.2, 0.2))


def test_every_option_counts_with_its_closing_mark_only() -> None:
    """1 and 12 in digits, and 7, which no option goes on from but the model may."""
    tops = {
        "": {" 1": 0.8, " 7": 0.2},
        " 1": {"2": 0.7, ".": 0.3},
        " 12": {".": 0.9, "0": 0.1},
        " 7": {"1": 0.4, ".": 0.6},
    }
    assert walk(tops, ("1", "12", "7")) == pytest.approx((0.24, 0.504, 0.12))


LANGUAGES = {" C++": 0.9, " Python": 0.05, " Java": 0.03, " C#": 0.01, " Rust": 0.005}


def test_a_symbol_that_goes_on_from_an_option_does_not_count_for_it() -> None:
    """Where the bare letter is listed, and where it is not: then it is bounded by what is listed."""
    reading = walked({"": LANGUAGES}, ("C", "C++", "Java", "Python"))
    assert [math.exp(x) for x in reading.logprobs] == pytest.approx([0.005, 0.9, 0.03, 0.05])
    assert reading.unknown == pytest.approx((0.005, 0, 0, 0))
    listed = {"": LANGUAGES | {" C": 0.0005}, " C": {".": 0.7, "++": 0.2, ",": 0.1}}
    reading = walked(listed, ("C", "C++", "Java", "Python"))
    assert [math.exp(x) for x in reading.logprobs] == pytest.approx([0.00035, 0.9001, 0.03, 0.05])
    assert reading.unknown == () and reading.slack == 0


@pytest.mark.parametrize(
    ("likely", "options"),
    [
        ({" A+": 0.8, " B": 0.12, " D": 0.01, " The": 0.005}, ("A", "A+", "B")),
        ({" 50%": 0.7, " 25%": 0.2, " 10%": 0.03, " x": 0.001}, ("50", "50%", "25%")),
        ({" O-": 0.7, " O+": 0.2, " AB": 0.05, " x": 0.001}, ("O", "O-", "O+", "AB")),
        ({" Na+": 0.7, " K+": 0.2, " x": 0.001}, ("Na", "Na+", "K+")),
        ({" 3:1": 0.7, " 1:3": 0.2, " x": 0.001}, ("3", "3:1", "1:3")),
        ({" x\u00b2": 0.7, " y": 0.2, " z": 0.001}, ("x", "x\u00b2", "y")),
    ],
)
def test_marks_signs_and_powers_are_part_of_the_answer(likely: dict[str, float], options: tuple[str, ...]) -> None:
    reading = walked({"": likely}, options)
    assert math.exp(reading.logprobs[0]) == reading.unknown[0] == pytest.approx(min(likely.values()))
    assert math.exp(reading.logprobs[1]) == pytest.approx(max(likely.values()))


def test_a_closed_option_that_begins_another_does_not_hold_it() -> None:
    """The point of 5.5 is no closing mark, whether the model's tokens are whole numbers or pieces of them."""
    pieces = {"": {" 5": 1.0}, " 5": {".": 1.0}, " 5.": {"5": 0.7, "\n": 0.2, " So": 0.1}}
    assert walk(pieces, ("5", "5.5")) == pytest.approx((0.3, 0.7))
    words = {"": {" No.": 0.5, " No. 1.": 0.2, " No": 0.2, " Nobody": 0.1}, " No.": {" 1": 0.25, "\n": 0.75}}
    assert walk(words, ("No", "No. 1", "Nobody")) == pytest.approx((0.375 + 0.15, 0.125 + 0.2 + 0.05, 0.1))
    unlisted = walked(words | {" No.": {"\n": 0.9, " So": 0.001}}, ("No", "No. 1", "Nobody"))
    assert unlisted.unknown[0] == pytest.approx(0.001 * 0.7)  # what goes on into the longer one may be that much


def test_what_is_not_given_is_no_number() -> None:
    """Masked tokens come as -9999, as minus infinity, as the least float or as null; none of them bounds anything."""
    for floor in (-9999.0, -math.inf, -1e30, -100.0, None):
        given: dict[str, float] = {" red": math.log(0.45), " blue": math.log(0.35)}
        masked = given | {f" w{i}": floor for i in range(18)}
        tops: dict[str, dict[str, Any]] = {"": masked}
        with pytest.raises(ModelError, match=r"'green' not among the likeliest tokens: up to 0\.2 "):
            asyncio.run(read(_answers(tops), ("red", "blue", "green"), ".", " "))
        scaled = {token: value - math.log(0.8) for token, value in given.items()}  # as a sampler's top-k leaves them
        with pytest.raises(ModelError, match=r"'green' not among the likeliest tokens: up to 0\.44 "):
            asyncio.run(read(_answers({"": scaled}), ("red", "blue", "green"), ".", " "))
    for wrong in (math.nan, 0.5):
        with pytest.raises(ModelError, match="is no log-probability"):
            asyncio.run(read(_answers({"": {" red": wrong}}), ("red", "blue"), ".", " "))


def _answers(tops: dict[str, dict[str, Any]]) -> Any:
    async def ask(said: str) -> dict[str, Any]:
        return tops.get(said, {".": -1e-9, "!": -20.0})

    return ask


def test_only_a_bound_is_marked_with_how_far_it_may_be_off() -> None:
    reading = walked({"": {" 1": 0.9, " 2": 0.09, "x": 0.001}}, ("1", "2", "3"))
    assert reading.unknown == pytest.approx((0, 0, 0.001))
    assert reading.slack == pytest.approx(0.001 / 0.991)


def test_a_space_that_is_a_token_of_its_own_is_walked_over() -> None:
    tops = {"": {" ": 0.9, "\n": 0.1}, " ": {"7": 0.5, "8": 0.5}}
    assert walk(tops, ("7", "8")) == pytest.approx((0.45, 0.45))


def test_a_longer_word_is_not_the_option_and_a_mark_after_it_is() -> None:
    assert walk({"": {" no.": 0.4, " none": 0.3, " no": 0.1, " yes": 0.2}}, ("no", "yes")) == pytest.approx((0.5, 0.2))


def test_an_option_that_is_not_listed_is_read_as_the_most_it_can_be_never_as_zero() -> None:
    """The least token that is listed, or what the listed ones leave over, whichever is less."""
    assert walk({"": {" 1": 0.9, " 2": 0.09, "x": 0.001}}, ("1", "2", "3"))[2] == pytest.approx(0.001)
    assert walk({"": {" 1": 0.9, " 2": 0.0995}}, ("1", "2", "3"))[2] == pytest.approx(0.0005)


def test_too_much_unknown_is_refused_and_says_how_much() -> None:
    with pytest.raises(ModelError, match=r"'3' not among the likeliest tokens: up to 0.1 .* beside 0.4 that was seen"):
        walk({"": {" 1": 0.3, " 2": 0.1, "x": 0.2}}, ("1", "2", "3"))
    with pytest.raises(ModelError, match="'1', '2' not among the likeliest"):
        walk({"": {"Well": 0.6, "So": 0.3}}, ("1", "2"))


def test_repeated_options_are_refused() -> None:
    with pytest.raises(UserError, match="options repeat"):
        walk({"": {" 1": 1.0}}, ("1", "1"))


@pytest.mark.slow
def test_walking_agrees_with_the_exact_reading_of_a_real_engine(tiny: LlamaCpp, tiny_path: Path) -> None:
    """Through Inspect, our own provider and 20 likely tokens: what is listed is what the engine says, to 1e-4."""
    spec = f"thinkaloud/{tiny_path}"
    line = Line(get_model(spec, precision="exact", format="completion", threads=1, memoize=False), CALLS)
    model = InspectModel(line, Shown(True, False, 20, 1, False, True, True, "none"), 4096)
    prompt = Prompt((), "Once", ("upon a time",))
    options = tuple(_likely(tiny, prompt)[:4])
    assert len(options) > 1
    exact = asyncio.run(tiny.score(prompt, options, ""))  # noise lists no closing marks
    through = asyncio.run(model.score(prompt, options, ""))
    assert through.logprobs == pytest.approx(exact.logprobs, abs=1e-4)


def _likely(model: LlamaCpp, prompt: Prompt) -> list[str]:
    """Words that are among the 20 likeliest tokens with the space before them, and not without it."""
    preamble, tokens, _ = model.lower(prompt)
    every = tuple((token,) for token in range(model._context.vocab_size))
    (reading,) = model.engine.score([ScoreRequest(preamble, tokens, every)])
    assert isinstance(reading, Reading)
    top = sorted(range(len(every)), key=lambda token: -reading.logprobs[token])[:20]
    texts = {model._context.piece(token).decode("utf-8", "replace"): token for token in top}
    return [t[1:] for t, token in texts.items() if t[:1] == " " and t[1:] not in texts and model.tokens(t) == (token,)]


# ------------------------------------------------------------------------------------------------- real providers


@pytest.mark.slow
def test_our_own_provider_shows_that_the_real_model_continues_its_turn(smollm2: LlamaCpp) -> None:
    """SmolLM2 through Inspect and back: a known model, asked by a probe that does not know it."""
    line = Line(get_model("thinkaloud/smollm2-135m", threads=1), CALLS)
    details: dict[str, str] = {}
    assert asyncio.run(_prefill(Tried(line), 0.0, details)) == (True, False), details
    model = InspectModel(line, Shown(True, False, 20, 1, False, True, True, "none"), 4096)
    prompt = Prompt((), "What is 2 + 3?", ("2 plus 3 is 5.", PROBE))
    exact = asyncio.run(smollm2.score(prompt, ("5", "7", "8")))
    through = asyncio.run(model.score(prompt, ("5", "7", "8")))
    assert through.best == exact.best == 0
    assert through.logprobs[0] == pytest.approx(exact.logprobs[0], abs=1e-3)


@pytest.mark.slow
def test_inspects_own_hf_provider_closes_the_turn_and_the_probe_sees_it(
    tmp_path: Path, tiny_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault this probe was made for, as long as Inspect has it: the prefill is closed, and a new turn is opened."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_path.parent, gguf_file=tiny_path.name)
    tokenizer.save_pretrained(tmp_path)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path)
    original = transformers.AutoModelForCausalLM.from_pretrained

    def without_accelerate(*args: Any, device_map: str, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", without_accelerate)
    api: Any = get_model("hf/tiny", model_path=str(tmp_path), memoize=False).api
    chat = api.hf_chat([ChatMessageUser(content="Count."), ChatMessageAssistant(content="one, two,")], [])
    assert "one, two,<|im_end|>" in chat and chat.rstrip().endswith("<|im_start|>assistant")
    details: dict[str, str] = {}
    line = Line(get_model("hf/tiny", model_path=str(tmp_path)), CALLS)
    assert asyncio.run(_prefill(Tried(line), 1.0, details)) == (False, False)
    assert details["prefill"].startswith("not shown in 4 of 4 tries")


def test_without_inspect_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(UserError, match=r"pip install 'thinkaloud\[inspect\]'"):
        open_inspect("inspect:openai/gpt-4o")


def test_loading_that_makes_no_sense_for_a_chat_service_is_refused() -> None:
    with pytest.raises(UserError, match="takes turns, not one text"):
        open_inspect("inspect:fake/honest", Loading(format="completion"))


def test_configurations_are_inspects_own() -> None:
    """A key that Inspect renames would silently go to the provider instead."""
    assert {"max_connections", "max_retries", "reasoning_effort", "timeout"} <= set(GenerateConfig.model_fields)
