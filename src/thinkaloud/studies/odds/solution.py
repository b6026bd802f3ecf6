"""A solved board as records and estimates: what three givers score against a taker that errs, without any game.

    resisting   what resistance adds to optimal play that gives up where it is lost, in Elo
    exploiting  what knowing the taker adds to that: the best response less the resisting giver
    transfer    of that, how much is kept by the best response to another taker, which errs in another way

Numbers are computed and not sampled, so the interval of each is the number itself; `n` counts positions. The resisting
giver is what exploitation is held against: it knows nothing of the taker, and takes most of the way from optimal to the
best response. This module knows no games that were played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from thinkaloud.games import policies
from thinkaloud.games.policies import Policy
from thinkaloud.stats.davidson import ELO
from thinkaloud.studies.odds.players import board_solved
from thinkaloud.studies.odds.recipe import Exact
from thinkaloud.vocabulary import Estimate, Part, Record

SOLUTION = "solution"
"""The kind of records of this module."""
GIVERS = ("optimal", "resisting", "best response")
SMALL = 0.1
"""Elo of exploitation below which a share of it says nothing."""


def solution(exact: Exact, missing: int) -> list[Record]:
    """A record for each taker, with these men missing. The giver moves first."""
    solved = board_solved(exact.board, exact.rows, exact.missing)
    graph = solved.graph
    start = graph.at(graph.board.start(missing))
    best, hard = policies.optimal(solved), policies.resisting(solved)
    takers = {f"blunders {share:g}": policies.blundering(best, graph, share) for share in exact.blunders}
    takers |= {f"sees {moves}": policies.short_sighted(solved, moves) for moves in exact.sees}
    knowing = {name: policies.best_response(graph, taker) for name, taker in takers.items()}
    found: list[Record] = []
    for name, taker in takers.items():

        def score(giver: Policy, taker: Policy = taker) -> float:
            return float(policies.value(graph, giver, taker)[start])

        scores = dict(zip(GIVERS, map(score, (best, hard, knowing[name])), strict=True))
        about = {"item": f"{missing} missing, taker {name}", "status": "ok", "kind": SOLUTION}
        value = {"won": bool(solved.won[start]), "moves": int(solved.depth[start]), "positions": graph.size}
        learned = {other: score(policy) for other, policy in knowing.items()}
        found.append({**about, "missing": missing, "taker": name, "scores": scores, "learned": learned, **value})
    return found


def estimates(records: Sequence[Record]) -> list[Estimate]:
    """Scores of the givers, and in Elo what resisting and exploiting add."""
    return [e for r in records if r.get("kind") == SOLUTION for e in (*_scores(r), *_gains(r), *_transfer(r))]


def _where(r: Record) -> str:
    return f"{r['missing']} missing, taker {r['taker']}"


def _about(r: Record, **parts: Part) -> dict[str, Part]:
    return {**parts, "missing": r["missing"], "taker": r["taker"], "won": int(r["won"])}


def _scores(r: Record) -> Iterator[Estimate]:
    for giver in GIVERS:
        about = _about(r, measure="exact score", giver=giver)
        yield _exactly(f"score of {giver}, {_where(r)}", r["scores"][giver], r, about)


def _gains(r: Record) -> Iterator[Estimate]:
    for measure, one, other in (("resisting", GIVERS[1], GIVERS[0]), ("exploiting", GIVERS[2], GIVERS[1])):
        name, about = f"{one} - {other}, {_where(r)}", _about(r, measure=measure)
        more, less = _elo(r["scores"][one]), _elo(r["scores"][other])
        if more is None or less is None:
            yield _absent(name, "the giver wins for sure, and no Elo tells certainties apart", r, about)
        else:
            yield _exactly(name, more - less, r, about)


def _transfer(r: Record) -> Iterator[Estimate]:
    """Of what exploitation adds against this taker, the share that the best response to another one gets."""
    least, most = _elo(r["scores"][GIVERS[1]]), _elo(r["scores"][GIVERS[2]])
    for learned, score in r["learned"].items():
        name = f"transfer, learned on {learned}, {_where(r)}"
        about, gets = _about(r, measure="transfer", learned=learned), _elo(score)
        if least is None or most is None or gets is None or most - least < SMALL:
            yield _absent(name, "exploitation adds nothing here", r, about)
        else:
            yield _exactly(name, (gets - least) / (most - least), r, about)


def _elo(score: float) -> float | None:
    """None of certainties."""
    return ELO * math.log(score / (1 - score)) if 1e-9 < score < 1 - 1e-9 else None


def _absent(name: str, why: str, record: Record, about: dict[str, Part]) -> Estimate:
    n = int(record["positions"])
    return Estimate.absent(name, f"not identifiable: {why}", n, n, "position", about)


def _exactly(name: str, value: float, record: Record, about: dict[str, Part]) -> Estimate:
    n = int(record["positions"])
    return Estimate(name, value, value, value, n, n, "position", None, about)
