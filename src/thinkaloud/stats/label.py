"""What an estimate is called and what it is about, before there is a number.

Metrics that make many numbers at once (`columns.py`), or whose number gets several rows (`pool.py`), pass labels on
instead of names, so that no name is ever taken apart. This module knows no measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Unpack

from thinkaloud.records.about import About, about
from thinkaloud.vocabulary import Part


@dataclass(frozen=True, slots=True)
class Label:
    """`name` is for people, `about` is the same in parts (`records/about.py`)."""

    name: str
    about: Mapping[str, Part] = field(default_factory=dict)

    def more(self, words: str, **parts: Unpack[About]) -> Label:
        """A label of something narrower: further words and further parts."""
        return Label(f"{self.name} {words}", {**self.about, **about(**parts)})


def label(name: str, **parts: Unpack[About]) -> Label:
    """A label with the parts that it is about."""
    return Label(name, about(**parts))
