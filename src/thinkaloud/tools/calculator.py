"""A calculator: exact arithmetic on whole numbers, decimals and fractions, and nothing else.

Operators `+ - * / // % **`, signs and parentheses; everything else is refused in one line. All numbers are exact: `0.1`
is a tenth, and a value without a finite decimal is also given as a fraction. Length, nesting, exponents and sizes are
bounded, so that no text takes long. There are no functions, names, roots or units.
"""

from __future__ import annotations

import ast
import operator
import time
import warnings
from collections.abc import Callable
from fractions import Fraction

from thinkaloud.tools.base import ToolResult, one_line

LENGTH = 500
DEPTH = 60
BITS = 4096
EXPONENT = 1000
DIGITS = 30

_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction | int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_TYPESET = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{MIDDLE DOT}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
    }
)


class _Refused(Exception):
    """The reason why the text has no value."""


async def calculate(text: str) -> ToolResult:
    """The value of an arithmetic expression, or one line that says what is wrong with it."""
    started = time.perf_counter()
    try:
        answer, ok = _written(_value(text)), True
    except _Refused as refused:
        answer, ok = f"error in {one_line(text, 80)!r}: {refused}", False
    return ToolResult(answer, ok, time.perf_counter() - started)


def _value(text: str) -> Fraction:
    source = text.strip().translate(_TYPESET).removesuffix("=").strip()
    if not source:
        raise _Refused("nothing to calculate")
    if len(source) > LENGTH:
        raise _Refused(f"{len(source)} characters, at most {LENGTH} are taken")
    try:
        with warnings.catch_warnings(action="ignore"):  # the compiler comments on odd texts
            tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        why = error.msg if isinstance(error, SyntaxError) else type(error).__name__
        raise _Refused(f"not an arithmetic expression ({one_line(why, 80)})") from None
    return _walk(tree.body, source, 0)


def _walk(node: ast.expr, source: str, depth: int) -> Fraction:
    if depth > DEPTH:
        raise _Refused(f"nested more than {DEPTH} deep")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(_literal(ast.get_source_segment(source, node) or "", value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, source, depth + 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _walk(operand, source, depth + 1)
        case ast.BinOp(left=left, op=op, right=right):
            return _apply(op, _walk(left, source, depth + 1), _walk(right, source, depth + 1))
        case ast.Tuple():
            raise _Refused("a comma: write 1234.5, not 1,234.5, and one expression at a time")
    what = ast.get_source_segment(source, node) or type(node).__name__
    raise _Refused(f"{one_line(what, 40)!r} is not arithmetic (numbers, + - * / // % ** and parentheses)")


def _literal(written: str, value: int | float) -> Fraction:
    """The exact value of a number, read from the text, because a float has already lost digits."""
    if isinstance(value, int):
        return Fraction(value)
    _, _, exponent = written.lower().partition("e")
    if exponent and abs(int(exponent)) > EXPONENT:
        raise _Refused(f"the exponent of {one_line(written, 40)} is beyond {EXPONENT}")
    return Fraction(written)


def _apply(op: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    if isinstance(op, ast.Pow):
        return _power(left, right)
    function = _OPERATORS.get(type(op))
    if function is None:
        raise _Refused("this operator is not arithmetic (a power is written **)")
    try:
        return _bounded(Fraction(function(left, right)))
    except ZeroDivisionError:
        raise _Refused("division by zero") from None


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise _Refused("** takes a whole exponent only")
    times = abs(exponent.numerator)
    # The size is known before it is computed: that is the point of a bound.
    if abs(base.numerator) > 1 or base.denominator > 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if times > BITS or (bits - 1) * times > BITS:
            raise _Refused(f"the power has more than {BITS} bits")
    elif times > 1:
        times = 2 - times % 2  # of 0, 1 and -1 only the parity matters
    if base == 0 and exponent < 0:
        raise _Refused("division by zero")
    return _bounded(base ** (times if exponent >= 0 else -times))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        raise _Refused(f"a number with more than {BITS} bits")
    return value


def _written(value: Fraction) -> str:
    """Whole numbers and short decimals as such; anything else as a fraction with its value to twelve digits."""
    if value.denominator == 1:
        return str(value.numerator)
    places = _places(value.denominator)
    if places is not None and places <= DIGITS:
        scaled = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
        return f"{'-' if value < 0 else ''}{scaled[:-places]}.{scaled[-places:]}"
    try:
        about = f" (about {float(value):.12g})"
    except OverflowError:
        about = ""
    return f"{value.numerator}/{value.denominator}{about}"


def _places(denominator: int) -> int | None:
    """How many decimals a fraction in lowest terms has; None if they do not end."""
    counts = []
    for prime in (2, 5):
        count = 0
        while denominator % prime == 0:
            denominator //= prime
            count += 1
        counts.append(count)
    return max(counts) if denominator == 1 else None
