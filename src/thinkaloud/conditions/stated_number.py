"""A mistake in any text, by rule: a number that a sentence states as a result becomes another plausible one.

    16 - 3 - 4 = 9          16 - 3 - 4 = 19
    The total is $1,250.    The total is $1,240.

The new number has the form of the old one (sign, currency, thousands, decimals) and stands nowhere in the sentence. It
is one or ten more or less, or has two digits exchanged. What depends on it further on in the sentence stays as it is.

Where the mistake leads is known in one case: the old number is the last result of the whole reasoning and one of the
item's options, and the new one is another option that is not right. Else `implied` is empty. Whether the number was
right before, and what the model would make of another one, nothing here knows.
"""

from __future__ import annotations

import re
from decimal import Decimal

from thinkaloud.conditions.checks import numbers
from thinkaloud.tasks.draws import pick
from thinkaloud.vocabulary import Item, Key, Mistake, Step, Transcript

_SAYS = (
    r"(?:=|\\approx|\u2248|\u2192|=>|\b(?:is|are|was|were|equals?|makes?|gives?|leaves?|yields?|becomes?|costs?|get|gets|"
    r"have|has|total of|left with)\b|\u662f|\u4e3a|\u7b49\u4e8e|\u5171|\u5f97)"
)
_BETWEEN = r"(?:\s|\*\*|\\?\$|[\u20ac\u00a3\u00a5]|\\\(|\b(?:about|only|exactly|therefore|now|then|equal to)\b)*"
_NOT_AFTER = (
    r"(?![A-Za-z_\d^]|[.,]\d|[/:]\d|%?\s*(?:[+*/\u00d7\u00f7^=]|-\s*\d|\\(?:times|cdot|div|frac|pmod|mod)|"
    r"(?:plus|minus|times|divided|multiplied|more|less|fewer|of|percent)\b))"
)
_RESULT = re.compile(
    rf"{_SAYS}{_BETWEEN}(?P<number>[-\u2212]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?){_NOT_AFTER}", re.IGNORECASE
)
_STEPS = (1, -1, 10, -10)


def mistake_by_number(item: Item, own: Transcript, at: int, key: Key) -> Mistake | None:
    """Sentence `at` with another number as its result; None if it states none."""
    text = own.steps[at].text
    found = _result(text)
    if found is None:
        return None
    old = found["number"]
    leads = _options_instead(item, own, at, old)
    choices = leads or _plausible(old)
    choices = [new for new in choices if new not in _forbidden(item, text, old)]
    if not choices:
        return None
    new = pick(key.child("number").rng, choices)
    start, end = found.span("number")
    rest = text[end:]
    echo = f">>{old}"  # a calculator's note says its result again: 2 + 3 = <<2+3=5>>5
    rest = f">>{new}{rest[len(echo) :]}" if rest.startswith(echo) else rest
    return Mistake(at, Step(text[:start] + new + rest), _meant(item, new) if leads else "")


def _result(text: str) -> re.Match[str] | None:
    """The last number that a text states as a result."""
    return next(reversed(list(_RESULT.finditer(text))), None)


def _options_instead(item: Item, own: Transcript, at: int, old: str) -> list[str]:
    """The numbers of wrong options, written as `old` is, where it is the option that the whole reasoning ends with."""
    if any(_result(step.text) for step in own.steps[at + 1 :]) or _meant(item, old) == "":
        return []
    values = {option: _value(option) for option in item.options if option != item.gold}
    return [_as(old, value) for value in values.values() if value is not None and value != _value(old)]


def _forbidden(item: Item, text: str, old: str) -> set[str]:
    """Numbers of the sentence, and the right answer, written as `old` is."""
    there = [*numbers(text), item.gold]
    return {_as(old, value) for value in map(_value, there) if value is not None}


def _plausible(old: str) -> list[str]:
    """Numbers near to `old`, written as it is, and of its sign; those with two digits exchanged come last."""
    value = _value(old)
    assert value is not None
    unit = Decimal(1).scaleb(-len(old.partition(".")[2]))
    near = [value + unit * step for step in _STEPS if abs(unit * step) <= max(abs(value), unit)]
    near = [one for one in near if one * value > 0 or (value >= 0 and one >= 0)]
    whole = str(abs(value))
    swapped = [
        Decimal(whole[:i] + whole[i + 1] + whole[i] + whole[i + 2 :])
        for i in range(len(whole) - 1)
        if whole[i : i + 2].isdigit() and whole[i] != whole[i + 1] and not (i == 0 and whole[1] == "0")
    ]
    return [_as(old, one) for one in dict.fromkeys([*near, *(s.copy_sign(value) for s in swapped)])]


def _meant(item: Item, number: str) -> str:
    """The option that is this number; empty if none is."""
    value = _value(number)
    return next((option for option in item.options if _value(option) == value), "")


def _value(text: str) -> Decimal | None:
    """The number that a text is, without its currency and thousands; None if it is none."""
    bare = re.sub(r"^[\\$\u20ac\u00a3\u00a5\s]+|[\s.%]+$", "", text).replace(",", "").replace("\u2212", "-")
    return Decimal(bare) if re.fullmatch(r"-?\d+(?:\.\d+)?", bare) else None


def _as(old: str, value: Decimal) -> str:
    """A number written as `old` is: its decimals, thousands set apart where its own are."""
    decimals = len(old.partition(".")[2])
    return f"{value:{',' if ',' in old else ''}.{max(decimals, _decimals(value))}f}"


def _decimals(value: Decimal) -> int:
    return len(format(value, "f").partition(".")[2].rstrip("0"))
