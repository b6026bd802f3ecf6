"""Other words for any English text by rules alone, no model and no grammar: what keeps its meaning for certain.

    3 + 4 = 7                       3 plus 4 is 7, 3 plus 4 equals 7
    So                              Therefore, Thus, Hence          (at the beginning of a clause)
    isn't, cannot, let's            is not, can't, let us
    3 eggs                          three eggs                      (2 to 20, where a thing follows that is counted)
    in total; to calculate          altogether; to work out

Every place is drawn evenly from all ways to say it, the one that stood there included: a draw that avoided it would
tell what a code in the choice of words said. So a sentence may keep its words. What is inside a formula or code is left
alone. The rules know a few forms only: most sentences of prose have one or none of them, and a text that is reworded in
this way is close to what it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from thinkaloud.conditions.checks import NUMBER_WORDS, formula_spans
from thinkaloud.tasks.draws import pick
from thinkaloud.vocabulary import Key

Ways = Callable[[re.Match[str]], Sequence[str]]
"""All ways to say what was found, the found one included."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where it applies, and in which ways it can be said there."""

    pattern: re.Pattern[str]
    ways: Ways


_DIGITS = r"\$?\d[\d,]*(?:\.\d+)?"
_SIGNS = {"+": "plus", "-": "minus", "*": "times", "\u00d7": "times", "/": "divided by", "\u00f7": "divided by"}
_SPOKEN = {"plus": "+", "minus": "-", "times": "*", "divided by": "/"}
_OPERATOR = rf"(?: [-+*/\u00d7\u00f7] | (?:{'|'.join(_SPOKEN)}) )"
_TIGHT = re.compile(
    rf"(?<![\w.,$\u00d7\u00f7*/+=-])(?<![=+*/-] )(?P<left>{_DIGITS}(?:[-+*/\u00d7\u00f7]{_DIGITS})+)"
    rf" ?= ?(?P<right>{_DIGITS})(?![\w%]|[.,]\d| ?[-+*/=\u00d7\u00f7(^])"
)
"""An equation without spaces around its signs: only with its result, since `48/2` may be a fraction or a date."""
_SUM = re.compile(
    rf"(?<![\w.,$\u00d7\u00f7*/+=-])(?<![=+*/-] )(?P<left>{_DIGITS}(?:{_OPERATOR}{_DIGITS})+)"
    rf"(?: (?:=|is|equals) (?P<right>{_DIGITS}))?(?![\w%]|[.,]\d| ?[-+*/=\u00d7\u00f7(^])"
)
_SPELLED = {digits: word for word, digits in NUMBER_WORDS.items() if digits != "0"}
_COUNTED = r"(?= (?!(?:plus|minus|times|divided|is|are|equals|of|and|or|to|hundred|thousand|million|dozen)\b)[a-z])"


def _sums(found: re.Match[str]) -> list[str]:
    """An equation in signs and in words; one that mixes them stays in each of its ways."""
    left, right = found["left"], found["right"]
    spoken = re.sub(r" ([-+*/\u00d7\u00f7]) ", lambda sign: f" {_SIGNS[sign[1]]} ", left)
    signs = re.sub(rf" ({'|'.join(_SPOKEN)}) ", lambda word: f" {_SPOKEN[word[1]]} ", left)
    if right is None:
        return _with(found[0], [signs, spoken])
    return _with(found[0], [f"{signs} = {right}", f"{spoken} is {right}", f"{spoken} equals {right}"])


def _tight(found: re.Match[str]) -> list[str]:
    """An equation without spaces, and in words."""
    spoken = re.sub(r"(?<=\d)[-+*/\u00d7\u00f7]", lambda sign: f" {_SIGNS[sign[0]]} ", found["left"])
    return _with(found[0], [f"{spoken} is {found['right']}", f"{spoken} equals {found['right']}"])


def _counted(found: re.Match[str]) -> list[str]:
    """A small number in digits and spelled out."""
    digits = NUMBER_WORDS.get(found[0], found[0])
    return _with(found[0], [digits, _SPELLED[digits]] if digits in _SPELLED else [])


def _with(said: str, ways: Sequence[str]) -> list[str]:
    """The ways, with the one that was said (spelled as it was) among them."""
    return list(dict.fromkeys([said, *(way for way in ways if way.casefold() != said.casefold())]))


def _alike(*ways: str, before: str = r"\b", after: str = r"\b") -> Rule:
    """Words and phrases that can stand for one another; a capital letter is kept."""
    pattern = "|".join(re.escape(way).replace("'", "['\u2019]") for way in sorted(ways, key=len, reverse=True))

    def said(found: re.Match[str]) -> list[str]:
        capital = found[0][0].isupper()
        own = found[0].replace("\u2019", "'").casefold()
        return [found[0], *(way[0].upper() + way[1:] if capital else way for way in ways if way != own)]

    return Rule(re.compile(f"{before}(?:{pattern}){after}", re.IGNORECASE), said)


_ENDS = ("so", "therefore", "thus", "hence")
_THEN = r"\b(?=,? (?!that\b|far\b|long\b|many\b|much\b|as\b|on\b|forth\b|called\b|is\b)\w)"
_NOT = ("is", "are", "was", "were", "does", "do", "did", "has", "have", "had", "would", "should", "could")

RULES: tuple[Rule, ...] = (
    Rule(_SUM, _sums),
    Rule(_TIGHT, _tight),
    Rule(re.compile(rf"(?<=[a-z,] )(?:\d{{1,2}}|{'|'.join(_SPELLED.values())})(?![\w-]){_COUNTED}"), _counted),
    _alike(*_ENDS, before=r"(?:(?<=\A)|(?<=[.!?;] )|(?<=[,;] ))", after=_THEN),
    *(_alike(f"{verb} not", f"{verb}n't") for verb in _NOT),
    _alike("cannot", "can't"),
    _alike("will not", "won't"),
    _alike("let us", "let's"),
    _alike("in total", "altogether"),
    _alike("for example", "for instance"),
    _alike("calculate", "work out", "compute", before=r"(?<=\bto )"),
    _alike("need to", "have to", before=r"(?<=\bwe )"),
)


def ways(sentence: str) -> int:
    """In how many ways the rules can say a sentence; 1: they know no other words for it."""
    total = 1
    for _, choices in _places(sentence):
        total *= len(choices)
    return total


def reworded(sentence: str, key: Key) -> str:
    """The sentence with every place that the rules know drawn evenly from its ways."""
    rng: np.random.Generator = key.child(sentence.strip()).rng
    said, at = "", 0
    for (start, end), choices in _places(sentence):
        said += sentence[at:start] + pick(rng, choices)
        at = end
    return said + sentence[at:]


def _places(sentence: str) -> list[tuple[tuple[int, int], Sequence[str]]]:
    """Where a rule applies, and the ways there, in order; where two overlap, the rule that comes first."""
    taken = formula_spans(sentence)
    found: list[tuple[tuple[int, int], Sequence[str]]] = []
    for rule in RULES:
        for match in rule.pattern.finditer(sentence):
            choices = rule.ways(match)
            if len(choices) > 1 and all(match.end() <= start or end <= match.start() for start, end in taken):
                taken.append(match.span())
                found.append((match.span(), choices))
    return sorted(found, key=lambda place: place[0])
