"""What a task may be able to do besides asking and reading, each as a protocol of its own.

Studies and arms ask `isinstance(task, Reversible)`; a task that lacks a trait is a task all the same, and what needs
the trait is then *not measurable* on it. `docs/add-a-task.md` lists them.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from thinkaloud.vocabulary import Item


@runtime_checkable
class Reversible(Protocol):
    """A task whose questions can be turned round: the same things compared the other way, with another answer."""

    def reverse(self, item: Item) -> Item:
        """The reversed question, with the same options."""
        ...


@runtime_checkable
class Noted(Protocol):
    """A task that has something to say of itself, such as which lines of a file were left out."""

    notes: tuple[str, ...]


@runtime_checkable
class Digested(Protocol):
    """A task that says what it is: its digest changes with its questions."""

    digest: str
