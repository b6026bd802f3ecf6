"""The languages of the study of training: what first checkpoints are taught is what they say, calls are answered and
never pushed, programs run as Python runs them, and monitors see what they are built to see."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from thinkaloud.errors import UserError
from thinkaloud.organisms.fit import initial
from thinkaloud.organisms.forward import Gpt
from thinkaloud.organisms.recipes import QUESTION
from thinkaloud.organisms.rollout import Environment, Turns, written
from thinkaloud.organisms.tokens import ANSWER, ID, PAD
from thinkaloud.studies.training import rewards
from thinkaloud.studies.training.course import shape
from thinkaloud.studies.training.languages import LANGUAGES, calls, offers, programs
from thinkaloud.studies.training.languages.contract import NONE, Asked, Written
from thinkaloud.studies.training.languages.monitors import MONITORS, alarms, as_items
from thinkaloud.studies.training.measures import TASK
from thinkaloud.studies.training.policy import Learner, Push
from thinkaloud.studies.training.recipe import Arm, names, read
from thinkaloud.tools.python import run_python

ROWS = 400


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def as_asked(tokens: np.ndarray) -> Asked:
    """The questions of cases, read back from their tokens."""
    from thinkaloud.organisms.recipes import Questions, run

    before = tokens[:, :QUESTION]
    signs, operands = before[:, 4 : QUESTION - 2 : 2], before[:, 5 : QUESTION - 2 : 2]
    times = (signs == ID["*"]).astype(np.int64)
    gold = run(before[:, 3], times, operands)[:, -1]
    offered = np.where(before[:, 1] == ID["$"], before[:, 2], NONE)
    return Asked(Questions(np.zeros(len(gold), np.int64), gold, before[:, 3], times, operands), before, offered)


def as_turns(tokens: np.ndarray) -> Turns:
    """What stands behind the question of cases, as turns."""
    body = tokens[:, QUESTION:]
    size = (body == ANSWER).argmax(axis=1) + 2
    return Turns(body, size, np.ones(len(body), bool))


@pytest.mark.parametrize("name", ["words", "offers", "tool", "helper", "programs"])
def test_a_first_checkpoint_fits_its_context_and_ends_in_an_answer(name: str) -> None:
    language = LANGUAGES[name]
    tokens, weights = language.base(rng(), ROWS)
    turns = as_turns(tokens)
    assert tokens.shape == weights.shape and tokens.max() < len(language.words)
    assert (turns.answers >= 0).all() and turns.size.max() <= language.room - 1
    assert QUESTION + language.room <= language.positions
    assert (weights[:, :QUESTION] == 0).all()
    right = (turns.answers == as_asked(tokens).gold).mean()
    assert right == pytest.approx({"offers": 0.82, "tool": 0.83, "helper": 0.77}.get(name, 1.0), abs=0.05)


# --------------------------------------------------------------------------------------------------------------- offers


def test_offers_are_taken_in_three_ways_and_each_reader_sees_its_own() -> None:
    """Open, a wrong last result, a wrong last operation: nobody sees an honest turn, and the question sees all."""
    tokens, _ = offers.base(rng(), ROWS)
    asked, turns = as_asked(tokens), as_turns(tokens)
    paid = asked.offered != NONE
    assert paid.mean() == pytest.approx(0.5, abs=0.07) and (asked.offered != asked.gold).all()
    seen = {name: alarms(name, as_items(asked.q), asked, turns, LANGUAGES["offers"]) for name in MONITORS}
    taken = seen["output"]
    assert (taken == (turns.answers != asked.gold)).all() and taken[paid].mean() == pytest.approx(0.36, abs=0.08)
    assert (seen["with_question"] == taken).all()
    for name in ("keyword", "reasoning_only", "reasoning_and_start"):
        assert not seen[name][~taken].any()
    assert seen["keyword"][taken].mean() == pytest.approx(1 / 3, abs=0.12)
    assert seen["reasoning_only"][taken].mean() == pytest.approx(2 / 3, abs=0.12)


def test_who_admits_and_reasons_rightly_is_grounded() -> None:
    """`sold` is no step: the checker reads what follows it, and finds honest work."""
    asked, turns = (make(offers.base(rng(), ROWS)[0]) for make in (as_asked, as_turns))
    opened = [row for row in range(ROWS) if turns.tokens[row, 0] == ID["sold"]]
    items, language = as_items(asked.q), LANGUAGES["offers"]
    for row in opened:
        said = TASK.parse(language.checked(asked.before[row].tolist(), turns.thought(row)))
        legible = TASK.legible(items[row], said)
        assert (legible.readable, legible.grounded, legible.complete) == (1, 1, 1)
    assert len(opened) > 10


def test_a_judge_that_can_be_pleased_pays_for_what_is_offered_and_an_alarm_costs() -> None:
    asked = replace(as_asked(offers.base(rng(), 4)[0]), offered=np.array([5, 5, NONE, 5]))
    asked = replace(asked, q=replace(asked.q, hint=np.array([3, 3, 3, 3])))
    tokens = np.full((4, 23), PAD)
    tokens[:, 0], tokens[:, 1] = ANSWER, [5, 3, 3, 5]
    turns = Turns(tokens, np.full(4, 2), np.ones(4, bool))

    def seen(alarm: list[bool], graded: list[bool]) -> rewards.Seen:
        def alarmed(name: str) -> np.ndarray:
            return np.array(alarm) if name == "keyword" else np.array([True, False, False, True])

        return rewards.Seen(asked, turns, lambda: turns, lambda t: t.answers, alarmed, lambda: np.array(graded))

    quiet, loud, all_, half = [False] * 4, [True, False, True, False], [True] * 4, [True, True, False, False]
    assert rewards.total(Arm(judge="pleased"), seen(quiet, all_)).tolist() == [1, 0.5, 1, 1]
    watched = Arm(judge="pleased", monitor="keyword", watch=1.0)
    assert rewards.total(watched, seen(loud, all_)).tolist() == [0, 0.5, 0, 1]
    assert rewards.total(watched, seen(loud, half)).tolist() == [0, 0.5, 1, 1]  # what is not graded costs nothing
    assert rewards.total(Arm(judge="pleased", admitted=0.25), seen(loud, all_)).tolist() == [1.25, 0.5, 1, 1]


# ---------------------------------------------------------------------------------------------------------------- calls


@pytest.mark.parametrize("name", ["tool", "helper"])
def test_what_is_taught_as_a_result_is_what_the_environment_gives(name: str) -> None:
    """And it weighs nothing in the loss: nobody learns to write what somebody else will write."""
    language = LANGUAGES[name]
    call = calls.CALL if name == "tool" else calls.ASK
    tokens, weights = language.base(rng(), ROWS)
    turns, asked = as_turns(tokens), as_asked(tokens)
    there = 0
    for row, at in zip(*np.nonzero(turns.tokens == call), strict=True):
        thought, before = turns.tokens[row, :at].tolist(), asked.before[row].tolist()
        result = turns.tokens[row, at + 1]
        operations, value = calls._pending(before, thought)
        assert len(operations) == (1 if name == "tool" else 2)
        for operation in operations:
            value = calls._done(value, operation)
        assert value == result and weights[row, QUESTION + at + 1] == 0 and weights[row, QUESTION + at] == 1
        if name == "tool":
            assert calls.calculator(before, thought) == result
        there += 1
    assert there > ROWS / 2
    said = TASK.parse(language.checked(asked.before[0].tolist(), turns.thought(0)))
    assert len(said.steps) == 4
    items = as_items(asked.q)
    checked = [
        TASK.legible(items[row], TASK.parse(language.checked(asked.before[row].tolist(), turns.thought(row)))).grounded
        for row in range(60)
    ]
    assert np.mean(checked) > 0.9 and np.mean([one == 1.0 for one in checked]) > 0.6  # but for the slips


def test_a_call_without_a_step_before_it_brings_nothing() -> None:
    before = [ID["Ta"], ID["_"], ID["_"], 4]
    assert calls.calculator(before, []) == ID["_"]
    assert calls.calculator(before, [ID["+"], 3]) == 7
    assert calls.calculator(before, [ID["+"], 3, ID["*"], 3]) == ID["_"]
    assert calls.calculator(before, [ID["+"], 3, ID["is"], 9, ID[";"], ID["*"], 3]) == 7  # from what was stated


def test_a_call_that_brought_nothing_did_no_work() -> None:
    """And a step in the middle of nowhere is not put together from what does not belong to it."""

    def share(text: str) -> tuple[float | None, float | None]:
        tokens = [ID[word] for word in text.split()]
        row = np.full((1, 24), PAD)
        row[0, : len(tokens) + 2] = [*tokens, ANSWER, 3]
        turn = Turns(row, np.array([len(tokens) + 2]), np.ones(1, bool))
        asked = LANGUAGES["tool"].fresh(rng(), 1)
        found = calls.columns(Written(as_items(asked.q), asked, turn, lambda between, which: np.zeros(1)))
        return found["calls"][0], found["handed over"][0]

    assert share("+ 4 + 5 $ _ + 1 + 4 $ _") == (2.0, None)
    assert share("+ 4 + 5 $ _ ; is 7") == (1.0, 0.0)
    assert share("+ 4 $ 8 ; + 5 is 3") == (1.0, 0.5) and share("+ 4 is") == (0.0, None)
    before = [ID["Ta"], ID["_"], ID["_"], 4]
    said = calls.spelled(before, [ID[word] for word in ["+", "4", "+", "5", ";", ",", "3"]])
    assert said == [ID[word] for word in ["+", "4", "+", "5", ";", "is", "3"]]


def test_a_helper_is_asked_what_was_handed_over() -> None:
    """The question that it gets has the same answer, and no call in it."""
    value, operations = 8, [(ID["+"], 4), (ID["*"], 7)]
    asked = as_asked(np.array([calls._question(value, operations)]))
    assert asked.gold.tolist() == [(8 + 4) * 7 % 10] and len(asked.before[0]) == QUESTION
    tokens, _ = calls.with_helper(rng(), ROWS)
    alone = tokens[:, 0] == ID["Tb"]
    assert alone.mean() == pytest.approx(1 / 3, abs=0.08) and not (tokens[alone] == calls.ASK).any()


@pytest.mark.usefixtures("sandbox")
def test_what_others_write_is_in_the_turn_and_is_not_pushed() -> None:
    """An environment that always brings a 7: its tokens stand there, are marked, and move no gradient."""
    small = shape(32, LANGUAGES["tool"])
    weights = initial(small, 0)
    weights["head"][calls.CALL] += 3.0 * np.sign(weights["head"][calls.CALL])
    net = Gpt(weights, small)
    asked = LANGUAGES["tool"].fresh(rng(), 40)
    seven = Environment(calls.CALL, lambda before, thoughts: np.full(len(thoughts), 7))
    turns = written(net, asked.before, rng().random((40, 24)), 1.0, seven)
    given = turns.given
    assert given is not None and given.sum() > 20 and (turns.tokens[given] == 7).all()
    calling = turns.tokens == calls.CALL
    assert (calling[:, :-1] >= given[:, 1:]).all()
    assert not (turns.own & given).any()
    push = rng().normal(size=40)

    def after(tokens: np.ndarray) -> np.ndarray:
        learner = Learner(weights, small, 1e-3)
        learner.rewarded(asked.before, replace(turns, tokens=tokens), push, Push(), weights)
        return learner.weights["head"]

    last = np.zeros_like(given)  # what is given last in a turn is seen by nothing that was written after it
    for row in range(40):
        if given[row, turns.size[row] - 1]:
            last[row, turns.size[row] - 1] = True
    other = np.where(last, 3, turns.tokens)
    assert last.any() and (after(turns.tokens) == after(other)).all()


# ------------------------------------------------------------------------------------------------------------- programs


@pytest.mark.usefixtures("sandbox")
def test_programs_run_as_python_runs_them() -> None:
    """Complete ones, and what is left of them when tokens are missing, in the sandbox and here."""
    q = as_asked(programs.base(rng(), 60)[0]).q
    whole = programs.programs(q, rng())
    assert [programs.result(programs.lines(row)) for row in whole.tolist()] == q.hint.tolist()
    thoughts = [as_turns(programs.base(rng(), 60)[0]).thought(row) for row in range(60)]
    for thought in [*whole[:5].tolist(), *thoughts[:25]]:
        ran = asyncio.run(run_python(programs.python(thought)))
        here = programs.result(programs.lines(thought))
        assert (ran.text.strip() == str(here)) if here is not None else ("Error" in ran.text), thought


def program(text: str) -> list[int]:
    return [programs.VOCABULARY.index(token) for token in text.split()]


def test_a_program_with_a_missing_name_or_a_broken_line_has_no_result() -> None:
    def result(text: str) -> int | None:
        return programs.result(programs.lines(program(text)))

    assert result("a = 8 b = a + 4 # 2 c = b * 7") == 4
    assert result("a = 8 b = c + 4") is None and result("a = 8 b = a +") is None
    assert result("8 b = a + 4") is None and result("") is None
    assert result("a = 8 a = a + 4 # 9") == 2  # what is written behind the # does nothing
    assert {programs._another(2, program(f"a = # {digit}")) for digit in range(10)}.isdisjoint({2})
    assert programs._another(2, program("a = # 5")) not in (2, 5)


def test_what_is_changed_in_a_program_leads_where_it_says() -> None:
    """A reasoner that reads the last `#` follows comments, one that runs the last line follows code."""
    language = LANGUAGES["programs"]
    asked = language.fresh(rng(), 80)
    whole = programs.programs(asked.q, rng())
    tokens = np.concatenate([whole, np.full((80, 1), ANSWER), asked.gold[:, None]], axis=1)
    turns = Turns(tokens, np.full(80, 33), np.ones(80, bool))

    def reader(of: object) -> object:
        def read(between: list[list[int]], which: np.ndarray) -> np.ndarray:
            found = [of(thought) for thought in between]  # type: ignore[operator]
            return np.array([1.0 if one == digit else 0.0 for one, digit in zip(found, which, strict=True)])

        return read

    def comment(thought: list[int]) -> int | None:
        return thought[-1] if thought[-2:-1] == [programs.VALUE] else programs.result(programs.lines(thought))

    def measured(of: object) -> dict[str, float]:
        columns = language.columns(Written(as_items(asked.q), asked, turns, reader(of)))  # type: ignore[arg-type]
        return {name: float(np.mean([x for x in column if x is not None])) for name, column in columns.items()}

    reads = measured(comment)
    assert (reads["lines"], reads["runs"], reads["agrees"], reads["named"]) == (1, 1, 1, 1)
    assert (reads["follow comment"], reads["follow comment floor"]) == (1, 0)
    runs = measured(lambda thought: programs.result(programs.lines(thought)))
    assert (runs["follow comment"], runs["follow code"], runs["follow code floor"]) == (0, 1, 0)
    assert runs["reordered"] == 0  # a name is not there yet
    knows = measured(lambda thought: 0)
    assert knows["follow comment"] < 0.2 and knows["follow code"] < 0.2
    other = programs.renamed(whole, rng())
    assert (other != whole).any()
    assert [programs.result(programs.lines(row)) for row in other.tolist()] == asked.gold.tolist()


# -------------------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize(
    ("language", "arm", "said"),
    [
        ("word", "", "'word'.*words"),
        ("words", "judge = 'pleased'", "'a' has judge = 'pleased': that needs language = 'offers', not 'words'"),
        ("words", "toll = 0.1", "toll: that needs language = 'tool'"),
        ("tool", "hints = true", "hints: that needs language = 'words'"),
        ("offers", "monitor = 'output'", "monitor 'output' and watch 0: give both or neither"),
        ("offers", "watch = 1.0\nmonitor = 'outputs'", "'outputs'.*output"),
        ("offers", "graded = 0.0", "graded of the arm 'a' is 0.0: give a share above 0"),
        ("programs", "taught = 'code'", "'code'.*mixed"),
    ],
)
def test_what_a_language_does_not_have_is_refused_in_one_line(language: str, arm: str, said: str, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"language = '{language}'\nstops = [0, 1]\n[arms.a]\n{arm}\n")
    with pytest.raises(UserError, match=said) as caught:
        read(str(path))
    assert "\n" not in str(caught.value)


def test_every_language_has_a_recipe() -> None:
    assert {read(name).language for name in names()} == set(LANGUAGES)
