"""reasoning-gym as tasks: its traps are real, the gate catches them, and what is admitted gives valid items."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from thinkaloud.errors import UserError
from thinkaloud.tasks import gym, gym_judge, gym_pool, gym_survey, open_task
from thinkaloud.tasks.admission import Admission, admit
from thinkaloud.tasks.answers import bare
from thinkaloud.vocabulary import Item, Key, Task, Transcript

KEY = Key(("test",))


def row(**levels: str | None) -> dict[str, object]:
    """A gate's row for a family that passed, with these levels (`l2=None` passed, `l3="why"` did not)."""
    return {"admitted": True, "reason": "", "levels": {k.removeprefix("l"): v for k, v in levels.items()}}


def judged(name: str, level: int = gym_pool.DEFAULT, n: int = 60) -> Admission:
    """The gate on a family, in this process."""
    source = gym_pool.dataset(name, level, seed=5)
    entries = [source[i] for i in range(n)]
    score = lambda answer, i: source.score_answer(answer, entries[i])  # noqa: E731
    return admit([e["question"] for e in entries], [e["answer"] for e in entries], score, 0.0)


def failed(verdict: Admission) -> set[str]:
    return {check.name for check in verdict.checks if not check.passed}


# -------------------------------------------------------------------------------------------- without reasoning-gym


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)


@pytest.mark.parametrize("ask", [gym.gym_names, lambda: gym.open_gym("chain_sum"), lambda: open_task("gym:chain_sum")])
def test_without_reasoning_gym_the_error_names_the_extra(absent: None, ask):
    with pytest.raises(UserError, match=r"pip install 'thinkaloud\[gym\]'"):
        ask()


def test_reasoning_gym_is_not_imported_before_it_is_needed():
    code = "import sys, thinkaloud.tasks.gym, thinkaloud.tasks.gym_judge; sys.exit('reasoning_gym' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0


def test_the_shipped_table_is_small_and_every_refusal_has_a_reason():
    table = json.loads(gym.TABLE.read_text())
    assert gym.TABLE.stat().st_size < 60_000
    for name, found in table["families"].items():
        assert found["reason"], name
        assert found["admitted"] == (found["reason"] == "passed every check"), name
        assert found["measured"] or found["reason"].startswith(("not scanned", "cannot be generated")), name
        assert all(why is None or why for why in found["levels"].values()), name


# ----------------------------------------------------------------------------------------------------- the traps


@pytest.fixture
def installed() -> None:
    pytest.importorskip("reasoning_gym")


@pytest.mark.slow
def test_trap_neighbouring_seeds_share_all_items_but_one(installed: None):
    first, second = (gym_pool.dataset("chain_sum", gym_pool.DEFAULT, seed) for seed in (42, 43))
    shared = {first[i]["question"] for i in range(60)} & {second[i]["question"] for i in range(60)}
    assert len(shared) >= 58  # 59 items; two of them may be the same question


def test_trap_game_of_life_halting_accepts_any_text(installed: None):
    assert "junk" in failed(judged("game_of_life_halting"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "level"), [("coin_flip", gym_pool.DEFAULT), ("puzzle24", 1)])
def test_trap_one_fixed_answer_is_right_nearly_always(installed: None, name: str, level: int):
    verdict = judged(name, level, n=40)
    assert "constant" in failed(verdict)
    assert next(c.value for c in verdict.checks if c.name == "constant") > 0.8


def test_trap_a_scorer_that_raises_on_junk_counts_as_no(installed: None):
    source = gym_pool.dataset("prime_factorization", gym_pool.DEFAULT, seed=5)
    with pytest.raises(ValueError):
        source.score_answer("junk", source[0])
    assert not failed(judged("prime_factorization")) & {"junk", "oracle"}


@pytest.mark.slow
def test_trap_other_items_in_another_process_are_refused(installed: None):
    found = gym_judge.judge("isomorphic_strings", n=40, budget_seconds=60)
    assert not found["admitted"]
    seen = gym_judge._in_process("isomorphic_strings", 0, 60, "1", [0])[0][0]["marks"]
    again = gym_judge._in_process("isomorphic_strings", 0, 60, "2", [0])[0][0]["marks"]
    assert len(seen) == len(again) and seen != again


@pytest.mark.parametrize("name", ["coin_flip", "puzzle24", "game_of_life_halting"])
def test_a_family_that_fails_is_refused_with_the_gates_reason_and_opens_with_an_exclamation_mark(
    installed: None, name: str
):
    with pytest.raises(UserError, match=rf"constant .*, must be < 0.35.*'gym:{name}!'"):
        gym.open_gym(name)
    task = gym.open_gym(f"{name}!")
    assert task.name == f"gym:{name}!" and open_task(task.name).levels == task.levels


# ----------------------------------------------------------------------------------------------------- the survey


def test_the_shipped_table_names_every_family_of_the_installed_version(installed: None):
    table = json.loads(gym.TABLE.read_text())
    assert table["reasoning_gym"] == gym_pool.version()
    assert sorted(table["families"]) == gym.gym_names()
    assert all(len(found["levels"]) == gym_pool.level_count(name) for name, found in table["families"].items())


@pytest.mark.slow
def test_a_family_that_is_judged_again_gets_the_verdict_of_the_table(installed: None):
    found = gym_survey.survey(n=60, names=["bitwise_arithmetic"], budget_seconds=60)["families"]["bitwise_arithmetic"]
    shipped = gym.verdict("bitwise_arithmetic")
    assert found["cue"] == shipped["cue"]
    assert found["admitted"] and found["admitted"] == shipped["admitted"]
    assert found["n"] == 60 and found["measured"]["same again"] == [1.0]


def test_a_family_that_does_not_answer_in_time_is_recorded_as_not_scanned(installed: None):
    found = gym_judge.judge("chain_sum", n=40, budget_seconds=0.05)
    assert not found["admitted"] and found["reason"].startswith("not scanned: not done within 0.05 s")
    assert set(found["levels"]) == {str(k) for k in range(1, 12)} and all(found["levels"].values())


def test_another_installed_version_is_judged_on_opening(installed: None, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(gym_pool, "version", lambda: "9.9.9")
    monkeypatch.setattr(gym_judge, "judge", lambda *a: asked.append(a) or {**row(l2=None), "reason": "new"})
    assert gym.open_gym("coin_flip").levels == (2,)
    assert [a[0] for a in asked] == ["coin_flip"]


def test_an_unknown_family_names_the_nearest(installed: None):
    with pytest.raises(UserError, match="did you mean chain_sum"):
        gym.open_gym("chain_sun")


# ------------------------------------------------------------------------------------------------------ the items

FAMILIES = ["chain_sum", "ab", "aiw", "base_conversion", "number_sorting", "bitwise_arithmetic"]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_an_admitted_family_gives_valid_items_at_its_lowest_and_highest_level(installed: None, name: str):
    task = gym.open_gym(name)
    assert isinstance(task, Task) and not task.reads_steps
    for level in {task.levels[0], task.levels[-1]}:
        items = task.items(level, 15, KEY)
        assert len({item.question for item in items}) == len({item.id for item in items}) == 15
        golds = {item.gold for item in items} | {item.gold for item in task.items(level, 80, KEY)}
        for item in items:
            assert (item.task, item.level, item.worked) == (f"gym:{name}", level, Transcript())
            assert len(set(item.options)) == 4 and set(item.options) <= golds
            assert [task.verify(item, option) for option in item.options] == [o == item.gold for o in item.options]
            assert task.verify(item, f" {item.gold}.") and not task.verify(item, "") and not task.verify(item, "xqz")
            if "\n" not in item.gold and item.gold == bare(item.gold):  # as chat models write it
                assert all(task.verify(item, text.format(item.gold)) for text in ("**{}**", "The answer is **{}**."))
            assert item.meta["characters"] == len(item.question)


def test_items_are_the_same_for_the_same_key_a_prefix_for_fewer_and_others_for_another_key_or_level(installed: None):
    task = gym.open_gym("chain_sum")
    items = task.items(3, 20, KEY)
    assert gym.open_gym("chain_sum").items(3, 8, KEY) == items[:8]
    questions = {item.question for item in items}
    assert not questions & {item.question for item in task.items(3, 20, KEY.child("more"))}
    assert not questions & {item.question for item in task.items(4, 20, KEY)}


def test_no_two_levels_of_a_key_share_a_stretch_of_random_numbers(installed: None):
    task = gym.GymTask("leg_counting", row(**{f"l{k}": None for k in range(1, 37)}))
    seeds = sorted(task.seed(level, KEY) for level in task.levels)
    assert len(seeds) == 36 and min(b - a for a, b in pairwise(seeds)) > gym_pool.LARGEST


def test_the_right_option_stands_at_every_position(installed: None):
    positions = [item.gold_index for item in gym.open_gym("chain_sum").items(5, 80, KEY)]
    assert set(positions) == {0, 1, 2, 3} and max(map(positions.count, range(4))) < 40


def test_levels_are_those_that_passed_and_the_default_configuration_is_level_1_where_there_is_none(installed: None):
    assert gym.GymTask("chain_sum", row(l1="unique 0.6", l2=None, l3=None)).levels == (2, 3)
    without = gym.GymTask("gsm_symbolic", row())
    assert without.levels == (1,) and "default" in without.meaning
    assert gym.GymTask("gsm_symbolic", row()).items(1, 2, KEY)[0].level == 1
    forced = gym.GymTask("x", row(l1="unique 0.6", l2="cannot be generated: no"), forced=True)
    assert forced.levels == (1,)


def test_a_level_sets_every_attribute_to_its_own_kth_value_and_the_last_where_it_has_fewer(installed: None):
    config = gym_pool.dataset("chain_sum", 3, seed=5).config  # terms 2, 3, 4, ..; digits 1, 2, 3, ..
    assert (config.min_terms, config.max_terms, config.min_digits, config.max_digits) == (4, 4, 3, 3)
    config = gym_pool.dataset("chain_sum", 11, seed=5).config  # eleven values for terms, ten for digits
    assert (config.max_terms, config.max_digits, config.seed) == (12, 10, 5)


def test_a_level_with_too_few_questions_and_an_unknown_level_are_refused_with_the_numbers(installed: None):
    task = gym.GymTask("coin_flip", row(l1=None), forced=True)
    with pytest.raises(UserError, match="has 8 different questions at level 1, not 50"):
        task.items(1, 50, KEY)
    with pytest.raises(UserError, match=r"has no level 7; its levels are \[1\]"):
        task.items(7, 1, KEY)


def test_a_wrong_option_is_never_one_that_the_scorer_accepts(installed: None, monkeypatch: pytest.MonkeyPatch):
    task = gym.GymTask("chain_sum", row(l1=None))  # sums of two digits: many items share an answer
    assert all([task.verify(i, o) for o in i.options].count(True) == 1 for i in task.items(1, 60, KEY))
    monkeypatch.setattr(gym, "_scorer", lambda *_: lambda text, entry: 1.0)
    with pytest.raises(UserError, match="no wrong options at level 1"):
        task.items(1, 1, KEY)


def test_the_cue_is_the_share_of_items_given_away_by_looking_like_the_question():
    def item(gold: str) -> Item:
        return Item("i", "t", 1, "Is Zoey or Jack here?", ("Zoey is", "Mary is"), gold)

    assert gym.cue([item("Zoey is"), item("Zoey is"), item("Mary is"), item("Zoey is")]) == 0.75


def test_options_of_knights_and_knaves_give_the_answer_away_by_names_and_every_item_says_so(installed: None):
    task = gym.open_gym("knights_knaves")
    items = task.items(task.levels[0], 40, KEY)
    assert gym.cue(items) > 0.9 and all(item.meta["cue"] > 0.9 for item in items)
    assert gym.cue(gym.open_gym("count_primes").items(3, 40, KEY)) < 0.55


def test_options_that_differ_only_in_case_or_end_marks_or_begin_one_another_do_not_stand_together():
    assert gym._fit(["1", "2"]) and gym._fit(["1", "12"])
    for options in (["1", "1."], ["Yes", "yes "], ["1", "1.5"], ["1.5", "1"], ["a  b", "a b"], ["1", " . "]):
        assert not gym._fit(options), options


def test_long_options_are_not_a_problem(installed: None):
    (item,) = gym.open_gym("number_sorting").items(8, 1, KEY)
    assert min(map(len, item.options)) > 1000


def test_what_needs_a_grammar_is_absent_and_a_text_is_only_cut(installed: None):
    task = gym.open_gym("chain_sum")
    (item,) = task.items(2, 1, KEY)
    transcript = task.parse("First 2 plus 3. That is 5!\nSo 5.")
    assert [step.text for step in transcript.steps] == [
        "First 2 plus 3.",
        "That is 5!",
        "\nSo 5.",
    ]  # no line end is lost
    assert {step.form for step in transcript.steps} == {None}
    assert task.paraphrase(transcript, KEY) is None
    assert task.mistake(item, transcript, 0, KEY) is None
    assert task.legible(item, transcript) is None


def test_the_documentation_has_every_family_with_its_verdict():
    page = (Path(__file__).parents[1] / "docs" / "reasoning-gym.md").read_text()
    refused, admitted = page.split("### Refused")[1].split("### Admitted")
    for name, found in json.loads(gym.TABLE.read_text())["families"].items():
        if found["admitted"]:
            assert f"\n| {name} | " in admitted, name
        else:
            assert f"\n| {name} | {found['reason']} |\n" in refused, name
