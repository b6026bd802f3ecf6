"""What every study may be told that puts something else between a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.conditions.group import Group, ItemSettings
from thinkaloud.errors import UserError
from thinkaloud.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSettings(ItemSettings):
    """The model that paraphrases also makes the mistakes of tasks that cannot read their steps. `think_tokens`: None
    for what the task's own reasoning needs (`Group.room`)."""

    paraphraser: str = setting(
        "rules", "Who puts reasoning in other words: rules, or the model under test.", choices=("rules", "model")
    )
    think_tokens: int | None = setting(
        None,
        "Tokens for the model's own reasoning; auto: three times those of worked reasoning.",
        none="auto",
    )

    def __post_init__(self) -> None:
        ItemSettings.__post_init__(self)
        if self.think_tokens is not None and self.think_tokens < 1:
            raise UserError(f"think-tokens is {self.think_tokens}: at least 1, or 'auto'")


def budget_of(settings: ItemSettings) -> int | None:
    """The tokens that the user allows for a reasoning; None where nothing is said."""
    return settings.think_tokens if isinstance(settings, ConditionSettings) else None


def room(settings: ItemSettings, group: Group) -> int:
    """Tokens that a model gets for its own reasoning: as many as the user says, else what the group needs."""
    said = budget_of(settings)
    return group.room if said is None else said
