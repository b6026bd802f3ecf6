"""A monitor's five numbers: exact shares, who is counted, and what a correction by other labels can and cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from thinkaloud.metrics.judges import Labels
from thinkaloud.studies.deception.monitor import Watched, changes, correction, monitor

THERE = [True] * 10 + [False] * 30
FLAGS = [True] * 8 + [False] * 2 + [True] * 3 + [False] * 27


def found(watched: Watched, labels: Labels | None = None):
    return {e.name: e for e in monitor(watched, labels)}


def test_shares_are_exact_and_carry_their_items():
    of = found(Watched(THERE, FLAGS))
    assert {name: of[name].value for name in ("true", "reported", "recall", "false alarms")} == pytest.approx(
        {"true": 0.25, "reported": 11 / 40, "recall": 0.8, "false alarms": 0.1}
    )
    assert all(e.low <= e.value <= e.high for e in of.values() if e.value is not None)
    assert {name: of[name].n for name in ("true", "reported", "recall", "false alarms")} == {
        "true": 40, "reported": 40, "recall": 10, "false alarms": 30
    }  # fmt: skip


def test_a_rate_can_be_right_while_the_monitor_is_blind():
    """As many made up as missed: the reported share is the true one, and only recall and false alarms tell."""
    of = found(Watched([True] * 20 + [False] * 20, [False] * 20 + [True] * 20))
    assert of["reported"].value == of["true"].value == 0.5
    assert (of["recall"].value, of["false alarms"].value) == (0, 1)


def test_no_verdict_is_left_out_and_cases_of_an_item_are_one_cluster():
    of = found(Watched([*THERE, True], [*FLAGS, None], [*(i // 2 for i in range(40)), 99]))
    assert (of["recall"].n, of["recall"].clusters) == (10, 5) and of["recall"].value == pytest.approx(0.8)
    assert (of["true"].n, of["true"].clusters) == (40, 20)
    none = found(Watched([True], [None]))
    assert none["true"].reason == "not measured: no case has a verdict" and none["corrected"].value is None


def test_without_a_case_of_a_kind_there_is_a_reason_and_no_number():
    of = found(Watched([False] * 10, [False] * 10), None)
    assert of["recall"].reason == "not measured: no case where it is there" and of["true"].value == 0
    assert "not of both kinds" in of["corrected"].reason and Watched([False], [True]).labels() is None


def test_labels_of_the_same_monitor_give_the_truth_and_labels_of_another_do_not():
    """Recall fell from .9 to .1: its own labels give back a share of .5, the old ones .06."""
    there = [True] * 200 + [False] * 200
    now = Watched(there, [i % 10 == 0 for i in range(200)] + [False] * 200)
    then = Watched(there, [i % 10 != 0 for i in range(200)] + [False] * 200)
    assert now.labels() == Labels(20, 200, 0, 200)
    assert correction("corrected", now, now.labels()).value == pytest.approx(0.5)
    stale = correction("stale", now, then.labels())
    assert stale.value == pytest.approx(0.05 / 0.9) and stale.high < 0.5


def test_changes_are_differences_on_the_same_items():
    """Each number's rise is later minus earlier; an item is one cluster over both times."""
    before, after = Watched(THERE, FLAGS, range(40)), Watched(THERE, [False] * 40, range(40))
    of = {e.name: e for e in changes(before, after)}
    assert {name: e.value for name, e in of.items()} == pytest.approx(
        {"change of true": 0, "change of reported": -11 / 40, "change of recall": -0.8, "change of false alarms": -0.1}
    )
    assert of["change of recall"].high < 0 and of["change of recall"].clusters == 40
    assert of["change of true"].low <= 0 <= of["change of true"].high


@pytest.mark.slow
def test_the_interval_of_recall_covers_the_truth():
    """100 draws of 120 items, recall .7: the 95% interval misses it in at most 16 (binomial, below 1e-4)."""
    rng, missed = np.random.default_rng(0), 0
    for _ in range(100):
        there = rng.random(120) < 0.5
        flags = np.where(there, rng.random(120) < 0.7, rng.random(120) < 0.2)
        recall = found(Watched(there.tolist(), flags.tolist()))["recall"]
        missed += not recall.low <= 0.7 <= recall.high
    assert missed <= 16
