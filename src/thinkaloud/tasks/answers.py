"""Whether two texts are the same answer: one rule for options, written answers and imported logs.

    canonical("\uff14\uff12 ")                      "42"   composed, widths and digits folded, invisible marks gone
    bare(r"**$\\boxed{42}$**.")                 "42"   without the markup, quotes, brackets and end mark around it
    same_option("1,000", "1000")              True   two options that nobody can tell apart; AA and Aa, 5 and 5! can be
    match("$18,000.00", ["17000", "18000"])   1      which of the options an answer is
    match("5!", ["5", "6"])                   None   none of them, or not only one
    match("MW", ["mW", "kW"])                 None   likewise `x = 1` of `x = 1;`, `-5` of `5`, `1,5` of `15`

`match` tries these readings in order: the letter of an option that the question lists; the same text; the same text
inside the markup; the same words in another case; the same list of words; the same number, date or time; the number
without a unit that the option lacks. The first reading that fits any option decides; if it fits two options, the answer
matches none. So a spelling that distinguishes two options of an item always counts, and one that distinguishes nothing
does not.

Case is folded in words, not in short symbols or mixed spellings (mW, Aa, NaCl), and never where two options of the item
differ by it. A unit may be left out where no two options have its number; one that the option lacks may be added if it
is a known unit or in words of the question. Numbers are never converted (50% is not 0.5), a comma is never a point.

This module knows texts: no items, no files. What a whole sentence states is read by `answer_statement.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from thinkaloud.tasks.quantities import UNITS, Quantity, moment, quantity, singular, unit_name

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff\u00ad"))
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: ord("-"), 0x2018: ord("'")}
_WIDE |= {0x2019: ord("'"), 0x201C: ord('"'), 0x201D: ord('"')}
_THIN = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
_JOINER = re.compile(r"(?<=[\x20-\x7e])[\u200c\u200d]|[\u200c\u200d](?=[\x20-\x7e])")
_GROUPED = re.compile(r"([^\w(\[{,]*)(\d{1,3}(?:,\d{3})+)(?![\d,])((?:\.\d+)?[^\d(\[{,]*)")

_PAIRS = (
    ("**", "**"), ("__", "__"), ("*", "*"), ("_", "_"), ("```", "```"), ("`", "`"), ("$$", "$$"), ("$", "$"),
    ("\\(", "\\)"), ("\\[", "\\]"), ('"', '"'), ("'", "'"), ("\u00ab", "\u00bb"), ("\u300c", "\u300d"),
    ("\u201e", '"'),
)  # fmt: skip
_BOX = re.compile(r"\\(?:boxed|fbox)\b")
_WRAPPED = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname)\s*\{([^{}]*)\}")
_SPACING = re.compile(r"\\(?:left|right|displaystyle)\b|\\[!,;: ]|(?<=\d)\{,\}(?=\d{3})|~")
_DEGREE = re.compile(r"\s?\^\s?\{?\\circ\}?")
_BRACKETED = re.compile(r"[(\[]?([A-Za-z])[)\]]|\((\d{1,2})\)")
_SIMPLE = re.compile(r"[\w' -]*\w\w|\d[\d,.]*")
_MATHS = re.compile(r"[=+*/^\u221a<>(){}\[\]\\\u00d7-]")

_LETTER = re.compile(
    r"(?:option|choice|answer)?\s*[(\[]?([A-Za-z]|\d{1,2})[)\].:]*(?:\s+(?P<text>\S.*))?", re.DOTALL | re.I
)
_MARKED = re.compile(r"(?:(?:option|choice)\s+)?[(\[]?[A-Za-z][)\].:]\s+(?P<text>\S.*)", re.DOTALL | re.IGNORECASE)
CURRENCIES = frozenset("$\u20ac\u00a3\u00a5\u20b9")
_SHORT_WORDS = "no up in on at to of or if it is he we me my by do go so us am an as be ox ok"
_FILLERS = "a an the of per each every in total all altogether"
SHORT_WORDS, FILLERS = frozenset(_SHORT_WORDS.split()), frozenset(_FILLERS.split())
"""Words of two letters that are no symbols; words that may stand between a number and its unit."""
_ASKED_IN = re.compile(r"\b(?:in|how many)\s+([^\W\d_]+)", re.IGNORECASE)
"""The unit in which a question wants its answer."""
REACH = 20_000
"""Characters at the end of a question in which its options are looked for."""
LAYERS = 50
"""Marks around an answer that are taken away: each leaves a text, and a text of nothing but marks would fill the
memory."""


@lru_cache(maxsize=8192)
def canonical(text: str) -> str:
    """The text in a canonical spelling of its characters: invisible differences are removed, all others kept."""
    text = unicodedata.normalize("NFC", text.translate(_WIDE).translate(_INVISIBLE))
    text = _JOINER.sub("", _THIN.sub("", text))
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text)
    return " ".join(text.split())


def same_option(one: str, other: str) -> bool:
    """Whether two options are the same answer: they differ only invisibly or in the grouping of digits."""
    return _ungrouped(canonical(one)) == _ungrouped(canonical(other))


def _ungrouped(text: str) -> str:
    found = _GROUPED.fullmatch(text)
    return f"{found[1]}{found[2].replace(',', '')}{found[3]}" if found else text


# --------------------------------------------------------------------------------------------------- what marks it


@lru_cache(maxsize=8192)
def forms(text: str) -> tuple[str, ...]:
    """The text in canonical spelling, then with the marks around it removed one after the other, at most `LAYERS`."""
    found = [canonical(text)]
    while len(found) <= LAYERS and (less := _peeled(found[-1])) != found[-1] and less:
        found.append(less)
    return tuple(found)


def bare(text: str) -> str:
    """An answer without the markup around it: a box, bold, dollars, quotes, an end mark, brackets around a letter."""
    return forms(text)[-1]


def _peeled(text: str) -> str:
    """The text without its outermost mark; unchanged if there is none."""
    for step in (_paired, _boxed, _commands, _ended, _half_marked, _bracketed):
        if (less := step(text).strip()) != text:
            return less
    return text


def _paired(text: str) -> str:
    for opens, closes in _PAIRS:
        if len(text) > len(opens) + len(closes) and text.startswith(opens) and text.endswith(closes):
            inner = text[len(opens) : -len(closes)]
            if closes not in inner and opens not in inner:
                return inner
    return text


def _boxed(text: str) -> str:
    """The content of the last box."""
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return text
    rest = text[boxes[-1].end() :].lstrip()
    if not rest.startswith("{"):
        return rest.split(" ")[0].rstrip("$.")
    depth = 0
    for at, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth:
            return rest[1:at]
    return rest[1:]


def _commands(text: str) -> str:
    """The text without LaTeX commands that only change its appearance."""
    if "\\" not in text and "{,}" not in text:
        return text
    text = _SPACING.sub(lambda found: " " if found[0] in ("\\ ", "~", "\\;", "\\:") else "", _WRAPPED.sub(r"\1", text))
    return canonical(_DEGREE.sub("\u00b0", text).replace("\\$", "$").replace("\\%", "%"))


def _ended(text: str) -> str:
    """The text without an end mark that is not part of the answer: `5!` and `x = 1;` keep theirs."""
    if text.endswith((".", "\u3002")) and not text.endswith(".."):
        return text[:-1]
    if text.endswith("!") and re.search(r"[^\W\d_]{2}!\Z", text):
        return text[:-1]
    return text[:-1] if text.endswith((";", ",")) and _SIMPLE.fullmatch(text[:-1]) else text


def _half_marked(text: str) -> str:
    """The text without bold marks that open before the answer or close after it, and without a colon before it."""
    less = text.removeprefix("**").removesuffix("**")
    return less.removeprefix(":").removeprefix("*") if less and less[0] in ":*" else less


def _bracketed(text: str) -> str:
    found = _BRACKETED.fullmatch(text)
    return found[1] or found[2] if found else text


# --------------------------------------------------------------------------------------------------- which option


def match(answer: str, options: Sequence[str], question: str = "") -> int | None:
    """Index of the option that the answer matches; None if it matches none, or could be several.

    `question`: the text that was asked. Letters count if it lists the options with letters, and its words may be units
    after a number.
    """
    marked = forms(answer)
    if not marked[-1]:
        return None
    if named := _lettered(marked[-1], options, question):
        return named.pop() if len(named) == 1 else None
    for fits in _ladder(marked, options, question):
        found = [i for i, option in enumerate(options) if fits(option)]
        if found:
            return found[0] if len(found) == 1 else None
    first, _, rest = marked[0].partition(". ")
    if (
        rest
        and not re.search(r"\d", rest)
        and not any(canonical(option).casefold() in rest.casefold() for option in options)
    ):
        return match(first, options, question)
    return None


def same(one: str, other: str) -> bool:
    """Whether two answers to an open question are the same."""
    if not one.strip() or not other.strip():
        return one.strip() == other.strip()
    return match(one, (other,)) is not None or match(other, (one,)) is not None


def plain(answer: str) -> str:
    """A common spelling of equal answers, for counting: numbers without grouping and currency, words in lower case."""
    text = bare(answer)
    if (number := quantity(text)) is not None:
        return str(number.value) + ("" if number.unit in CURRENCIES else number.unit)
    return " ".join(word.casefold() if _is_word(word) else word for word in text.split(" "))


Fits = Callable[[str], bool]


def _ladder(marked: Sequence[str], options: Sequence[str], question: str) -> list[Fits]:
    """The readings of an answer as an option, from the strictest to the loosest."""
    last, number, when = marked[-1], quantity(marked[-1]), moment(marked[-1])
    rungs: list[Fits] = [_equals(form) for form in marked]
    rungs.append(lambda option: _ungrouped(bare(option)) == _ungrouped(last))
    rungs.append(lambda option: _tight(bare(option)) == _tight(last))
    if not _twins(options):
        rungs.append(lambda option: _folds(bare(option), last, options))
    if words := _words(last):
        rungs.append(lambda option: _words(bare(option)) == words)
    if when is not None:
        rungs.append(lambda option: moment(bare(option)) == when)
    if number is not None:
        rungs.append(lambda option: _same_number(number, quantity(bare(option))))
        if _numbers_differ(options):
            rungs.append(lambda option: _but_for_unit(number, quantity(bare(option)), question))
    if named := _MARKED.fullmatch(last):
        text = bare(named["text"])
        rungs.append(lambda option: bare(option) == text or _folds(bare(option), text, options))
    return rungs


def _equals(form: str) -> Fits:
    return lambda option: canonical(option) == form


def _tight(text: str) -> str:
    """Formulas and code without spaces."""
    return text.replace(" ", "") if _MATHS.search(text) else text


def _twins(options: Sequence[str]) -> bool:
    """Whether two of the options differ by nothing but case."""
    folded = [bare(option).casefold() for option in options]
    return len(set(folded)) < len(set(map(bare, options)))


def _folds(one: str, other: str, options: Sequence[str]) -> bool:
    """Whether two texts are equal except for the case of words; single letters only if all options are letters."""
    if one.casefold() != other.casefold():
        return False
    if len(one) == 1:
        return all(len(bare(option)) == 1 for option in options)
    return all(a == b or (_is_word(a) and _is_word(b)) for a, b in zip(one.split(" "), other.split(" "), strict=True))


def _words(text: str) -> tuple[str, ...]:
    """The words of a list of at least three, however they are set apart; empty for anything else."""
    found = re.split(r"[,;\s]+", text.strip("[]() ").replace("'", "").replace('"', ""))
    if len(found) < 3 or not all(len(one) > 1 and one.isalpha() for one in found):
        return ()
    return tuple(one.casefold() if _is_word(one) else one for one in found)


def _is_word(text: str) -> bool:
    """Whether case means nothing in this word: not in symbols (mW, Aa, CO) nor in mixed spellings (NaCl)."""
    letters = "".join(character for character in text if character.isalpha())
    if len(letters) < 3:
        return letters.casefold() in SHORT_WORDS
    return all(part.islower() or part.isupper() or part.istitle() for part in re.split(r"[\W\d_]+", text) if part)


def _same_number(one: Quantity, other: Quantity | None) -> bool:
    return other is not None and (one.value, one.unit) == (other.value, other.unit)


def _but_for_unit(said: Quantity, option: Quantity | None, question: str) -> bool:
    """Whether the numbers are equal and one has no unit; a unit that the answer adds must occur in the question."""
    if option is None or said.value != option.value or (said.unit and option.unit):
        return False
    if not said.unit:
        return True
    asked = {singular(word.casefold()) for word in re.findall(r"[^\W\d_]+", question[-REACH:])}
    wanted = {unit_name(word) for word in _ASKED_IN.findall(question[-REACH:])} - {None}
    if wanted and said.unit in UNITS and said.unit not in CURRENCIES:  # models write $ before any number
        return said.unit in wanted
    return all(unit_name(w) or w in FILLERS or singular(w.casefold()) in asked for w in said.words)


def _numbers_differ(options: Sequence[str]) -> bool:
    """Whether no two options have the same number (and differ only in its unit or spelling)."""
    values = [number.value for number in map(quantity, map(bare, options)) if number is not None]
    return len(set(values)) == len(values)


def _lettered(answer: str, options: Sequence[str], question: str) -> set[int]:
    """The options that an answer names by a letter of the question, and by a text next to it; empty if it has no such
    letter, more than one if letter and text contradict each other."""
    found = _LETTER.fullmatch(answer)
    if not found or not question:
        return set()
    place = listed(question[-REACH:], tuple(options)).get(found[1].upper())
    if place is None:
        return set()
    beside = match(found["text"], options) if found["text"] else place
    return {place} if beside == place else set() if beside is None else {place, beside}


@lru_cache(maxsize=256)
def listed(question: str, options: tuple[str, ...]) -> dict[str, int]:
    """Label -> index of its option, if the question lists all of them as `A) ...`, `(A) ...` or `A. ...`; else
    empty."""
    found: dict[str, int] = {}
    for place, option in enumerate(options):
        text = r"\s+".join(map(re.escape, option.split()))
        labels = re.findall(
            rf"(?<!\w)\(?([A-Z]|\d{{1,2}})[).:]\s*{text}(?=\W*(?:\n|\Z|\(?(?:[A-Z]|\d{{1,2}})[).:]))", question
        )
        if not labels:
            return {}
        found[labels[-1]] = place
    return found if len(found) == len(options) else {}
