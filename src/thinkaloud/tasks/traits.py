"""What a task may be able to do besides asking and reading, each as a protocol of its own.

Studies and arms ask `isinstance(task, Reversible)`; a task that lacks a trait is a task all the same, and what needs
the trait is then *not measurable* on it. `docs/add-a-task.md` lists them. Two are elsewhere, with what they are made
of: `Hinting` (`conditions/hint.py`) and `Digested` (`digests.py`, for tasks and models alike).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from thinkaloud.vocabulary import Item, Step, Task

if TYPE_CHECKING:  # which asks for the trait itself
    from thinkaloud.tasks.parts import Decomposition


@runtime_checkable
class Reversible(Protocol):
    """A task whose questions can be turned round: the same things compared the other way, with another answer."""

    def reverse(self, item: Item) -> Item:
        """The reversed question, with the same options."""
        ...


@runtime_checkable
class Worded(Protocol):
    """A task whose sentences have several wordings with names."""

    def wording(self, step: Step) -> str | None:
        """The wording that a sentence is in, with its slots (`{a} plus {b} is {c}.`); None where it is in none."""
        ...


@runtime_checkable
class Noted(Protocol):
    """A task that has something to say of itself, such as which lines of a file were left out."""

    notes: tuple[str, ...]


@runtime_checkable
class Decomposable(Protocol):
    """A task that knows how its questions fall apart."""

    def decompose(self, item: Item) -> Decomposition | None:
        """Sub-questions with their answers and the last question; None where this item has none."""
        ...


@runtime_checkable
class Programmable(Protocol):
    """A task whose answers a short program can work out."""

    def program(self, item: Item) -> str | None:
        """Code that prints the answer; None where it would only hand it out."""
        ...


@runtime_checkable
class Explained(Protocol):
    """A task with one or two sentences that say how to work; None where nobody has written them."""

    algorithm: str | None


@runtime_checkable
class Renamed(Protocol):
    """A task that a run may call otherwise, to tell it from another of its name: draws follow from `stream`, the name
    that it has by itself."""

    stream: str


@runtime_checkable
class FromFile(Renamed, Protocol):
    """A task whose questions are those of a file."""

    path: Path

    def called(self, name: str) -> Task:
        """The same questions under another name; draws and ids stay."""
        ...
