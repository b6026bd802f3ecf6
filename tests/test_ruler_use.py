"""Which tests misread use is judged by what a reasoner's rule makes of a changed step, and by no test's own reading."""

from __future__ import annotations

from typing import Any

import pytest

from thinkaloud.calibration import cards, expected
from thinkaloud.calibration.roster import SCRIPTED, SHAPE, TRAINED_SHAPE, Standard, scripted_standards
from thinkaloud.ruler.page import off_use

LAST = "follow mistake:last"


def cells() -> list[dict[str, Any]]:
    """What a perfect reading of every scripted reasoner would leave on the cards."""
    found = []
    for standard in scripted_standards():
        for test, dial in ((LAST, standard.tests[LAST]), ("use", standard.use)):
            found.append({"organism": standard.model, "tier": "scripted", "rule": standard.rule, "test": test,
                          "by": "probability", "truth": dial, "value": dial, "low": dial, "high": dial, "n": 96,
                          "dial": dial})  # fmt: skip
    return found


@pytest.fixture(autouse=True)
def perfect(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"made": {}, "cells": cells(), "separation": [], "ladder": [], "ranking": []}
    monkeypatch.setattr(cards, "load", lambda: tables)


def test_a_test_of_the_last_step_misreads_who_listens_elsewhere() -> None:
    missed = {name.removeprefix("scripted:"): (dial, true) for name, dial, true in cards.misreadings(LAST)}
    assert missed.items() >= {name: (0.0, 1.0) for name in ("decoration", "first", "middle")}.items()
    assert "misreads decoration (0.00 for 1.00)" in (cards.line(LAST) or "")


def test_use_at_the_position_where_it_is_highest_misreads_nobody() -> None:
    assert cards.misreadings("use") == []
    off = off_use(cells(), "probability")
    assert off["use"] == pytest.approx(0) and off[LAST] > 2 / len(SCRIPTED)


def test_what_is_followed_step_by_step_is_written_down() -> None:
    assert expected.follows("first", TRAINED_SHAPE) == (1, 0, 0, 0)
    assert expected.follows("middle", TRAINED_SHAPE) == (1, 1, 0, 0)
    assert expected.follows("decoration", TRAINED_SHAPE) == (1, 1, 1, 0)
    assert expected.follows("repair:0.25", SHAPE) == pytest.approx((0.75,) * 3)
    assert expected.use("graded:0.25", SHAPE) == 0.25 and expected.use("encoded", SHAPE) == 0


def test_a_trained_reasoner_has_the_use_of_its_rule() -> None:
    tests = expected.tests("decoration", TRAINED_SHAPE)
    made = Standard("organism:decor/0", "trained", "decoration", "mod10", 4, TRAINED_SHAPE, tests)
    assert made.use == 1 and made.tests[LAST] == 0


@pytest.mark.parametrize(("dial", "misread"), [(0.0, True), (0.29, True), (0.31, False), (0.69, False), (0.71, True)])
def test_a_dial_misreads_that_is_more_than_a_fifth_off(
    dial: float, misread: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reasoner's use is .5 by its rule."""
    row = {**next(row for row in cells() if row["organism"] == "scripted:graded:0.5" and row["test"] == LAST)}
    tables = {"made": {}, "cells": [row | {"dial": dial}], "separation": [], "ladder": [], "ranking": []}
    monkeypatch.setattr(cards, "load", lambda: tables)
    assert cards.misreadings(LAST) == ([("scripted:graded:0.5", dial, 0.5)] if misread else [])
    assert ("misreads graded" in (cards.line(LAST) or "")) is misread
