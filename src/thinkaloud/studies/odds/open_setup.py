"""From a recipe to its game: the one place of this study that knows games by name."""

from __future__ import annotations

from thinkaloud.studies.odds.recipe import Recipe
from thinkaloud.studies.odds.setups import Cell, Setup


def setup(recipe: Recipe) -> Setup:
    """The game of a recipe."""
    if recipe.game == "chess":
        from thinkaloud.studies.odds.at_chess import AtChess

        return AtChess(recipe)
    if recipe.game == "go":
        from thinkaloud.studies.odds.at_go import AtGo

        return AtGo(recipe)
    if recipe.game == "rts":
        from thinkaloud.studies.odds.at_rts import AtRts

        return AtRts(recipe)
    from thinkaloud.studies.odds.at_breakthrough import AtBreakthrough

    return AtBreakthrough(recipe)


def cells(recipe: Recipe) -> list[Cell]:
    """Every giver against every taker at all odds."""
    labels = [odds.label for odds in setup(recipe).odds]
    return [Cell(giver, taker, label) for label in labels for giver in recipe.givers for taker in recipe.takers]
