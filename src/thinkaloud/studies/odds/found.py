"""The findings of a run of the study of odds, put in order for tables and figures: one `Found` for each board played.

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from thinkaloud.records.about import fits
from thinkaloud.report.tables import by_subject
from thinkaloud.studies.odds.setups import EVEN
from thinkaloud.vocabulary import Estimate, Finding, Part


@dataclass(frozen=True)
class Found:
    """The estimates of one subject, by what they are about."""

    subject: str
    estimates: Sequence[Estimate]

    def every(self, **parts: Part) -> list[Estimate]:
        """Those that are about all of these; without a role unless one is named."""
        return [e for e in self.estimates if fits(e, parts) and ("role" in parts or "role" not in e.about)]

    def one(self, **parts: Part) -> Estimate | None:
        """The first of them that is about nothing else of a player."""
        return next((e for e in self.every(**parts) if "player" in parts or "player" not in e.about), None)

    @cached_property
    def scores(self) -> dict[tuple[str, str, str], Estimate]:
        """By giver, taker and odds."""
        return {
            (str(e.about["giver"]), str(e.about["taker"]), str(e.about["odds"])): e for e in self.every(measure="score")
        }

    @cached_property
    def odds(self) -> list[str]:
        """Even games first."""
        return list(dict.fromkeys(odds for _, _, odds in self.scores))

    @property
    def uneven(self) -> list[str]:
        """Those at which the giver lacks something."""
        return [odds for odds in self.odds if odds != EVEN]

    @property
    def givers(self) -> list[str]:
        """In the order of the recipe."""
        return list(dict.fromkeys(giver for giver, _, _ in self.scores))

    @property
    def takers(self) -> list[str]:
        """Likewise."""
        return list(dict.fromkeys(taker for _, taker, _ in self.scores))

    @cached_property
    def skills(self) -> dict[str, Estimate]:
        """By player; the weakest first."""
        found = {str(e.about["player"]): e for e in self.every(measure="skill")}
        return dict(sorted(found.items(), key=lambda pair: pair[1].value or 0.0))

    def in_order(self, players: Iterable[str]) -> list[str]:
        """The weakest first."""
        place = {name: i for i, name in enumerate(self.skills)}
        return sorted(players, key=lambda name: place.get(name, len(place)))

    @property
    def worth_by_skill(self) -> dict[str, list[tuple[float, Estimate]]]:
        """By odds: (skill of a player, worth there)."""
        return self._by_skill("worth")

    @property
    def equal_chances(self) -> dict[str, list[tuple[float, Estimate]]]:
        """By odds: (skill of a taker, Elo by which a giver must be stronger)."""
        return self._by_skill("equal chances")

    def _by_skill(self, measure: str) -> dict[str, list[tuple[float, Estimate]]]:
        found: dict[str, list[tuple[float, Estimate]]] = {}
        for e in self.every(measure=measure):
            skill = self.skills.get(str(e.about.get("player")))
            if skill is not None and skill.value is not None:
                found.setdefault(str(e.about["odds"]), []).append((skill.value, e))
        return found


def found_in(findings: Sequence[Finding], measure: str = "score") -> list[Found]:
    """The subjects that have such a number, in their order."""
    made = [Found(str(subject.task), list(named.values())) for subject, named in by_subject(findings).items()]
    return [one for one in made if one.every(measure=measure)]
