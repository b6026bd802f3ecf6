"""By which numbers items are listed in the explorer, and which of them stands behind an estimate.

A list is a column of the study's own metrics: an item's place in it is the score that the finding is a mean of. This
module does not know how the columns are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thinkaloud.arms.names import NAMES, called
from thinkaloud.metrics.factored import GAINS
from thinkaloud.metrics.gaps import GAPS, VOTED
from thinkaloud.records.about import about
from thinkaloud.stats.columns import Columns
from thinkaloud.studies.rungs.page.found import EFFECTS
from thinkaloud.studies.rungs.page.marks import thousands
from thinkaloud.vocabulary import Part

About = Mapping[str, Part]
EDITS: Mapping[str, str] = {
    "need": "whether the first attempt is right (1) or not (0), minus the same without its visible intermediates",
    "residue": "whether the first attempt is right (1) or not (0), minus the same with intermediates in other words",
    "use": "whether the answer follows a corrupted intermediate (1) or not (0)",
}
"""What an edit shows of one item."""
ARMS: Mapping[str, str] = {
    "R0": "snap judgement: the answer only",
    "R1": "a tuned prompt without reasoning",
    "R2": "one tuned chain of thought",
    "R2k": "several chains of thought, voted",
    "A": "chain of thought with the algorithm in the prompt",
    "V": "the best of several, by its own verification",
    "E": "retry, or escalate to a longer attempt",
    "P": "a planner with a list of tasks",
    "F1": "decomposition, all parts in the same context",
    "F2": "least-to-most: the same parts, each in a fresh context",
    "F2d": "the same, each part taken apart once more",
    "F3": "a controller that the model wrote",
    "T0": "one chain of thought with a code tool",
    "T2": "a code environment without sub-calls",
    "T1": "the same code environment with sub-calls",
}
"""What each arm is, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """A number by which items are listed. `column`: what the column that holds it is about; `title` and `says` are for
    people; `arms`: those that it compares; `main`: one of the few that a reader begins with."""

    column: About
    title: str
    says: str
    arms: tuple[str, ...]
    main: bool = False

    @property
    def id(self) -> str:
        """Its name in the page's addresses."""
        return behind(self.column)

    def within(self, blocks: Sequence[Columns]) -> dict[object, float]:
        """Every item's number, by the item; empty where these columns do not have it."""
        for block in blocks:
            for at, label in enumerate(block.labels):
                if all(label.about.get(name) == value for name, value in self.column.items()):
                    return dict(zip(block.units, block.rows[:, at].tolist(), strict=True))
        return {}


def behind(about: About) -> str:
    """The id of the list of items that an estimate rests on, from what it is about."""
    arm, against, measure = str(about["arm"]), about.get("against"), str(about["measure"])
    if measure == "accuracy":
        return arm
    if measure == "effect":
        return f"{arm} - {against}"
    if measure == "gap":
        return f"gap {arm} - {against}"
    if measure == "part of a naive gain":
        return f"{about['part']} {arm}"
    return f"need {arm}" if measure == "externalised share" else f"{measure} {arm}"


def lists(arms: Sequence[str], budgets: Sequence[int], meter: str) -> list[ItemList]:
    """Every list that a run of these arms can have, in reading order."""
    last, paid = thousands(budgets[-1]), about(budget=budgets[-1], meter=meter)
    return [
        *_effects(meter),
        *(_arm(arm, last, paid) for arm in arms),
        *(one for arm in GAINS for one in _gain(arm, last, paid)),
        *_gaps(last),
        *(_edit(arm, measure) for arm in arms for measure in EDITS),
    ]


def _effects(meter: str) -> list[ItemList]:
    says = "the difference of the two scores, as a mean over the registered budgets"
    return [
        ItemList(
            column=about(measure="effect", role="area", arm=effect.arm, against=effect.against, meter=meter),
            title=effect.called, says=f"{effect.of}: {says}", arms=(effect.arm, effect.against), main=True,
        )
        for effect in EFFECTS
    ]  # fmt: skip


def _arm(arm: str, last: str, paid: About) -> ItemList:
    """R2 is listed by its single attempts: voted it is R2k."""
    single = arm == "R2"
    own = {**about(measure="accuracy", arm=arm), **(about(role="once") if single else paid)}
    score = "share of the single attempts that are right" if single else f"score at {last}"
    what = f"{ARMS[arm]}: {score}" if arm in ARMS else score
    opened = "R2" if arm == VOTED else arm
    return ItemList(column=own, title=called(arm), says=what, arms=(opened,), main=arm in NAMES)


def _gain(arm: str, last: str, paid: About) -> list[ItemList]:
    """The naive gain of an arm over one chain of thought, and its parts."""
    says, name = f"a difference of scores at {last}", called(arm)
    whole = {**about(measure="naive gain", arm=arm), **paid}
    parts = [(part, {**about(measure="part of a naive gain", arm=arm, part=part), **paid}) for part, _ in GAINS[arm]]
    return [
        ItemList(column=whole, title=f"naive gain, {name}", says=says, arms=(arm,), main=True),
        *(ItemList(column=own, title=f"{part}, {name}", says=says, arms=(arm,)) for part, own in parts),
    ]


def _gaps(last: str) -> list[ItemList]:
    says = f"difference of the shares of single attempts that are right; {called(VOTED)} is the score at {last}"
    return [
        ItemList(
            column=about(measure="gap", arm=arm, against=against, scale="accuracy"),
            title=f"gap: {called(arm)} - {called(against)}", says=says, arms=(arm, against),
        )
        for arm, against in GAPS
    ]  # fmt: skip


def _edit(arm: str, measure: str) -> ItemList:
    name = called(arm)
    column = about(measure=measure, arm=arm)
    return ItemList(column=column, title=f"{measure}, {name}", says=f"{name}: {EDITS[measure]}", arms=(arm,))
