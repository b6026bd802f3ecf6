"""What the study of controllability may be told: how it asks, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.conditions.settings import AskSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings(AskSettings):
    """All four reasonings about an item are sampled alike: at `temperature`, else as the family recommends, else at
    `resample_temperature`, so that what differs between them is what was asked."""
