"""What a unit of a study over items is given: a group of items, and the settings that all such studies have."""

from __future__ import annotations

from dataclasses import dataclass

from thinkaloud.conditions.asking import FEW_SHOT, Asking
from thinkaloud.errors import UserError
from thinkaloud.settings import setting
from thinkaloud.tasks.options import MODES
from thinkaloud.tasks.text import room
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Item, Model, Record, Task

UNKNOWN = 256
"""Tokens allowed for reasoning if no item has reasoning from which to estimate its length."""
GROUP = 8
"""Items per unit: enough to write in one batch, and few enough to lose when a run is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """The settings of every study over items."""

    shots: int = setting(6, "Solved examples before every question.")
    temperature: float | None = setting(
        None, "For the model's own reasoning; 0 is greedy. Without: as it is recommended for a thinking block, else 0."
    )
    resample_temperature: float = setting(0.7, "For further samples, where the first one is greedy.")
    show_options: str = setting(
        "auto", "Whether options are listed to the model; auto: those of files are.", choices=MODES
    )

    def __post_init__(self) -> None:
        if self.shots < 0:
            raise UserError(f"shots is {self.shots}: at least 0")
        if (least := min(self.temperature or 0.0, self.resample_temperature)) < 0:
            raise UserError(f"a temperature is {least}: at least 0")


@dataclass(frozen=True, slots=True)
class Group:
    """A unit's material: the items it measures, the examples shown before them, and other items for transplants.

    `first` is the position of its first item among all items of the task, from which the fold of an item follows.
    `part` names what of the study this unit is, where it has several (`ItemStudy.parts`), and `prepared` is what the
    study made before for that part. `asking`: how the questions are asked; `editor`: a session of the model that makes
    edits, where it is another one.
    """

    task: Task
    level: int
    first: int
    items: tuple[Item, ...]
    examples: tuple[Item, ...]
    donors: tuple[Item, ...]
    part: str = ""
    prepared: tuple[Record, ...] = ()
    asking: Asking = FEW_SHOT
    editor: Model | None = None

    @property
    def room(self) -> int:
        """Tokens that a model gets for its own reasoning: room for three times the longest that is known, worked or
        given (`tasks/text.py`), and at least 32; `UNKNOWN` where none is."""
        known = [text for item in (*self.items, *self.examples) for text in (item.worked.text, given(item)) if text]
        return max(32, *map(room, known)) if known else UNKNOWN
