"""Let the model think aloud before it answers, and say how its reasoning ended.

*Few-shot* (Wei et al. 2022, 2201.11903): the model writes until it begins to answer ("The answer is", and not "The
answer isn't") or ends its turn. Reasoning may have line ends and blank lines. Only where the examples show reasoning
that is all on one line does a line end end it, as it ended theirs: a small base model goes on with anything. Without
any examples it may state its answer in any form, and the reasoning ends before it.

*Zero-shot* (Kojima et al. 2022, 2205.11916): the model writes until it ends its turn. What it states as its answer, in
any form (a box, a heading, a tag), and all that comes after, is cut off and kept apart (`said`).

*Native*: the model writes in its block until it closes it. Where its last sentence states the answer, it is cut off as
well, since a reasoning that is read must not hold the answer; an answer that is stated on the way stays.

This module does not know whether the reasoning is right, and reads no answer after it (`snap.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from thinkaloud.conditions.asking import Way
from thinkaloud.conditions.refusal import refuses
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Outcome, Sampling, Shot, Transcript

STATED = re.compile(rf"{PROBE}(?![A-Za-z])")
"""Where the answer begins in what a model wrote."""
STOP = f"{PROBE} "
"""Saves what would be written after it: with the space, since `isn't` begins like `is`."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What a model wrote about an item. `text`: its reasoning, without the answer; `outcome`: how that ended; `said`:
    the answer that it stated itself where it was cut off here, None elsewhere; `whole`: all that it wrote. `finish` and
    `tokens` as in `Completion`."""

    text: str
    tokens: int
    finish: str
    outcome: Outcome
    said: str | None = None
    whole: str = ""

    @property
    def readable(self) -> bool:
        """Whether an answer can be read after it: there is reasoning, and it came to an end, by itself or by force."""
        return self.outcome in ("closed", "forced", "never closed", "inside") or (
            self.outcome == "unparsed" and self.finish == "stop" and bool(self.text)
        )


def why_not(thought: Thought) -> str:
    """Why no answer can be read after a reasoning, in words."""
    said = {"refused": "the model declined to answer", "empty": "the model wrote no reasoning"}
    return said.get(thought.outcome, "the reasoning did not come to an answer")


async def think(
    model: Model, item: Item, way: Way, sampling: Sampling, key: Key, start: Transcript | None = None
) -> Thought:
    """The model's own reasoning about the item, continuing from `start` where it is given."""
    begun = start or Transcript()
    prompt = way.begun(item.asked, begun)
    if way.block:
        mark = (way.mark,) if way.mark else ()
        return _inside(await model.generate(prompt, replace(sampling, stop=mark), key), item)
    if way.told:
        return _cut_off(await model.generate(prompt, sampling, key), item)
    stop = (STOP, "\n") if on_one_line(way.shots, begun) else (STOP,)
    done = unanswered(await model.generate(prompt, replace(sampling, stop=stop), key))
    if not way.shots:  # a form of its own, which would be read as reasoning
        split = split_answer(done.text, item.options)
        done = done if split.answer is None else replace(done, text=split.text, finish="stop")
    ended: Outcome = "closed" if done.finish == "stop" else "unparsed"
    return Thought(done.text, done.tokens, done.finish, ended if done.text.strip() else "empty", None, done.text)


def on_one_line(examples: Sequence[Shot], start: Transcript) -> bool:
    """Whether examples show reasoning, and neither theirs nor the beginning of this one holds a line end."""
    shown = [part for shot in examples for part in shot.answer[:-1]]
    return bool(shown) and not any("\n" in part for part in (*shown, start.text))


def unanswered(done: Completion) -> Completion:
    """What was written, cut where the answer begins: then the reasoning has come to its end."""
    found = STATED.search(done.text)
    return done if found is None else replace(done, text=done.text[: found.start()].rstrip(), finish="stop")


def _cut_off(done: Completion, item: Item) -> Thought:
    """A whole answer turn: the reasoning before the answer that it states."""
    split = split_answer(done.text, item.options)
    if split.answer is not None:
        ended: Outcome = "closed" if split.text else "empty"
        return Thought(split.text, done.tokens, "stop", ended, split.answer, done.text)
    return Thought(done.text, done.tokens, done.finish, _unstated(done), None, done.text)


def _unstated(done: Completion) -> Outcome:
    """How a turn ended in which no answer was found."""
    if not done.text.strip():
        return "empty"
    if refuses(done.text):
        return "refused"
    return "forced" if done.finish == "length" else "unparsed"


def _inside(done: Completion, item: Item) -> Thought:
    """What was written in a block, without a last sentence that states the answer."""
    split = split_answer(done.text, item.options)
    ends = split.answer is not None and not split.after
    text = split.text if ends and split.text else done.text
    said = split.answer if ends else None
    return Thought(text, done.tokens, done.finish, _ended(done, split.answer), said, done.text)


def _ended(done: Completion, stated: str | None) -> Outcome:
    """How a block ended: at the end of its room, at the end of the turn, or at its mark."""
    if not done.text.strip():
        return "empty"
    if done.finish == "length":
        return "forced"
    if done.stopped_by == "":
        return "never closed" if stated is None else "inside"
    return "closed"
