"""The claims of thinkaloud.metrics.channels and .legibility, on records of reasoners whose truth is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import item_records
from thinkaloud.metrics.channels import by_item, channels
from thinkaloud.metrics.channels import table as channel_table
from thinkaloud.metrics.legibility import legibility
from thinkaloud.stats.bootstrap import KEY, Sample, corners, difference, greatest, least
from thinkaloud.vocabulary import Estimate

OPTIONS = [str(i) for i in range(10)]
NAMES = ("silent", "compute", "content", "residue")
GOLD = 3
ENDS = ("value", "low", "high")


def reading(p: float) -> dict[str, Any]:
    """P(gold) = p, the rest spread evenly; the model's probabilities need not sum to 1 over the options."""
    right, wrong = max(p, 1e-30), max(1 - p, 1e-30) / 9
    return item_records.reading([math.log(0.5 * (right if i == GOLD else wrong)) for i in range(10)])


def record(i: int, **p: float) -> dict[str, Any]:
    """One item; `filler_dots=.1` is the condition filler:dots."""
    legible = {"readable": 1.0, "sound": 0.5, "grounded": 0.5, "complete": 0.25}
    conditions = {name.replace("_", ":"): reading(value) for name, value in p.items()}
    return item_records.record(i, conditions, OPTIONS, GOLD, thought=item_records.thought(legible=legible))


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
        *NAMES, "own - chance", "externalised share", "disruption", "disruption by wording", "paraphrase - baseline",
        "content with unrelated",
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
    for name in ("content", "residue", "externalised share", "content (accuracy)"):
        assert found[name].reason == "not measured: no item has paraphrase"
    assert found["P(gold) foreign"].reason == "not measured: no item has foreign"


def test_silent_and_compute_need_no_paraphrase() -> None:
    """Over the items that have what each row needs, with their own n."""
    records = same(20, **{k: v for k, v in FILLER.items() if k != "paraphrase"})
    for r in records[:4]:
        del r["conditions"]["filler:dots"]
    found = table(records)
    assert [(found[name].value, found[name].n) for name in ("silent", "compute", "own - chance")] == [
        (pytest.approx(0.0), 16), (pytest.approx(0.9), 16), (pytest.approx(0.9), 20)
    ]  # fmt: skip
    assert "filler" not in str(found["disruption"].reason).split(":")[0] and found["disruption"].n == 16


def test_a_handful_of_paraphrases_is_no_reason_to_drop_the_other_items() -> None:
    records = same(20, **{k: v for k, v in POSTHOC.items() if k != "paraphrase"})
    for r in records[:3]:
        r["conditions"]["paraphrase"] = reading(1.0)
    found = table(records)
    assert (found["silent"].value, found["silent"].n) == (pytest.approx(0.9), 20)
    assert str(found["content"].reason).startswith("too few items (n=3)")


def test_the_reason_says_why_there_is_no_paraphrase_and_what_to_do() -> None:
    why = "the task has no grammar to reword by (--paraphraser model asks the model)"
    records = [r | {"rejected": {"by": "rules", "why": why, "wrote": None}}
               for r in same(20, own=1.0, silent=0.1, filler_dots=0.1)]  # fmt: skip
    assert table(records)["content"].reason == f"not measured: no item has paraphrase: {why}"


THROWN = {"own": 1.0, "paraphrase": 0.1, "silent": 1.0, "filler_dots": 1.0, "filler_repeat": 0.9}


def test_a_disrupting_paraphrase_is_disruption_and_never_negative_content() -> None:
    """It knows the answer, and other words throw it: all silent, no residue, and the loss in a row of its own."""
    found = table(same(20, **THROWN))
    assert [found[name].value for name in ("silent", "compute", "residue")] == pytest.approx([0.9, 0, 0])
    assert found["content"].value is None and str(found["content"].reason).startswith(
        "none: the paraphrase is below the content-free baseline (paraphrase - baseline = -0.900 [-0.9"
    )
    assert str(found["externalised share"].reason).startswith("none: the paraphrase is below")
    assert found["disruption by wording"].value == pytest.approx(0.9)
    assert found["paraphrase - baseline"].value == pytest.approx(-0.9)
    sums = [sum(parts.values()) for parts in by_item(same(20, **THROWN)).values()]
    assert sums == pytest.approx([0.9] * 20)


def test_what_own_words_give_over_the_baseline_is_still_residue_where_other_words_disrupt() -> None:
    found = table(same(20, own=0.9, paraphrase=0.3, silent=0.6, filler_dots=0.6))
    assert found["content"].value is None
    assert found["residue"].value == pytest.approx(0.3), "own - baseline, not own - paraphrase"
    assert found["disruption by wording"].value == pytest.approx(0.3)


def test_reasoning_that_misleads_in_any_words_is_negative_content_and_no_disruption() -> None:
    """Its own words are below the baseline, and other words as much: the meaning drags the answer down."""
    found = table(same(20, own=0.3, paraphrase=0.3, silent=0.6, filler_dots=0.6))
    assert found["content"].value == pytest.approx(-0.3)
    assert found["residue"].value == pytest.approx(0)
    assert str(found["disruption by wording"].reason).startswith("none: the paraphrase is not below")


@pytest.mark.slow
@pytest.mark.parametrize("n", [12, 24])
def test_intervals_cover_the_truth_at_the_null_and_where_words_disrupt(n: int) -> None:
    """100 studies of few items with uneven readings: content 0 of a post-hoc reasoner, residue 0 and the disruption of
    a thrown one (loss .35 on average) lie within their intervals at least nine times in ten."""
    rng = np.random.default_rng(7)
    missed = {"content": 0, "residue": 0, "disruption by wording": 0}
    for _ in range(100):
        known = rng.beta(4, 2, n)
        noise = rng.normal(0, 0.05, (4, n))
        lost = rng.beta(2, 2, n) * 0.7
        clear = [np.clip(known + e, 0.01, 0.99) for e in noise]
        for words, names in ((clear[1], ("content",)), (clear[1] - lost, ("residue", "disruption by wording"))):
            rows = [
                record(i, silent=known[i], filler_dots=clear[0][i], paraphrase=max(0.01, words[i]), own=clear[2][i])
                for i in range(n)
            ]
            found = {e.name: e for e in channel_table(rows, key=KEY)}
            truth = {"content": 0.0, "residue": 0.0, "disruption by wording": 0.35}
            for name in names:
                e = found[name]
                missed[name] += e.low is not None and not e.low - 0.015 <= truth[name] <= (e.high or 0.0) + 0.015
    assert all(count <= 10 for count in missed.values()), missed


def test_without_fillers_there_is_no_baseline_and_no_content() -> None:
    found = table(same(20, own=1.0, paraphrase=1.0, silent=0.1))
    assert found["content"].value is None and "filler" in str(found["content"].reason)
    assert found["silent"].value == pytest.approx(0.0), "silence needs no filler"


def test_failed_and_unparsed_records_are_left_out_and_counted_in_parsed() -> None:
    records = same(20, **FAITHFUL)
    records += [record(20) | {"status": "failed", "error": "x"}, record(21, own=0.0) | {"status": "unparsed"}]
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
    assert "paraphrase accepted" not in found, "nothing but the task's rules made these"


def test_paraphrases_that_no_grammar_read_back_have_no_validity() -> None:
    """The model's paraphrases of a task without a grammar: numbers and negations were looked at, no more."""
    records = same(20, **FAITHFUL)
    for r in records[:15]:
        r["conditions"]["paraphrase"] |= {"check": "words"}
    for r in records[15:]:
        del r["conditions"]["paraphrase"]
        r["rejected"] = {"by": "model", "why": "it is a copy", "wrote": "x"}
    found = {e.name: e for e in legibility(records)}
    assert found["paraphrase accepted"].value == pytest.approx(0.75)
    assert found["paraphrase validity"].value is None
    assert str(found["paraphrase validity"].reason).startswith("not verifiable beyond numbers and negations: 15 of 20")


def test_the_share_of_sentences_that_kept_their_words_is_told() -> None:
    records = same(20, **FAITHFUL)
    for r in records:
        r["conditions"]["paraphrase"] |= {"between": ["a", "b", "c", "d"], "changed": [0, 2, 3]}
    assert {e.name: e for e in legibility(records)}["paraphrase reworded"].value == pytest.approx(0.75)


probabilities = st.floats(0.01, 0.99)
items = st.fixed_dictionaries({name: probabilities for name in FAITHFUL})


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(items, min_size=6, max_size=14))
def test_channels_add_up_to_own_minus_chance_by_item_and_in_the_mean(ps: list[dict[str, float]]) -> None:
    records = [record(i, **p) for i, p in enumerate(ps)]
    for p, parts in zip(ps, by_item(records).values(), strict=True):
        assert math.fsum(parts[name] for name in NAMES) == pytest.approx(p["own"] - 0.1, abs=1e-9)
    found = table(records)
    parts_of = {name: found[name].value for name in NAMES}
    if parts_of["content"] is None:  # none: the paraphrase disrupts, and nothing is left of it in the items
        assert str(found["content"].reason).startswith("none: ")
        parts_of["content"] = float(np.mean([parts["content"] for parts in by_item(records).values()]))
    total = math.fsum(value or 0.0 for value in parts_of.values())
    assert total == pytest.approx(found["own - chance"].value, abs=1e-9)
    by_items = {name: np.mean([parts[name] for parts in by_item(records).values()]) for name in NAMES}
    assert by_items == pytest.approx(parts_of, abs=1e-9)


def free_and_own(rng: np.random.Generator, n: int) -> Sample:
    """Three content-free readings and an own one of the same items, all of one mean."""
    rate = rng.beta(0.6, 0.6, (n, 1))
    return Sample(rng.beta(8 * rate + 1e-3, 8 * (1 - rate) + 1e-3, (n, 4)), extremes=corners(*[(0.0, 1.0)] * 4))


@pytest.mark.slow
def test_where_baselines_are_equal_content_errs_low_and_neither_it_nor_compute_is_claimed_too_often() -> None:
    """Null: silent, two fillers and own have one mean. The least gain is below 0 on average, the greatest above; a
    lower limit above 0 is a false claim, and happens in at most 1 of 40 studies."""
    rng, times = np.random.default_rng(3), 300
    rows: list[tuple[Estimate, Estimate]] = []
    for i in range(times):
        sample, key = free_and_own(rng, 24), KEY.child(str(i))
        content = least("content", [difference(3, k) for k in range(3)], sample, key)
        compute = greatest("compute", [difference(k, 0) for k in range(3)], sample, key)
        rows.append((content, compute))
    content_mean, compute_mean = (np.mean([pair[side].value for pair in rows]) for side in (0, 1))
    assert -0.05 < content_mean < -0.01 and 0.01 < compute_mean < 0.05
    for side in (0, 1):
        claims = sum((pair[side].low or 0.0) > 1e-9 for pair in rows)
        assert claims <= int(stats.binom.ppf(0.999, times, 0.025)), rows[0][side].name


def test_the_least_of_several_has_the_least_of_their_limits() -> None:
    """And the greatest the greatest, whose lower limit is that of a higher level."""
    sample = free_and_own(np.random.default_rng(1), 30)
    each = [least("x", [difference(3, k)], sample) for k in range(3)]
    both = least("x", [difference(3, k) for k in range(3)], sample)
    most = greatest("x", [difference(3, k) for k in range(3)], sample)
    assert (both.value, both.low, both.high) == tuple(min(getattr(e, end) for e in each) for end in ENDS)
    assert (most.value, most.high) == (max(e.value or 0.0 for e in each), max(e.high or 0.0 for e in each))
    assert most.low is not None and most.low < max(e.low or 0.0 for e in each)


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
