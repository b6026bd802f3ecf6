"""Let the model think aloud before it answers (Wei et al. 2022, 2201.11903, few-shot).

The model writes until it begins to answer ("The answer is", and not "The answer isn't") or ends its turn; the answer
itself is read by `snap`, never sampled. Reasoning may have line ends and blank lines. Only where the examples show
reasoning that is all on one line does a line end end it, as it ended theirs: a small base model goes on with anything.
Without examples the answer may be stated in any form (a box, a heading, a tag), and the reasoning ends before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from thinkaloud.conditions.snap import parts
from thinkaloud.tasks.answer_statement import split_answer
from thinkaloud.vocabulary import PROBE, Completion, Item, Key, Model, Prompt, Sampling, Shot, Transcript

STATED = re.compile(rf"{PROBE}(?![A-Za-z])")
"""Where the answer begins in what a model wrote."""
STOP = f"{PROBE} "
"""Saves what would be written after it: with the space, since `isn't` begins like `is`."""


async def think(
    model: Model, item: Item, examples: tuple[Shot, ...], sampling: Sampling, key: Key, start: Transcript | None = None
) -> Completion:
    """The model's own reasoning about the item, continuing from `start` where it is given."""
    begun = start or Transcript()
    prompt = Prompt(examples, item.asked, parts(begun))
    stop = (STOP, "\n") if on_one_line(examples, begun) else (STOP,)
    done = unanswered(await model.generate(prompt, replace(sampling, stop=stop), key))
    return done if examples else _unstated(done, item)


def aloud(tokens: int, temperature: float) -> Sampling:
    """Sampling of a reasoning; what ends it depends on the examples (`think`)."""
    return Sampling(tokens, (), temperature)


def on_one_line(examples: Sequence[Shot], start: Transcript) -> bool:
    """Whether examples show reasoning, and neither theirs nor the beginning of this one holds a line end."""
    shown = [part for shot in examples for part in shot.answer[:-1]]
    return bool(shown) and not any("\n" in part for part in (*shown, start.text))


def _unstated(done: Completion, item: Item) -> Completion:
    """What was written, cut where it states the answer in any form: without examples a model has a form of its own,
    and what it states there would be read as its reasoning."""
    split = split_answer(done.text, item.options)
    return done if split.answer is None else replace(done, text=split.text, finish="stop")


def unanswered(done: Completion) -> Completion:
    """What was written, cut where the answer begins: then the reasoning has come to its end."""
    found = STATED.search(done.text)
    return done if found is None else replace(done, text=done.text[: found.start()].rstrip(), finish="stop")
