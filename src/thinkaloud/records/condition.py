"""The names of conditions in records: the one place that writes and reads them.

    own, silent, resample, paraphrase, foreign, unrelated, transplant, reversed     a kind alone
    cut:3, mistake:3, continue:3, reword:3, prefix:3                                at a sentence, counted from 0
    filler:dots, hint:grader                                                        of a variant
    silent:lettered, filler:dots:paraphrase, hint:grader:silent                     in another form

A name of another shape, of somebody else's study, is a kind by itself. What a condition does, `conditions/bench.py`
says; this module knows only what it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from thinkaloud.errors import UserError
from thinkaloud.records.about import OfCondition

PLACED = ("cut", "mistake", "continue", "reword", "prefix")
"""Kinds that are made at a sentence."""
VARIED = ("filler", "hint")
"""Kinds that have variants."""
SILENT, PARAPHRASE, MISMATCHED, LETTERED, REORDERED = "silent", "paraphrase", "mismatched", "lettered", "reordered"
AGAIN = "again"
"""Forms: without reasoning; as long as the paraphrase; after examples of another form; with the options behind letters,
as drawn or in another order; read a second time, where readings are drawn."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What stood between question and answer. `variant`: the kind of filler or hint; `position`: the sentence at which
    something was done, or how many were kept; `form`: another form of the same. Empty where it has none."""

    kind: str
    variant: str = ""
    position: int | None = None
    form: str = ""

    def __post_init__(self) -> None:
        for part in (self.variant, self.form):
            if ":" in part:
                raise UserError(f"{part!r} cannot be part of a condition's name: it has a colon")

    @property
    def name(self) -> str:
        """The name in records; `read` gives the condition back."""
        position = "" if self.position is None else str(self.position)
        return ":".join(part for part in (self.kind, self.variant, position, self.form) if part)

    @property
    def order(self) -> tuple[str, ...]:
        """A sort key: numbers as numbers, so that cut:2 comes before cut:10."""
        return tuple(part.zfill(9) for part in self.name.split(":"))

    @property
    def about(self) -> OfCondition:
        """The parts of an estimate that is about this condition."""
        found = OfCondition(condition=Condition(self.kind, self.variant, None, self.form).name)
        if self.position is not None:
            found["position"] = self.position
        if self.kind == "hint" and self.variant:
            found["hint"] = self.variant
        return found


@lru_cache(maxsize=4096)
def read(name: str) -> Condition:
    """The condition of a name in a record."""
    kind, *rest = name.split(":")
    made = None
    if kind in PLACED and len(rest) == 1 and rest[0].isdecimal():
        made = Condition(kind, position=int(rest[0]))
    elif kind in VARIED and 1 <= len(rest) <= 2:
        made = Condition(kind, rest[0], None, *rest[1:])
    elif kind not in (*PLACED, *VARIED) and len(rest) <= 1:
        made = Condition(kind, "", None, *rest)
    return made if made is not None and made.name == name else Condition(name)
