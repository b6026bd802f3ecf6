"""What every study may be told that asks a model to reason, or puts something else between question and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from thinkaloud.conditions.asking import ASKS, Ask
from thinkaloud.conditions.group import Group, ItemSettings
from thinkaloud.errors import UserError
from thinkaloud.settings import setting
from thinkaloud.vocabulary import Task

Paraphraser = Literal["rules", "model", "auto", "wording"]

LEAST: Mapping[Ask, int] = {"zero-shot": 512, "native": 2048}
"""Tokens for a reasoning that no examples keep short, where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSettings(ItemSettings):
    """What a study may be told that asks a model to reason, in any of the ways there are. `think_tokens`: None for what
    the task's own reasoning needs (`Group.room`)."""

    ask: str = setting(
        "auto",
        "Reasoning in the model's own block, asked for in words, or shown by examples; auto: as model and task are.",
        choices=("auto", *ASKS),
    )
    think_tokens: int | None = setting(
        None,
        "Tokens for the model's own reasoning; auto: three times those of worked reasoning, and without examples more.",
        none="auto",
    )

    def __post_init__(self) -> None:
        ItemSettings.__post_init__(self)
        if self.think_tokens is not None and self.think_tokens < 1:
            raise UserError(f"think-tokens is {self.think_tokens}: at least 1, or 'auto'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSettings(AskSettings):
    """`paraphraser`: `auto` is the task's grammar where it has one, else the editor, and rules for any text where it
    fails; `rules` and `model` are the grammar and the editor alone, `wording` the rules for any text. Unless it is
    `rules`, the editor (with `wording` the model under test) also makes the mistakes of tasks that cannot read their
    steps, where no number can be changed: a model that is too weak to keep a meaning can still spoil one."""

    paraphraser: str = setting(
        "auto",
        "Who puts reasoning in other words: the task's rules, a model, rules of wording; auto: the best there is.",
        choices=("auto", "rules", "wording", "model"),
    )
    editor: str = setting(
        "", "Another model that makes paraphrases and mistakes, by name; none: the model under test.", path=True
    )
    read_samples: int = setting(16, "Answers drawn for each reading of a model that gives no log-probabilities.")

    def __post_init__(self) -> None:
        AskSettings.__post_init__(self)
        if self.read_samples < 1:
            raise UserError(f"read-samples is {self.read_samples}: at least 1")
        if self.editor and self.paraphraser in ("rules", "wording"):
            raise UserError(
                f"--editor {self.editor} has nothing to do with --paraphraser {self.paraphraser}: give auto or model"
            )


def budget_of(settings: ItemSettings) -> int | None:
    """The tokens that the user allows for a reasoning; None where nothing is said."""
    return settings.think_tokens if isinstance(settings, AskSettings) else None


def room(settings: ItemSettings, group: Group, half: int = 0) -> int:
    """Tokens that a model gets for its own reasoning: as many as the user says, else what the group needs, and where no
    examples show how long a reasoning is, at least `LEAST`, as far as `half` the context allows it (0: not known)."""
    said = budget_of(settings)
    if said is not None:
        return said
    least = LEAST.get(group.asking.ask, 0)
    return max(group.room, min(least, half) if half else least)


def paraphraser_of(settings: ConditionSettings, task: Task) -> Paraphraser:
    """Who paraphrases the reasoning of this task: `auto` decided where the task reads its own steps."""
    match settings.paraphraser:
        case "rules":
            return "rules"
        case "model":
            return "model"
        case "wording":
            return "wording"
    return "rules" if task.reads_steps else "auto"
