"""Whether the reasoning that the user allows fits the model's context: said once, before any item is asked.

It counts the prompt in which the model reasons aloud, as it is asked to: after examples where any are shown.
"""

from __future__ import annotations

from thinkaloud.budget.counter import counter
from thinkaloud.conditions.group import ItemSettings
from thinkaloud.conditions.settings import budget_of
from thinkaloud.conditions.snap import shots, worked
from thinkaloud.errors import UserError
from thinkaloud.items.material import Material
from thinkaloud.vocabulary import Model, Transcript

ANSWER = 64
"""Tokens that are kept free for the answer after the reasoning."""


def check_room(model: Model, drawn: Material, settings: ItemSettings) -> None:
    """`UserError` where the tokens allowed for a reasoning do not fit the context behind the longest question; nothing
    is counted where the user allows no number of his own."""
    said, context = budget_of(settings), model.card.context
    asked = [item.asked for item in (*drawn.probed, *drawn.dev, *drawn.items)]
    if said is None or not context or not asked:
        return
    way = drawn.asking.showing(drawn.asking.aloud(), shots(drawn.examples, worked))
    taken = len(counter(model).lower(way.begun(max(asked, key=len), Transcript())))
    left = context - taken - ANSWER
    if said > left:
        fits = f"--think-tokens {left} fits" if left > 0 else "no reasoning fits"
        what = "examples and question" if way.shots else "a question"
        raise UserError(
            f"--think-tokens is {said}: {model.card.name} has a context of {context:,} tokens, of which {what} of "
            f"{drawn.task.name} take {taken:,} and the answer {ANSWER}; {fits}, or raise --context"
        )
