"""Which marks of a think block are tokens of a vocabulary.

A mark that is a token is written as that token in the frame of a prompt, is never made from a text that only spells it,
and is seen when the model writes it. A mark that is ordinary text in a vocabulary is none of these: then a reasoning
that spells it is refused (`local.Lowering`), since it would close the block. This module asks a tokenizer, and knows no
model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thinkaloud.errors import TextRefused
from thinkaloud.models.cuts import LOOKS_LIKE_CONTROL, Cuts, with_marks
from thinkaloud.models.profile import Profile
from thinkaloud.models.requests import Pieces, Shown

Tokenize = Callable[[str, bool], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A text that is one token. `plain`: it is read as that token in any text, not only in the frame."""

    text: str
    token: int
    plain: bool


def spelled(profile: Profile) -> list[str]:
    """The texts of a profile that may be tokens."""
    texts = (profile.opens, profile.closes, profile.mark, profile.direct)
    return list(dict.fromkeys(found for text in texts for found in LOOKS_LIKE_CONTROL.findall(text)))


def marks_of(profile: Profile | None, tokenize: Tokenize) -> tuple[Mark, ...]:
    """The marks that are tokens; none where there is no profile. `tokenize(text, special)` as in `Lowering`."""
    found = []
    for text in spelled(profile) if profile else ():
        framed = tokenize(text, True)
        if len(framed) == 1:
            found.append(Mark(text, framed[0], _read_anywhere(text, framed, tokenize)))
    return tuple(found)


def _read_anywhere(text: str, framed: Sequence[int], tokenize: Tokenize) -> bool:
    try:
        return list(tokenize(text, False)) == list(framed)
    except TextRefused:  # by a server that reads it wherever it stands
        return True


def cut_at(cuts: Cuts, marks: Sequence[Mark]) -> Cuts:
    """The cuts of a tokenizer, where these marks are tokens too."""
    return with_marks(cuts, {mark.text: mark.plain for mark in marks})


def shown(pieces: Pieces, marks: Sequence[Mark]) -> Pieces:
    """The vocabulary, with these marks as text."""
    return Shown(pieces, {mark.token: mark.text.encode() for mark in marks}) if marks else pieces
