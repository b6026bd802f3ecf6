"""Recipes of studies: TOML files that come with the package, by their names, and files of a user's own.

This module knows no study and nothing of what stands in a recipe.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.reading import toml_of


def recipe_names(folder: Path) -> list[str]:
    """The recipes that come with the package, in this folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def located(recipe: str, folder: Path) -> Path:
    """The file of a recipe; `UserError` where there is none."""
    path, there = Path(recipe), recipe_names(folder)
    if recipe not in there and path.is_file():
        return path
    if path.name in there:  # by its name, also where a folder of that name stood in the way of it
        return folder / f"{path.name}.toml"
    raise unknown("recipe", recipe, there)


def parsed(recipe: str, path: Path) -> dict[str, Any]:
    """What stands in the file of a recipe; one line says that it is no TOML."""
    try:
        return toml_of(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the recipe {recipe!r} is no TOML: {error}") from error
