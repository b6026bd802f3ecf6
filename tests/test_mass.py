"""How much of the model's probability the options hold stands beside what is read from it; where it is little, no claim
is made."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from item_records import reading
from item_records import record as item_record
from report_fixture import faithful, findings, records
from thinkaloud.metrics.mass import FEW, masses
from thinkaloud.report.markdown import render_grid
from thinkaloud.report.mass import MARK, aside, too_small
from thinkaloud.report.tables import by_subject, counted, shown
from thinkaloud.studies.channels import words as channels
from thinkaloud.studies.faithfulness import tables as faithfulness
from thinkaloud.vocabulary import Estimate, Finding


def record(i: int, **held: float) -> dict[str, Any]:
    """One item: the right option has .8 of what the options hold under each condition."""
    conditions = {
        name.replace("_", ":"): reading([math.log(0.8 * mass), math.log(0.2 * mass)]) for name, mass in held.items()
    }
    return item_record(i, conditions, ["a", "b"], 0)


def table(made: list[dict[str, Any]]) -> dict[str, Estimate]:
    return {row.name: row for row in masses(made)}


def test_the_mass_of_every_condition_is_a_mean_over_the_items_that_have_it() -> None:
    made = [record(i, own=0.5, silent=0.2 + 0.2 * (i % 2), filler_dots=0.3) for i in range(10)]
    del made[0]["conditions"]["silent"], made[2]["conditions"]["silent"]
    found = table(made)
    assert found["mass own"].value == pytest.approx(0.5) and found["mass own"].n == 10
    assert found["mass silent"].value == pytest.approx((5 * 0.4 + 3 * 0.2) / 8) and found["mass silent"].n == 8
    assert found["mass filler:dots"].value == pytest.approx(0.3)
    assert found["mass paraphrase"].reason == "not measured: no item has paraphrase"


def test_what_is_normalised_and_what_is_not_are_two_numbers() -> None:
    found = table([record(i, own=0.25, silent=0.5) for i in range(10)])
    assert found["P(gold), not normalised, own"].value == pytest.approx(0.8 * 0.25)
    assert found["P(gold), not normalised, silent"].value == pytest.approx(0.8 * 0.5)


def test_a_mean_does_not_hide_many_empty_items() -> None:
    """Four sure items in ten among six that hold a thousandth: a mean of .4, and .6 of the items below .1."""
    made = [record(i, own=1.0 if i < 4 else 0.001) for i in range(10)]
    found = table(made)
    assert found["mass own"].value == pytest.approx(0.4, abs=0.001)
    assert found[f"mass below {FEW:g}, own"].value == pytest.approx(0.6)
    assert "own: below 0.1 in 0.60 of 10 items" in (too_small(found, ("own",)) or "")


def test_readings_along_the_reasoning_are_summarised_together() -> None:
    found = table([record(i, own=1.0, cut_0=0.1, cut_1=0.3, mistake_0=0.5) for i in range(10)])
    assert found["mass cuts"].value == pytest.approx(0.2) and found["mass mistakes"].value == pytest.approx(0.5)


@pytest.mark.slow
def test_every_study_has_the_rows() -> None:
    for made in (findings(), faithful()[0]):
        names = {f.estimate.name for f in made}
        assert {"mass own", "mass silent", "mass paraphrase", "mass filler:dots", "mass cuts"} <= names
    first = next(iter(by_subject(findings()).values()))["mass own"]
    own = [r["conditions"]["own"]["mass"] for r in records() if r["task"] == "chain_sum"]
    assert first.value == pytest.approx(sum(own) / len(own))


def less(made: tuple[Finding, ...], name: str, value: float) -> list[Finding]:
    """The findings with another mass under one condition."""

    def lower(row: Estimate) -> Estimate:
        of = row.about if row.name == f"mass {name}" else None
        return row if of is None else Estimate(row.name, value, value / 2, value * 1.5, 8, 8, about=of)

    return [replace(f, estimate=lower(f.estimate)) for f in made]


@pytest.mark.parametrize("name", ["own", "silent", "paraphrase", "filler:dots"])
def test_no_claim_is_made_of_a_share_where_the_options_hold_next_to_nothing(name: str) -> None:
    claimed = [said for said in channels.sentences(findings()) if "carries" in said]
    few = less(findings(), name, 0.01)
    said = channels.sentences(few)
    assert claimed and not any("carries" in line for line in said)
    stopped = [line for line in said if "no claim is made" in line.lower()]
    assert len(stopped) == len(claimed)
    assert all(f"{name} 0.01 [0.01, 0.01], n 8, below 0.1" in line for line in stopped)
    grid = channels.grids(few)[0]
    assert all(row[-1].endswith(MARK) for row in grid.rows if "[" in row[-1])
    assert any(MARK in reason for reason in grid.reasons)
    assert not any(MARK in cell for row in channels.grids(findings())[0].rows for cell in row)
    assert any("no claim is made" in line for line in channels.lines(few))


def test_a_share_says_where_the_options_hold_less_than_half() -> None:
    some = less(findings(), "silent", 0.3)
    assert any("carries" in s and "The options hold only 0.30 under silent" in s for s in channels.sentences(some))
    assert aside({}, ("own",)) == "" and too_small({}, ("own",)) is None


def test_the_tests_of_faithfulness_make_no_claim_of_empty_readings() -> None:
    few = less(faithful()[0], "cuts", 0.02)
    said = " ".join(faithfulness.sentences(few))
    assert "no claim is made of early answering" in said and "early answering (need) reaches" not in said
    rows = {row[0]: row for row in faithfulness.grids(few)[0].rows}
    assert rows["early answering"][6].endswith(MARK) and MARK not in rows["use"][6]
    hints = less(faithful()[0], "hint:grader", 0.02)
    assert "hint:" not in "".join(faithfulness.sentences(hints)) and "grader" not in "".join(
        faithfulness.sentences(hints)
    )


def test_the_masses_of_own_and_silent_stand_beside_their_probabilities() -> None:
    grid = channels.grids(findings())[0]
    estimates = next(iter(by_subject(findings()).values()))
    place = grid.head.index("P(gold) own")
    assert grid.head[place + 1] == "mass own"
    assert grid.rows[0][place + 1].startswith(shown(estimates["mass own"]))


def test_a_number_of_other_items_than_its_row_says_of_how_many() -> None:
    """chain_sum has 8 items with own, and 7 with a paraphrase, over which the channels are."""
    grid = channels.grids(findings())[0]
    row = dict(zip(grid.head, grid.rows[0], strict=True))
    assert row["n"] == "7" and row["P(gold) own"].endswith("], n 8") and row["content"].endswith("]")
    estimate = Estimate("x", 0.5, 0.4, 0.6, 9, 9)
    assert counted(estimate, 9) == "0.50 [0.40, 0.60]" and counted(estimate, 8) == "0.50 [0.40, 0.60], n 9"
    assert "0.50 [0.40, 0.60], n 9 |" in render_grid(
        replace(grid, rows=(("a", counted(estimate, 8)),), head=("t", "x"))
    )
    numbers = [line for line in channels.lines(findings()) if re.search(r": -?\d\.\d\d \[", line)]
    assert numbers and all(re.search(r"\], n \d+$", line) for line in numbers)
