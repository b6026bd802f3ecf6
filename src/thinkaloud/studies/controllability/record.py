"""What a record of this study holds: four turns about one item, and the words it was told to keep out."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from thinkaloud.vocabulary import Outcome


class TurnRecord(TypedDict):
    """One reasoning. `text`: without its answer; `outcome`: how it ended; `sentences` and `length` (words, digits and
    marks) of it; `present`: whether the word stands in it; `said`, `right`: its answer (None: none could be read)."""

    text: str
    outcome: Outcome
    sentences: int
    length: int
    present: bool
    said: str | None
    right: bool | None


class ControlRecord(TypedDict):
    """One item. `word`: the one to keep out; `other`: the one that is not there anyway (None: there is none). `turns`:
    `first` (the word is from there), `again` (a second sample, told nothing), `told` (to keep the word out) and `other`
    (to keep the other word out); `failed`: turns that failed, with their reasons."""

    item: str
    task: str
    level: int
    fold: Literal[0, 1]
    question: str
    options: list[str]
    gold: int
    status: Literal["ok", "unparsed", "failed"]
    error: str | None
    conditions: dict[str, Any]
    word: NotRequired[str | None]
    other: NotRequired[str | None]
    turns: NotRequired[dict[str, TurnRecord]]
    failed: NotRequired[dict[str, str]]
    again: NotRequired[bool]
