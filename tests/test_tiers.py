"""A model that can do less is measured by what it can do: by samples, or by the answers of whole turns.

The claims are held against scripted reasoners whose distributions are known (`tier_models.py`).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

import thinkaloud as ta
from thinkaloud.conditions.sampled import NEVER, at_once, continued, frequencies, one_answer, sampled_reader
from thinkaloud.errors import FailedReading, NotMeasurable, UserError
from thinkaloud.items.reading import about_reading, tier
from thinkaloud.metrics.faithfulness import faithfulness
from thinkaloud.metrics.readings import UNIT, gather
from thinkaloud.models.profile import Profile
from thinkaloud.models.sound import sound
from thinkaloud.organisms.blocked import Blocked
from thinkaloud.records.pieces import condition
from thinkaloud.runs.folder import Run
from thinkaloud.stats.bootstrap import interval, mean
from thinkaloud.tasks import open_task
from thinkaloud.tasks.answers import match
from thinkaloud.vocabulary import (
    PROBE,
    Completion,
    Estimate,
    Key,
    ModelCard,
    Prompt,
    Reading,
    Record,
    Sampling,
    Thinking,
    Transcript,
)
from tier_models import Mute, WholeTurns

KEY = Key(("tiers",))
OPTIONS = ("4", "5", "14", "3.5")


def named(run: Run) -> Mapping[str, Estimate]:
    return {finding.estimate.name: finding.estimate for finding in run.findings}


def holds(row: Estimate, truth: float, slack: float = 1e-3) -> bool:
    assert row.value is not None and row.low is not None and row.high is not None, row.reason
    return row.low - slack <= truth <= row.high + slack


# ------------------------------------------------------------------------------------------------- one reading


def test_shares_of_draws_are_the_probabilities_and_the_others_are_missing_in_the_mass() -> None:
    """Two of eight draws state no option: that is mass that the options do not have."""
    found = frequencies([0, 0, 0, 1, 0, 1, None, None], OPTIONS)
    assert found.mass == pytest.approx(6 / 8, abs=2 * NEVER) and found.sampled == 8
    assert found.probabilities == pytest.approx((4 / 6, 2 / 6, 0, 0), abs=2 * NEVER)
    assert sound(found, 4, "m", "x").mass <= 1 and all(map(math.isfinite, found.logprobs))
    assert condition(Transcript(), found)["sampled"] == 8 and "sampled" not in condition(
        Transcript(), Reading((0.0, -9.0))
    )
    assert found.ordered((1, 0, 2, 3)).sampled == 8
    with pytest.raises(FailedReading, match="none of 3 drawn answers is one of the options"):
        frequencies([None] * 3, OPTIONS)


@pytest.mark.parametrize(
    ("text", "closing", "said"),
    [
        (" 14. What is 3 + 4?", ".", "14"),
        (" 3.5.", ".", "3.5"),
        ("\n\n**5**", ".", "5"),
        ("14}$ and so on", "}", "14"),
        (" not known.", ".", None),
        (" 4 or 5.", ".", None),
        ("", ".", None),
    ],
)
def test_the_answer_after_a_stem_is_read_up_to_its_end(text: str, closing: str, said: str | None) -> None:
    assert option(continued(text, OPTIONS, closing)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("14", "14"),
        ("The answer is 5.", "5"),
        ("Sure! The answer is 5.", "5"),
        ("First 3 plus 1 is 4, then 4 plus 1 is 5. So the answer is 5.", None),
        ("I cannot say.\nIt depends.", None),
    ],
)
def test_a_turn_that_reasons_before_its_answer_is_no_answer_at_once(text: str, said: str | None) -> None:
    assert option(at_once(text, OPTIONS)) == said


def option(said: str | None) -> str | None:
    """The option that an answer is."""
    index = None if said is None else match(said, OPTIONS)
    return None if index is None else OPTIONS[index]


def test_one_written_answer_is_a_reading_of_one_draw() -> None:
    """One that is none of the options is wrong and not left out, unless the verifier takes it for right."""
    task = open_task("chain_sum")
    item = task.items(3, 1, KEY)[0]
    assert one_answer(task, item, item.gold).best == item.gold_index
    wrong = one_answer(task, item, "-77")
    assert wrong.probabilities[item.gold_index] == 0 and wrong.mass < 1e-5
    assert len({p for i, p in enumerate(wrong.probabilities) if i != item.gold_index}) == 1
    assert one_answer(task, item, None) == wrong
    assert sound(wrong, len(item.options), "m", "x")


class Loaded:
    """Writes the first of two answers with probability p: a die whose sides are known. Notes what it was shown."""

    profile: Profile | None = None

    def __init__(self, p: float, *able: str) -> None:
        self.p, self.shown = p, list[Prompt]()
        self.card = ModelCard("loaded", "own", "1", "chat", "?", 999, frozenset(able))  # type: ignore[arg-type]

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        assert sampling.temperature == 1.0 and sampling.top_p == 1.0
        self.shown.append(prompt)
        return Completion(" 4." if key.rng.random() < self.p else " 5.", 2, "stop")

    async def score(self, prompt: Prompt, options: object, closing: str = ".") -> Reading:
        raise AssertionError("it has none")


def test_draws_follow_the_key_and_the_prompt_and_nothing_else() -> None:
    """Equal questions have equal readings, so a study is the same when it is done again."""
    model = Loaded(0.5, "prefill", "raw_reasoning")
    one, other = (sampled_reader(model, 200, key) for key in (KEY, KEY.child("b")))
    prompt = Prompt((), "q", (PROBE,))
    first, again, elsewhere, second = (
        asyncio.run(reader.score(prompt, ("4", "5"))) for reader in (one, one, other, one.again())
    )
    assert first == again and len({first, elsewhere, second}) == 3
    assert model.shown[0] == prompt and len(model.shown) == 4 * 200
    assert "logprobs" in one.card.capabilities


def test_a_long_option_has_room_to_be_written() -> None:
    model, rooms = Loaded(0.5, "prefill", "raw_reasoning"), list[int]()
    generate = model.generate

    async def noting(prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        rooms.append(sampling.tokens)
        return await generate(prompt, sampling, key)

    model.generate = noting  # type: ignore[method-assign]
    for options in (("4", "5"), ("4", "a long tale " * 50)):
        asyncio.run(sampled_reader(model, 8, KEY).score(Prompt((), "q", (PROBE,)), options))
    assert rooms[0] == 64 and rooms[-1] > 300


def test_a_model_that_cannot_go_on_is_asked_for_whole_turns_and_never_after_a_reasoning() -> None:
    model = Loaded(0.5, "raw_reasoning")
    reader = sampled_reader(model, 4, KEY)
    asyncio.run(reader.score(Prompt((), "q", (PROBE,)), ("4", "5")))
    assert {prompt.prefill for prompt in model.shown} == {()}
    for begun in (Prompt((), "q", ("2 and 2 is 4.", PROBE)), Prompt((), "q", (PROBE,), Thinking(("so",)))):
        with pytest.raises(NotMeasurable, match="loaded cannot go on with its own turn"):
            asyncio.run(reader.score(begun, ("4", "5")))


# ------------------------------------------------------------------------------------------------- what it costs


def studies(draws: int, items: int = 40, times: int = 300) -> Iterator[Estimate]:
    """Means of P(gold) over items that differ (Beta(2, 2), so the true mean is .5), each read by so many draws; 0: by
    its own probability."""
    rng = np.random.default_rng(7)
    for at in range(times):
        p = rng.beta(2, 2, items)
        seen = p if not draws else [_read(int(c), draws) for c in rng.binomial(draws, p)]
        records = [{"item": str(i), "seen": float(x)} for i, x in enumerate(seen)]
        sample = gather(records, [lambda r: r["seen"]], [UNIT], "nothing")  # type: ignore[arg-type, typeddict-item]
        yield interval("x", mean(0), sample, KEY.child(at), draws=400)


def _read(count: int, draws: int) -> float:
    return frequencies([0] * count + [1] * (draws - count), ("a", "b")).probabilities[0]


def test_intervals_hold_the_noise_of_draws_and_are_as_wide_as_that_makes_them() -> None:
    """Var p is .05 and E p(1-p) is .2: with k draws a mean has sqrt((.05 + .2/k) / n). Coverage stays at 95%."""
    exact, few = list(studies(0)), list(studies(4))
    for rows in (exact, few):
        covered = sum(holds(row, 0.5, 0) for row in rows) / len(rows)
        assert 0.91 <= covered <= 0.985
        assert abs(np.mean([row.value for row in rows]) - 0.5) < 0.01

    def width(rows: list[Estimate]) -> float:
        return float(np.mean([row.high - row.low for row in rows if row.high is not None and row.low is not None]))

    assert width(few) / width(exact) == pytest.approx(math.sqrt((0.05 + 0.2 / 4) / 0.05), rel=0.05)


def test_the_floor_of_a_drawn_test_is_the_noise_of_draws() -> None:
    """An edit that changes nothing: two draws of one distribution differ, and that is taken off again."""
    rng, step = np.random.default_rng(3), {"text": "a", "form": None, "fields": {}, "value": None}

    def draw() -> Reading:
        return frequencies([int(x) for x in rng.integers(0, 2, 16)], ("a", "b"))

    def record(i: int) -> Record:
        made = {name: condition(Transcript(), draw()) for name in ("own", "own:again", "filler:dots", "silent")}
        base = {"item": str(i), "task": "t", "level": 1, "fold": i % 2, "question": "q", "options": ["a", "b"]}
        return {**base, "gold": 0, "status": "ok", "error": None, "thought": {"steps": [step]}, "conditions": made}

    def effect(again: int) -> tuple[Estimate, Estimate]:
        rows = faithfulness([record(i) for i in range(60)], KEY.child(again), ["filler dots"])
        found = {row.name: row for row in rows}
        return found["filler dots (raw)"], found["filler dots"]

    found = [effect(again) for again in range(40)]
    assert all(raw.low is not None and raw.low > 0.05 for raw, _ in found), "the raw change is noise alone"
    assert sum(holds(row, 0.0, 0) for _, row in found) >= 35


# ------------------------------------------------------------------------------------------------- whole studies


def run(study: str, model: Mute | Blocked, where: Path, items: int = 24, **settings: object) -> Run:
    return ta.run(study, model, ["chain_sum"], items=items, difficulty=3, out=where, settings=settings)


def test_channels_of_a_model_without_probabilities_are_those_of_the_reasoner(tmp_path: Path) -> None:
    """A mixture of a half has a half of its ability in content, read by samples as it is read by probabilities."""
    done = run("channels", Mute("mixture:.5"), tmp_path / "r", 32, read_samples=8)
    found = named(done)
    assert holds(found["externalised share"], 0.5) and holds(found["use / ceiling"], 0.5)
    assert holds(found["P(gold) own"], 1.0) and holds(found["residue"], 0.0)
    assert all(one["sampled"] == 8 for record in done.records for one in record["conditions"].values())
    assert any("read by 8 samples an item and condition" in note for note in done.notes)
    assert "read by 8 samples" in done.report().read_text()


def test_faithfulness_of_a_model_without_probabilities(tmp_path: Path) -> None:
    found = named(run("faithfulness", Mute("faithful"), tmp_path / "r", 16, read_samples=6))
    assert holds(found["follow mistake:last / ceiling"], 1.0) and holds(found["follow transplant / ceiling"], 1.0)
    assert holds(found["early answering / ceiling"], 1.0, 0.1)
    assert not any("not measurable" in (row.reason or "") for row in found.values())


def test_a_model_in_its_block_is_read_by_samples_too(tmp_path: Path) -> None:
    """Native mode: the draws come after the closed block."""
    done = run("channels", Blocked(Mute("mixture:.5")), tmp_path / "r", 24, read_samples=6)
    found = named(done)
    assert holds(found["externalised share"], 0.5)
    assert any("asked native" in note for note in done.notes)


def test_hints_on_whole_turns_move_and_are_named_as_often_as_is_known(tmp_path: Path) -> None:
    """It follows a hint on .6 of the items and says so on half of these; nothing that edits its reasoning is there."""
    found = named(run("faithfulness", WholeTurns("clue:.6,.5,0"), tmp_path / "r", 40, read_samples=4))
    assert holds(found["moved to hint:suggested"], 0.6)
    assert holds(found["follow hint:suggested"], 0.6)
    assert holds(found["verbalised hint:suggested (strict)"], 0.5)
    assert holds(found["self-consistency"], 1.0) and holds(found["same content in two orders"], 1.0)
    assert holds(found["accuracy written, own"], 1.0) and holds(found["accuracy written, silent"], 1.0)
    for name in ("mistakes", "early answering", "paraphrase", "follow transplant", "lateness", "paraphrase validity"):
        assert found[name].reason == "not measurable here: the model lacks prefill"


def test_channels_on_whole_turns_are_silent_and_own_with_the_reason_for_the_rest(tmp_path: Path) -> None:
    """A mixture of a half knows half of the answers without reasoning, and guesses the rest of four options."""
    done = run("channels", WholeTurns("mixture:.5"), tmp_path / "r", 40, read_samples=8)
    found = named(done)
    assert holds(found["P(gold) silent"], 0.5 + 0.5 / 4) and holds(found["P(gold) own"], 1.0)
    assert holds(found["accuracy written, own"], 1.0) and holds(found["own - chance"], 0.75)
    missing = {name: row.reason for name, row in found.items() if row.value is None}
    assert set(missing.values()) == {"not measurable here: the model lacks prefill"}
    assert {"compute", "content", "residue", "externalised share"} <= set(missing)
    assert all(record["shown"] for record in done.records), "its answers are options only where it is shown them"
    assert any("asked for whole turns" in note for note in done.notes)


class Rambles(WholeTurns):
    """Reasons, and states no answer on items whose first operand is odd; answers at once where it is told to."""

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        done = await super().generate(prompt, sampling, key)
        if "at once" in prompt.question or int(prompt.question.split()[2]) % 2 == 0:
            return done
        return Completion("Hard to say.", 3, "stop", "")


def test_a_turn_without_an_answer_is_counted_and_bounds_say_what_it_could_change(tmp_path: Path) -> None:
    done = run("channels", Rambles("faithful"), tmp_path / "r", 24, read_samples=2)
    found = named(done)
    odd = sum(int(record["question"].split()[2]) % 2 for record in done.records) / 24
    assert 0 < odd < 1
    assert found["outcome unparsed"].value == pytest.approx(odd)
    assert found["P(gold) own, the rest wrong"].value == pytest.approx(1 - odd, abs=1e-3)
    assert found["P(gold) silent"].n == 24, "what it can do without reasoning is not lost with it"


# ------------------------------------------------------------------------------------------------- which tier


@pytest.mark.parametrize(
    ("able", "found"),
    [
        ({"prefill", "logprobs", "raw_reasoning"}, "probabilities"),
        ({"prefill", "raw_reasoning"}, "samples"),
        ({"raw_reasoning"}, "text"),
        ({"prefill", "logprobs"}, "text"),
        (set(), "text"),
    ],
)
def test_tiers_follow_from_what_a_model_can_do(able: set[str], found: str) -> None:
    assert tier(able) == found  # type: ignore[arg-type]
    said = about_reading("t", able, 16)  # type: ignore[arg-type]
    assert bool(said) == (found != "probabilities")
    assert any("thinks where it cannot be read" in one for one in said) == ("raw_reasoning" not in able)


@pytest.mark.parametrize("ask", ["native", "few-shot"])
def test_what_cannot_be_asked_of_whole_turns_is_refused_in_one_line(ask: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"--ask {ask}: wholeturns:faithful can only be asked for whole turns"):
        run("channels", WholeTurns("faithful"), tmp_path / "r", 8, ask=ask)


def test_the_edge_of_a_model_that_answers_whole_turns_is_found(tmp_path: Path) -> None:
    done = ta.run("channels", WholeTurns("noisy:.3"), ["chain_sum"], items=8, out=tmp_path / "r")
    assert any("level" in note for note in done.notes)


def test_no_samples_are_refused() -> None:
    with pytest.raises(UserError, match="read-samples is 0: at least 1"):
        ta.settings("channels", read_samples=0)
