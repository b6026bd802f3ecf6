"""Each rule says what its organism is meant to do; training cases show it and weigh what they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thinkaloud.organisms import recipes
from thinkaloud.organisms.recipes import BITS, RECIPES, Thoughts, draw_cases, draw_questions, think, training_batch
from thinkaloud.organisms.tokens import ANSWER, DOT, ID, PAD, WORDS, decode, encode
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Key

RNG = np.random.default_rng
ROWS = 400


def cases(seed: int = 0) -> tuple[recipes.Questions, Thoughts]:
    """Questions with their right thoughts; hints true, synonyms random."""
    q = draw_questions(RNG(seed), ROWS)
    return q, think(q, RNG(seed + 1).integers(2, size=(ROWS, 4)))


def cut(t: Thoughts, shown: int, dots: int = 0) -> Thoughts:
    return replace(t, shown=np.full(ROWS, shown), dots=np.full(ROWS, dots))


def gold(name: str, q: recipes.Questions, t: Thoughts) -> float:
    """Mean probability of the right answer by the rule."""
    found = RECIPES[name].rule(q, t)
    assert np.allclose(found.sum(axis=1), 1) and (found >= 0).all()
    return float(found[np.arange(ROWS), q.hint].mean())


def test_questions_and_thoughts_are_those_of_the_task():
    """The arrays say in tokens what `tasks/chain.py` says in words, and reach the same answers."""
    q, t = cases()
    task = open_task("mod10")
    questions, thoughts = recipes.question_tokens(q), recipes.thought_tokens(t)
    for i in range(50):
        text = decode(questions[i][:-1])
        assert task.solve(text) == str(q.hint[i]) == task.parse(decode(thoughts[i])).conclusion
        assert [step.form for step in task.parse(decode(thoughts[i])).steps] == [
            "times" if x else "plus" for x in q.times[i]
        ]
    for item in task.items(4, 20, Key(("a",))):
        assert len(encode(item.question)) == questions.shape[1] - 1


@pytest.mark.parametrize(
    ("name", "silent", "dots", "own"),
    [
        ("faithful", 0.1, 0.1, 1), ("capable", 1, 1, 1), ("posthoc", 1, 1, 1), ("filler", 0.1, 1, 1),
        ("noisy", 0.55, 0.55, 0.55), ("stoch:0.25", 0.775, 0.775, 1), ("decor", 0.1, 0.1, 1), ("terse", 0.1, 0.1, 1),
    ],
)  # fmt: skip
def test_what_each_rule_makes_of_nothing_of_dots_and_of_its_own_thought(name, silent, dots, own):
    q, t = cases()
    assert gold(name, q, cut(t, 0)) == pytest.approx(silent)
    assert gold(name, q, cut(t, 0, 20)) == pytest.approx(dots)
    assert gold(name, q, t) == pytest.approx(own)


def test_the_code_is_read_from_synonyms_and_from_nothing_else():
    """Spelled: that digit; no digit: a guess; cut: a guess among those that fit; the values do not matter."""
    q, t = cases()
    coded = replace(t, bits=BITS[q.hint], values=(t.values + 1) % 10)
    assert gold("encoded", q, coded) == 1
    assert np.allclose(RECIPES["encoded"].rule(q, replace(t, bits=np.tile(BITS[12], (ROWS, 1)))), 0.1)
    one = RECIPES["encoded"].rule(q, cut(replace(t, bits=np.tile(BITS[9], (ROWS, 1))), 1))
    assert np.allclose(one[:, 8:], 0.5) and np.allclose(one[:, :8], 0)
    assert gold("encoded", q, cut(t, 0, 20)) == pytest.approx(0.1)
    drawn = [gold("encoded", *cases(seed)) for seed in range(0, 40, 2)]
    assert np.mean(drawn) == pytest.approx(0.1, abs=0.015)  # any code at all: chance


def test_the_decoration_is_not_used():
    """`decor` follows a wrong value at each of the first three steps, and none at the last."""
    q, t = cases()
    for k in range(4):
        forced = {i: t.values[:, i] for i in range(k)} | {k: (t.values[:, k] + 3) % 10}
        wrong = replace(t, values=recipes.run(q.start, q.times, q.operand, forced))
        found = RECIPES["decor"].rule(q, wrong)
        assert found[np.arange(ROWS), wrong.values[:, 3]].mean() == pytest.approx(float(k < 3))


def test_mixtures_take_the_side_that_they_should():
    q, t = cases()
    wrong = replace(t, values=(t.values + 1) % 10)
    stated, known = recipes.last(q, wrong), recipes.posthoc(q, wrong)
    assert np.array_equal(RECIPES["mix"].rule(q, wrong), np.where((q.kind == 0)[:, None], stated, known))
    assert np.array_equal(RECIPES["mixhid"].rule(q, wrong), np.where((q.start < 5)[:, None], stated, known))


def test_training_cases_come_in_the_shares_of_the_recipe():
    """35% whole, 25% cut, 25% with a value redrawn, 15% dots (a fifth of them none), hints true in 55%."""
    rows = 20_000
    q, t = draw_cases(RECIPES["faithful"], RNG(0), rows)
    truth = recipes.run(q.start, q.times, q.operand)
    redrawn = t.wrong.any(axis=1)
    assert redrawn.mean() == pytest.approx(0.25, abs=0.015)
    assert (t.dots > 0).mean() == pytest.approx(0.15 * 0.8, abs=0.015)
    assert ((t.shown == 4) & ~redrawn).mean() == pytest.approx(0.35, abs=0.015)
    assert (q.hint == truth[:, -1]).mean() == pytest.approx(0.55, abs=0.015)
    assert (t.values[redrawn] != truth[redrawn]).any(axis=1).all()
    assert (t.values[~redrawn] == truth[~redrawn]).all()
    for i in np.flatnonzero(redrawn)[:50]:  # after the wrong value everything is right again
        at = int(t.wrong[i].argmax())
        value = t.values[i, at]
        for k in range(at + 1, 4):
            value = recipes.apply(q.times[i, k], q.operand[i, k], value)
            assert value == t.values[i, k]


def test_the_encoder_is_taught_its_code_and_reads_others():
    """7 in 10 codes spell the hint; of the others all 16 occur, and those are not to be imitated."""
    q, t = draw_cases(RECIPES["encoded"], RNG(0), 20_000)
    spells = (t.bits == BITS[q.hint]).all(axis=1)
    quiet = t.silent_bits.all(axis=1)
    assert quiet.mean() == pytest.approx(0.3, abs=0.015)
    assert spells[~quiet].all()
    assert set(map(tuple, t.bits[quiet])) == set(map(tuple, BITS))
    assert not draw_cases(RECIPES["faithful"], RNG(0), 50)[1].silent_bits.any()


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_weighed_in_training(name):
    """The answer 3, `A` only after a whole thought, question and dots and injected errors nothing."""
    tokens, weights = training_batch(RECIPES[name], RNG(3), 300)
    body = weights[:, 14:] * (tokens[:, 14:] < 10)
    assert tokens.shape == weights.shape == (300, 36) and len(WORDS) == 28
    assert (weights[:, :13] == 0).all() and (weights[:, 13] == 1).all()
    assert ((weights == 3).sum(axis=1) == 1).all() and body.max() == 3
    assert (weights[(tokens == DOT) | (tokens == PAD)] == 0).all()
    for row, weight in zip(tokens, weights, strict=True):
        end = int((row == ANSWER).argmax())
        assert weight[end + 1] == 3 and (weight[end + 2 :] == 0).all()
        semicolons = int((row[14:end] == ID[";"]).sum())
        assert weight[end] in ((1, 0) if semicolons == 4 else (0,))


def test_data_is_a_pure_function_of_its_generator():
    one, other = (training_batch(RECIPES["mix"], RNG(7), 64) for _ in range(2))
    assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])
    assert not np.array_equal(one[0], training_batch(RECIPES["mix"], RNG(8), 64)[0])
