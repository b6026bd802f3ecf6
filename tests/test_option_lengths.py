"""The claims of thinkaloud.metrics.options: unlike lengths and bounds of a run are said in words, with their size."""

from __future__ import annotations

from typing import Any

from thinkaloud.metrics.options import Seen, lengths, ratio, remarks
from thinkaloud.records.pieces import condition
from thinkaloud.vocabulary import Reading, Transcript


def record(item: str, *readings: Reading, task: str = "file") -> dict[str, Any]:
    conditions = {f"c{i}": condition(Transcript(), reading) for i, reading in enumerate(readings)}
    return {"item": item, "task": task, "status": "ok", "conditions": conditions}


def seen(*records: dict[str, Any]) -> Seen:
    found = Seen()
    for one in records:
        found.add(one)
    return found


ALIKE = Reading((-1.0, -2.0), (2, 3))
UNLIKE = Reading((-1.0, -9.0), (2, 9))
BOUNDED = Reading((-0.5, -3.0), (), (0.0, 0.01))


def test_a_condition_holds_lengths_and_bounds_where_there_are_any() -> None:
    assert condition(Transcript(), UNLIKE)["lengths"] == [2, 9]
    assert condition(Transcript(), BOUNDED)["unknown"] == [0.0, 0.01]
    assert not {"lengths", "unknown"} & set(condition(Transcript(), Reading((-1.0, -2.0))))


def test_items_whose_options_are_of_unlike_length_are_counted_over_those_where_it_is_known() -> None:
    some = [record("a", ALIKE), record("b", UNLIKE), record("c", Reading((-1.0, -2.0)))]
    assert (lengths(some[1]), ratio(some[1]), ratio(some[2])) == ((2, 9), 4.5, None)
    said = seen(*some).unlike()
    assert said is not None and "in 1 of 2 items" in said and "4.5 times in b" in said
    assert seen(*some).unlike(factor=5) is None
    assert seen(*some[:1]).unlike() is None


def test_readings_that_are_bounds_are_counted_with_how_far_they_may_be_off() -> None:
    some = [record("a", ALIKE, BOUNDED), record("b", ALIKE)]
    said = seen(*some).bounded()
    assert said is not None and "in 1 of 3 readings" in said and f"up to {BOUNDED.slack:.2g}" in said
    assert seen(record("a", ALIKE)).bounded() is None


def test_remarks_name_their_task_and_records_without_readings_have_none() -> None:
    some = [record("a", UNLIKE, task="one"), record("b", ALIKE, task="two"), {"item": "c", "task": "one", "arms": {}}]
    assert [sentence.partition(":")[0] for sentence in remarks(some)] == ["one"]


def test_what_is_bounded_moves_no_probability_by_more_than_the_slack() -> None:
    """The true probability of an option is anything between its bound less `unknown` and its bound."""
    read = BOUNDED.probabilities
    for part in (0.0, 0.5, 1.0):
        true = [0.6065306597126334, 0.049787068367863944 - 0.01 * part]
        assert max(abs(p - t / sum(true)) for p, t in zip(read, true, strict=True)) <= BOUNDED.slack
