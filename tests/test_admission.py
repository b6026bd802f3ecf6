"""The seed rule against its oracle, and the gate on toy families that are bad in exactly one way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.errors import UserError
from thinkaloud.tasks.admission import Admission, admit, also, same_again
from thinkaloud.tasks.seeds import Set, candidate, draw_seeds, refuse_overlap, root

N = 60
QUESTIONS = [f"{i} plus {i}?" for i in range(N)]
ANSWERS = [str(2 * i + 1000) for i in range(N)]


def exact(answers: list[str]):
    return lambda answer, i: float(answer == answers[i])


def failed(verdict: Admission) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


def check(verdict: Admission, name: str):
    return next(c for c in verdict.checks if c.name == name)


# ------------------------------------------------------------------------------------------------------------- seeds


def test_seeds_are_those_of_the_published_rule():
    origin = root(b"protocol", b"beacon")
    assert origin.hex().startswith("86cb7cff") and origin.hex().endswith("077e25944")
    assert candidate(origin, Set("chain_sum", "test", 0), 0) == 492423675
    assert draw_seeds(origin, [Set("chain_sum", "dev", 0)], 100) == {Set("chain_sum", "dev", 0): 655606119}


@given(st.binary(), st.integers(2, 12))
def test_sets_of_a_family_lie_further_apart_than_the_largest_is_long(beacon: bytes, sets: int):
    largest = 2**31 // 60  # so large that first candidates often collide
    wanted = [Set("f", "test", level) for level in range(sets)]
    seeds = sorted(draw_seeds(root(b"p", beacon), wanted, largest).values())
    assert all(b - a > largest for a, b in pairwise(seeds))
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_seed_too_near_another_of_its_family_gives_way_to_the_next_candidate():
    origin = root(b"p")
    one = Set("f", "dev", 0)

    def gap(other: Set) -> int:
        return abs(candidate(origin, one, 0) - candidate(origin, other, 0))

    near = min((Set("f", "test", level) for level in range(50)), key=gap)
    assert draw_seeds(origin, [one, near], gap(near) - 1)[near] == candidate(origin, near, 0)
    assert draw_seeds(origin, [one, near], gap(near))[near] == candidate(origin, near, 1)


def test_other_families_do_not_matter_to_a_seed():
    origin = root(b"p")
    one = Set("f", "dev", 0)
    others = [Set("g", "test", level) for level in range(50)]
    near = min(others, key=lambda other: abs(candidate(origin, one, 0) - candidate(origin, other, 0)))
    assert draw_seeds(origin, [one, near], 2**28)[near] == candidate(origin, near, 0)


def test_more_sets_than_fit_are_refused_instead_of_searched_for_ever():
    with pytest.raises(ValueError, match="3 sets of up to 1073741824 questions"):
        draw_seeds(root(b"p"), [Set("f", "dev", level) for level in range(3)], 2**30)


def test_a_question_in_two_sets_is_refused_with_its_text():
    dev, test = Set("f", "dev", 0), Set("f", "test", 0)
    refuse_overlap({dev: ["a?", "b?"], test: ["c?"]})
    with pytest.raises(UserError, match="share the question 'b\\?'"):
        refuse_overlap({dev: ["a?", "b?"], test: ["b?"]})


# -------------------------------------------------------------------------------------------------------------- gate


def test_a_good_family_is_admitted_and_the_reason_quotes_every_value():
    verdict = admit(QUESTIONS, ANSWERS, exact(ANSWERS), 0.01)
    assert verdict.admitted and verdict.n == N and failed(verdict) == []
    assert "oracle 1," in verdict.reason and "unique 1," in verdict.reason and "seconds 0.01," in verdict.reason
    assert verdict.short == ""


def test_one_right_answer_that_is_not_accepted_fails_the_oracle_alone():
    verdict = admit(QUESTIONS, ANSWERS, lambda a, i: float(a == ANSWERS[i] and i != 7), 0.01)
    assert failed(verdict) == ["oracle"] and not verdict.admitted
    assert verdict.reason == "oracle 0.983, must be 1"


def test_an_oracle_that_does_not_know_one_answer_fails_the_oracle_alone():
    verdict = admit(QUESTIONS, [None, *ANSWERS[1:]], exact(ANSWERS), 0.01)
    assert failed(verdict) == ["oracle"]


def test_an_empty_answer_that_counts_fails_that_check_alone():
    verdict = admit(QUESTIONS, ANSWERS, lambda a, i: float(a in ("", ANSWERS[i])), 0.01)
    assert failed(verdict) == ["empty"]


def test_junk_that_counts_fails_that_check_alone():
    verdict = admit(QUESTIONS, ANSWERS, lambda a, i: float(a == ANSWERS[i] or a.startswith("xq")), 0.01)
    assert failed(verdict) == ["junk"]
    assert "'xqzvk'" in verdict.reason


def test_a_common_right_answer_fails_the_constant_alone_and_is_named():
    answers = ["maybe" if i % 2 else f"{i}" for i in range(N)]
    verdict = admit(QUESTIONS, answers, exact(answers), 0.01)
    assert failed(verdict) == ["constant"]
    assert "('maybe') 0.5" in verdict.reason


def test_a_constant_that_is_no_right_answer_of_any_item_is_found_by_trying_usual_words():
    verdict = admit(QUESTIONS, ANSWERS, lambda a, i: float(a in ("0", ANSWERS[i])), 0.01)
    assert failed(verdict) == ["constant"] and "'0'" in verdict.reason


def test_the_constant_is_judged_on_all_items_not_on_the_first_ones():
    answers = ["maybe" if i < 20 else f"{i}" for i in range(2 * N)]  # half of the first 40, a sixth of all
    verdict = admit([f"{i}?" for i in range(2 * N)], answers, exact(answers), 0.01)
    assert verdict.admitted and check(verdict, "constant").value == pytest.approx(1 / 6)


def test_repeated_questions_fail_the_unique_check_alone_and_just_enough_different_ones_pass():
    assert failed(admit([*QUESTIONS[:-4], *QUESTIONS[:4]], ANSWERS, exact(ANSWERS), 0.01)) == ["unique"]
    assert admit([*QUESTIONS[:-3], *QUESTIONS[:3]], ANSWERS, exact(ANSWERS), 0.01).admitted  # 57 of 60 = .95


def test_a_slow_family_fails_the_seconds_alone():
    assert failed(admit(QUESTIONS, ANSWERS, exact(ANSWERS), 1.01)) == ["seconds"]
    assert admit(QUESTIONS, ANSWERS, exact(ANSWERS), 1.0).admitted


def test_items_that_another_process_makes_differently_fail_that_check_and_so_does_having_none_to_compare():
    verdict = admit(QUESTIONS, ANSWERS, exact(ANSWERS), 0.01)
    assert also(verdict, same_again(["a", "b"], ["a", "b", "c"])).admitted
    other = also(verdict, same_again(["a", "b"], ["a", "x"]))
    assert failed(other) == ["same again"] and not other.admitted
    assert failed(also(verdict, same_again(["a"], []))) == ["same again"]


def test_partial_credit_is_reported_raw_and_does_not_count():
    verdict = admit(QUESTIONS, ANSWERS, lambda a, i: 1.0 if a == ANSWERS[i] else 0.9, 0.01)
    assert verdict.admitted
    assert check(verdict, "junk").value == 0 and check(verdict, "junk").raw == pytest.approx(0.9)


def test_a_right_answer_with_partial_credit_only_is_not_accepted():
    assert failed(admit(QUESTIONS, ANSWERS, lambda a, i: 0.99 * (a == ANSWERS[i]), 0.01)) == ["oracle"]


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), None, "one"])
def test_a_scorer_that_raises_or_gives_no_number_has_said_zero(odd: object):
    def score(answer: str, i: int) -> float:
        if answer == ANSWERS[i]:
            return 1.0
        if odd is None:
            raise RuntimeError("cannot read this")
        return odd  # type: ignore[return-value]

    verdict = admit(QUESTIONS, ANSWERS, score, 0.01)
    assert verdict.admitted and check(verdict, "junk").raw == 0


def test_a_family_without_items_cannot_be_judged():
    with pytest.raises(ValueError, match="at least one"):
        admit([], [], exact([]), 0.01)
