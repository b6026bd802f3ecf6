"""What `chess_givers.py` found, as tables: scores and Elo of every net, and the contrasts of the four trainings.

Elo is that of the expected score, seed by seed; a seed in which one side scored everything has none, and then neither
has the contrast. Intervals are Student's over training seeds, games of a seed being pooled. p of the three questions of
the 2 x 2 is by Holm over the three. The two effects *on average* use all four nets, and are less uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from thinkaloud.stats.davidson import ELO
from thinkaloud.stats.equivalence import holm
from thinkaloud.stats.seeds import over_seeds, p_of

if TYPE_CHECKING:
    from chess_givers import Work

Row = dict[str, float]
"""What every net has in one seed."""
BASE, EVEN = "base", "even, equal"
THREE = ("odds (never seen)", "weaker (exploitation)", "interaction")
CONTRASTS: dict[str, Callable[[Row], float]] = {
    THREE[0]: lambda v: v["odds, equal"] - v[EVEN],
    THREE[1]: lambda v: v["even, weaker"] - v[EVEN],
    THREE[2]: lambda v: v["odds, weaker"] - v["odds, equal"] - v["even, weaker"] + v[EVEN],
    "odds, on average": lambda v: (v["odds, equal"] + v["odds, weaker"] - v[EVEN] - v["even, weaker"]) / 2,
    "weaker, on average": lambda v: (v["even, weaker"] + v["odds, weaker"] - v[EVEN] - v["odds, equal"]) / 2,
    "both": lambda v: v["odds, weaker"] - v[EVEN],
    "more training (control)": lambda v: v[EVEN] - v[BASE],
}
REACH = 4 * ELO
"""Elo by which all of a seed's games can change at even chances, a game's score being 1 at most."""


def show(work: Work) -> None:
    """Print all there is of complete seeds."""
    from chess_givers import ARMS

    givers = (BASE, *ARMS)
    seeds = [seed for seed in work.plan.numbers if _complete(work, seed, givers)]
    print(f"\n{len(seeds)} of {work.plan.seeds} seeds are complete; {len(work.games)} games")
    if not seeds:
        return
    _counting(work)
    _lessons(work, seeds, ARMS)
    checks(work, seeds, ARMS)
    for what in work.plan.tests:
        taker, start = what.split("/")
        cell(f"{taker}, {start}", [{g: scores(work, s, g, taker, start) for g in givers} for s in seeds])


def _complete(work: Work, seed: int, givers: Sequence[str]) -> bool:
    return all(
        len(scores(work, seed, giver, *what.split("/"))) == 2 * work.plan.openings(what)
        for giver in givers
        for what in work.plan.tests
    )


def scores(work: Work, seed: int, giver: str, taker: str, start: str) -> list[float]:
    """Of the test games of a net in a seed."""
    return _of(work, f"test/{seed}/{giver}/{taker}/{start}/")


def _of(work: Work, head: str) -> list[float]:
    return [game["score"] for name, game in work.games.items() if name.startswith(head)]


def cell(title: str, seeds: Sequence[dict[str, list[float]]]) -> None:
    """One taker at one start: every net, then the contrasts."""
    games = len(next(iter(seeds[0].values())))
    print(f"\n### {title}: {games} games a net and seed\n\n| giver's net | score | Elo | games |\n|---|---|---|---|")
    means = [{giver: float(np.mean(scores)) for giver, scores in one.items()} for one in seeds]
    for giver in seeds[0]:
        score = _said([one[giver] for one in means], games, 1.0, ".3f", (0.0, 1.0))
        skill = _said([elo(one[giver]) for one in means], games, REACH, "+.0f")
        print(f"| {giver} | {score} | {skill} | {games * len(seeds)} |")
    print("\n| contrast | Elo | p | in score |\n|---|---|---|---|")
    rows = {name: [by({g: elo(x) for g, x in one.items()}) for one in means] for name, by in CONTRASTS.items()}
    three = [p_of(rows[name]) if _finite(rows[name]) else 1.0 for name in THREE]
    p = dict(zip(THREE, holm(three), strict=True))
    for name, values in rows.items():
        score = _said([CONTRASTS[name](one) for one in means], games, 1.0, "+.3f")
        by_holm = f"{p[name]:.3f}" if name in p and _finite(values) else ""
        print(f"| {name} | {_said(values, games, REACH, '+.0f')} | {by_holm} | {score} |")


def elo(score: float) -> float:
    """Of an expected score; NaN where it is 0 or 1."""
    return ELO * math.log(score / (1 - score)) if 0 < score < 1 else math.nan


def _finite(values: Sequence[float]) -> bool:
    return len(values) > 2 and bool(np.isfinite(values).all())


def _said(
    values: Sequence[float], games: int, reach: float, form: str, span: tuple[float, float] = (-math.inf, math.inf)
) -> str:
    """Mean and interval over seeds, or that there is none; `span`: what the number can be at all."""
    if not np.isfinite(values).all():
        return "not identifiable"
    found = over_seeds("", values, games, reach, {})
    if found.value is None or found.low is None or found.high is None:
        return f"{np.mean(values):{form}} (no interval: {len(values)} seeds)"
    return f"{found.value:{form}} [{max(found.low, span[0]):{form}}, {min(found.high, span[1]):{form}}]"


# ------------------------------------------------------------------------------------------- did anything change?


def _counting(work: Work) -> None:
    print("\n| odds | does the net count at the start? giver first | taker first |\n|---|---|---|")
    for odds, (first, second) in work.counts().items():
        print(f"| {odds} | {'yes' if first else '**no**'} | {'yes' if second else '**no**'} |")
    there, of = work.counts_in_games()
    print(f"\nIt counts in {there} of {of} quiet positions of the untouched net's games at odds, the giver to move.")


def _lessons(work: Work, seeds: Sequence[int], arms: Sequence[str]) -> None:
    head = "giver's score in lessons | games | positions | held-out loss | start, even | start, at odds | moved by"
    print(f"\n| arm | {head} |\n|---|---|---|---|---|---|---|---|")
    for arm in arms:
        about = [msgspec.json.decode(work.path(seed, arm, "json").read_bytes()) for seed in seeds]
        games = [_of(work, f"lesson/{seed}/{arm}/") for seed in seeds]
        score = _said([float(np.mean(one)) for one in games], len(games[0]), 1.0, ".3f", (0.0, 1.0))
        loss = f"{_mean(about, 'loss before'):.3f} -> {_mean(about, 'loss after'):.3f}"
        starts = [f"{_at(about, 'starts before', at):+.2f} -> {_at(about, 'starts after', at):+.2f}" for at in (0, 1)]
        cells = [score, str(sum(map(len, games))), f"{_mean(about, 'positions'):.0f} a seed", loss, *starts]
        print(f"| {arm} | {' | '.join(cells)} | {_mean(about, 'moved'):.2f} pawns |")


def _mean(about: Sequence[dict[str, Any]], name: str) -> float:
    return float(np.mean([one[name] for one in about]))


def _at(about: Sequence[dict[str, Any]], name: str, at: int) -> float:
    return float(np.mean([one[name][at] for one in about]))


def checks(work: Work, seeds: Sequence[int], arms: Sequence[str]) -> None:
    """Which games are copies, and of each other's."""
    split = {name: name.split("/") for name in work.games if name.startswith("test/")}
    tests = {name: work.games[name] for name, parts in split.items() if int(parts[1]) in seeds}
    seen = {game["begun"] for name, game in work.games.items() if name.startswith("lesson/")}
    again = sum(game["begun"] in seen for game in tests.values())
    whole = [(*split[name][2:4], game["begun"], *game["moves"]) for name, game in tests.items()]
    illegal = sum(game["ended"] != "over" for game in work.games.values())
    print(f"\n{again} of {len(tests)} test games begin where a lesson did; {len(whole) - len(set(whole))} are copies.")
    print(f"{illegal} of all games ended by an illegal move.")
    for arm in arms:
        own = {name: game for name, game in tests.items() if split[name][2] == arm}
        same = sum(game["moves"] == tests[name.replace(arm, BASE)]["moves"] for name, game in own.items())
        print(f"{arm}: {same} of {len(own)} games are those of the untouched net, move by move.")
