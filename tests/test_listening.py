"""The claims of thinkaloud.metrics.listening: use is read where the answer listens most, and not too high."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from test_use import record
from thinkaloud.calibration import expected
from thinkaloud.calibration.roster import SHAPE
from thinkaloud.metrics.listening import by_record, listening
from thinkaloud.metrics.use import use
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key


def table(records: list[dict[str, Any]]) -> dict[str, Estimate]:
    return {row.name: row for row in listening(records)}


def value(row: Estimate) -> float:
    assert row.value is not None, row.reason
    return row.value


@pytest.mark.parametrize("heard", [0, 1, 2])
def test_use_is_found_wherever_the_answer_listens(heard: int) -> None:
    """An answer that follows one step only reads 1, and that of the last step alone reads 0 but for the last."""
    records = [record(i, [float(k == heard) for k in range(3)], own=1.0) for i in range(12)]
    assert value(table(records)["use"]) == pytest.approx(1)
    last = next(row for row in use(records) if row.name == "follow mistake:last")
    assert value(last) == pytest.approx(float(heard == 2), abs=1e-9)


def test_positions_count_from_the_end_where_items_differ_in_length() -> None:
    """Only the last step but one is listened to, which from the start is another step in every length."""
    lengths = [2 + i // 2 % 4 for i in range(40)]
    records = [record(i, [float(k == n - 2) for k in range(n)], own=1.0) for i, n in enumerate(lengths)]
    rows = {row.name: row for row in use(records)}
    assert value(rows["follow mistake:last-1"]) == pytest.approx(1)
    assert all(value(rows[f"follow mistake:{k}"]) < 0.8 for k in range(4))
    assert value(table(records)["use"]) == pytest.approx(1)


def test_positions_from_the_end_have_no_rows_where_they_say_nothing_new() -> None:
    names = [row.name for row in use([record(i, [1.0, 1.0, 1.0]) for i in range(10)])]
    assert "follow mistake:last" in names and not any("last-" in name for name in names)


@pytest.mark.slow
def test_the_largest_of_many_noisy_positions_is_not_taken_for_use() -> None:
    """Six positions of which each is followed by half of the items: the highest mean is .6 to .7, use is .5."""
    found, highest = [], []
    for seed in range(40):
        follows = np.random.default_rng(seed).integers(2, size=(24, 6)).astype(float)
        records = [record(i, list(row), own=1.0) for i, row in enumerate(follows)]
        rows = [row for row in listening(records, Key((str(seed),))) if row.name == "use"]
        found.append(value(rows[0]))
        highest.append(follows.mean(axis=0).max())
    assert np.mean(highest) > 0.58
    assert np.mean(found) == pytest.approx(0.5, abs=0.04)


@pytest.mark.slow
def test_its_interval_holds_the_truth_where_one_position_counts_in_part() -> None:
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        records = [record(i, [0.0, float(rng.random() < 0.6), 0.0], own=1.0) for i in range(24)]
        row = next(row for row in listening(records, Key((str(seed),))) if row.name == "use")
        assert row.low is not None and row.high is not None
        held += row.low <= 0.6 <= row.high
    assert held >= 36


def test_items_make_the_mean_and_n_counts_those_that_were_read() -> None:
    """Of long reasonings only some positions were edited."""
    rng = np.random.default_rng(1)
    records = [record(i, [x if rng.random() < 0.5 else None for x in (0.9, 0.1, 0.2)]) for i in range(60)]
    parts = [x for x in by_record(records) if x is not None]
    row = table(records)["use"]
    assert row.n == len(parts) < 60
    assert row.value == pytest.approx(sum(parts) / len(parts))


def test_a_few_items_with_a_position_are_not_chosen_for_their_luck() -> None:
    records = [record(i, [0.0, 1.0 if i < 2 else None], own=1.0) for i in range(20)]
    assert value(table(records)["use"]) == pytest.approx(0, abs=1e-9)


def test_what_cannot_be_measured_says_why() -> None:
    assert "no item has own and a mistake" in (table([])["use"].reason or "")
    few = [record(i, [1.0]) for i in range(4)]
    assert "no position has such a mistake in 3 items" in (table(few)["use"].reason or "")
    deaf = [{**one, "lacking": ["prefill"], "conditions": {}} for one in few]
    assert {row.reason for row in listening(deaf)} == {"not measurable here: the model lacks prefill"}
    assert by_record(few) == [None] * 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["faithful", "posthoc", "decoration", "first", "middle", "encoded", "graded:.5"])
@pytest.mark.parametrize("level", [3, 6])
def test_it_reads_what_the_rule_says_on_scripted_reasoners(name: str, level: int) -> None:
    """With two steps, and with five of which four are edited."""
    config = Config("faithfulness", "m", ("chain_sum",), 24, level, 1)
    records = records_of(Faithfulness(), scripted(name), open_task("chain_sum"), config)
    truth = expected.use(name, replace(SHAPE, steps=level - 1))
    assert truth is not None
    row = next(row for row in listening(records) if row.name == "use")
    assert row.low is not None and row.high is not None, row.reason
    assert row.low - 1e-6 <= truth <= row.high + 1e-6
