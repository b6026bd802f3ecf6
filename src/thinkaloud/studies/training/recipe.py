"""A recipe: which trainings there are and what presses on each, read from TOML.

    steps, stops = 240, [0, 60, 120, 180, 240]
    control = "control"                      # the arm that the others are held against

    [arms.control]
    by = "teaching"                          # goes on with supervised training, as many updates

    [arms."length 0.5"]
    length = 0.5                             # taken from the reward for twenty tokens of reasoning

An arm is a name with its factors, which can be combined freely. This module trains nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from thinkaloud.errors import UserError, unknown

FOLDER = Path(__file__).with_name("recipes")

By = Literal["reward", "teaching"]
Taught = Literal["mixed", "words", "code", "answers"]
Judge = Literal["truth", "itself"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to train. `by` reward: group-relative policy gradients (GRPO) on its own turns; teaching: supervised, on
    `taught` turns (`language.py`). `judge`: the answer is rewarded if it is right, or if the network's own greedy turn
    gives it, too. `length`: taken from the reward for twenty tokens before the answer; `unread`: where the early reader
    tells the answer from the reasoning; `kl`: weight of the distance to the first checkpoint;
    `temperature` of its own turns; `rate` of learning; `hints`: the question shows the answer. `truth`: what is known
    to come out (`code`, `skip`, `none`), where something is."""

    by: By = "reward"
    taught: Taught = "mixed"
    judge: Judge = "truth"
    length: float = 0.0
    unread: float = 0.0
    kl: float = 0.0
    temperature: float = 1.0
    rate: float = 3e-4
    hints: bool = False
    truth: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`arms` by name; `stops`: the checkpoints that are measured, of which the last one ends a training."""

    name: str
    arms: Mapping[str, Arm]
    stops: tuple[int, ...]
    control: str | None = None


def names() -> list[str]:
    """The recipes that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def located(recipe: str) -> Path:
    """The file of a recipe; `UserError` where there is none."""
    path = Path(recipe)
    if recipe in names():
        return FOLDER / f"{recipe}.toml"
    if not path.is_file():
        raise unknown("recipe", recipe, names())
    return path


def read(recipe: str) -> Recipe:
    """A recipe by its name or file; one line says what is wrong with it."""
    path = located(recipe)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the recipe {recipe!r} is no TOML: {error}") from error
    for name in raw:
        if name not in ("stops", "control", "arms"):
            raise unknown(f"entry of the recipe {path.name}", name, ["stops", "control", "arms"])
    stops, arms = raw.get("stops"), raw.get("arms")
    if not isinstance(stops, list) or not all(type(stop) is int for stop in stops):
        raise UserError(f"the recipe {path.name} needs `stops`, a list of steps at which is measured, not {stops!r}")
    if len(stops) < 2 or stops[0] != 0 or stops != sorted(set(stops)):
        raise UserError(f"stops of the recipe {path.name} must begin with 0 and ascend, not {stops!r}")
    if not isinstance(arms, dict) or not arms:
        raise UserError(f"the recipe {path.name} has no arms: give at least one [arms.NAME]")
    control = raw.get("control")
    if control is not None and control not in arms:
        raise unknown(f"control of the recipe {path.name}", str(control), list(arms))
    return Recipe(path.stem, {name: _arm(name, values) for name, values in arms.items()}, tuple(stops), control)


def _arm(name: str, values: Any) -> Arm:
    if not isinstance(values, dict):
        raise UserError(f"the arm {name!r} is {values!r}: give its factors in a table, [arms.{name}]")
    hints, known = get_type_hints(Arm), [field.name for field in fields(Arm)]
    for factor, value in values.items():
        if factor not in known:
            raise unknown(f"factor of the arm {name!r}", factor, known)
        kind = hints[factor]
        if words := get_args(kind):
            if value not in words:
                raise unknown(f"{factor} of the arm {name!r}", str(value), list(words))
        elif kind is float and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise UserError(f"{factor} of the arm {name!r} is {value!r}: give a number")
        elif kind in (bool, str) and not isinstance(value, kind):
            raise UserError(
                f"{factor} of the arm {name!r} is {value!r}: give {'true or false' if kind is bool else 'a word'}"
            )
    arm = Arm(**values)
    for factor in ("length", "unread", "kl"):
        if not 0 <= getattr(arm, factor) < float("inf"):
            raise UserError(f"{factor} of the arm {name!r} is {getattr(arm, factor)!r}: give 0 or more")
    for factor in ("temperature", "rate"):
        if not 0 < getattr(arm, factor) < float("inf"):
            raise UserError(f"{factor} of the arm {name!r} is {getattr(arm, factor)!r}: give more than 0")
    return arm
