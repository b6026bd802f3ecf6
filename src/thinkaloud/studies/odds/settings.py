"""What the study of odds may be told."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.errors import UserError
from thinkaloud.settings import setting
from thinkaloud.studies.odds.recipe import GAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsSettings:
    """`recipe` says who plays whom (`recipe.py`); `half_width`: another precision than the recipe's, None: its own."""

    game: str = setting("breakthrough", "Which game is played.", choices=GAMES)
    recipe: str = setting(
        "ladder",
        "exact, ladder, short, words (chess: ladder, short, maia; go, rts: short), or a FILE.toml of your own.",
        path=True,
    )
    half_width: float | None = setting(
        None,
        "Elo: play no further block of openings once every odds' worth is known to so many either way; the recipe's "
        "openings are the most.",
        none="recipe",
    )

    def __post_init__(self) -> None:
        if self.half_width is not None and not self.half_width > 0:
            raise UserError(f"--half-width is {self.half_width:g}: give Elo above 0")
