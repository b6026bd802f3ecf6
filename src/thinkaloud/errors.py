"""What can go wrong, in one place.

Every message quotes the value that was wrong and, where there is one, names the nearest right value. What an error ends
is a matter of its type:

    FatalError, NotMeasurable       true of every item: the run stops at once, with one line (exit code 2)
    any other error in one item     that item, or that reading of it, is recorded as failed with its reason; the run
                                    goes on and says so at its end (exit code 3)
    UserError outside of an item    a name, a path, a setting: one line (exit code 2)
    anything else outside of one    a bug of thinkaloud, shown with its traceback (exit code 1)

A failure that follows from the item and the model alone is *final*: the same question would fail in the same way, so
`resume` does not ask it again. All others are asked again.
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from pathlib import Path

SHOWN = 16
"""Most known names that a message lists."""


class ThinkaloudError(Exception):
    """Base of all errors that thinkaloud raises on purpose. `ends_run`: no item can be measured; `final`: asking again
    would fail again."""

    ends_run: bool = False
    final: bool = False

    def __str__(self) -> str:
        """One line, whatever is quoted in it: a path may hold a line end, and so may what another package says."""
        return "\\n".join(super().__str__().splitlines())


class UserError(ThinkaloudError):
    """Something the user can fix: a name, a path, a file, an option."""


class CannotWrite(UserError):
    """A file could not be written: a full or read-only disk, or a folder without permission."""


class FatalError(UserError):
    """Something the user can fix that holds for every item, found while an item was asked: a rejected key, a chat
    template that cannot be used."""

    ends_run = True


class ModelError(ThinkaloudError):
    """A backend could not answer. Ends the item it happened in, which is recorded as failed."""


class TooFewItems(UserError):
    """A level has only `have` questions."""

    def __init__(self, why: str, have: int) -> None:
        super().__init__(why)
        self.have = have


class ContextTooSmall(UserError):
    """A prompt does not fit the model's context: it needs `tokens`, there is room for `context`."""

    final = True

    def __init__(self, tokens: int, context: int, what: str) -> None:
        super().__init__(
            f"{what} needs {tokens} tokens, the context holds {context}: raise --context, ask fewer shots, "
            "or take an easier level"
        )
        self.tokens, self.context = tokens, context


class Unreached(ModelError):
    """A server that did not take the request: nothing was computed, and nothing can be charged for it."""


class TextRefused(ModelError):
    """A text that the model's tokenizer cannot take as it is."""

    final = True


class FailedReading(ModelError):
    """A model gave numbers that are no distribution over the options."""

    final = True


class NothingChanged(ThinkaloudError):
    """An intervention left the text as it was: whatever is read after it says nothing. Ends the condition it was made
    for."""

    final = True


class NotMeasurable(ThinkaloudError):
    """This backend cannot measure this validly. Becomes a reason in the findings, never a zero."""

    ends_run = True


def ends_run(error: Exception) -> bool:
    """Whether an error in one item holds for every item. Errors of other packages may have this attribute."""
    return bool(getattr(error, "ends_run", False))


def is_final(error: Exception) -> bool:
    """Whether the same question would fail in the same way. A text that cannot be encoded always fails."""
    return isinstance(error, UnicodeError) or bool(getattr(error, "final", False))


def reason(error: Exception) -> str:
    """An error as one line; an unexpected one with its type and the place where it was raised."""
    said = " ".join(str(error).split())
    if isinstance(error, ThinkaloudError) and said:
        return said
    if isinstance(error, UnicodeEncodeError):
        return f"the text holds {error.object[error.start : error.end]!r}, half a character, which cannot be encoded"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{f': {said[:300]}' if said else ''}{where}"


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Error for a name that is not among `known`; names the nearest ones."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names[:SHOWN])}{more}"
    return UserError(f"no {kind} named {name!r}; {hint}")
