"""What the report of the study of odds says of language models: what reasoning bought, and what a move took.

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Iterator

from thinkaloud.report.tables import Grid, shown, signed, whole
from thinkaloud.studies.odds.found import Found
from thinkaloud.vocabulary import Estimate

FEW = 0.2
"""Different texts for a move, below which reasoning hardly depends on the board."""
COLUMNS = (
    ("prompt tokens", "prompt tokens a move"),
    ("written tokens", "tokens written a move"),
    ("calls", "calls a move"),
    ("legal mass", "mass of legal moves"),
    ("illegal", "moves that were not legal"),
    ("same text", "texts that were its own"),
    ("follows its text", "moves that its text named"),
    ("parts right", "parts answered rightly"),
)
"""Measure -> head of its column."""


def lines(found: Found) -> Iterator[str]:
    """What reasoning buys, with what a reader must know of the texts that stood before moves."""
    told = [_gap(found, e) for e in found.every(measure="reasoning")]
    if told:
        yield f"{found.subject}. What reasoning buys: {'; '.join(told)}."
    for e in found.every(measure="same text"):
        if e.value:
            yield f"{found.subject}. {_same(e)}"
    for e in found.every(measure="prompt tokens"):
        moves, texts = int(e.about["moves"]), int(e.about["texts"])
        if e.about["reasoning"] in ("own", "foreign", "paraphrased") and texts < FEW * moves:
            said = "one and the same text" if texts == 1 else f"one of {texts} texts"
            yield (
                f"{found.subject}. What stood before the moves of {e.about['player']} was {said} before "
                f"{moves} moves: it hardly speaks of the board."
            )
    illegal = [f"{e.about['player']} {shown(e)} of {e.about['moves']}" for e in found.every(measure="illegal")]
    if illegal:
        yield f"{found.subject}. Share of moves that were not legal, each of which lost its game: {', '.join(illegal)}."


def _gap(found: Found, e: Estimate) -> str:
    if e.value is None or e.low is None or e.high is None:
        return f"{e.name} {e.reason}"
    one, other = str(e.about["one"]), str(e.about["other"])
    men = next(iter(found.every(measure="reasoning in men", one=one, other=other)), None)
    in_men = "" if men is None or men.value is None else f", {shown(men)} men"
    known = [found.every(measure="skill", player=name, role="known") for name in (one, other)]
    truth = [estimates[0].value for estimates in known if estimates]
    held = "" if len(truth) < 2 or None in truth else f" (known {signed(truth[0] - truth[1])})"  # type: ignore[operator]
    word = "cannot be told" if e.low <= 0 <= e.high else "stronger" if e.value > 0 else "weaker"
    return f"{e.name} {whole(e)} Elo{in_men}{held}: {word}"


def _same(e: Estimate) -> str:
    """Where a text that should have been another one was the player's own."""
    refused = int(e.about.get("refused", 0))
    why = f" ({refused} could not be put in other words)" if refused else ""
    return (
        f"Of the texts before the moves of {e.about['player']}, {shown(e)} were the model's own, word by word{why}: "
        f"there it plays as own does, and a gap between the two is that of the other moves."
    )


def grid(found: Found) -> Grid:
    """A line for each player that is a language model: its skill, and what its moves took."""
    there = {name: {str(e.about["player"]): e for e in found.every(measure=name)} for name, _ in COLUMNS}
    used = [(name, head) for name, head in COLUMNS if there[name]]
    players = list(dict.fromkeys(player for name, _ in used for player in there[name]))
    rows = []
    for player in found.in_order(players):
        cells = [shown(there[name][player]) if player in there[name] else "" for name, _ in used]
        moves = str(next(there[name][player].about["moves"] for name, _ in used if player in there[name]))
        rows.append((player, whole(found.skills[player]) if player in found.skills else "", moves, *cells))
    head = ("player", "skill, Elo", "moves", *(head for _, head in used))
    return Grid(f"{found.subject}: skill, and what a move took", head, tuple(rows))
