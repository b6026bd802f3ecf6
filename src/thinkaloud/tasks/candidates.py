"""An answer space for a question that is answered freely: the right answer beside wrong ones.

    candidates(item, ("17", "$18", "I do not know"), key)     ("19", "18", "17", "28") in an order given by the key

The wrong ones are, in this order and `k` answers in all:

1. what the model itself answered in samples (`said`), the most frequent first, as far as the verifier tells it from
   the right answer. Refusals, texts of more than `LONGEST` characters and, where the answer is a number or a letter,
   anything else than one are left out;
2. near misses: numbers that one slip leads to (`spelled.py`), other letters, the opposite of yes, true or valid (then
   there are two candidates and no more), words of the question in another order, and `others`, the right answers of
   other questions.

All are written in one style, that in which the model writes numbers where that is known, so that no candidate is
likelier for its spelling. No two of them are the same answer. Pure: the same arguments give the same candidates. The
model is never shown them (`Item.shown` is False).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from thinkaloud.tasks.answers import bare, canonical, match, same, same_option
from thinkaloud.tasks.check import ACCEPTED, is_gold
from thinkaloud.tasks.draws import shuffled
from thinkaloud.tasks.options import CANDIDATES, SPACE
from thinkaloud.tasks.quantities import quantity
from thinkaloud.tasks.spelled import Style, altered, fitting, near_misses, style, written
from thinkaloud.vocabulary import Item, Key

LONGEST = 60
"""Characters of a candidate that a model gave."""
OPPOSITES = (
    ("yes", "no"), ("true", "false"), ("valid", "invalid"), ("correct", "incorrect"), ("right", "wrong"),
    ("possible", "impossible"), ("plausible", "implausible"),
)  # fmt: skip
_OPPOSITE = {one: other for pair in OPPOSITES for one, other in (pair, pair[::-1])}
_REFUSED = re.compile(
    r"\b(?:sorry|cannot|can't|can not|unable|don't know|do not know|not (?:enough|sure|possible to|given|clear)|"
    r"unclear|unknown|undetermined|insufficient|as an ai|n/a)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(\(?)([A-Za-z])(\)?)")


Verify = Callable[[Item, str], bool]
"""Whether a text is right: `Task.verify`."""


def with_candidates(
    item: Item, said: Sequence[str], key: Key, k: int = 4, others: Sequence[str] = (), verify: Verify = is_gold
) -> Item:
    """The item with candidates in the place of options; `said`: what the model answered in samples, `others`: right
    answers of other questions, `verify`: that of the item's task. Its gold is the one of them that is right, and `meta`
    has what was right before. An item with options, or for which no wrong answer can be made, is unchanged."""
    made = candidates(item, said, key, k, others, verify)
    if item.options or len(made) < 2:
        return item
    gold = next(one for one in made if verify(item, one))
    also = [one for one in (item.gold, *item.meta.get(ACCEPTED, ())) if one != gold]
    meta = {**item.meta, SPACE: CANDIDATES, **({ACCEPTED: also} if also else {})}
    return replace(item, options=made, gold=gold, shown=False, meta=meta)


def candidates(
    item: Item, said: Sequence[str], key: Key, k: int = 4, others: Sequence[str] = (), verify: Verify = is_gold
) -> tuple[str, ...]:
    """At most `k` answers, one of them right, in an order given by the key; the item's options where it has some. Only
    the right answer where no wrong one can be made."""
    if item.options:
        return item.options
    rng = key.child("candidates", item.id).rng
    if (opposite := opposite_of(item.gold)) is not None:
        return tuple(shuffled(rng, [item.gold, opposite]))
    told = [text for text in map(bare, said) if _usable(text)]
    right = [text for text in told if verify(item, text)]
    how = _style(item, told, right)
    gold = _spelled(item, right) if how is None else written(_value(item.gold), how) or item.gold
    found = [gold]
    for one in (*_frequent(item, told, how), *_made(item, gold, how, rng, others)):
        if len(found) >= k:
            break
        if not verify(item, one) and not any(same_option(one, other) or same(one, other) for other in found):
            found.append(one)
    return tuple(shuffled(rng, found))


def opposite_of(answer: str) -> str | None:
    """`No` for `Yes`, in the same case; None for an answer without an opposite."""
    other = _OPPOSITE.get(answer.casefold())
    if other is None:
        return None
    return other.upper() if answer.isupper() else other.title() if answer.istitle() else other


def pair_of(answer: str) -> tuple[str, str] | None:
    """`("Yes", "No")` for `No`: the two answers of a question of this kind, the affirming one first."""
    other = opposite_of(answer)
    if other is None:
        return None
    first = any(answer.casefold() == one for one, _ in OPPOSITES)
    return (answer, other) if first else (other, answer)


def _usable(text: str) -> bool:
    short = 0 < len(text) <= LONGEST and "\n" not in text
    return short and re.search(r"\w", text) is not None and not _REFUSED.search(text)


def _style(item: Item, told: Sequence[str], right: Sequence[str]) -> Style | None:
    """The style of numbers in which the model answers most often, if the right answer can be told in it; else that of
    the right answer. None where that is no number."""
    own = style(canonical(item.gold))
    if own is None:
        return None
    fits = Counter(how for how in map(style, right) if how is not None)
    others = Counter(how for how in map(style, told) if how is not None and how.rest == own.rest)
    for how, _ in (*fits.most_common(), *others.most_common()):
        if (text := written(_value(item.gold), how)) is not None and is_gold(item, text):
            return fitting(_value(item.gold), how)
    return own


def _spelled(item: Item, right: Sequence[str]) -> str:
    """The right answer as the model spells it most often; as the item does where it never gives it."""
    usual = Counter(right).most_common(1)
    return usual[0][0] if usual and not _LETTER.fullmatch(item.gold) else item.gold


def _value(text: str) -> Fraction:
    found = quantity(canonical(text))
    assert found is not None, text  # it has a style
    return found.value


def _frequent(item: Item, told: Sequence[str], how: Style | None) -> Iterator[str]:
    """What the model answered, in the common style, the most frequent first."""
    letters = _LETTER.fullmatch(item.gold)
    spelled: list[str] = []
    for text in told:
        number = quantity(text)
        if how is not None:
            spelled += [made] if number and (made := written(number.value, how)) else []
        elif letters is None:
            spelled.append(text)
        elif named := _LETTER.fullmatch(text):
            spelled.append(_like(letters, named[2]))
    yield from (text for text, _ in Counter(spelled).most_common())


def _like(gold: re.Match[str], letter: str) -> str:
    """A letter as the right one is written."""
    return f"{gold[1]}{letter.upper() if gold[2].isupper() else letter.lower()}{gold[3]}"


def _made(item: Item, gold: str, how: Style | None, rng: np.random.Generator, others: Sequence[str]) -> Iterator[str]:
    """Near misses."""
    letters = _LETTER.fullmatch(gold)
    if how is not None:
        yield from near_misses(_value(gold), how, rng)
    elif letters is not None:
        first = [_like(letters, letter) for letter in "ABCDE"]
        yield from shuffled(rng, first)
    else:
        if re.search(r"\d", gold):
            yield from altered(gold, rng)
        yield from _reordered(gold, item.question, rng)
        yield from (other for other in shuffled(rng, others) if _fits(other, gold))


def _reordered(gold: str, question: str, rng: np.random.Generator) -> Iterator[str]:
    """A list of words that all stand in the question (to be sorted, say), with two neighbours exchanged."""
    words = gold.split(" ")
    if len(words) < 2 or not all(word.strip(",") in question for word in words):
        return
    for place in shuffled(rng, range(len(words) - 1)):
        one, other = words[place], words[place + 1]
        if one.endswith(",") == other.endswith(","):
            yield " ".join([*words[:place], other, one, *words[place + 2 :]])


def _fits(other: str, gold: str) -> bool:
    """Whether another question's answer may stand beside this one: not a list beside a word."""
    return match(other, (gold,)) is None and abs(len(other.split()) - len(gold.split())) <= 2
