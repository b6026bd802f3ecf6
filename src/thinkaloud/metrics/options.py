"""What a reader must know of the options themselves before comparing their probabilities, in sentences.

Options of unlike length are compared by the probability of their whole text, and a longer text has more places at which
another spelling, or a slip, takes probability away. And where a service lists only the likeliest tokens, what is not
listed is bounded and not read (`models/inspect/walk.py`). Both are in the records (`lengths`, `unknown`); this module
finds them, and knows nothing of models or of what the conditions mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from thinkaloud.records.shape import readings
from thinkaloud.vocabulary import Reading, Record

UNLIKE = 2.0
"""The longest option has more than this many times the tokens of the shortest."""


def lengths(record: Record) -> tuple[int, ...] | None:
    """Tokens of each option with its closing mark, None where that is not known."""
    return next((tuple(found["lengths"]) for _, found in _readings(record) if found.get("lengths")), None)


def ratio(record: Record) -> float | None:
    """How many times as long as the shortest option the longest is, in tokens; None where that is not known."""
    found = lengths(record)
    return None if found is None else max(found) / min(found)


@dataclass
class Seen:
    """What the records of a task say of their options. `ratios`: `ratio` of every item; `read`: how many readings there
    are; `slack`: of each that holds a bound, the most that a probability may be off."""

    ratios: dict[Any, float] = field(default_factory=dict)
    read: int = 0
    slack: list[float] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """One more."""
        if (found := ratio(record)) is not None:
            self.ratios[record.get("item")] = found
        for _, one in _readings(record):
            self.read += 1
            self.slack += [_slack(one)] if one.get("unknown") else []

    def unlike(self, factor: float = UNLIKE) -> str | None:
        """A sentence where options of an item differ in length by more than this factor; None where none do."""
        over = {item: found for item, found in self.ratios.items() if found > factor}
        if not over:
            return None
        most = max(over, key=lambda item: over[item])
        return (
            f"in {len(over)} of {len(self.ratios)} items the longest option has more than {factor:g} times as many "
            f"tokens as the shortest ({over[most]:.1f} times in {most}): a longer text tends to be less probable "
            "whatever it says"
        )

    def bounded(self) -> str | None:
        """A sentence where options were not listed and are read as their bound; None where there are none."""
        if not self.slack:
            return None
        return (
            f"in {len(self.slack)} of {self.read} readings the service did not list all that the options need: what is "
            f"not listed is read as the most it can be, and probabilities may be off by up to {max(self.slack):.2g} "
            "there"
        )


def remarks(records: Iterable[Record]) -> list[str]:
    """Both, for each task of a run, as far as there is anything to say."""
    by_task: dict[str, Seen] = {}
    for record in records:
        by_task.setdefault(str(record.get("task", "")), Seen()).add(record)
    said = ((task, sentence) for task, seen in by_task.items() for sentence in (seen.unlike(), seen.bounded()))
    return [f"{task}: {sentence}" for task, sentence in said if sentence]


def _readings(record: Record) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from readings(record).items()


def _slack(found: Mapping[str, Any]) -> float:
    return Reading(tuple(found["logprobs"]), (), tuple(found["unknown"])).slack
