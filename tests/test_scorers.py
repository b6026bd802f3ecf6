"""Which scorer of a log decides what is right: the one that fits the answers, whatever stands first."""

from __future__ import annotations

import math

import pytest

from thinkaloud.errors import UserError
from thinkaloud.interop.scorers import choose, verdict

READ = [True, True, True, False, False]
SURE = [True] * 5
MATCH = ["C", "C", "C", "I", "I"]


def scored(**values):
    """Every sample's scores; one value stands for all samples."""
    columns = {name: value if isinstance(value, list) else [value] * 5 for name, value in values.items()}
    return [{name: column[i] for name, column in columns.items()} for i in range(5)]


@pytest.mark.parametrize(
    "other",
    [
        {"refused": False}, {"hint_named": 1}, {"syc": 0}, {"judge": math.nan}, {"grades": [[1, 0]] * 5}, {"part": "P"},
        {"by_dimension": {"a": 1}}, {"likert": 5}, {"monitor": [True, True, True, False, False]}, {"unheard_of": True},
    ],
)  # fmt: skip
def test_a_scorer_of_something_else_never_decides_wherever_it_stands(other):
    for scores in (scored(**other, match=MATCH), scored(match=MATCH, **other)):
        chosen = choose(scores, READ, SURE)
        assert (chosen.name, chosen.agree, chosen.compared, chosen.others) == ("match", 5, 5, tuple(other))
    assert choose(scored(**other), READ, SURE).name is None  # alone it does not either: the answers read decide


def test_an_unknown_scorer_decides_where_it_agrees_nearly_always():
    assert choose(scored(mine=[True, True, True, False, False]), READ, SURE).name == "mine"
    assert choose(scored(mine=[True, True, True, True, False]), READ, SURE).name is None
    assert choose(scored(mine=MATCH), [None] * 5, SURE).name is None


def test_a_judge_of_open_answers_is_not_held_against_words_that_differ():
    """What was read is `wrong` only because the words are not the target's; a `right` that was read is certain."""
    scores = scored(model_graded_fact=["C", "C", "C", "C", "I"])
    read = [True, False, False, False, False]
    assert choose(scores, read, [one is True for one in read]).name == "model_graded_fact"
    assert choose(scores, read, SURE).name is None
    assert choose(scored(model_graded_fact="I"), [True] * 5, SURE).name is None


def test_a_name_that_is_given_is_taken_and_one_that_is_not_there_is_answered_with_those_that_are():
    chosen = choose(scored(refused=False, match=MATCH), READ, SURE, "refused")
    assert (chosen.name, chosen.others) == ("refused", ("match",)) and "'refused'" in chosen.sentence
    with pytest.raises(UserError, match=r"no scorer in this log named 'mach'; did you mean match\\?"):
        choose(scored(match=MATCH), READ, SURE, "mach")


def test_the_choice_is_said():
    told = choose(scored(refused=False, match=MATCH), READ, SURE).sentence
    assert "as the scorer 'match' says" in told and "in 5 of 5" in told and "not used: refused" in told
    assert "--scorer NAME" in told
    assert choose([{}], [True], [True]).sentence == "right or wrong: the answers read here, compared with the targets"


def test_what_a_value_says_of_correctness():
    said = {"C": True, "I": False, True: True, 0: False, "P": None, "N": None, 0.5: None, 5: None}
    assert {value: verdict(value) for value in said} == said
    assert verdict(1.0) is True and verdict(math.nan) is verdict([1]) is verdict({"a": 1}) is verdict(None) is None
