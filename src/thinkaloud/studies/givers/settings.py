"""What the study of givers may be told."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.errors import UserError
from thinkaloud.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class GiversSettings:
    """`recipe` says who is trained, against whom, and who tests (`recipe.py`)."""

    recipe: str = setting("solved", "solved, board, one, short, or a FILE.toml of your own.", path=True)
    seeds: tuple[int, ...] = setting(
        (0, 1, 2, 3, 4, 5, 6, 7), "Training seeds; each has a base net of its own, which all its arms begin with."
    )

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"seeds {list(self.seeds)!r}: give at least one, none twice")
        if min(self.seeds) < 0:
            raise UserError(f"seeds {list(self.seeds)!r}: {min(self.seeds)} is below 0, give numbers from 0")
