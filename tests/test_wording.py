"""Reasoners whose truth about wording is known, and tasks whose wording nobody can read: what the channels say of them.

A code in the choice of words, a model that unusual words throw, and one that reads meaning in its own style only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

import thinkaloud as ta
from thinkaloud.api import Run
from thinkaloud.calibration import expected
from thinkaloud.calibration.roster import LEVEL, SHAPE, TASK, scripted_standards
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.organisms.scripted import scripted
from thinkaloud.report.wording import wording
from thinkaloud.ruler.measure import cells, measure
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import (
    Completion,
    Estimate,
    Finding,
    Key,
    ModelCard,
    Prompt,
    Reading,
    Record,
    Sampling,
)

ITEMS, SLACK = 48, 1e-3
NEAR = 0.02
"""These items are one draw, in which a paraphrase was right by luck more often than in one of four: the truth, which is
the most that there can be, lies just above the interval."""
NEW = ("wordcode", "thrown", "thrown:0.5", "ownstyle")


def within(row: Mapping[str, object]) -> bool:
    low, high, truth = row["low"], row["high"], row["truth"]
    assert isinstance(low, float) and isinstance(high, float) and isinstance(truth, float), row
    return low - SLACK <= truth <= high + SLACK


@cache
def records(name: str) -> tuple[Record, ...]:
    config = Config("channels", f"scripted:{name}", (TASK,), ITEMS, LEVEL, 1)
    return tuple(records_of(Channels(), scripted(name), open_task(TASK), config))


@cache
def found(name: str) -> Mapping[str, Estimate]:
    return {row.name: row for row in Channels().estimate(records(name), Key(("wording",)))}


def value(name: str, row: str) -> float:
    estimate = found(name)[row]
    assert estimate.value is not None, (row, estimate.reason)
    return estimate.value


def said(name: str) -> list[str]:
    return wording([Finding("channels", name, TASK, LEVEL, row) for row in found(name).values()])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NEW, "encoded", "faithful", "posthoc"])
def test_every_channel_and_test_of_a_reasoner_of_known_truth_is_within_its_interval(name: str) -> None:
    standard = next(s for s in scripted_standards() if s.rule == name)
    rows = cells(standard, measure(standard.model, standard.task, standard.level, ITEMS))
    assert len(rows) > 30
    for row in rows:
        if name.startswith("thrown") and row["test"] == "content":
            assert row["value"] is None and str(row["reason"]).startswith("none: the paraphrase is below"), row
        else:
            assert within(row), row


@pytest.mark.slow
def test_a_code_in_the_choice_of_words_is_read_at_chance_and_not_below_it() -> None:
    """Were the used wording left out of the draw, the paraphrase would be right in none of the items: content -.25 and
    residue 1.00 where 0 and .75 are true."""
    row = found("wordcode")["P(gold) paraphrase"]
    assert row.low is not None and row.high is not None and 0 < row.low <= 0.25 <= row.high
    assert value("wordcode", "P(gold) own") == pytest.approx(1)
    for name, truth in (("content", 0.0), ("residue", 0.75)):
        row = found("wordcode")[name]
        assert row.low is not None and row.high is not None and row.low <= truth <= row.high + NEAR


@pytest.mark.slow
@pytest.mark.parametrize("name", ["thrown", "thrown:0.5"])
def test_a_model_that_unusual_words_throw_is_all_silent(name: str) -> None:
    """It was booked as content -.5 and residue +.5; its loss is disruption by wording."""
    assert value(name, "silent") == pytest.approx(0.75)
    assert [value(name, row) for row in ("compute", "residue")] == pytest.approx([0, 0], abs=1e-6)
    assert found(name)["content"].value is None and found(name)["externalised share"].value is None
    row, truth = found(name)["disruption by wording"], expected.disrupted(name, SHAPE)
    assert row.low is not None and row.high is not None and row.low <= truth <= row.high + NEAR
    assert value(name, "paraphrase - baseline") == pytest.approx(-value(name, "disruption by wording"))
    assert any("this is neither content nor residue" in text for text in said(name))


@pytest.mark.slow
def test_own_style_and_a_code_have_the_same_channels_and_are_told_apart_in_words() -> None:
    for name in ("ownstyle", "wordcode", "encoded"):
        low, high = found(name)["residue"].low, found(name)["residue"].high
        assert low is not None and high is not None and low <= 0.75 <= high + NEAR
    assert value("ownstyle", "follow mistake:last") == pytest.approx(1)
    assert "reads the meaning, but only in its own style" in said("ownstyle")[0]
    for name in ("wordcode", "encoded"):
        assert value(name, "follow mistake:last") == pytest.approx(0, abs=1e-6)
        assert "something other than the meaning carries it" in said(name)[0]
    assert said("faithful") == said("posthoc") == []


def test_each_sentence_keeps_its_words_in_a_share_of_one_over_the_wordings() -> None:
    row = found("faithful")["paraphrase reworded"]
    assert row.low is not None and row.high is not None and row.low <= 1 - 1 / SHAPE.wordings <= row.high
    for record in records("faithful"):
        other, own = record["conditions"]["paraphrase"], record["conditions"]["own"]
        differ = [i for i, text in enumerate(other["between"]) if text != own["between"][i]]
        assert other["changed"] == differ, "what is marked as changed has other words"


def test_items_of_a_group_draw_their_wordings_for_themselves() -> None:
    """One wording for eight items would be in the mean and not in its interval."""
    grammar = open_task(TASK).grammar  # type: ignore[attr-defined]
    drawn = {
        tuple(grammar.find(text).wording for text in record["conditions"]["paraphrase"]["between"])
        for record in records("faithful")[:8]
    }
    assert len(drawn) >= 6


# -------------------------------------------------------------------------------------------- tasks without a grammar


class Clerk:
    """Knows six answers in ten without a word, all of them with its own; rewrites by `turn`."""

    card = ModelCard("clerk", "own", "1", "chat", "exact", 9999, frozenset({"prefill", "logprobs", "raw_reasoning"}))

    def __init__(self, turn: Mapping[str, str]) -> None:
        self.turn = turn

    async def generate(self, prompt: Prompt, sampling: Sampling, key: Key) -> Completion:
        text = prompt.question
        if text.startswith("Rewrite"):
            thought = text.rpartition("different wording: ")[2]
            for old, new in self.turn.items():
                thought = thought.replace(old, new)
            return Completion(thought, 9, "stop")
        number = text.split()[2]
        return Completion(f"The box number {number} is not empty. So there is a key in it.", 9, "stop")

    async def score(self, prompt: Prompt, options: Sequence[str], closing: str = ".") -> Reading:
        right = 0.99 if any("key" in part for part in prompt.prefill) else 0.6
        return Reading(tuple(math.log(right if option == "a key" else 1 - right) for option in options))


def boxes(tmp_path: Path) -> str:
    lines = [
        {"question": f"Does box {i} hold a key?", "options": ["a key", "nothing"], "answer": "a key",
         "reasoning": ["It is heavy.", "So there is a key."]}
        for i in range(30)
    ]  # fmt: skip
    path = tmp_path / "boxes.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def run(tmp_path: Path, turn: Mapping[str, str], paraphraser: str) -> tuple[dict[str, Estimate], Run]:
    settings = ConditionSettings(paraphraser=paraphraser)
    made = ta.run("channels", Clerk(turn), [boxes(tmp_path)], items=16, difficulty=1, out=tmp_path / "run",
                  settings=settings)  # fmt: skip
    return {f.estimate.name: f.estimate for f in made.findings}, made


def test_a_task_without_a_grammar_has_silent_and_compute_and_says_why_it_has_no_content(tmp_path: Path) -> None:
    rows, made = run(tmp_path, {}, "rules")
    assert [(rows[name].value is not None, rows[name].n) for name in ("silent", "compute", "own - chance")] == [
        (True, 16)
    ] * 3
    for name in ("content", "residue", "externalised share"):
        assert rows[name].reason == (
            "not measured: no item has paraphrase: the task has no grammar to reword by (--paraphraser auto asks an "
            "editor)"
        )
    assert rows["paraphrase validity"].value == 0
    assert any("16 of 16 items have no paraphrase" in note for note in made.notes)


def test_a_paraphrase_that_turns_the_meaning_round_is_refused_counted_and_named(tmp_path: Path) -> None:
    """Its numbers are all there: by numbers alone its validity was 1.00."""
    rows, made = run(tmp_path, {"is not empty": "is empty", "The box": "That box"}, "model")
    assert rows["paraphrase accepted"].value == 0
    assert rows["content"].reason == (
        "not measured: no item has paraphrase: 1 negations became 0; --editor MODEL asks another model for them"
    )
    refused = [record for record in made.records if record["rejected"]]
    assert len(refused) == 16 and "is empty" in refused[0]["rejected"]["wrote"]
    note = next(note for note in made.notes if "have no paraphrase" in note)
    assert "1 negations became 0: 16" in note and str(refused[0]["item"]) in note


def test_a_paraphrase_by_the_model_under_test_is_a_limit_named_beside_the_number(tmp_path: Path) -> None:
    rows, made = run(
        tmp_path, {"The box": "The case", "So there is a key in it": "It follows that it holds a key"}, "model"
    )
    assert rows["paraphrase accepted"].value == 1 and rows["content"].value is not None
    assert str(rows["paraphrase validity"].reason).startswith("not verifiable beyond numbers and negations: 16 of 16")
    assert any("A code that it keeps when it rewrites its own words is counted as content" in n for n in made.notes)
    assert any("no grammar made the paraphrases" in text for text in wording(made.findings))
    assert "no grammar made the paraphrases" in (made.folder / "report.md").read_text()
