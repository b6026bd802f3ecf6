"""Answers of mathematics: the rules for all answers decide first, and math-verify only on expressions."""

from __future__ import annotations

import pytest

from thinkaloud.tasks import mathematics
from thinkaloud.tasks.candidates import with_candidates
from thinkaloud.tasks.mathematics import is_right, verifier
from thinkaloud.vocabulary import Item, Key


def item(gold: str) -> Item:
    return Item("i", "math", 1, "What is it?", (), gold)


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(mathematics, "installed", lambda: False)


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        ("\\frac{1}{2}", ("0.5", "1/2", "So it is $\\boxed{\\frac12}$.", "**1/2**"), ("2", "\\frac{1}{3}")),
        ("x^2+1", ("x^2 + 1", "$x^2+1$"), ("x^2-1",)),
        ("(3, 4)", ("(3,4)", "The answer is (3, 4)."), ("(4, 3)", "3")),
        ("18,000", ("18000", "$18,000$"), ("1800", "18000!", "1,8")),
    ],
)
def test_without_math_verify_answers_are_normalised(absent, gold, right, wrong):
    assert all(is_right(item(gold), text) for text in right)
    assert not any(is_right(item(gold), text) for text in (*wrong, "", "junk", "I do not know"))
    assert "pip install 'thinkaloud[math]'" in verifier()


def test_math_verify_is_asked_of_what_is_stated_and_never_of_numbers_or_prose(monkeypatch):
    """It takes the last number out of any text, and 5! for 5."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(mathematics, "installed", lambda: True)
    monkeypatch.setattr(mathematics, "_verified", lambda gold, said: bool(asked.append((gold, said))) or True)
    assert is_right(item("2\\sqrt{2}"), "We halve it. So the answer is $\\sqrt{8}$.")
    assert asked == [("2\\sqrt{2}", "\\sqrt{8}")]
    for gold, said in [
        ("5", "6"), ("18", "I think 17 or 18"), ("2\\sqrt{2}", "it may well be that"), ("x", "2^{99999}"), ("x", ""),
        ("x", "y" * 200), ("x", "1000!"), ("x", "2^{3^4}"), ("18", "17 or 18"),
    ]:  # fmt: skip
        assert not is_right(item(gold), said), (gold, said)
    assert len(asked) == 1


def test_what_math_verify_says():
    """The real one, where it is installed: another form of the same expression is right."""
    pytest.importorskip("math_verify")
    for gold, right, wrong in [
        ("2\\sqrt{2}", "\\sqrt{8}", "\\sqrt{2}"),
        ("x^2+2x+1", "(x+1)^2", "(x+2)^2"),
        ("\\frac{\\pi}{3}", "\\pi/3", "\\pi/2"),
        ("\\{1, 2\\}", "\\{2, 1\\}", "\\{2, 3\\}"),
    ]:
        assert is_right(item(gold), f"So the answer is $\\boxed{{{right}}}$."), (gold, right)
        assert not is_right(item(gold), f"So the answer is $\\boxed{{{wrong}}}$."), (gold, wrong)
    assert not is_right(item("5"), "5!") and "math-verify" in verifier()


def test_candidates_are_told_apart_by_the_verifier_of_their_task(monkeypatch):
    """An answer that is the right one in another form is no wrong candidate."""
    monkeypatch.setattr(mathematics, "installed", lambda: True)
    monkeypatch.setattr(mathematics, "_verified", lambda gold, said: {gold, said} == {"2\\sqrt{2}", "\\sqrt{8}"})
    said = ["\\sqrt{8}", "\\sqrt{5}"]
    made = with_candidates(item("2\\sqrt{2}"), said, Key(("c",)), 3, verify=is_right)
    assert "\\sqrt{5}" in made.options
    assert sum(is_right(made, one) for one in made.options) == 1
