"""What the explorer of a report is given: the cells, and of each some games that can be gone through move by move.

This module does not know how the page looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from thinkaloud.records.many import structs
from thinkaloud.report.explorer import Explorer, quotas
from thinkaloud.studies.odds.block import GAME
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Finding, Record

PART = "score"
"""What cells are listed by."""
TIMES = 5
"""Games are small: so many times as many are in a page as records of other studies would be."""
SAID = 1200
"""Characters of what a language model wrote before a move."""
ENDED = {"illegal": " (illegal move)", "given up": " (given up)", "time": " (out of time)"}
SAYS = {
    "breakthrough": "The giver's men go up, the taker's down.",
    "chess": "Colours of pieces are those of giver and taker, and not white and black.",
    "go": "Filled stones are black's, who moved first; colours are those of giver and taker. White has the komi.",
    "rts": "B base, K barracks, W worker, L light, H heavy, R ranged, ✳ resources; colours are those of giver and "
    "taker. Who is first began at the upper left.",
}
LABELS = {
    "same": "the same as its own text",
    "own": "its own text",
    "refused": "not in other words, because",
    "ended": "how its reasoning ended",
    "names": "the move that it names",
    "follows": "played that move",
    "mass": "probability of legal moves together",
    "p": "of that, this move",
    "illegal": "not legal",
    "asked": "prompt tokens",
    "written": "tokens written",
}
"""Parts of a record of what was said, in words."""
YES_NO = {True: "yes", False: "no"}
RESULT = {1.0: "the giver won", 0.5: "drawn", 0.0: "the taker won"}


def payload(records: Sequence[Record], findings: Sequence[Finding], cap: int) -> dict[str, Any]:
    """The games of every cell, as many of each as there is room for."""
    cells: dict[Cell, list[int]] = {}
    for place, one in enumerate(chain.from_iterable(structs(records, _Listed))):
        if one.kind == GAME:
            cells.setdefault(Cell(one.giver, one.taker, one.odds), []).append(place)
    played = [str(records[places[0]]["game"]) for places in cells.values()]
    quota = quotas([len(places) for places in cells.values()], TIMES * cap)
    total = sum(map(len, cells.values()))
    return {
        "noun": "list",
        "says": f"Games that the giver won come first. {' '.join(SAYS[one] for one in dict.fromkeys(played))}",
        "about": {},
        "parts": [PART],
        "total": total,
        "embedded": sum(quota),
        "count": count(total, sum(quota)),
        "groups": [
            {
                "task": cell.title,
                "level": None,
                "total": len(places),
                "records": [game(records[i]) for i in places[:kept]],
            }
            for (cell, places), kept in zip(cells.items(), quota, strict=True)
        ],
    }


class _Listed(msgspec.Struct):
    """What a game is listed by."""

    kind: str = ""
    giver: str = ""
    taker: str = ""
    odds: str = ""


def count(total: int, embedded: int) -> str:
    """How many are in the page."""
    if embedded == total:
        return f"All {total} games are in this page: choose a cell here or in the figure of scores, then a game."
    return (
        f"{embedded} of {total} games are in this page, the first ones of every cell; the numbers rest on all of them. "
        "Choose a cell here or in the figure of scores, then a game."
    )


def game(record: Record) -> dict[str, Any]:
    """One game, small."""
    won = f"{RESULT[record['score']]}{ENDED.get(record['ended'], '')}"
    shown = {key: record[key] for key in ("game", "board", "first", "moves", "ends") if key in record}
    if "said" in record:
        shown["said"] = [_short(one) for one in record["said"]]
    turned = ", with colours exchanged" if record["game"] == "chess" and record["first"] == "taker" else ""
    before = [(f"random moves before{turned}", " ".join(record["before"]))] if record["before"] else []
    exact = [("score of this cell in the long run", f"{record['exact']:.3f}")] if "exact" in record else []
    return {
        "id": record["item"],
        "status": record["status"],
        "error": record.get("error"),
        "question": f"{record['item']}: {won} after {_long(record)}",
        "answer": None,
        "fields": [*before, *exact],
        "conditions": [],
        "parts": {PART: record["score"]},
        "why": {},
        "game": shown,
    }


def _long(record: Record) -> str:
    moves = record["moves"]
    return f"{moves[-1].split()[0]} ticks" if record["game"] == "rts" and moves else f"{len(moves)} moves"


def _short(said: dict[str, Any]) -> dict[str, Any]:
    """What stood before a move, in words that a reader knows."""
    if not said:
        return {}
    text = str(said.get("text", ""))
    facts = {LABELS.get(name, name): YES_NO[x] if isinstance(x, bool) else x for name, x in said.items()}
    return {**facts, "text": text if len(text) <= SAID else f"{text[:SAID]} ..."}


EXPLORER = Explorer(
    noun="list",
    parts=lambda records: (PART,),
    values=lambda records: [None] * len(records),
    why=lambda record, part: "",
    sections=(),
    says="",
    make=payload,
)
