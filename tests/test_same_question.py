"""Records with one id are compared only where they are of one question."""

from __future__ import annotations

from typing import Any

import pytest

from thinkaloud.metrics.same_question import difference

FREE = {"question": "How many?", "options": ["12", "13"], "gold": 0, "space": "candidates"}
LISTED = {"question": "Which?", "options": ["ash", "elm"], "gold": 0}


@pytest.mark.parametrize(
    ("was", "now", "part"),
    [
        (FREE, FREE | {"options": ["11", "12.00"], "gold": 1}, None),  # each model's own candidates and spelling
        (FREE, FREE | {"options": ["11", "13"], "gold": 1}, "answer"),
        (FREE, FREE | {"options": []}, None),  # a model that failed before it had candidates
        (FREE, FREE | {"question": "How much?"}, "question"),
        (LISTED, LISTED | {"options": ["elm", "ash"], "gold": 1}, None),
        (LISTED, LISTED | {"gold": 1}, "answer"),
        (LISTED, LISTED | {"options": ["ash", "oak"]}, "options"),
    ],
)
def test_what_differs_is_named(was: dict[str, Any], now: dict[str, Any], part: str | None) -> None:
    found = difference(was, now)
    assert (found and found[0]) == part
