"""How good forecasts were: Brier, logarithmic and quantile scores. All are losses: 0 is best.

    brier(.10, 0) = .01      log_loss(.10, 0) = .10536      pinball(.9, 3, 5) = 1.8

Of bins, Brier's score is summed over all of them (so for two it is twice that of a probability). The mean pinball loss
over many evenly spaced levels is half of the CRPS; it is given as it is. Skill is 1 - score / base: above 0 where the
bettor beat the registered base. Below `ENOUGH` scored bets nobody is ranked and no calibration is shown, and nothing is
averaged over questions of different kinds. This module reads no file.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from thinkaloud.bets.protocol import Forecast, Statement
from thinkaloud.stats.wilson import wilson

CLIP = 0.01
ENOUGH = 20
BINS = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """A bet (or the base, or the last run) on a resolved question. `score`: the mean pinball loss of quantiles, which
    have no `log`, else Brier's. `probability` and `happened` are set where the question was YES or NO."""

    question: str
    who: str
    kind: str
    score: float
    log: float | None
    probability: float | None = None
    happened: bool | None = None


def brier(probability: float, outcome: int) -> float:
    """(p - o)^2."""
    return (probability - outcome) ** 2


def log_loss(probability: float, outcome: int) -> float:
    """-ln of what was given to the outcome, clipped to .01 and .99."""
    given = probability if outcome else 1 - probability
    return -math.log(min(max(given, CLIP), 1 - CLIP))


def pinball(level: float, forecast: float, outcome: float) -> float:
    """The loss of a quantile at `level`."""
    return (level if outcome >= forecast else level - 1) * (outcome - forecast)


def score(
    question: str, who: str, forecast: Forecast, statement: Statement, resolution: Mapping[str, Any]
) -> Scored | None:
    """A forecast's score; None for no bet and for what was annulled."""
    if "no_bet" in forecast or resolution["outcome"] == "ANNUL":
        return None
    kind = statement.kind
    if "quantiles" in forecast:
        levels = forecast["quantiles"]
        value = float(resolution["value"])
        losses = [pinball(float(level), number, value) for level, number in levels.items()]
        return Scored(question, who, kind, fmean(losses), None)
    if "probabilities" in forecast:
        name = bin_of(statement, float(resolution["value"]))
        given = forecast["probabilities"]
        loss = sum(brier(given[one], int(one == name)) for one in statement.names)
        return Scored(question, who, kind, loss, log_loss(given[name], 1))
    p, happened = float(forecast["probability"]), resolution["outcome"] == "YES"
    return Scored(question, who, kind, brier(p, int(happened)), log_loss(p, int(happened)), p, happened)


def bin_of(statement: Statement, value: float) -> str:
    """The bin of a number; a cut belongs to the bin above it."""
    return statement.names[bisect_right(statement.cuts, value)]


def last_run(statement: Statement, base: Forecast, previous: Mapping[str, Any] | None) -> Forecast | None:
    """*As it was the last time*, as a forecast: certain of the last outcome, or its number at every level of the base.
    None where there is no previous run, or it had no number."""
    if previous is None or previous["outcome"] == "ANNUL":
        return None
    if statement.kind == "number":
        return {"quantiles": dict.fromkeys(base["quantiles"], float(previous["value"]))}
    if statement.kind == "bins":
        name = bin_of(statement, float(previous["value"]))
        return {"probabilities": {one: float(one == name) for one in statement.names}}
    return {"probability": float(previous["outcome"] == "YES")}


def ranking(bets: Sequence[Scored], bases: Mapping[str, Scored]) -> list[tuple[str, str, int, float, float]]:
    """Bettors with enough scored bets of a kind (YES and NO count as one), best first: who, kind, n, mean loss, and the
    base's on the same questions. `bases`: by question."""
    found = []
    for who, kind in dict.fromkeys((one.who, _kind(one)) for one in bets):
        mine = [one for one in bets if (one.who, _kind(one)) == (who, kind)]
        if len(mine) >= ENOUGH:
            base = fmean(bases[one.question].score for one in mine)
            found.append((who, kind, len(mine), fmean(one.score for one in mine), base))
    return sorted(found, key=lambda one: (one[1], one[3]))


def calibration(bets: Sequence[Scored]) -> list[tuple[str, int, float, float, float, float]]:
    """Of bets on YES or NO, by fifths of the probability: the bin, n, mean probability, share that came true, and its
    95% interval (Wilson's; questions about the same run are not independent). Empty below `ENOUGH` bets."""
    given = [(one.probability, bool(one.happened)) for one in bets if one.probability is not None]
    if len(given) < ENOUGH:
        return []
    rows = []
    for i in range(BINS):
        some = [(p, came) for p, came in given if min(int(p * BINS), BINS - 1) == i]
        if some:
            came = sum(happened for _, happened in some)
            ends = wilson(came, len(some))
            name = f"{i / BINS:g} to {(i + 1) / BINS:g}"
            rows.append((name, len(some), fmean(p for p, _ in some), came / len(some), *ends))
    return rows


def _kind(one: Scored) -> str:
    return "yes or no" if one.probability is not None else one.kind
