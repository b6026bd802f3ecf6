"""What a record of one item looks like, for every study that puts something between a question and its answer.

Records are plain JSON. These types say which fields there are; `records/schema.py` holds what was read from a file
against them. Pieces of a record are made in `records/pieces.py`. This module knows no study and computes nothing.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from thinkaloud.vocabulary import Outcome


class Extent(TypedDict, total=False):
    """How much of a text was reworded piece by piece. `share`: of the sentences that have words to change; `by_rule`:
    how much of that was done by rule and not by an editor."""

    share: float
    by_rule: float


class ConditionRecord(TypedDict):
    """One condition: what stood between, and what was read.

    `between`: sentences. `changed`: which of them an intervention changed (from 0). `logprobs`: of every option, in
    nats. `margin`: nats between the best two. `mass`: how much of the model's probability the options hold.
    `implied`: the option (by index) that the text leads to, where an intervention meant it to. `wrote`: what the
    model wrote after an edit, which ends before sentence `start`. `lengths`: tokens of each option; `unknown`: how
    much of a probability is only a bound; `tokens`: length of the text. `order`: the options in the order of their
    letters. `base`: name of the condition without the hint. `verbalised`, `verbalised_base`: judge -> whether the
    reasoning names the hint. `check`: how a paraphrase was checked; `wordings`: the
    wording of each of its sentences, where the task names them; `share`, `by_rule`: see `Extent`. `said`: the
    answer that the model wrote (None: none that could be read), and whether it is `right` by the task's verifier.
    `sampled`: `logprobs` are of the shares of so many drawn answers (`Reading`).
    """

    between: list[str]
    changed: list[int]
    logprobs: list[float]
    margin: float
    mass: float
    implied: int | None
    wrote: str | None
    lengths: NotRequired[list[int]]
    unknown: NotRequired[list[float]]
    tokens: NotRequired[float]
    check: NotRequired[str]
    wordings: NotRequired[list[str | None]]
    share: NotRequired[float]
    by_rule: NotRequired[float]
    start: NotRequired[int]
    order: NotRequired[list[int]]
    base: NotRequired[str]
    verbalised: NotRequired[dict[str, bool | None]]
    verbalised_base: NotRequired[dict[str, bool | None]]
    said: NotRequired[str | None]
    right: NotRequired[bool | None]
    sampled: NotRequired[int]


class StepRecord(TypedDict):
    """One sentence of the reasoning; see `vocabulary.Step`."""

    text: str
    form: str | None
    fields: dict[str, str]
    value: str | None


class ThoughtRecord(TypedDict):
    """The model's own reasoning. `legible`: shares of its steps (`vocabulary.Legibility`), None where the task does not
    know its steps; `right`: whether it concludes the right answer; `outcome`: how it ended."""

    text: str
    finish: Literal["stop", "length"]
    outcome: NotRequired[Outcome]
    steps: list[StepRecord]
    conclusion: str | None
    right: bool | None
    legible: dict[str, float] | None


class Rejected(TypedDict):
    """Why an item has no paraphrase: who tried, why it was refused, and what was written."""

    by: str
    why: str
    wrote: str | None


class Reverse(TypedDict):
    """The reversed question, and the index of its right answer."""

    question: str
    gold: int


class ItemRecord(TypedDict):
    """One item (and one sample of its reasoning).

    `gold`: index of the right option. `status`: `ok`, `unparsed` (the reasoning came to no answer) or `failed`; `error`
    says why. `conditions`: by name (`records/condition.py`); `failed`: those that failed, with their reasons; `again`:
    a failure that may pass. `positions`: sentence -> the probability with which it was chosen for an edit; `cuts`:
    the same for the cuts of a long reasoning (where it is missing, there is a cut before every sentence). `lacking`:
    what the model cannot do. `meta`: what the task says of the item. `space`: what `options` are: the item's own, or
    candidates for a free answer.
    """

    item: str
    task: str
    level: int
    fold: Literal[0, 1]
    question: str
    options: list[str]
    gold: int
    status: Literal["ok", "unparsed", "failed"]
    error: str | None
    conditions: dict[str, ConditionRecord]
    shown: NotRequired[bool]
    space: NotRequired[Literal["options", "candidates"]]
    sample: NotRequired[int]
    lacking: NotRequired[list[str]]
    thought: NotRequired[ThoughtRecord]
    positions: NotRequired[dict[str, float]]
    cuts: NotRequired[dict[str, float]]
    rejected: NotRequired[Rejected | None]
    reverse: NotRequired[Reverse]
    failed: NotRequired[dict[str, str]]
    again: NotRequired[bool]
    meta: NotRequired[dict[str, Any]]
