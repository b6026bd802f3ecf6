"""What every study may be told that puts something else between a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from thinkaloud.conditions.group import ItemSettings
from thinkaloud.errors import UserError
from thinkaloud.settings import setting
from thinkaloud.vocabulary import Task

Paraphraser = Literal["rules", "model", "auto", "wording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSettings(ItemSettings):
    """`paraphraser`: `auto` is the task's grammar where it has one, else the editor, and rules for any text where it
    fails; `rules` and `model` are the grammar and the editor alone, `wording` the rules for any text. The editor also
    makes the mistakes of tasks that cannot read their steps, where no number can be changed."""

    paraphraser: str = setting(
        "auto",
        "Who puts reasoning in other words: the task's rules, a model, rules of wording; auto: the best there is.",
        choices=("auto", "model", "rules", "wording"),
    )
    editor: str = setting(
        "", "Another model that makes paraphrases and mistakes, by name; none: the model under test.", path=True
    )

    def __post_init__(self) -> None:
        ItemSettings.__post_init__(self)
        if self.editor and self.paraphraser in ("rules", "wording"):
            raise UserError(
                f"--editor {self.editor} has nothing to do with --paraphraser {self.paraphraser}: give auto or model"
            )


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
