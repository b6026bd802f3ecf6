"""A quantity in two runs: verdicts are right where the truth is known, and the interval is what it says it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import rungs_fixture
from simulators import simulator
from thinkaloud.metrics.compared_arms import arm_rows
from thinkaloud.metrics.frontier import area_weights, frontiers
from thinkaloud.metrics.matched import Flips, flips, match, values
from thinkaloud.metrics.readings import p_gold
from thinkaloud.stats.bootstrap import Sample, difference, drawn, limits, mean
from thinkaloud.stats.paired import Found, compare_row, judge, smallest_change, with_holm
from thinkaloud.vocabulary import Key

SIM = simulator("compare_coverage")
STUDIES, N = 200, 48
SURE = 0.999


def at_most(rate: float) -> int:
    """More of the studies than this would show that the rate is higher."""
    return int(stats.binom.ppf(SURE, STUDIES, rate))


def at_least(rate: float) -> int:
    """Fewer of the studies than this would show that the rate is lower."""
    return int(stats.binom.ppf(1 - SURE, STUDIES, rate))


def verdicts(pair, margin=0.05, n=N):
    return [SIM.study(pair, n, i, 1000)[0] for i in range(STUDIES)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two models", "coarser arithmetic", "flips of a fifth"])
def test_equal_pairs_are_not_called_different_more_often_than_one_in_twenty(name):
    rows = verdicts(SIM.WORLDS[name])
    assert sum(row.word == "different" for row in rows) <= at_most(0.05)
    held = sum(row.difference.low <= 0 <= row.difference.high for row in rows)
    assert held >= at_least(0.95) - (8 if name == "flips of a fifth" else 0)  # few discrete flips: see docs/compare.md


@pytest.mark.slow
def test_a_difference_that_could_be_seen_is_seen_four_times_in_five():
    """The printed smallest change is one that is found with 80% power, and half of it is found much less often."""
    world = SIM.with_change(SIM.two_models, 0.29)  # a difference of .145
    rows = verdicts(world)
    printed = float(np.mean([row.smallest for row in rows]))
    known = abs(SIM.truth(world))
    assert printed == pytest.approx(known, abs=0.012)
    assert sum(row.word == "different" for row in rows) >= at_least(0.8)
    half = verdicts(SIM.with_change(SIM.two_models, 0.145))
    assert sum(row.word == "different" for row in half) <= at_most(0.5)


@pytest.mark.slow
def test_a_difference_of_the_margin_is_rarely_called_the_same_and_none_often_is():
    just = verdicts(SIM.with_change(SIM.rounded, 0.1))
    assert abs(SIM.truth(SIM.with_change(SIM.rounded, 0.1))) >= 0.05
    assert sum(row.word == "the same" for row in just) <= at_most(0.08)  # few items carry it: see docs/compare.md
    assert sum(row.word == "the same" for row in verdicts(SIM.rounded)) >= at_least(0.95)


def test_the_interval_is_that_of_jeffreys_for_what_is_right_or_wrong():
    """One prior item, half of it at 0 and half at 1, is Jeffreys' prior; percentiles are expanded for few items."""
    for right, n in ((0, 24), (5, 24), (24, 24), (30, 60)):
        rows = (np.arange(n) < right).astype(float)[:, None]
        found = drawn(mean(0), Sample(rows, extremes=np.array([[0.0], [1.0]])), Key(("j",)), 40_000)
        exact = stats.beta(right + 0.5, n - right + 0.5)
        for level in (0.90, 0.95):
            p = stats.norm.cdf(-stats.t.ppf((1 + level) / 2, n - 1) * np.sqrt(n / (n - 1)))
            low, high = limits(found, right / n, n, level)
            assert low == pytest.approx(min(exact.ppf(p), right / n), abs=0.005)
            assert high == pytest.approx(max(exact.ppf(1 - p), right / n), abs=0.005)


def test_with_many_items_it_is_students():
    rows = np.random.default_rng(1).beta(0.6, 0.6, (400, 2))
    d = rows[:, 1] - rows[:, 0]
    corners = np.array([(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)])
    found = limits(drawn(difference(1, 0), Sample(rows, extremes=corners), Key(("t",)), 20_000), d.mean(), 400)
    half = stats.t.ppf(0.975, 399) * stats.sem(d)
    assert found == pytest.approx((d.mean() - half, d.mean() + half), abs=0.003)


def test_the_rule():
    """Every way to a verdict, in its order."""
    far = Found(0.2, (0.1, 0.3), (0.12, 0.28), 0.001)
    assert judge(far, 0.05)[0] == "different" and "all of it beyond" in judge(far, 0.05)[1]
    assert judge(replace(far, p=0.125), 0.05)[0] == "cannot tell"
    small = Found(0.02, (0.005, 0.035), (0.01, 0.03), 0.01)
    assert judge(small, 0.05) == ("the same", "within 0.05 of 0, although it is not 0 (90% interval +0.010 to +0.030)")
    assert judge(small, 0.025)[0] == "different" and "perhaps less" in judge(small, 0.025)[1]
    wide = Found(0.0, (-0.2, 0.2), (-0.15, 0.15), 1.0)
    assert judge(wide, 0.05)[0] == "cannot tell" and judge(wide, 0.3)[0] == "the same"
    assert judge(replace(wide, equal=True), 0.05)[0] == "the same"
    assert smallest_change(0.1, 0.05) == pytest.approx(0.1 + 0.8416 * 0.05, abs=1e-4)
    assert smallest_change(0.098, 0.05) == pytest.approx(2.8 * 0.05, abs=1e-3)


def test_a_model_against_itself_is_the_same_with_few_items_and_another_one_is_not():
    """Equal values are no accident only where one model gave both."""
    rng = np.random.default_rng(0)
    a = rng.random(8)
    both = SIM.matched(lambda rng, n: (a, a), rng, 8)
    joint = SIM.linear(both, SIM.OWN)
    own = compare_row(joint, one_model=True)
    assert (own.word, own.difference.value, own.difference.low, own.difference.high) == ("the same", 0, 0, 0)
    other = compare_row(joint)
    assert other.word == "cannot tell" and other.difference.high > 0.05
    assert own.smallest == other.smallest > 0.1
    few = compare_row(SIM.linear(SIM.matched(lambda rng, n: (a[:4], a[:4]), rng, 4), SIM.OWN), one_model=True)
    assert few.difference.value is None and "n=4" in few.why and few.p is None


def test_holm_is_over_the_rows_that_have_a_number():
    rng = np.random.default_rng(3)
    rows = [compare_row(SIM.linear(SIM.matched(SIM.two_models, rng, n), SIM.OWN)) for n in (12, 3, 12)]
    rows[0] = replace(rows[0], p=0.01)
    rows[2] = replace(rows[2], p=0.04)
    assert [row.holm for row in with_holm(rows)] == [0.02, None, 0.04]


def test_items_are_matched_by_id_and_what_is_dropped_is_counted():
    """Order does not matter; a missing, unread or unmeasured item is out, with its reason; flips are named."""
    a = [SIM.record(i, {"own": p}) for i, p in enumerate((0.9, 0.9, 0.1, 0.1, 0.9, 0.25))]
    b = [SIM.record(i, {"own": p}) for i, p in enumerate((0.1, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9))][::-1]
    b[2] |= {"status": "unparsed", "error": "no answer"}  # item 4
    assert b[2]["item"] == "i4"
    found = match(a, b)
    assert list(found.both) == [("t", "1", f"i{i}") for i in (0, 1, 2, 3, 5)]
    assert found.dropped == {"unparsed in B: no answer": 1, "asked in B only": 1}
    assert flips(found) == Flips(lost=("i0",), gained=("i2",), right=1, wrong=1, tied=1)
    del found.both["t", "1", "i3"][1][0]["conditions"]["own"]
    rows, names, without = values(found, lambda one: p_gold(one, "own"))
    assert rows.shape == (4, 2) and without == {"B": 1} and names[0][2] == "i0"
    assert rows[:, 1] - rows[:, 0] == pytest.approx([-0.8, 0, 0.8, 0.65], abs=1e-6)


def test_samples_of_an_item_are_one_item():
    a = [{**SIM.record(i, {"own": p}), "sample": s} for i in range(6) for s, p in enumerate((0.2, 0.6))]
    rows, _, _ = values(match(a, a), lambda one: p_gold(one, "own"))
    assert rows.shape == (6, 2) and rows == pytest.approx(0.4)


@pytest.mark.slow
def test_channels_are_compared_with_their_choices_made_again():
    """Content that B has lost on .8 of the items: content and residue move by as much, the other way; compute does
    not; and each is B minus A of what the study of channels reports."""
    from thinkaloud.metrics.channels import channels

    rows = SIM.channel_rows_of(0.8, 96, 5, 1000)
    both = SIM.channel_pair(np.random.default_rng([96, 5]), 96, 0.8)
    assert rows["content"].word == rows["residue"].word == "different" and rows["compute"].word != "different"
    assert rows["content"].difference.value == pytest.approx(-rows["residue"].difference.value, abs=0.03)
    for side, run in ((0, "a"), (1, "b")):
        own = {row.name: row.value for row in channels([pair[side][0] for pair in both.both.values()])}
        for name, row in rows.items():
            assert getattr(row, run) == pytest.approx(own[name], abs=1e-12)


def test_arms_of_the_rungs_are_paired_by_item():
    """Two runs of made-up arms; in B the first item in three of F2 is lost, and nothing else."""
    a = [dict(r) for r in rungs_fixture.records(1, 20) if r["arm"] in ("R2", "F1", "F2")]
    b = []
    for record in a:
        lost = record["arm"] == "F2" and int(record["item"].rpartition("/")[2], 16) % 3 == 0
        attempts = [{**one, "right": False} for one in record["attempts"]] if lost else record["attempts"]
        b.append({**record, "attempts": attempts})
    joints = {joint.name: joint for joint in arm_rows(match(a, b), (1000, 4000, 16000), "B4")}
    assert list(joints) == ["R2 once", "R2 area", "F1 once", "F1 area", "F2 once", "F2 area", "F1 - R2", "F2 - R2"]
    whole = frontiers([r for r in a if r["arm"] == "F2"], (1000, 4000, 16000), "B4")["F2"]
    assert joints["F2 area"].a == pytest.approx(float((whole.at["B4"] @ area_weights((1000, 4000, 16000))).mean()))
    assert joints["F2 once"].b < joints["F2 once"].a and joints["F2 area"].b < joints["F2 area"].a
    assert joints["F1 area"].a == joints["F1 area"].b and (joints["F1 - R2"].single == 0).all()
    moved = joints["F2 - R2"].single
    assert moved.mean() == pytest.approx(joints["F2 area"].b - joints["F2 area"].a) and (moved <= 0).all()
    assert len(joints["F2 once"].rows) == len({r["item"] for r in a if r["arm"] == "F2" and r["status"] == "ok"})
