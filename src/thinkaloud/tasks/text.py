"""Splits texts into sentences and measures their length, in any script.

A sentence ends

    at a line end;
    after . ! ? ; and their sisters in other scripts, where white space follows (closing quotes and brackets belong to
    the sentence); not after an abbreviation (`e.g.`, `U.S.`, `Dr.`, `No. 5`), and not after the number or letter that
    begins an entry of a list;
    after a full-width mark (U+3002, U+FF01, ...) or before a Chinese or Japanese character, without any space;
    in Thai and Lao, which have no such marks, at a space between two of their letters, and before a Thai word that
    begins a new thought (`so`, `then`, `but`).

A fenced block of code, a display formula and a table are one sentence each, and no sentence ends inside a formula or
code within a line. Sentences are split so that `joining.py`
joins them to the same text. Length is a rough count of tokens, for use without a tokenizer. This module does not know
what a sentence means or where an answer is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from thinkaloud.joining import UNSPACED, gap, joined, lead

NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Ranges: Thai, Lao, Burmese, Khmer, which put no space between words."""
_SHORT = (
    "e.g. i.e. cf. vs. viz. approx. resp. Mr. Mrs. Ms. Dr. Prof. St. Sr. Jr. Fig. Figs. Eq. Eqs. Sec. Ch. Vol. "
    "Ref. ca. bzw. z.B. d.h. u.a. Nr. Sra. Srta. Ud. Uds. Mme. Mlle. p.ej."
)
_BEFORE_NUMBER = "No. Nos. pp. p. art. Art. n."
"""Abbreviations only if a number follows; otherwise they are words that end a sentence."""
_ABBREVIATED = re.compile(
    rf"(?<![\w.])(?:{'|'.join(map(re.escape, _SHORT.split()))}|(?:[^\W\d_]\.){{2,}})\Z", re.IGNORECASE
)  # fmt: skip
_NUMBERED = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, _BEFORE_NUMBER.split()))})\Z")
_MARK = re.compile(r"[\W_]*(?:step\s+)?\(?(?:\d{1,3}|[A-Za-z])\.[\W_]*", re.IGNORECASE)
"""The number of a list entry at the beginning of a line: `1.`, `Step 2.`, `a.`"""

_CLOSERS = "\"'\u2019\u201d\u00bb)\\]}*_\u300d\u300f\uff09\u3011\u300b"
_SPACED = (
    ".!?;\u037e\u0589\u061b\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u1367\u1368\u17d4\u17d5\u203c\u2026\u2047-\u2049"
)
_FULL = "\u3002\uff01\uff0e\uff1b\uff1f\uff61\u2026"
_POINT = "[\uff0e\u2026]"
"""Of these, the ones that may stand before the digits of a number."""
_THAI = "\u0e00-\u0eff"
_THAI_WORDS = ("ดังนั้น", "จากนั้น", "เพราะฉะนั้น", "ต่อมา", "ต่อไป", "สุดท้าย", "แต่")
"""So, then, therefore, afterwards, next, finally, but."""
_END = re.compile(
    rf"""
      (?<!\s)\s*\n\s*                                       # a line end
    | (?<=[{_SPACED}])[ \t]+                                # a mark and a space
    | (?<=[{_SPACED}][{_CLOSERS}])[ \t]+
    | (?<=[{_SPACED}][{_CLOSERS}]{{2}})[ \t]+
    | (?<=[{_FULL}])(?<!{_POINT}(?=\d))(?![{_FULL}{_CLOSERS}]|\Z)\s*         # a full-width mark
    | (?<=[{_FULL}][{_CLOSERS}])(?![{_FULL}{_CLOSERS}]|\Z)\s*
    | (?<=[.!?;])(?=[{UNSPACED}])(?![{_FULL}{_CLOSERS}])    # a mark before a Chinese or Japanese character
    | (?<=[{_THAI}])[ \t]+(?=[{_THAI}])                     # Thai and Lao
    | (?<=\S)[ \t]+(?={"|".join(_THAI_WORDS)})
    """,
    re.VERBOSE,
)
_BLOCK = re.compile(
    r"""
      ^[ \t]*(?P<fence>`{3,}+|~{3,}+)[^\n]*\n.*?(?:^[ \t]*(?P=fence)[ \t]*$|\Z)       # a fenced block of code
    | ^[ \t]*\$\$.*?\$\$[ \t]*$ | ^[ \t]*\\\[.*?\\\][ \t]*$                         # display formulas
    | ^[ \t]*\\begin\{(?P<env>[a-z*]+)\}.*?\\end\{(?P=env)\}[ \t]*$
    | ^[ \t]*\|[^\n]*\|[ \t]*\n(?:[ \t]*\|[^\n]*(?:\n|\Z))+                         # a table
    | ^[^\n|]*\|[^\n]*\n[ \t]*:?-[-:| \t]*\|[-:| \t]*$(?:\n[^\n|]*\|[^\n]*)*         # one without bars around it
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_OPENS = re.compile(r"\\\[|\\\(|\$\$|\\begin\{(?P<env>[a-z*]+)\}")
_CLOSES = r"(?=(\\\]|\\\)|\$\$|\\end\{[a-z*]+\})"
_CLOSED, _CLOSED_LINE = re.compile(rf"{_CLOSES})"), re.compile(rf"{_CLOSES}[ \t]*$)", re.MULTILINE)
"""Where a formula can end: anywhere, or at the end of a line."""
_WHOLE = re.compile(
    r"\\\[.*?\\\]|\\\(.*?\\\)|\$\$.*?\$\$|\\begin\{(?P<env>[a-z*]+)\}.*?\\end\{(?P=env)\}|(?<!`)`[^`\n]+`(?!`)",
    re.DOTALL,
)
"""Formulas and code within a line, in which no sentence ends."""
_UNIT = re.compile(rf"\.\.\.|\d|[{UNSPACED}{NO_SPACES}]|(?:(?![{UNSPACED}{NO_SPACES}])[^\W\d])+|[^\w\s]")


def length(text: str) -> int:
    """Words, digits, marks and `...` in a text; of a script that puts no space between words, characters."""
    return len(_UNIT.findall(text))


def room(text: str) -> int:
    """Tokens in which a text like this one can be written with any tokenizer that is made for it: three times its
    length, where every letter that is not ASCII may be a token of its own."""
    return 3 * max(length(text), sum(not c.isascii() and not c.isspace() for c in text))


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; those that were not set apart by what `joining.py` puts between two parts begin with
    the white space that stood there, so that `joined` gives the text back, without the space around it."""
    found: list[str] = []
    for piece in _pieces(text.strip()):
        body = piece.strip()
        before = lead(piece)
        found.append(body if not found or gap(found[-1], body) == before else before + body)
    return tuple(found)


def cut(text: str) -> list[str]:
    """The sentences of a text, without any space around them."""
    return [sentence.strip() for sentence in sentences(text)]


def entries(texts: Sequence[str]) -> str:
    """Entries of a list, a sentence or more each, as one text; where a sentence would run from one into the next, or
    be cut elsewhere, a line ends between them."""
    kept: list[str] = []
    tail = ""
    for text in filter(str.strip, texts):
        before = tail + lead(text)
        tail = text[len(text.rstrip()) :]
        body = text.strip()
        if not before and kept and cut(joined([kept[-1], body])) != [*cut(kept[-1]), *cut(body)]:
            before = "\n"
        kept.append(before + body)
    return joined(kept).strip()


def _pieces(text: str) -> Iterator[str]:
    """Sentences and blocks, each with the white space before it."""
    at, kept = 0, ""
    for block in _BLOCK.finditer(_closing(text, _CLOSED_LINE)):
        before, found = text[at : block.start()], text[block.start() : block.end()]
        yield from _split(before.rstrip()) if before.strip() else ()
        kept = before[len(before.rstrip()) :] if before.strip() else before
        yield kept + found.rstrip()
        at = block.end() - (len(found) - len(found.rstrip()))
    yield from _split(text[at:]) if text[at:].strip() else ()


def _closing(text: str, closed: re.Pattern[str]) -> str:
    """The text with every beginning of a formula that has no end after it made unreadable, so that not each of them is
    looked for to the end of the text; nothing else moves or changes."""
    last = {found[1]: found.start() for found in closed.finditer(text)}

    def kept(found: re.Match[str]) -> str:
        closes = rf"\end{{{found['env']}}}" if found["env"] else found[0].translate(_OTHER_SIDE)
        return found[0] if last.get(closes, -1) >= found.start() else "\0" * len(found[0])

    return _OPENS.sub(kept, text)


_OTHER_SIDE = str.maketrans("[(", "])")


def _split(text: str) -> list[str]:
    """The sentences of a text without blocks, each with the white space before it."""
    found: list[str] = []
    start = 0
    whole = [one.span() for one in _WHOLE.finditer(_closing(text, _CLOSED))]
    begins = [begin for begin, _ in whole]
    for end in _END.finditer(text):
        around = bisect_left(begins, end.start()) - 1
        if around >= 0 and end.end() < whole[around][1]:
            continue
        if _blank(text, start, end.start()) or (
            "\n" not in end[0] and _goes_on(text, start, end.start(), text[end.end() : end.end() + 1], found)
        ):
            continue
        sentence, rest = text[start : end.start()], text[end.start() : end.start() + 1]
        if not rest.isspace() and gap(sentence, rest) != "":  # the parts could not be put together again
            continue
        found.append(sentence)
        start = end.start()
    if text[start:].strip():
        found.append(text[start:])
    return found


def _blank(text: str, start: int, end: int) -> bool:
    """Whether there is nothing but white space."""
    return _WHITE.match(text, start, end).end() == end  # type: ignore[union-attr]  # it always matches


_WHITE = re.compile(r"\s*")


def _goes_on(text: str, start: int, end: int, following: str, before: Sequence[str]) -> bool:
    """Whether an apparent end of a sentence is an abbreviation or the number of a list entry instead. `following`: the
    character after it."""
    word = end
    while word > start and not text[word - 1].isspace():
        word -= 1
    last = text[word:end]
    if _ABBREVIATED.search(last) or (following.isdigit() and _NUMBERED.search(last)):
        return True
    white = _WHITE.match(text, start, end)
    begins = not before or (white is not None and "\n" in white[0])
    return begins and _MARK.fullmatch(text[start:end].strip()) is not None
