"""A solved board as records and estimates: what three givers score against a taker that blunders, without any game.

    resisting   what resistance adds to optimal play that gives up where it is lost, in Elo
    exploiting  what knowing the taker adds to that: the best response less the resisting giver

Numbers are computed and not sampled, so the interval of each is the number itself; `n` counts positions. The resisting
giver is what exploitation is held against: it knows nothing of the taker, and takes most of the way from optimal to the
best response. This module knows no games that were played.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from thinkaloud.games import policies
from thinkaloud.stats.davidson import ELO
from thinkaloud.studies.odds.players import board_solved
from thinkaloud.studies.odds.recipe import Exact
from thinkaloud.vocabulary import Estimate, Part, Record

SOLUTION = "solution"
"""The kind of records of this module."""
GIVERS = ("optimal", "resisting", "best response")


def solution(exact: Exact, missing: int) -> list[Record]:
    """A record for each share of blunders, with these men missing. The giver moves first."""
    solved = board_solved(exact.board, exact.rows, exact.missing)
    graph = solved.graph
    start = graph.at(graph.board.start(missing))
    best, hard = policies.optimal(solved), policies.resisting(solved)
    found: list[Record] = []
    for share in exact.blunders:
        taker = policies.blundering(best, graph, share)
        givers = dict(zip(GIVERS, (best, hard, policies.best_response(graph, taker)), strict=True))
        scores = {name: float(policies.value(graph, giver, taker)[start]) for name, giver in givers.items()}
        about = {"item": f"{missing} missing, blunders {share:g}", "status": "ok", "kind": SOLUTION}
        value = {"won": bool(solved.won[start]), "moves": int(solved.depth[start]), "positions": graph.size}
        found.append({**about, "missing": missing, "blunders": share, "scores": scores, **value})
    return found


def estimates(records: Sequence[Record]) -> list[Estimate]:
    """Scores of the givers, and in Elo what resisting and exploiting add."""
    found = []
    for r in records:
        if r.get("kind") != SOLUTION:
            continue
        where = f"{r['missing']} missing, taker blunders {r['blunders']:g}"
        about: dict[str, Part] = {"missing": r["missing"], "blunders": r["blunders"], "won": int(r["won"])}
        for giver in GIVERS:
            of = {"measure": "exact score", "giver": giver, **about}
            found.append(_exactly(f"score of {giver}, {where}", r["scores"][giver], r, of))
        for name, one, other in (("resisting", GIVERS[1], GIVERS[0]), ("exploiting", GIVERS[2], GIVERS[1])):
            gain, of = _elo(r["scores"][one]), {"measure": name, **about}
            if gain is None or (held := _elo(r["scores"][other])) is None:
                why = "not identifiable: the giver wins for sure, and no Elo tells certainties apart"
                found.append(Estimate.absent(f"{one} - {other}, {where}", why, r["positions"], None, "position", of))
            else:
                found.append(_exactly(f"{one} - {other}, {where}", gain - held, r, of))
    return found


def _elo(score: float) -> float | None:
    """None of certainties."""
    return ELO * math.log(score / (1 - score)) if 1e-9 < score < 1 - 1e-9 else None


def _exactly(name: str, value: float, record: Record, about: dict[str, Part]) -> Estimate:
    n = int(record["positions"])
    return Estimate(name, value, value, value, n, n, "position", None, about)
