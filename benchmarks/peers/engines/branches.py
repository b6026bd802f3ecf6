"""Options as next tokens: what a server that only gives next-token probabilities has to be asked.

Options of one token are one question. Options of several are a question for every beginning that two tokens may follow
or that has to be walked through; the beginnings share the server's prefix cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Tokens = tuple[int, ...]


def branches(options: Sequence[Tokens]) -> dict[Tokens, list[int]]:
    """For every beginning of an option (the empty one first): the tokens that follow it."""
    found: dict[Tokens, list[int]] = {}
    for option in options:
        for at, token in enumerate(option):
            after = found.setdefault(option[:at], [])
            if token not in after:
                after.append(token)
    return dict(sorted(found.items()))


def joined(options: Sequence[Tokens], logprob: Mapping[tuple[Tokens, int], float | None]) -> list[float | None]:
    """Log-probability of each option from those of its tokens; None where one of them is not known."""
    out: list[float | None] = []
    for option in options:
        parts = [logprob.get((option[:at], token)) for at, token in enumerate(option)]
        out.append(None if any(part is None for part in parts) else sum(part for part in parts if part is not None))
    return out
