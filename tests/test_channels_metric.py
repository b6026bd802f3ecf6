"""The claims of thinkaloud.metrics.channels and .legibility, on records of reasoners whose truth is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thinkaloud.metrics.bootstrap import Array
from thinkaloud.metrics.channels import best_elsewhere, by_item, channels
from thinkaloud.metrics.legibility import legibility
from thinkaloud.vocabulary import Estimate

OPTIONS = [str(i) for i in range(10)]
NAMES = ("silent", "compute", "content", "residue")
GOLD = 3


def reading(p: float) -> dict[str, Any]:
    """P(gold) = p, the rest spread evenly; the model's probabilities need not sum to 1 over the options."""
    right, wrong = max(p, 1e-30), max(1 - p, 1e-30) / 9
    return {"between": [], "logprobs": [math.log(0.5 * (right if i == GOLD else wrong)) for i in range(10)]}


def record(i: int, **p: float) -> dict[str, Any]:
    """One item; `filler_dots=.1` is the condition filler:dots."""
    legible = {"readable": 1.0, "sound": 0.5, "grounded": 0.5, "complete": 0.25}
    thought = {"text": "", "finish": "stop", "steps": [], "conclusion": None, "right": None, "legible": legible}
    conditions = {name.replace("_", ":"): reading(value) for name, value in p.items()}
    return {"item": f"i{i}", "task": "t", "level": 1, "fold": i % 2, "status": "ok", "options": OPTIONS,
            "gold": GOLD, "thought": thought, "conditions": conditions}  # fmt: skip


def same(n: int, **p: float) -> list[dict[str, Any]]:
    return [record(i, **p) for i in range(n)]


def table(records: list[dict[str, Any]]) -> dict[str, Estimate]:
    found = channels(records)
    assert len({e.name for e in found}) == len(found), "names are unique"
    return {e.name: e for e in found}


FAITHFUL = {"own": 1.0, "paraphrase": 1.0, "silent": 0.1, "filler_dots": 0.1, "filler_repeat": 0.1}
POSTHOC = {"own": 1.0, "paraphrase": 1.0, "silent": 1.0, "filler_dots": 1.0, "filler_repeat": 1.0}
FILLER = {"own": 1.0, "paraphrase": 1.0, "silent": 0.1, "filler_dots": 1.0, "filler_repeat": 0.6}
ENCODER = {"own": 1.0, "paraphrase": 0.1, "silent": 0.1, "filler_dots": 0.1, "filler_repeat": 0.1}


@pytest.mark.parametrize(
    ("reasoner", "channel", "share"),
    [(FAITHFUL, "content", 1), (POSTHOC, "silent", 0), (FILLER, "compute", 0), (ENCODER, "residue", 0)],
)
def test_each_reasoner_comes_back_in_its_own_channel(reasoner: dict[str, float], channel: str, share: float) -> None:
    found = table(same(20, **reasoner))
    for name in NAMES:
        assert found[name].value == pytest.approx(0.9 if name == channel else 0, abs=1e-9), name
    assert found["externalised share"].value == pytest.approx(share, abs=1e-9)
    assert found["own - chance"].value == pytest.approx(0.9)
    assert found["content (accuracy)"].value == pytest.approx(0.9 if channel == "content" else 0)


@pytest.mark.parametrize("dial", [0.0, 0.25, 0.5, 1.0])
def test_a_mixture_with_dial_p_comes_back_as_p(dial: float) -> None:
    """Item-level mixture of the faithful and the post-hoc reasoner, spread evenly over both folds."""
    records = [record(i, **(FAITHFUL if (i // 2) % 4 < 4 * dial else POSTHOC)) for i in range(40)]
    share = table(records)["externalised share"]
    assert share.value == pytest.approx(dial, abs=1e-9)
    assert share.low is not None and share.high is not None and share.low < dial < share.high


def test_the_estimates_come_in_reading_order() -> None:
    records = same(
        6, **FAITHFUL, unrelated=0.1, foreign=0.1, resample=1.0, silent_mismatched=0.1, filler_dots_mismatched=0.1
    )
    assert [e.name for e in channels(records)] == [
        *(f"P(gold) {c}" for c in ("own", "paraphrase", "silent", "filler:dots", "filler:repeat", "unrelated")),
        "P(gold) foreign", "P(gold) resample", "P(gold) chance", "P(gold) filler:dots:mismatched",
        "P(gold) silent:mismatched",
        *NAMES, "own - chance", "externalised share", "disruption", "content with unrelated",
        "content with foreign", "content with resample",
        "P(gold) own (accuracy)", "P(gold) silent (accuracy)", "silent (accuracy)", "content (accuracy)",
        "externalised share (accuracy)",
    ]  # fmt: skip


def test_nulls_are_content_with_another_reasoning_in_place_of_the_paraphrase() -> None:
    found = table(same(10, **FAITHFUL, foreign=0.1, resample=0.8))
    assert found["content with foreign"].value == pytest.approx(0)
    assert found["content with resample"].value == pytest.approx(0.7)


def test_a_disrupting_filler_is_reported_as_disruption_and_never_booked_as_content() -> None:
    """Silent .67, filler .32: the baseline stays .67."""
    found = table(same(20, own=0.9, paraphrase=0.9, silent=0.67, filler_dots=0.32, filler_repeat=0.2))
    assert found["disruption"].value == pytest.approx(0.35)
    assert found["compute"].value == pytest.approx(0)
    assert found["content"].value == pytest.approx(0.23)


def test_a_useful_filler_is_no_disruption() -> None:
    disruption = table(same(20, **FILLER))["disruption"]
    assert disruption.value is None
    assert str(disruption.reason).startswith("none: the best filler is not below silent")


def test_where_own_is_not_above_chance_the_share_is_not_identifiable_rather_than_zero() -> None:
    weak = FAITHFUL | {"own": 0.1, "paraphrase": 0.1}
    records = [record(i, **(weak | {"own": 0.3 if i % 3 == 0 else 0.05})) for i in range(30)]
    found = table(records)
    share, ability = found["externalised share"], found["own - chance"]
    assert ability.value is not None and ability.low is not None and ability.low <= 0 < ability.value
    assert share.value is None
    assert str(share.reason).startswith("not identifiable: own is not above chance (own - chance = ")
    assert f"[{ability.low:.3f}, {ability.high:.3f}]" in str(share.reason)


def test_a_missing_condition_leaves_the_item_out_instead_of_counting_as_zero() -> None:
    records = same(20, **FAITHFUL)
    for r in records[:6]:
        del r["conditions"]["paraphrase"]
    found = table(records)
    assert found["P(gold) paraphrase"].value == pytest.approx(1.0)
    assert (found["P(gold) paraphrase"].n, found["content"].n, found["P(gold) own"].n) == (14, 14, 20)
    assert found["silent"].n == 14, "channels are paired: all over the same items"
    assert found["content"].value == pytest.approx(0.9)


def test_a_condition_that_nobody_has_is_named_in_the_reason() -> None:
    records = same(20, **{k: v for k, v in FAITHFUL.items() if k != "paraphrase"})
    found = table(records)
    for name in (*NAMES, "externalised share", "content (accuracy)"):
        assert found[name].reason == "not measured: no item has paraphrase"
    assert found["P(gold) foreign"].reason == "not measured: no item has foreign"


def test_without_fillers_there_is_no_baseline_and_no_content() -> None:
    found = table(same(20, own=1.0, paraphrase=1.0, silent=0.1))
    assert found["content"].value is None and "filler" in str(found["content"].reason)


def test_one_fold_alone_cannot_choose_its_own_baseline() -> None:
    records = [r | {"fold": 0} for r in same(20, **FAITHFUL)]
    assert "no item in fold 1" in str(table(records)["content"].reason)


def test_failed_and_unparsed_records_are_left_out_and_counted_in_parsed() -> None:
    records = same(20, **FAITHFUL)
    records += [{"item": "f", "status": "failed", "error": "x"}, record(21, own=0.0) | {"status": "unparsed"}]
    assert table(records)["P(gold) own"].value == pytest.approx(1.0)
    found = {e.name: e for e in legibility(records)}
    assert found["parsed"].value == pytest.approx(20 / 22)


def test_no_records_at_all_give_reasons_only() -> None:
    assert all(e.value is None and e.reason for e in [*channels([]), *legibility([])])


def test_legibility_means_and_paraphrase_validity() -> None:
    records = same(20, **FAITHFUL)
    for r in records[:5]:
        del r["conditions"]["paraphrase"]
        r["thought"]["legible"] = None
    found = {e.name: e for e in legibility(records)}
    values = {name: found[name].value for name in ("readable", "sound", "grounded", "complete")}
    assert values == pytest.approx({"readable": 1.0, "sound": 0.5, "grounded": 0.5, "complete": 0.25})
    assert found["complete"].n == 15
    assert found["paraphrase validity"].value == pytest.approx(0.75)


probabilities = st.floats(0.01, 0.99)
items = st.fixed_dictionaries({name: probabilities for name in FAITHFUL})


@settings(max_examples=40, deadline=None)
@given(st.lists(items, min_size=6, max_size=14))
def test_channels_add_up_to_own_minus_chance_by_item_and_in_the_mean(ps: list[dict[str, float]]) -> None:
    records = [record(i, **p) for i, p in enumerate(ps)]
    for p, parts in zip(ps, by_item(records).values(), strict=True):
        assert math.fsum(parts[name] for name in NAMES) == pytest.approx(p["own"] - 0.1, abs=1e-9)
    found = table(records)
    total = math.fsum(found[name].value or 0.0 for name in NAMES)
    assert total == pytest.approx(found["own - chance"].value, abs=1e-9)
    by_items = {name: np.mean([parts[name] for parts in by_item(records).values()]) for name in NAMES}
    assert by_items == pytest.approx({name: found[name].value for name in NAMES}, abs=1e-9)


def test_choosing_the_baseline_on_the_other_fold_is_unbiased_where_the_naive_maximum_is_not() -> None:
    """Null: silent and three fillers have the same mean. Compute is 0 on average; max() books noise as compute."""
    rng = np.random.default_rng(3)
    n, times = 40, 1500
    fold, fitted, naive = np.arange(n, dtype=np.float64) % 2, [], []
    for _ in range(times):
        free: Array = rng.beta(0.6, 0.6, (n, 4))
        silent = free[:, 0].mean()
        fitted.append(best_elsewhere(fold, free, np.ones((1, n)))[0] - silent)
        naive.append(free.mean(axis=0).max() - silent)
    noise = np.std(fitted) / math.sqrt(times)
    assert abs(np.mean(fitted)) < 2.5 * noise
    assert np.mean(naive) > 20 * noise


def test_the_choice_is_made_again_in_every_resample() -> None:
    """Weights that turn the order around in one fold change the baseline of the other."""
    fold = np.array([0.0, 0.0, 1.0, 1.0])
    columns = np.array([[0.9, 0.1], [0.0, 0.5], [0.2, 0.7], [0.2, 0.7]])
    weights = np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 1.0, 1.0]])
    # fold 1 always prefers column 1 for fold 0; fold 0 prefers column 0 for fold 1 only in the first line
    assert best_elsewhere(fold, columns, weights) == pytest.approx([(0.6 + 0.4) / 4, (1.0 + 1.4) / 4])


def test_equal_best_options_share_the_accuracy() -> None:
    """A reading that prefers nothing is right as often as chance, wherever the right option stands."""
    records = [r | {"gold": i % 10} for i, r in enumerate(same(20, **(FAITHFUL | {"silent": 0.1})))]
    for r in records:
        r["conditions"]["silent"]["logprobs"] = [-5.0] * 10
    assert table(records)["P(gold) silent (accuracy)"].value == pytest.approx(0.1)


def test_sharpening_shows_in_probability_and_not_in_accuracy() -> None:
    """Greedy reasoning turns a lean of .6 into certainty: content by probability, none by accuracy."""
    found = table(same(20, own=1.0, paraphrase=1.0, silent=0.6, filler_dots=0.6))
    assert found["content"].value == pytest.approx(0.4)
    assert found["content (accuracy)"].value == pytest.approx(0.0)
