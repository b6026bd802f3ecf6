"""What every study may be told that puts something else between a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.conditions.asking import ASKS
from thinkaloud.conditions.group import ItemSettings
from thinkaloud.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSettings(ItemSettings):
    """The model that paraphrases also makes the mistakes of tasks that cannot read their steps."""

    ask: str = setting(
        "auto",
        "Reasoning in the model's own block, asked for in words, or shown by examples; auto: as model and task are.",
        choices=("auto", *ASKS),
    )
    paraphraser: str = setting(
        "rules", "Who puts reasoning in other words: rules, or the model under test.", choices=("rules", "model")
    )
