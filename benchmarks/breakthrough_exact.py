"""Breakthrough on 4x4 with two rows of men, solved: what three givers score against a taker that blunders.

    python benchmarks/breakthrough_exact.py [--board 4x4] [--rows 2] [--missing 0,4]

A quarter of a minute and 1.5 GB. The table of one row of men is in the tests.
"""

from __future__ import annotations

import argparse
import time

from thinkaloud.games import policies
from thinkaloud.games.breakthrough import board
from thinkaloud.games.graph import explore

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--board", default="4x4")
    asked.add_argument("--rows", type=int, default=2)
    asked.add_argument("--missing", default="0,4")
    given = asked.parse_args()
    rules = board(given.board, given.rows)
    missing = [int(one) for one in given.missing.split(",")]
    began = time.perf_counter()
    graph = explore(rules, [rules.start(one) for one in missing])
    solved = policies.solve(graph)
    print(f"{graph.size:,} positions, {len(graph.child):,} moves, {time.perf_counter() - began:.1f} s")
    best, hard = policies.optimal(solved), policies.resisting(solved)
    print("| men missing | giver | " + " | ".join(f"e={share:g}" for share in SHARES) + " |")
    print("|---|---|" + "---|" * len(SHARES))
    for one in missing:
        start, rows = graph.at(rules.start(one)), []
        for share in SHARES:
            taker = policies.blundering(best, graph, share)
            givers = (best, hard, policies.best_response(graph, taker))
            rows.append([float(policies.value(graph, giver, taker)[start]) for giver in givers])
        value = "won" if solved.won[start] else "lost"
        for name, scores in zip(("optimal", "resisting", "best response"), zip(*rows, strict=True), strict=True):
            print(f"| {one} ({value}) | {name} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")


if __name__ == "__main__":
    main()
