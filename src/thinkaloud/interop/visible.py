"""What of a model's written turn is visible reasoning, and where its answer begins.

The answer itself is read by thinkaloud, never taken from the text; so the last statement of an answer ("ANSWER: 4", "So
the answer is 4.", `\\boxed{4}`, "#### 4", or a last sentence that is nothing but a known answer) is cut off, and what
comes after it too: that did not lead to it. Earlier statements stay where they stand. A sentence that ends with ", so
the answer is 4" keeps its beginning.

This module knows texts only: no model, no log, no task.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from thinkaloud.tasks.check import plain
from thinkaloud.tasks.transcripts import cut

_LEAD = r"(?:(?:so|therefore|thus|hence|and|finally|in conclusion|consequently)\b[\s,:]*)?"
_NAMED = r"(?:(?:the|my|our)\s+)?(?:(?:final|correct|right|best|overall)\s+)?answer\b(?:\s+to\s[^:=]{0,80}?)?"
_NOT = r"(?!\s+(?:not|un\w+|obvious\w*|found|obtained|given|what|whether|in|to)\b)"
_IS = rf"(?:\s+(?:is|would be|must be|should be)\b{_NOT}|[\s*_]*[:=])"
_STATED = re.compile(rf"[\W_]*{_LEAD}{_NAMED}{_IS}(?P<answer>.*)", re.IGNORECASE | re.DOTALL)
_CLAUSE = re.compile(
    rf"(?<=[\s,;:\u2014-])(?:and\s+)?(?:so|therefore|thus|hence|which means)\s+(?:that\s+)?{_NAMED}{_IS}", re.IGNORECASE
)
_HASHES = re.compile(r"####\s*(?P<answer>.+)")
_HEADING = re.compile(r"[\W_]*(?:the\s+)?(?:final\s+)?answer[\W_]*", re.IGNORECASE)
_BOX = "\\boxed{"
_LETTER = re.compile(r"(?:option|choice)?\s*\(?([A-Za-z])\)?(?:[.):]\s.*)?", re.IGNORECASE | re.DOTALL)
_OPEN, _CLOSE = re.compile(r"<think(?:ing)?>", re.IGNORECASE), re.compile(r"</think(?:ing)?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visible:
    """The sentences that lead to the answer, the answer as stated (None: nowhere), and how many sentences came after
    it."""

    sentences: tuple[str, ...]
    answer: str | None
    after: int = 0


def visible(text: str, known: Collection[str] = ()) -> Visible:
    """Cut a text into reasoning and answer; `known` are texts that are an answer if they are a whole last sentence."""
    sentences = cut(_CLOSE.sub("\n", _OPEN.sub("\n", text)))
    for at in range(len(sentences) - 1, -1, -1):
        if (found := _stated(sentences[at])) is not None:
            head, answer = found
            kept = [*sentences[:at], *head]
            return Visible(tuple(_unheaded(kept)), answer, len(sentences) - 1 - at)
    answers = {plain(answer) for answer in known}
    if sentences and plain(_bare(sentences[-1])) in answers:
        return Visible(tuple(_unheaded(sentences[:-1])), _bare(sentences[-1]))
    return Visible(tuple(sentences), None)


def letter(answer: str, choices: int) -> int | None:
    """Which of so many choices an answer like `B`, `(b)` or `B) cork` names; None if it names none."""
    found = _LETTER.fullmatch(answer.strip())
    place = ord(found[1].upper()) - ord("A") if found else choices
    return place if place < choices else None


def _stated(sentence: str) -> tuple[list[str], str] | None:
    """What of a sentence is reasoning, and the answer it states; None if it states none."""
    for pattern in (_STATED, _HASHES):
        if match := pattern.fullmatch(sentence):
            return [], _bare(match["answer"])
    for clause in reversed(list(_CLAUSE.finditer(sentence))):
        if re.search(r"\w", sentence[: clause.start()]):
            return [sentence[: clause.start()].rstrip(" ,;:-\u2014") + "."], _bare(sentence[clause.end() :])
    if _BOX in sentence:
        head = sentence[: sentence.index(_BOX)].strip(" $*")
        return ([head] if re.search(r"\w\W+\w", head) else []), _bare(sentence[sentence.rindex(_BOX) :])
    return None


def _bare(answer: str) -> str:
    """An answer without what marks it: a box, bold, dollars, quotes, an end mark, brackets around a letter."""
    text = answer.strip()
    if _BOX in text:
        text = _boxed(text[text.rindex(_BOX) + len(_BOX) :])
    text = re.sub(r"\\(?:text|mathrm|mathbf)\{([^{}]*)\}", r"\1", text)
    text = text.strip(" \t*_$`\"'").removesuffix(".").strip(" \t*_$`\"'")
    bracketed = re.fullmatch(r"\(([A-Za-z])\)", text)
    return bracketed[1] if bracketed else text


def _boxed(rest: str) -> str:
    """The text up to the bracket that closes one that is open."""
    depth = 1
    for at, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth:
            return rest[:at]
    return rest


def _unheaded(sentences: list[str]) -> list[str]:
    """Without a heading such as `**Final answer**` at the end."""
    while sentences and _HEADING.fullmatch(sentences[-1]):
        sentences = sentences[:-1]
    return sentences
