"""Options that a question lists itself, as many benchmarks write them:

    What is the date tomorrow?              Is the argument valid or invalid?
    Options:                                Options:
    (A) 12/11/1937                          - valid
    (B) 12/25/1937                          - invalid

Such a question asks for the letter where there are letters, so the item's options are the labels `(A)`, `(B)`; without
letters they are the texts. Both keep the order of the question. `texts` gives back what stands behind the labels. This
module knows texts only.
"""

from __future__ import annotations

import re
from functools import lru_cache

from thinkaloud.tasks.answers import bare, canonical, same_option

_LABELLED = re.compile(r"^[ \t]*\(?([A-Z])[).:][ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_DASHED = re.compile(r"^[ \t]*[-*\u2022][ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_HEAD = re.compile(r"^[ \t]*(?:options|choices|answer choices)[ \t]*:[ \t]*$", re.MULTILINE | re.IGNORECASE)


@lru_cache(maxsize=4096)
def texts(question: str) -> tuple[str, ...]:
    """What stands behind the labels A, B, ... of a question's last list; empty where it has none."""
    found = _LABELLED.findall(question)
    for start in range(len(found) - 2, -1, -1):
        run = found[start:]
        if found[start][0] == "A" and [label for label, _ in run] == [chr(65 + i) for i in range(len(run))]:
            return tuple(text for _, text in run)
    return ()


def label(place: int) -> str:
    """`(A)` for the first option of a question."""
    return f"({chr(65 + place)})"


def inside(question: str, answer: str) -> tuple[tuple[str, ...], str] | None:
    """The options of a question that lists them, and which of them is the answer (a letter, or the text behind it);
    None where it lists none, or the answer is none of them."""
    behind = texts(question)
    labels = tuple(label(i) for i in range(len(behind)))
    if bare(answer).upper() in map(bare, labels) and len(bare(answer)) == 1:
        return labels, f"({bare(answer).upper()})"
    if named := [i for i, text in enumerate(behind) if same_option(text, answer)]:
        return (labels, labels[named[0]]) if len(named) == 1 else None
    return _dashed(question, answer)


def _dashed(question: str, answer: str) -> tuple[tuple[str, ...], str] | None:
    """Options behind dashes below a line `Options:`."""
    heads = list(_HEAD.finditer(question))
    options = tuple(map(canonical, _DASHED.findall(question[heads[-1].end() :]))) if heads else ()
    gold = next((option for option in options if same_option(option, answer)), None)
    return (options, gold) if gold is not None and len(options) > 1 else None
