"""The findings of a run of the study of givers, put in order for tables and figures: one `Found` for each board.

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thinkaloud.records.about import fits
from thinkaloud.report.tables import by_subject
from thinkaloud.vocabulary import Estimate, Finding, Part


@dataclass(frozen=True)
class Found:
    """The estimates of one board, by what they are about."""

    subject: str
    estimates: Sequence[Estimate]

    def every(self, **parts: Part) -> list[Estimate]:
        """Those that are about all of these."""
        return [e for e in self.estimates if fits(e, parts)]

    def one(self, **parts: Part) -> Estimate | None:
        """The first of them."""
        return next(iter(self.every(**parts)), None)

    def parts(self, part: str, **parts: Part) -> list[str]:
        """What there is of a part, in the order of the recipe."""
        return list(dict.fromkeys(str(e.about[part]) for e in self.every(**parts) if part in e.about))

    @property
    def held_out(self) -> str:
        """The taker of the headline, as the recipe names it: also where no contrast could be tested."""
        return str(self.every(measure="matched")[0].about["taker"])

    @property
    def seeds(self) -> int:
        """Of which every arm is there."""
        return max(e.n for e in self.every(measure="strength"))

    @property
    def takers(self) -> list[str]:
        """In the order of the recipe."""
        return self.parts("taker", measure="strength")

    @property
    def arms(self) -> list[str]:
        """Likewise."""
        return self.parts("arm", measure="strength")

    @property
    def odds(self) -> list[str]:
        """Even games first; all odds together last. A single number of men missing is the same as all together."""
        even, *each, together = self.parts("odds", measure="strength")
        return [even, *(each if len(each) > 1 else []), together]


def found_in(findings: Sequence[Finding]) -> list[Found]:
    """The boards, in their order."""
    made = [Found(str(subject.task), list(named.values())) for subject, named in by_subject(findings).items()]
    return [one for one in made if one.every(measure="strength")]
