"""The claims of thinkaloud.metrics.vote: the expected majority of k of N attempts, exactly."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thinkaloud.metrics.vote import curve, majority


def by_listing(answers: list[str | None], gold: str, k: int) -> float:
    """The definition, by listing every set: what the fast way must equal."""
    scores = []
    for chosen in combinations(answers, k):
        votes = Counter(answer for answer in chosen if answer is not None)
        top = [answer for answer, n in votes.items() if n == max(votes.values())]
        scores.append((gold in top) / len(top) if top else 0.0)
    return float(np.mean(scores))


def test_five_attempts_at_a_known_pool_score_as_worked_by_hand() -> None:
    """AAABC with gold A."""
    assert curve("AAABC", [a == "A" for a in "AAABC"]) == pytest.approx((0.6, 0.6, 0.8, 1.0, 1.0))


def test_a_majority_of_three_hurts_where_single_attempts_are_mostly_wrong() -> None:
    """Binary answers at p = .4: p^3 + 3 p^2 (1-p) = .352 (mean over pools of three independent attempts)."""
    pools = [[i >> j & 1 for j in range(3)] for i in range(8)]
    score = sum(
        0.4 ** sum(p) * 0.6 ** (3 - sum(p)) * majority([str(x) for x in p], [x == 1 for x in p], 3) for p in pools
    )
    assert score == pytest.approx(0.352)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["A", "B", "C", "D", None]), min_size=1, max_size=9))
def test_the_curve_equals_listing_every_set(answers: list[str | None]) -> None:
    expected = [by_listing(answers, "A", k) for k in range(1, len(answers) + 1)]
    assert curve(answers, [a == "A" for a in answers]) == pytest.approx(expected)


def test_attempts_without_an_answer_do_not_vote_and_silence_scores_nothing() -> None:
    assert majority([None, None, "A"], [False, False, True], 3) == 1.0
    assert majority([None, None, "A"], [False, False, True], 1) == pytest.approx(1 / 3)
    assert curve([None, None], [False, False]) == (0.0, 0.0)
    assert majority(["A"], [True], 0) == 0.0


def test_two_spellings_of_the_right_answer_share_its_votes() -> None:
    """12, 12.0, 7, 7: the vote knows no gold, so 7 wins 2 : 1 : 1 although half of the attempts are right."""
    assert majority(["12", "12.0", "7", "7"], [True, True, False, False], 4) == 0.0
    assert majority(["12", "12.0", "7"], [True, True, False], 3) == pytest.approx(2 / 3)


def test_sixty_four_attempts_are_exact_and_possible() -> None:
    """All of them: the plain majority. One: the mean. All different: every draw is a tie of everybody."""
    answers = ["A"] * 20 + ["B"] * 19 + ["C"] * 15 + [None] * 10
    found = curve(answers, [a == "A" for a in answers])
    assert found[-1] == 1.0
    assert found[0] == pytest.approx(20 / 64, rel=1e-12)
    different = curve([str(i) for i in range(64)], [i == 0 for i in range(64)])
    assert different == pytest.approx([1 / 64] * 64, rel=1e-9)


def test_a_vote_of_more_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="a vote of 3"):
        majority(["A", "B"], [True, False], 3)
