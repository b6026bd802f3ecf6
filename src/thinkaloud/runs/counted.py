"""Whose tokens a cap counts: of the model that a run is given, or of one that its study asks all the same.

Some studies take no model and yet ask one, because their settings name it (`Asks`). This module opens no model.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from thinkaloud.study import Asked, Study
from thinkaloud.vocabulary import Model


@runtime_checkable
class Asks(Protocol):
    """A study that takes no model, and whose settings may name one."""

    def asks(self, asked: Asked) -> Model | None:
        """The model that is asked, opened; None where these settings name none."""
        ...


def counted(study: Study, asked: Asked) -> Model | None:
    """The model whose tokens count; None where none is asked."""
    if "model" in study.takes:
        return asked.model
    return study.asks(asked) if isinstance(study, Asks) else None
