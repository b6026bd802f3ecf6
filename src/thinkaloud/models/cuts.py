"""Where a text may be cut so that its pieces, tokenised one by one, give the tokens of the whole text.

A prompt's tokens must be those that the model's own tokenizer gives for the whole text, and prompts that share a
beginning should not be tokenised again from there. Both hold if a text is cut only before a single space that follows a
letter, a digit or a mark: the pre-tokenizers of byte-level vocabularies always break there, and no token of a
SentencePiece vocabulary spans such a place. This is verified: `calibrate` compares cut and whole texts with the
tokenizer itself, and `reaches` looks for tokens that span a cut; if either fails, texts are not cut. A text may also be
cut before a control token.

Texts of items and models are never read as control tokens. If a text spells out a control token, that place is put
between two Unicode noncharacters (`guard`), and the text around it is tokenised with control tokens switched off. Some
vocabularies hold the marks of a think block as tokens that are read wherever they stand, also then: such a text is
broken in two (`broken`).

This module knows texts and rules, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from thinkaloud.errors import TextRefused

Tokens = tuple[int, ...]
Atom = tuple[str, bool]
"""A text that is tokenised alone, and whether control tokens are recognised in it."""
Space = Literal["kept", "added", "whole"]
"""How the leading space of a piece is handled. `kept`: it is tokenised with the piece; `added`: the tokenizer puts one
before every text, so it is left out; `whole`: neither gives the tokens of the whole text, nothing is cut."""

OPEN, CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: no text that is meant to be read holds them
LOOKS_LIKE_CONTROL = re.compile(r"<[^<>\s]{1,60}>|\[[^\[\]\s]{1,40}\]")
"""Pattern of control tokens, for servers that do not list theirs."""
_BARRED = re.compile(r"[<\[][|\uff5c].*[|\uff5c][>\]]")
_NOTHING = re.compile(r"(?!)")
_GUARDED = re.compile(f"{OPEN}(.*?){CLOSE}", re.DOTALL)
# not next to anything that may be a control token: tokenizers treat spaces around those in ways of their own
_SPACE = re.compile(rf"(?<=[^\s>\]{OPEN}{CLOSE}])(?= [^\s<\[])")

SAMPLES = (
    "Question: What is 3 + 4? Anna, who is 12 years old, said: yes! It is one of the most common answers.",
    'The answer is 7.\n\nQuestion: Is it (a b) or "c d"; don\'t they know?\nAnswer: As well as the 1,234',
    "caf\u00e9 na\u00efve \u4f60\u597d \u4e16\u754c\u3002 \u043c\u0438\u0440 $5 + x = -2 %. I don't know.",
)
"""Texts on which `calibrate` compares cut and whole texts."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """How texts of one tokenizer are cut. `controls` matches control tokens, `before` those of them before which a text
    may be cut, `spelled` what in an item's text may be one, and `broken` those that are read in plain text, too."""

    space: Space = "whole"
    controls: re.Pattern[str] = _NOTHING
    before: re.Pattern[str] = _NOTHING
    spelled: re.Pattern[str] = LOOKS_LIKE_CONTROL
    broken: re.Pattern[str] = _NOTHING

    def guard(self, text: str) -> str:
        """The text, with every control token that it spells out between guards. Raises `TextRefused` if it contains a
        guard itself."""
        if OPEN in text or CLOSE in text:
            raise TextRefused(f"a text contains U+FDD0 or U+FDD1, which are not characters: {text[:60]!r}")
        return self.spelled.sub(f"{OPEN}\\g<0>{CLOSE}", text)

    def at(self, text: str) -> list[int]:
        """The positions at which a (guarded) text starts and may be cut, in order."""
        if self.space == "whole":
            return [0]
        inside = [(found.start(), found.end()) for found in _GUARDED.finditer(text)]
        spaces = (found.start() for found in _SPACE.finditer(text))
        controls = (found.start() for found in self.before.finditer(text))
        places = sorted({0, *spaces, *controls})
        return [place for place in places if not any(start <= place < end for start, end in inside)]

    def atoms(self, text: str, first: bool = True) -> list[Atom]:
        """A (guarded) text as pieces whose tokens concatenate to its own. `first`: nothing precedes it."""
        places = self.at(text)
        out: list[Atom] = []
        for start, end in zip(places, [*places[1:], len(text)], strict=True):
            piece = text[start:end]
            if piece:
                behind = not (first and start == 0)
                out += self._guarded(piece, behind) if OPEN in piece else [(self._led(piece, behind), True)]
        return out

    def _led(self, piece: str, behind: bool) -> str:
        """The piece in the form that the tokenizer must receive."""
        return piece[1:] if behind and self.space == "added" and piece.startswith(" ") else piece

    def _guarded(self, piece: str, behind: bool) -> list[Atom]:
        """Control tokens of the frame as pieces of their own, and the plain text between them."""
        out: list[Atom] = []
        run = ""

        def close() -> None:
            nonlocal run
            if run:
                out.append((self._led(run, behind and not out), False))
            run = ""

        for index, part in enumerate(_GUARDED.split(piece)):
            done = 0
            for control in self.controls.finditer(part) if index % 2 == 0 else ():
                run += part[done : control.start()]
                close()
                out.append((control.group(), True))
                done = control.end()
            if self.broken.fullmatch(part):
                first, part = self._halves(part)
                run += first
                close()
            run += part[done:]
        close()
        return out

    def _halves(self, mark: str) -> tuple[str, str]:
        """A mark that a text spells, in two parts that are tokenised alone."""
        if self.space == "added":
            raise TextRefused(f"a text spells {mark!r}, and this tokenizer reads it as the mark wherever it stands")
        end = max(1, len(mark) - len(mark.lstrip("</[|(")))
        return mark[:end], mark[end:]


def with_marks(cuts: Cuts, marks: Mapping[str, bool]) -> Cuts:
    """The cuts of a vocabulary in which these marks are tokens; the value: they are read in plain text, too."""
    if not marks:
        return cuts

    def also(pattern: re.Pattern[str]) -> re.Pattern[str]:
        new = either(marks).pattern
        return re.compile(new if pattern is _NOTHING or pattern.pattern == "(?!)" else f"{new}|{pattern.pattern}")

    plain = either(mark for mark, read in marks.items() if read)
    broken = plain if cuts.broken is _NOTHING else re.compile(f"{plain.pattern}|{cuts.broken.pattern}")
    return replace(cuts, controls=also(cuts.controls), spelled=also(cuts.spelled), broken=broken)


def framing(texts: Iterable[str], template: str | None) -> dict[str, bool]:
    """Of tokens that are read wherever they stand, those that mean something in a frame: the chat template writes them,
    or they are written as only marks are (`<|...|>`). Others, such as `<h4>` of Gemma, are words of the vocabulary. As
    `with_marks` takes them."""
    looking = (text for text in texts if LOOKS_LIKE_CONTROL.fullmatch(text))
    return {text: True for text in looking if _BARRED.fullmatch(text) or text in (template or "")}


def either(texts: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches any of these texts, the longest first."""
    found = sorted({text for text in texts if text.strip()}, key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, found)) or "(?!)")


def trials() -> list[Atom]:
    """The texts whose tokens `calibrate` needs."""
    found = [(text, True) for text in SAMPLES]
    for space in ("kept", "added"):
        found += [atom for text in SAMPLES for atom in Cuts(space).atoms(text)]
    return list(dict.fromkeys(found))


def calibrate(tokens: Mapping[Atom, Sequence[int]]) -> Space:
    """The first way of cutting that gives the tokens of all whole samples, from the tokens of `trials`."""
    ways: tuple[Space, ...] = ("kept", "added")
    for space in ways:
        cuts = Cuts(space)
        if all(
            list(tokens[text, True]) == [token for atom in cuts.atoms(text) for token in tokens[atom]]
            for text in SAMPLES
        ):
            return space
    return "whole"


def reaches(pieces: Iterable[bytes]) -> bool:
    """Whether any of these tokens (as bytes) spans a place where texts are cut."""
    over = re.compile(r"[^\s>\]\ufffd] [^\s<\[\ufffd]")
    return any(b" " in piece[1:-1] and over.search(piece.decode("utf-8", "replace")) for piece in pieces)


def local(tokenize: Callable[[str, bool], Sequence[int]], pieces: Iterable[bytes], cuts: Cuts) -> Cuts:
    """The cuts of a local tokenizer, verified by `calibrate` and `reaches`."""
    space: Space = "whole" if reaches(pieces) else calibrate({atom: tokenize(*atom) for atom in trials()})
    return replace(cuts, space=space)
