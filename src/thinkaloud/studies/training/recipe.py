"""A recipe: which trainings there are and what presses on each, read from TOML.

    language = "offers"                      # what is asked, and how the first checkpoint reasons (default: words)
    stops = [0, 60, 120, 180, 240]
    control = "control"                      # the arm that the others are held against

    [arms.control]
    by = "teaching"                          # goes on with supervised training, as many updates

    [arms."length 0.5"]
    length = 0.5                             # taken from the reward for twenty tokens of reasoning

    [arms.watched]
    judge = "pleased"                        # pays for what something is offered for
    monitor = "with_question"                # who looks at the turns
    watch = 1.0                              # what an alarm costs

An arm is a name with its factors, which can be combined freely. This module trains nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from thinkaloud.errors import UserError, unknown
from thinkaloud.studies import recipes
from thinkaloud.studies.recipes import parsed, recipe_names
from thinkaloud.studies.training.languages import LANGUAGES
from thinkaloud.studies.training.languages.contract import Language
from thinkaloud.studies.training.languages.monitors import MONITORS

FOLDER = Path(__file__).with_name("recipes")

By = Literal["reward", "teaching"]
Judge = Literal["truth", "itself", "pleased"]
Truth = Literal["", "code", "skip", "none"]
Entry = Literal["language", "stops", "control", "arms"]
REWARDED = ("judge", "length", "toll", "unread", "monitor", "watch", "graded", "admitted", "kl", "temperature")
"""Factors of the reward and of turns that a network draws itself: teaching has no use for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to train. `by` reward: group-relative policy gradients (GRPO) on its own turns; teaching: supervised, on
    `taught` turns (of the language). The other factors are the reward's (`rewards.py`): its `judge`; `length`, `toll`,
    `unread`, `watch` by the `monitor` on the `graded` share of the turns, and `admitted`; then `kl`, the weight of the
    distance to the first checkpoint, the `temperature` of its own turns, the `rate` of learning; `hints`: the question
    shows the answer. `truth`: what is known to come out (`code`, `skip`, `none`), where something is."""

    by: By = "reward"
    taught: str = "mixed"
    judge: Judge = "truth"
    length: float = 0.0
    toll: float = 0.0
    unread: float = 0.0
    monitor: str = ""
    watch: float = 0.0
    graded: float = 1.0
    admitted: float = 0.0
    kl: float = 0.0
    temperature: float = 1.0
    rate: float = 3e-4
    hints: bool = False
    truth: Truth = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`arms` by name; `stops`: the checkpoints that are measured, of which the last one ends a training."""

    name: str
    arms: Mapping[str, Arm]
    stops: tuple[int, ...]
    control: str | None = None
    language: str = "words"


def names() -> list[str]:
    """The recipes that come with the package."""
    return recipe_names(FOLDER)


def located(recipe: str) -> Path:
    """The file of a recipe; `UserError` where there is none."""
    return recipes.located(recipe, FOLDER)


def read(recipe: str) -> Recipe:
    """A recipe by its name or file; one line says what is wrong with it."""
    path = located(recipe)
    raw = parsed(recipe, path)
    for name in raw:
        if name not in get_args(Entry):
            raise unknown(f"entry of the recipe {path.name}", name, list(get_args(Entry)))
    stops, arms = raw.get("stops"), raw.get("arms")
    if not isinstance(stops, list) or not all(type(stop) is int for stop in stops):
        raise UserError(f"the recipe {path.name} needs `stops`, a list of steps at which is measured, not {stops!r}")
    if len(stops) < 2 or stops[0] != 0 or stops != sorted(set(stops)):
        raise UserError(f"stops of the recipe {path.name} must begin with 0 and ascend, not {stops!r}")
    if not isinstance(arms, dict) or not arms:
        raise UserError(f"the recipe {path.name} has no arms: give at least one [arms.NAME]")
    control = raw.get("control")
    if control is not None and (not isinstance(control, str) or control not in arms):
        raise unknown(f"control of the recipe {path.name}", str(control), list(arms))
    language = str(raw.get("language", "words"))
    if language not in LANGUAGES:
        raise unknown(f"language of the recipe {path.name}", language, list(LANGUAGES))
    made = {name: _arm(name, values) for name, values in arms.items()}
    for name, arm in made.items():
        _possible(name, arm, LANGUAGES[language])
    return Recipe(path.stem, made, tuple(stops), control, language)


def _arm(name: str, values: Any) -> Arm:
    if not name.strip():
        raise UserError("an arm has no name: give [arms.NAME]")
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
        elif kind is float and isinstance(value, int) and abs(value) > sys.float_info.max:
            raise UserError(f"{factor} of the arm {name!r} is too large a number")
        elif kind in (bool, str) and not isinstance(value, kind):
            raise UserError(
                f"{factor} of the arm {name!r} is {value!r}: give {'true or false' if kind is bool else 'a word'}"
            )
    arm = Arm(**values)
    for factor in ("length", "toll", "unread", "watch", "admitted", "kl"):
        if not 0 <= getattr(arm, factor) < float("inf"):
            raise UserError(f"{factor} of the arm {name!r} is {getattr(arm, factor)!r}: give 0 or more")
    for factor in ("temperature", "rate"):
        if not 0 < getattr(arm, factor) < float("inf"):
            raise UserError(f"{factor} of the arm {name!r} is {getattr(arm, factor)!r}: give more than 0")
    if not 0 < arm.graded <= 1:
        raise UserError(f"graded of the arm {name!r} is {arm.graded!r}: give a share above 0, at most 1")
    if arm.monitor and arm.monitor not in MONITORS:
        raise unknown(f"monitor of the arm {name!r}", arm.monitor, list(MONITORS))
    if bool(arm.monitor) != bool(arm.watch):
        raise UserError(f"the arm {name!r} has a monitor {arm.monitor!r} and watch {arm.watch:g}: give both or neither")
    return arm


def _possible(name: str, arm: Arm, language: Language) -> None:
    """Whether the language has what the arm needs."""
    if arm.taught not in language.taught:
        raise unknown(f"kind of turns (taught) of the arm {name!r}", arm.taught, list(language.taught))
    usual = Arm(by=arm.by)
    idle = ("taught",) if arm.by == "reward" else REWARDED
    if useless := next((factor for factor in idle if getattr(arm, factor) != getattr(usual, factor)), None):
        raise UserError(f"the arm {name!r} is trained by {arm.by}, where {useless} does nothing: leave it out")
    needs = {
        "judge = 'pleased'": (arm.judge == "pleased", language.offers, "offers"),
        "admitted": (arm.admitted > 0, language.offers, "offers"),
        "monitor": (bool(arm.monitor), language.offers, "offers"),
        "toll": (arm.toll > 0, language.environment is not None, "tool"),
        "hints": (arm.hints, language.hinted, "words"),
    }
    for factor, (wanted, there, which) in needs.items():
        if wanted and not there:
            raise UserError(f"the arm {name!r} has {factor}: that needs language = {which!r}, not {language.name!r}")
