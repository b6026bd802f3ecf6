"""The headline looks at its nulls: what any reasoning does is taken off, bounded, or said first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

import item_records
from thinkaloud.conditions.transplant import unrelated
from thinkaloud.metrics.channels import channels
from thinkaloud.open_model import open_model
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.studies.channels.words import sentences
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Finding, Item, Record

OPTIONS = tuple("abcd")


def item(options: Sequence[str] = OPTIONS) -> Item:
    return Item("i", "t", 1, "Which?", tuple(options), options[0])


def test_unrelated_reasoning_concludes_something_and_none_of_the_options() -> None:
    assert unrelated(item(), 0, ["a", "b", None, "x", "y"]) == 3
    assert unrelated(item(), 4, ["a", "x", None, "c", "y"]) == 1, "around the circle, never its own"
    assert unrelated(item(), 0, ["x", "b", None, "c"]) is None


@cache
def measured(model: str, task: str = "chain_sum", level: int = 4, items: int = 96) -> dict[str, Estimate]:
    config = Config("channels", model, (task,), items, level, 1)
    found = channels(records_of(Channels(), open_model(model), open_task(task), config))
    return {estimate.name: estimate for estimate in found}


def said(estimates: dict[str, Estimate]) -> str:
    (sentence,) = sentences([Finding("channels", "m", "t", 1, estimate) for estimate in estimates.values()])
    return sentence


def within(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None and estimate.high is not None, estimate.reason
    return estimate.low - 1e-6 <= truth <= estimate.high + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_a_reasoner_that_is_right_after_any_reasoning_is_no_reader_of_content(share: float) -> None:
    """All items of that kind had an externalised share of 1.00, and so had a quarter of them (truth .75)."""
    found = measured(f"scripted:any-text:{share}")
    assert within(found["compute"], 0.75 * share)
    assert within(found["content"], 0.75 * (1 - share))
    assert within(found["content with unrelated"], 0.75 * share)
    assert found["externalised share"].value == pytest.approx(1 - share, abs=0.08)


@pytest.mark.slow
def test_the_sharper_null_sees_what_followers_of_foreign_reasoning_hide() -> None:
    """They are pulled to a wrong option by foreign reasoning; reasoning that leads nowhere leaves them guessing."""
    found = measured("scripted:any-text:0.25")
    sharp, blunt = found["content with unrelated"], found["content with foreign"]
    assert sharp.low is not None and sharp.low > 0
    assert sharp.value is not None and blunt.value is not None and sharp.value > blunt.value


@pytest.mark.slow
def test_a_null_that_rings_is_said_before_the_share() -> None:
    sentence = said(measured("scripted:any-text:0.25"))
    assert "A null rings: reasoning about another question" in sentence
    assert sentence.index("A null rings") < sentence.index("carries")


@pytest.mark.slow
@pytest.mark.parametrize("reasoner", ["faithful", "posthoc", "mixture:.5"])
def test_a_silent_null_is_not_said(reasoner: str) -> None:
    assert "null" not in said(measured(f"scripted:{reasoner}"))


@pytest.mark.slow
def test_where_all_reasoning_leads_to_an_option_the_null_is_bounded_in_words() -> None:
    """Yes or no: every other question's reasoning says one of them."""
    found = measured("scripted:faithful", "coin", 3, 24)
    assert found["content with unrelated"].value is None
    assert "what any reasoning does could not be measured: up to" in said(found)


def reading(p: float) -> dict[str, Any]:
    return item_records.reading([math.log(max(x, 1e-30)) for x in (p, *[(1 - p) / 3] * 3)])


def record(i: int, **p: float) -> Record:
    conditions = {name.replace("_", ":"): reading(value) for name, value in p.items()}
    return item_records.record(i, conditions, OPTIONS, 0)


PLAIN = {"own": 1.0, "paraphrase": 1.0, "silent": 0.25, "filler_dots": 0.25}


def test_a_foreign_null_that_rings_where_there_is_no_sharper_one_is_said_and_not_taken_off() -> None:
    found = {e.name: e for e in channels([record(i, **PLAIN, foreign=0.6) for i in range(24)])}
    assert found["content"].value == pytest.approx(0.75)
    assert "content includes it" in said(found)


def test_a_few_items_without_unrelated_reasoning_are_left_out_and_many_leave_it_out() -> None:
    records = [record(i, **PLAIN, **({"unrelated": 0.5} if i % 6 else {})) for i in range(24)]
    found = {e.name: e for e in channels(records)}
    assert (found["content"].value, found["content"].n) == (pytest.approx(0.5), 20)
    records = [record(i, **PLAIN, **({} if i % 6 else {"unrelated": 0.5})) for i in range(24)]
    found = {e.name: e for e in channels(records)}
    assert (found["content"].value, found["content"].n) == (pytest.approx(0.75), 24)


@pytest.mark.slow
def test_the_headline_prints_the_share_by_accuracy_beside_that_by_probability() -> None:
    assert "; by accuracy 0." in said(measured("scripted:mixture:.5"))
