"""Which parts of any reasoning can be said in other words, and how what is said anew is put back in its place.

A reasoning is taken apart into *pieces*: sentences that follow each other on one line, at most `MOST` of them. What a
line begins with (white space, the mark of a list entry, a label in bold) is no part of a piece, and stays. Whole blocks
stay, too: code, display formulas, tables, headings, and sentences of hardly a word outside their formulas. So line
ends, lists and formulas are as they were, whatever a piece becomes.

This module does not know who rewords a piece, nor whether that was done well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from thinkaloud.conditions.checks import without_formulas
from thinkaloud.joining import UNSPACED, joined, lead
from thinkaloud.vocabulary import Step, Task, Transcript

MOST = 5
"""Sentences of a piece: few enough that a small model loses none of them."""
FEWEST = 3
"""Words, numbers and operators that a sentence needs to be worth other words."""
_BLOCK = re.compile(r"\s*(?:```|~~~|\$\$|\\\[|\\begin\{|\|)")
_MARK = re.compile(r"\s*(?:(?:[-*+\u2022>]|\(?\d{1,3}[.):]|#{1,6})\s+)*")
_LABEL = r"(?:\*\*[^*\n]+\*\*|__[^_\n]+__)[:.]?"
_HEAD = re.compile(rf"{_MARK.pattern}(?:{_LABEL}\s+)?(?:step\s+\d+\s*[:.]\s*)?", re.IGNORECASE)
"""What stands before the words of a line: marks of lists, a label in bold, the number of a step."""
_HEADING = re.compile(rf"\s*#{{1,6}}\s.*|{_MARK.pattern}(?:{_LABEL}|[^.!?\n]{{0,40}}:)\s*")
_UNIT = re.compile(rf"[{UNSPACED}]|[^\W\d_]+|\d[\d,.]*|[+\u00d7*/=\u00f7]|(?<=\s)[-\u2212](?=\s)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Sentences `first` to `last` (without it) of a reasoning as one `text`, after the `head` of their line."""

    first: int
    last: int
    head: str
    text: str


def pieces(thought: Transcript) -> list[Piece]:
    """Everything of a reasoning that can be said in other words, in order."""
    found: list[Piece] = []
    for at, step in enumerate(thought.steps):
        if not wordable(step.text):
            continue
        follows = found and found[-1].last == at and "\n" not in lead(step.text)
        if follows and at - found[-1].first < MOST:
            found[-1] = replace(found[-1], last=at + 1, text=joined([found[-1].text, step.text]))
        else:
            head = _head(step.text)
            found.append(Piece(at, at + 1, head, step.text[len(head) :]))
    return found


def wordable(sentence: str) -> bool:
    """Whether a sentence has words that could be others."""
    if _BLOCK.match(sentence) or _HEADING.fullmatch(sentence):
        return False
    return len(_UNIT.findall(without_formulas(sentence[len(_head(sentence)) :]))) >= FEWEST


def _head(sentence: str) -> str:
    found = _HEAD.match(sentence)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A reasoning of which pieces were reworded; `changed`: the sentences of it that are other ones than before."""

    transcript: Transcript
    changed: tuple[int, ...]


def put_back(task: Task, thought: Transcript, new: Mapping[Piece, str]) -> Rewritten:
    """The reasoning with each of these pieces as the text that it became, and everything else as it was."""
    steps: list[Step] = []
    changed: list[int] = []
    at = 0
    for piece in sorted(new, key=lambda one: one.first):
        steps += thought.steps[at : piece.first]
        old = {step.text for step in thought.steps[piece.first : piece.last]}
        made = _headed(piece.head, task.parse(new[piece]).steps)
        changed += [len(steps) + i for i, step in enumerate(made) if step.text not in old]
        steps += made
        at = piece.last
    return Rewritten(Transcript((*steps, *thought.steps[at:])), tuple(changed))


def _headed(head: str, steps: Sequence[Step]) -> list[Step]:
    return [replace(step, text=head + step.text) if i == 0 else step for i, step in enumerate(steps)]
