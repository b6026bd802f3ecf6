"""What the study of odds may be told."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.settings import setting
from thinkaloud.studies.odds.recipe import GAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsSettings:
    """`recipe` says who plays whom (`recipe.py`)."""

    game: str = setting("breakthrough", "Which game is played.", choices=GAMES)
    recipe: str = setting(
        "ladder",
        "exact, ladder, short, words (chess: ladder, short, maia; go, rts: short), or a FILE.toml of your own.",
        path=True,
    )
