"""What can be read of a model, and how: the three tiers, and the session that a unit's readings are made with.

    probabilities   it goes on with its own turn, and gives log-probabilities
    samples         it goes on with its own turn: answers are drawn (`conditions/sampled.py`)
    text            it answers in whole turns only: nothing can be put in the place of its reasoning

A model that reasons where nobody can read it (`raw_reasoning` is missing) is of the tier `text`, whatever else it can
do. This module does not know what a study measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Literal

from thinkaloud.conditions.sampled import sampled_reader
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.vocabulary import Capability, Key, Model

Tier = Literal["probabilities", "samples", "text"]
TIERS: Mapping[Tier, str] = {
    "probabilities": "it goes on with its own turn and gives log-probabilities",
    "samples": "it goes on with its own turn and gives no log-probabilities: answers are drawn and counted",
    "text": "it answers in whole turns: nothing can be put in the place of its reasoning",
}
"""What each tier is, in words."""
EDITS: frozenset[Capability] = frozenset({"prefill", "raw_reasoning"})
"""What it takes to put another text in the place of the model's own reasoning."""


def tier(capabilities: Set[Capability]) -> Tier:
    """What can be read of a model that can do this."""
    if not capabilities >= EDITS:
        return "text"
    return "probabilities" if "logprobs" in capabilities else "samples"


def reader(session: Model, settings: Any, key: Key) -> Model:
    """The session as one that can be read: itself where it gives log-probabilities, or where the study says nothing of
    samples."""
    if "logprobs" in session.card.capabilities or not isinstance(settings, ConditionSettings):
        return session
    return sampled_reader(session, settings.read_samples, key.child("read"))


def about_reading(task: str, capabilities: Set[Capability], samples: int) -> list[str]:
    """How a model without log-probabilities was read, in sentences; none where it has them."""
    found = tier(capabilities)
    if found == "samples":
        return [
            f"{task}: the model gives no log-probabilities, so it was read by {samples} samples an item and condition: "
            f"a single reading is off by up to {0.5 / samples**0.5:.2f} (standard error), and the intervals hold that."
        ]
    if found == "probabilities":
        return []
    said = [
        f"{task}: the model was asked for whole turns, since nothing can be put in the place of its reasoning (it "
        f"lacks {', '.join(sorted(EDITS - capabilities))}): its answers are what it wrote, one turn an item and "
        "condition."
    ]
    if "logprobs" not in capabilities:
        said[0] += f" Answers without reasoning are read by {samples} samples."
    if "raw_reasoning" not in capabilities:
        said.append(
            f"{task}: the model thinks where it cannot be read, so an answer 'without reasoning' is only one without "
            "visible reasoning."
        )
    return said
