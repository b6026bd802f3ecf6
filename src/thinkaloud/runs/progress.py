"""Who is told how a run goes on, and may show it. Knows nothing of units or terminals."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what happens; shows it or not."""

    def expect(self, units: float) -> None:
        """The run's expected size, in groups; may change as the edge is found."""

    def advance(self, units: float, what: str) -> None:
        """A unit is done."""

    def say(self, text: str) -> None:
        """Something a user wants to know."""

    def alive(self, text: str) -> None:
        """Nothing ended for a while; how far it is."""


class NullProgress:
    """No progress."""

    def expect(self, units: float) -> None:
        """Nothing."""

    def advance(self, units: float, what: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def alive(self, text: str) -> None:
        """Nothing."""
