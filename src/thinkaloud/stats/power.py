"""What a plan can find out: the smallest effect it detects, and the smallest margin it can show equivalence for.

Paired 0/1 scores that differ on a share d of items (*discordance*) have a difference of variance d per item (under an
effect delta: d - delta^2). Families that differ by tau add to that what no number of items removes:

    items of one family, effect delta       n = ((z_a sqrt(d) + z_b sqrt(d - delta^2)) / delta)^2
    standard error over G families          SE = sqrt(tau^2 / G + d / (G m)),  m items each; this pool only: tau = 0
    detectable effect                       (z_a + z_b) SE = 2.8 SE
    margin in reach if the truth is 0       (z_1 + z_2) SE = 2.9264 SE,  two one-sided tests

Of a study that is no pair of arms, from the standard deviation `sd` over items of what it estimates (of a ratio, that
of its influence on an item), and of two models on the same items, whose items correlate by kappa:

    half-width of a 95% interval            z_a sd / sqrt(n)
    items for a paired difference delta     n = (2.8 sd sqrt(2 (1 - kappa)) / delta)^2

z_a is the normal quantile at 1 - alpha/2, z_b at the power, z_1 at 1 - alpha, z_2 at 1 - (1 - power)/2; alpha .05,
power .8. 2.8 is the customary rounding of 2.8016 (it moves two cells of the usual table by .1 points). Normal theory,
so a little too hopeful below 20 families or items. This module does not know sd, kappa, tau or d: they come from a
pilot, or the plan says that they are guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

ALPHA, POWER, DISCORDANCE = 0.05, 0.8, 0.2
DETECTION = 2.8
"""Detectable effect in standard errors."""


@dataclass(frozen=True, slots=True)
class Power:
    """What a plan can find out, in accuracy (0..1). `detectable` and `margin` are about families like these,
    `pool_detectable` and `pool_margin` about this pool."""

    families: int
    items: int
    tau: float
    discordance: float
    detectable: float
    margin: float
    pool_detectable: float
    pool_margin: float

    @property
    def sentence(self) -> str:
        """For a plan."""
        return (
            f"{self.families} families x {self.items} items, tau {self.tau:g}, discordance {self.discordance:g}: "
            f"families like these: detects {100 * self.detectable:.1f} points, can show equivalence within "
            f"{100 * self.margin:.1f}; this pool: {100 * self.pool_detectable:.1f} and {100 * self.pool_margin:.1f} "
            f"(power {POWER:g}, alpha {ALPHA:g})"
        )


def plan(families: int, items: int, tau: float, discordance: float = DISCORDANCE) -> Power:
    """The power of a plan with so many families of so many items each."""
    like, pool = (standard_error(families, items, t, discordance) for t in (tau, 0.0))
    equal = equivalence_factor()
    found = (DETECTION * like, equal * like, DETECTION * pool, equal * pool)
    return Power(families, items, tau, discordance, *found)


def items_needed(delta: float, discordance: float = DISCORDANCE) -> float:
    """Paired items of one family for an effect delta; not rounded. delta^2 may not exceed the discordance."""
    if not 0 < delta <= math.sqrt(discordance) or delta > discordance:
        raise ValueError(f"an effect of {delta:g} needs a discordance of at least that, and it is {discordance:g}")
    z = NormalDist().inv_cdf
    root = z(1 - ALPHA / 2) * math.sqrt(discordance) + z(POWER) * math.sqrt(discordance - delta**2)
    return (root / delta) ** 2


def half_width(sd: float, items: int) -> float:
    """Half of the 95% interval of a mean over so many items."""
    return NormalDist().inv_cdf(1 - ALPHA / 2) * sd / math.sqrt(items)


def items_for(half: float, sd: float) -> int:
    """Items for a 95% interval of this half-width."""
    return math.ceil((NormalDist().inv_cdf(1 - ALPHA / 2) * sd / half) ** 2)


def items_to_tell(difference: float, sd: float, kappa: float) -> int:
    """Items that both of two models answer, for a difference to be found with 80% power."""
    if difference <= 0:
        raise ValueError(f"a difference of {difference:g} is none to look for")
    return math.ceil((DETECTION * sd * math.sqrt(2 * (1 - kappa)) / difference) ** 2)


def families_needed(margin: float, items: int, tau: float, discordance: float = DISCORDANCE) -> float:
    """Families for equivalence within a margin if the truth is 0; not rounded."""
    return equivalence_factor() ** 2 * (tau**2 + discordance / items) / margin**2


def standard_error(families: int, items: int, tau: float, discordance: float = DISCORDANCE) -> float:
    """Of the mean over families."""
    return math.sqrt(tau**2 / families + discordance / (families * items))


def equivalence_factor() -> float:
    """Margin in reach in standard errors, if the truth is 0: either test may fail, so each gets half of the doubt."""
    z = NormalDist().inv_cdf
    return z(1 - ALPHA) + z(1 - (1 - POWER) / 2)
