"""What the study of training may be told."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.errors import UserError, unknown
from thinkaloud.settings import setting

WIDTHS = (32, 64, 96, 128, 176)
"""Of networks with two layers: 28,000 to 750,000 weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """`recipe` says which trainings there are (`recipe.py`)."""

    recipe: str = setting(
        "headline", "headline, truth, short, monitors, tool, helper, programs, or a FILE.toml of your own.", path=True
    )
    seeds: tuple[int, ...] = setting((0, 1, 2, 3, 4), "Training seeds; each has a first checkpoint of its own.")
    width: int = setting(64, "Width of the networks: 32, 64, 96, 128 or 176.")
    items: int = setting(200, "Questions asked at every checkpoint.")

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"seeds {list(self.seeds)!r}: give at least one, none twice")
        if self.width not in WIDTHS:
            raise unknown("width", str(self.width), [str(width) for width in WIDTHS])
        if self.items < 20:
            raise UserError(f"items {self.items}: at least 20 are needed")
