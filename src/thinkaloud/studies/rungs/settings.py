"""What the study of the rungs may be told."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.conditions.group import ItemSettings
from thinkaloud.errors import UserError
from thinkaloud.settings import setting
from thinkaloud.values import budget


@dataclass(frozen=True, slots=True, kw_only=True)
class RungsSettings(ItemSettings):
    """`budgets` are in units of the `meter`, ascending; the `margin` is registered before anything is measured."""

    budgets: tuple[int, ...] = setting(
        (1000, 4000, 16000), "In token equivalents of the meter, like 1k,4k.", read=budget
    )
    arms: tuple[str, ...] = setting((), "By name, or a .py file of your own.", none="all", path=True)
    meter: str = setting("B4", "What a budget counts.", choices=("B1", "B2", "B3", "B4"))
    margin: float = setting(0.05, "The least gain in accuracy that matters.")
    plan: str = setting("model", "Who takes questions apart: the model, or the task.", choices=("model", "given"))
    trials: int = setting(6, "Prompts tried for every arm.")
    dev: int = setting(12, "Items of their own that a prompt is tried on.")
    attempts: int = setting(4, "Attempts at every item, voted over.")
    edits: bool = setting(True, "Whether to intervene on visible intermediates.")
    tuner: str = setting("random", "How prompts are found: at random, or by reflection.", choices=("random", "gepa"))

    def __post_init__(self) -> None:
        ItemSettings.__post_init__(self)
        if not self.budgets or list(self.budgets) != sorted(set(self.budgets)) or self.budgets[0] < 1:
            raise UserError(f"budgets must be ascending and more than 0, not {list(self.budgets)!r}")
        if not 0 < self.margin < 1:
            raise UserError(f"the margin is a difference of accuracies between 0 and 1, not {self.margin!r}")
        if self.attempts < 1 or self.trials < 0 or self.dev < 0:
            raise UserError(
                f"attempts {self.attempts}, trials {self.trials}, dev {self.dev}: none may be below its least"
            )
