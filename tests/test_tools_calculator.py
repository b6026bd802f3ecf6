"""The calculator is exact, refuses everything that is not arithmetic, and is bounded; code is found in fences."""

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thinkaloud.tools.base import ToolResult, clip
from thinkaloud.tools.calculator import calculate
from thinkaloud.tools.extract import code_in


def value(text: str) -> ToolResult:
    return asyncio.run(calculate(text))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1/3", "1/3 (about 0.333333333333)"),
        ("(1/3)*3", "1"),
        ("-7 % 3", "2"),
        ("7 // 2 - 2 ** 3", "-5"),
        ("2 ** -2", "0.25"),
        ("-0.125", "-0.125"),
        ("2**100", str(2**100)),
        ("0.30000000000000000001 * 1", "0.30000000000000000001"),
        ("(1 + 2) * 3 =", "9"),
        ("3 \N{MULTIPLICATION SIGN} 4 \N{MINUS SIGN} 1", "11"),
        ("(-1) ** (10 ** 30)", "1"),
        ("0 ** 0", "1"),
    ],
)
def test_arithmetic_is_exact(text, answer):
    assert (value(text).text, value(text).ok) == (answer, True)


@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6), st.sampled_from("+-*/%"))
def test_agrees_with_exact_fractions(a, b, op):
    """What is written reads back as the exact result."""
    if b == 0 and op in "/%":
        return
    result = value(f"({a}) {op} ({b})")
    exact = eval(f"a {op} b", {"a": a, "b": b})
    assert Fraction(result.text.split(" ")[0]) == exact


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("1/0", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("1,234 + 1", "comma"),
        ("2 ^ 3", "**"),
        ("2 ** 0.5", "whole exponent"),
        ("sqrt(2)", "not arithmetic"),
        ("True + 1", "not arithmetic"),
        ("1j", "not arithmetic"),
        ("__import__('os')", "not arithmetic"),
        ("().__class__", "not arithmetic"),
        ("[1][0]", "not arithmetic"),
        ("1 if 2 else 3", "not arithmetic"),
        ("two plus two", "not an arithmetic"),
        ("9 ** 9 ** 9", "bits"),
        ("10 ** 10 ** 8", "bits"),
        ("1e999999999", "exponent"),
        ("2 ** 4000 * 2 ** 4000", "bits"),
        ("1" * 501, "characters"),
        ("-" * 400 + "1", "deep"),
        ("(" * 240 + "1" + ")" * 240, "not an arithmetic"),
    ],
)
def test_everything_else_is_refused_in_one_line(text, why):
    result = value(text)
    assert not result.ok and why in result.text and "\n" not in result.text


@given(st.text(max_size=60) | st.text(alphabet="0123456789.e+-*/%() ", max_size=60))
def test_no_text_raises(text):
    assert isinstance(value(text), ToolResult)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Look:\n```python\nx = 1\n```\nso it is.", "x = 1\n"),
        ("```python\na\n```\n```py\nb\n```\n```\noutput\n```", "b\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```json\n{}\n```\n```\ny\n```", "y\n"),
        ("So:\n```python\nx = 1\nx +", "x = 1\nx +\n"),
        ("  - like this\n    ```python\n    for i in x:\n        i\n    ```", "for i in x:\n    i\n"),
        ("x = 1\nx", "x = 1\nx\n"),
    ],
)
def test_code_is_taken_out_of_its_fence(text, code):
    assert code_in(text) == code


@given(st.text(max_size=300), st.integers(2, 50))
def test_clip_keeps_both_ends_and_counts_what_is_missing(text, limit):
    cut = clip(text, limit)
    assert (cut == text) == (len(text) <= limit)
    if len(text) > limit:
        assert cut.startswith(text[: limit - limit // 2]) and cut.endswith(text[len(text) - limit // 2 :])
        assert f"({len(text) - limit} characters left out)" in cut
