"""What can go wrong, in one place.

Every message quotes the value that was wrong and, where there is one, names the nearest right value. A
`UserError` is the user's to fix (exit code 2, one line, no traceback); a `ModelError` is a fault of a backend that
ends one unit and is recorded there; anything else is a bug of ours and is shown whole.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 16
"""So many known names fit into a message."""


class ThinkaloudError(Exception):
    """Base of all errors that thinkaloud raises on purpose."""


class UserError(ThinkaloudError):
    """Something the user can fix: a name, a path, a file, an option."""


class ModelError(ThinkaloudError):
    """A backend could not answer. Ends the unit it happened in, which is recorded as failed."""


class TooFewItems(UserError):
    """A level has only `have` questions."""

    def __init__(self, why: str, have: int) -> None:
        super().__init__(why)
        self.have = have


class ContextTooSmall(UserError):
    """A prompt does not fit the model's context."""

    def __init__(self, tokens: int, context: int, what: str) -> None:
        super().__init__(
            f"{what} needs {tokens} tokens, the context holds {context}: raise --context, ask fewer shots, "
            "or take an easier level"
        )


class NotMeasurable(ThinkaloudError):
    """This backend cannot measure this validly. Becomes a reason in the findings, never a zero."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Error for a name that is not among `known`; names the nearest ones."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names[:SHOWN])}{more}"
    return UserError(f"no {kind} named {name!r}; {hint}")
