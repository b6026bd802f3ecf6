"""How a run asks the questions of a task, and why: decided from the model and the task before anything is asked.

    native      the model has a block to reason in that is known here (`models/profile.py`)
    zero-shot   a model that answers in whole turns only: examples would teach it to end where it cannot go on
    few-shot    the task reads its own steps, and its examples show the model how to write them; or the model has no
                turns and needs examples
    zero-shot   a chat model and questions of a user's own: asked in words to reason, or to answer at once

A user's own `--ask` is followed, or refused in one line. Measured questions are the same under every way of asking:
examples that are not shown are what stem and silence are settled on (`conditions/trial.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thinkaloud.conditions.asking import Asking
from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import AskSettings, ConditionSettings, room
from thinkaloud.conditions.trial import How, settle
from thinkaloud.errors import UserError
from thinkaloud.items.edge import measured_on
from thinkaloud.items.material import Material
from thinkaloud.items.reading import EDITS, about_reading, tier
from thinkaloud.items.study import ItemStudy, span
from thinkaloud.models.profile import Profile
from thinkaloud.models.session import profile_of
from thinkaloud.stats.power import POWER, items_to_tell
from thinkaloud.study import Asked, NoModel
from thinkaloud.vocabulary import Estimate, Key, Model, Record, Task

KAPPAS = (0.5, 0.8)
"""How much the items of two models correlate: two reasonings of one model .5 (accuracy) to .7 (its channels)."""


class AskingStudy(ItemStudy):
    """A study that puts things between a question and its answer, in any way of asking."""

    Settings: type = ConditionSettings
    tries = True

    def asking(self, asked: Asked, task: Task) -> Asking:
        """See the head of this module. `UserError` where the model cannot be asked as the user wants it."""
        return chosen(asked.model, task, asked.settings)

    def about_asking(self, task: Task, asking: Asking, settled: Sequence[Record]) -> list[str]:
        """How it was asked and why, and what was settled."""
        return about_asking(task.name, asking, settled)

    def remarks(self, drawn: Material, asked: Asked) -> list[str]:
        """And how the model is read, where it gives no log-probabilities."""
        able = asked.model.card.capabilities
        return [*super().remarks(drawn, asked), *about_reading(drawn.task.name, able, asked.settings.read_samples)]

    def found_ability(self, records: Sequence[Record], key: Key) -> Estimate | None:
        """After its own reasoning, as the level was chosen by."""
        return measured_on(records, key)

    def comparison(self, difference: float) -> str:
        """Paired by item, as `thinkaloud compare` does, from the spreads that plans go by."""
        needed = [
            f"{name} {', '.join(span(*(items_to_tell(difference, sd, kappa) for sd in sds)) for kappa in KAPPAS)}"
            for name, sds in self.spreads.items()
        ]
        told = " and ".join(f"{kappa:g}" for kappa in KAPPAS)
        return (
            f"items a task to find a difference of {difference:g} between two models on the same items with "
            f"{POWER:.0%} power, where their items correlate by {told}: {'; '.join(needed)} (a guide, from {self.seen})"
        )

    async def prepare(self, model: Model, group: Group, settings: Any, key: Key) -> list[Record]:
        """Stem and form of silence, from the items that are not measured."""
        tokens = room(settings, group, model.card.context // 2)
        how = How(group.asking.sampling(tokens, settings.temperature), key)
        return [await settle(model, group.task, group.items, group.asking, how)]


def chosen(model: Model, task: Task, settings: AskSettings) -> Asking:
    """The way to ask, with the reason."""
    profile, chat = profile_of(model), model.card.format != "completion"
    if tier(model.card.capabilities) == "text" and model.card.backend != NoModel.card.backend:  # units are listed
        return _whole(model, settings)
    if settings.ask == "few-shot":
        return Asking("few-shot", _left_out(profile, "asked for with --ask few-shot"), None, chat)
    if settings.ask == "zero-shot":
        return Asking("zero-shot", _left_out(profile, "asked for with --ask zero-shot"), None, chat)
    if settings.ask == "native" or profile is not None:
        return Asking("native", _native(model, profile, settings), profile, chat)
    if task.reads_steps:
        return Asking("few-shot", "the task's own examples show the model how to reason", None, chat)
    if model.card.format == "chat":
        return Asking("zero-shot", "a chat model without a thinking block, and questions of no built-in task", None)
    return Asking("few-shot", "a model that is not asked in turns learns from examples", None, chat)


def _whole(model: Model, settings: AskSettings) -> Asking:
    """How a model is asked that answers in whole turns only; `UserError` where the user wants another way."""
    lacks = f"it lacks {', '.join(sorted(EDITS - model.card.capabilities))}"
    if settings.ask in ("native", "few-shot"):
        raise UserError(
            f"--ask {settings.ask}: {model.card.name} can only be asked for whole turns ({lacks}): zero-shot, or auto"
        )
    return Asking("zero-shot", f"it can only be asked for whole turns ({lacks})", whole=True)


def _native(model: Model, profile: Profile | None, settings: AskSettings) -> str:
    """Why a model is asked in its block; `UserError` where it has none, or cannot be sampled as the user wants it."""
    if profile is None:
        raise UserError(
            f"--ask native: {model.card.name} has no thinking block that is known here; `thinkaloud check` says what "
            "is known of a model, and --ask zero-shot asks it in words"
        )
    recommended = profile.sampling
    if settings.temperature == 0 and recommended is not None and not recommended.greedy:
        raise UserError(
            f"--temperature 0: {profile.family} is not to be sampled greedily ({recommended.why}); recommended: "
            f"{recommended.temperature:g}"
        )
    return f"the model reasons in a block of its own ({profile.family})"


def _left_out(profile: Profile | None, why: str) -> str:
    if profile is None:
        return why
    return f"{why}: the model's thinking block ({profile.family}) is left out, so this is not its reasoning mode"


def about_asking(task: str, asking: Asking, settled: Sequence[Record]) -> list[str]:
    """What a reader must know of how a task was asked, in sentences."""
    said = [f"{task}: asked {asking.ask}: {asking.why}."] if asking.why else []
    found = next((record for record in settled if record.get("stems")), None)
    if not asking.tried:
        return said
    if found is None:
        return [
            *said,
            f"{task}: no questions were to spare to find out how this model states its answers: the usual "
            "stem ('The answer is') and the usual form of silence were taken. More questions than --items help.",
        ]
    best = max(found["stems"], key=lambda stem: float(stem["mass"]))
    others = "; ".join(f"{one['text']!r} {one['mass']:.2f}" for one in found["stems"] if one is not best)
    silences = ", ".join(f"{form} {value:.2f}" for form, value in found["silences"].items())
    return [
        *said,
        f"{task}: answers are read after {best['text']!r}, where the answer space held {best['mass']:.2f} of "
        f"the model's probability on {found['items']} separate questions (others: {others}).",
        f"{task}: the answer without reasoning is asked for by {found['silence']!r}, the best of its forms on "
        f"these questions (P(gold) {silences}).",
    ]
