"""Whether the reasoning that the user allows fits the model's context: said once, before any item is asked.

This module does not know how a study asks: it counts the prompt in which the model reasons aloud after the examples.
"""

from __future__ import annotations

from thinkaloud.budget.counter import counter
from thinkaloud.conditions.group import ItemSettings
from thinkaloud.conditions.settings import budget_of
from thinkaloud.conditions.snap import shots, worked
from thinkaloud.errors import UserError
from thinkaloud.items.material import Material
from thinkaloud.vocabulary import Model, Prompt

ANSWER = 64
"""Tokens that are kept free for the answer after the reasoning."""


def check_room(model: Model, drawn: Material, settings: ItemSettings) -> None:
    """`UserError` where the tokens allowed for a reasoning do not fit the context behind the longest question; nothing
    is counted where the user allows no number of his own."""
    said, context = budget_of(settings), model.card.context
    asked = [item.asked for item in (*drawn.probed, *drawn.dev, *drawn.items)]
    if said is None or not context or not asked:
        return
    prompt = Prompt(shots(drawn.examples, worked), max(asked, key=len))
    taken = len(counter(model).lower(prompt))
    left = context - taken - ANSWER
    if said > left:
        fits = f"--think-tokens {left} fits" if left > 0 else "no reasoning fits"
        raise UserError(
            f"--think-tokens is {said}: {model.card.name} has a context of {context:,} tokens, of which examples and "
            f"question of {drawn.task.name} take {taken:,} and the answer {ANSWER}; {fits}, or raise --context"
        )
