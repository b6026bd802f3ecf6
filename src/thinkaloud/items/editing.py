"""The model that edits, where a run names another one than the model under test: opened once, lent to every unit.

A unit gets a session of it, and pays for it: what it wrote and read is on the bill of the unit's own session, where
that keeps one. Which model it is, is part of what a unit is made of. This module does not know what is edited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from thinkaloud.conditions.group import Group
from thinkaloud.conditions.settings import ConditionSettings
from thinkaloud.digests import digest
from thinkaloud.errors import UserError
from thinkaloud.models.session import bill, open_session, usage_of
from thinkaloud.study import Asked
from thinkaloud.vocabulary import Model, Record

Measured = Callable[[Group], Awaitable[list[Record]]]
"""Measures a group."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The `model` that edits; None: the model under test does."""

    model: Model | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What a unit's records depend on: its digest, how its turns are written, and its arithmetic."""
        if self.model is None:
            return {}
        card = self.model.card
        return {"editor": [card.digest or digest(self.model, type(self.model).__name__), card.format, card.precision]}

    async def lent(self, session: Model, group: Group, measure: Measured) -> list[Record]:
        """The records of a group that is given a session of the editor; `session` pays for it."""
        if self.model is None:
            return await measure(group)
        editor = open_session(self.model)
        try:
            return await measure(replace(group, editor=editor))
        finally:
            bill(session, usage_of(editor))


def editing(asked: Asked) -> Editing:
    """Who edits in a run; `UserError` where its editor cannot be opened here."""
    settings = asked.settings
    if not isinstance(settings, ConditionSettings) or not settings.editor:
        return Editing()
    if asked.open_model is None:
        raise UserError(f"--editor {settings.editor}: no model can be opened by its name here")
    return Editing(asked.open_model(settings.editor))
