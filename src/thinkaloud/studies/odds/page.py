"""The report of the study of odds: headlines, tables of worth by skill, of equal chances, of scores and of what was
solved, three figures, and the games themselves.

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thinkaloud.report.layout import Layout
from thinkaloud.report.tables import Grid, Words, shown, signed, whole
from thinkaloud.stats.equivalence import ALPHA
from thinkaloud.studies.odds import page_words
from thinkaloud.studies.odds.figures import FIGURES
from thinkaloud.studies.odds.found import Found, found_in
from thinkaloud.studies.odds.players import REPLACED
from thinkaloud.studies.odds.replays import EXPLORER
from thinkaloud.studies.odds.setups import Cell
from thinkaloud.vocabulary import Estimate, Finding, Part

LIMITS = (
    "Skill is a number on the ladder of these players. Elo of programs that differ in nodes, of a small board, is not "
    "Elo of people, and 0 is the mean of whoever plays.",
    "Skill and worth are those of an opening that favours nobody: averaged over openings, results look more even.",
    "The model says that worth, and what being first is worth, change in a straight line with skill, and that a "
    "difference of skill counts by one share less at each odds. Where that does not hold, misfit says so; worth at a "
    "player's own skill is then a smoothed number.",
    "Intervals are over openings. Players and odds are one draw each, and men are taken from one corner inwards: other "
    "men may be worth more or less.",
    "How well a giver uses its skill against odds depends on what it is. Alpha-beta plays as if the taker did not err; "
    "what a giver gains by knowing that it does is measured on solved boards only.",
)
MOVES = tuple(f"{name}, *" for name, _ in page_words.COLUMNS)
USUAL = "blunders 0.1"
"""The taker of the headline, where it is there."""
GIVERS = ("optimal", "resisting", "best response")


# ---------------------------------------------------------------------------------------------------------- headlines


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What was found, in words."""
    said = [line for found in found_in(findings) for line in _of_ladder(found)]
    return said + [line for found in found_in(findings, "exact score") for line in _of_solution(found)]


def _of_ladder(found: Found) -> Iterator[str]:
    worth = [(odds, e) for odds in found.uneven if (e := found.one(measure="worth", odds=odds))]
    if worth:
        told = ", ".join(f"{odds} {whole(e) if e.value is not None else e.reason}" for odds, e in worth)
        yield f"{found.subject}. Worth in Elo, between players of mean skill: {told}."
    yield from page_words.lines(found)
    yield from _growth(found)
    yield from _sums(found)
    known = [(o, e, k) for o, e in worth if (k := found.one(measure="worth", odds=o, role="known")) and k.value]
    if known:
        told = ", ".join(f"{o} {whole(k)} (found {whole(e)})" for o, e, k in known)
        yield f"{found.subject}. What endlessly many games would say, which is known here: {told}."
    yield from _warnings(found)


def _growth(found: Found) -> Iterator[str]:
    slope = found.one(measure="mean slope") or found.one(measure="slope")
    if slope is None or slope.value is None or slope.low is None or slope.high is None:
        return
    p = slope.about.get("p")
    tested = "" if p is None else f", p {_p(p)} over all odds together"
    way = "more" if slope.value > 0 else "less"
    verdict = f"{way} to the stronger" if _clear(slope) else "cannot be told"
    yield (
        f"{found.subject}. Is it worth more to the stronger? For every 100 Elo of skill {_of_100(slope)} Elo{tested}: "
        f"{verdict}."
    )
    if told := _grown(found, "first slope"):
        what = found.every(measure="first slope")[0].name.split(",")[0].capitalize()
        yield f"{found.subject}. {what} is worth so many Elo more for every 100 of skill: {told}."
    if told := _grown(found, "damping"):
        yield (
            f"{found.subject}. A difference of skill does not count at odds as it does at even games; of every 100 Elo "
            f"are lost: {told}. How much stronger a giver must be is therefore not the worth (see equal chances)."
        )


def _grown(found: Found, measure: str) -> str:
    """Those at some odds that are told from 0, with regard to how many were looked at (Bonferroni)."""
    every = found.every(measure=measure)
    return ", ".join(f"{e.about['odds']} {_of_100(e)}" for e in every if _clear(e, ALPHA / len(every)))


def _of_100(e: Estimate) -> str:
    """`+111 [+94, +130]` of a number that is for each Elo."""
    value, low, high = (100 * (one or 0.0) for one in (e.value, e.low, e.high))
    return f"{signed(value)} [{signed(low)}, {signed(high)}]"


def _clear(e: Estimate, alpha: float = ALPHA) -> bool:
    """Whether it is told from 0, by its test and by its interval."""
    if e.low is None or e.high is None or "p" not in e.about:
        return False
    return float(e.about["p"]) <= alpha and not e.low <= 0 <= e.high


def _sums(found: Found) -> Iterator[str]:
    told = []
    for e in found.every(measure="beyond the parts"):
        if e.value is None or e.low is None or e.high is None or "p" not in e.about:
            continue
        word = "cannot be told" if not _clear(e) else "more than its parts" if e.value > 0 else "less than its parts"
        told.append(f"{e.about['odds']} beyond {e.about['parts']}: {whole(e)}, p {_p(e.about['p'])}, {word}")
    if told:
        yield f"{found.subject}. Do worths add up? {'; '.join(told)}."


def _warnings(found: Found) -> Iterator[str]:
    every = list(found.scores.values())
    copied = [e for e in every if e.value is None and "copies" in str(e.reason)]
    if copied:
        yield f"{found.subject}. {len(copied)} cells hold copies of games and count for nothing: {copied[0].reason}."
    sided = [e for e in every if e.value in (0.0, 1.0)]
    if sided:
        yield (
            f"{found.subject}. In {len(sided)} of {len(every)} cells one side won every game: these say that the gap "
            "is large, and not how large."
        )
    misfit = found.one(measure="misfit")
    if misfit is not None and misfit.value is not None and float(misfit.about["p"]) <= ALPHA:
        about = misfit.about
        yield (
            f"{found.subject}. The ladder does not describe these games well: scores of cells lie {misfit.value:.3f} "
            f"from what it expects, {about['by chance']:.3f} by chance (deviance {about['deviance']:.0f} over "
            f"{about['cells']} cells, p {_p(about['p'])} by games drawn from it). Read its numbers as smoothed ones."
        )
    illegal = sum(int(e.about.get("ended illegal", 0)) for e in every)
    if illegal:
        yield f"{found.subject}. {illegal} of {sum(e.n for e in every)} games were lost by a move that is not legal."
    cheated = {Cell(*place).title: int(e.about.get(REPLACED, 0)) for place, e in found.scores.items()}
    if any(cheated.values()):
        told = ", ".join(f"{count} in {name}" for name, count in cheated.items() if count)
        yield f"{found.subject}. Moves of engines that were not legal, replaced by legal ones by lot: {told}."


def _of_solution(found: Found) -> Iterator[str]:
    for missing in sorted({int(e.about["missing"]) for e in found.every(measure="exploiting")}):
        takers = [str(e.about["taker"]) for e in found.every(measure="exploiting", missing=missing) if e.value]
        if not takers:
            continue
        at: dict[str, Part] = {"missing": missing, "taker": USUAL if USUAL in takers else takers[0]}
        scores = [found.every(measure="exact score", giver=giver, **at)[0].value or 0.0 for giver in GIVERS]
        told = ", ".join(f"{giver} {score:.3f}" for giver, score in zip(GIVERS, scores, strict=True))
        hard, known = (found.every(measure=name, **at)[0].value or 0.0 for name in ("resisting", "exploiting"))
        yield (
            f"{found.subject}, {missing} missing, against a taker that {at['taker']}: {told}. Resistance adds "
            f"{signed(hard)} Elo; exploitation, which knows the taker, {signed(known)} more."
        )


def _p(p: object) -> str:
    value = float(str(p))
    return "below .001" if value < 0.001 else f"{value:.3f}".lstrip("0")


# ------------------------------------------------------------------------------------------------------------- tables


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """Worth, equal chances, scores; then what was solved."""
    made: list[Grid] = []
    for found in found_in(findings):
        made += [page_words.grid(found), _worth(found), _chances(found), _scores(found)]
    for found in found_in(findings, "exact score"):
        made += [_solution(found), *_transfer(found)]
    return [grid for grid in made if grid.rows]


def _worth(found: Found) -> Grid:
    players = list(found.skills)
    skills = ("skill", "0", *(whole(found.skills[name]) for name in players), "")
    rows = []
    for odds in found.uneven:
        own = [whole(found.one(measure="worth", odds=odds, player=name)) for name in players]
        mean, slope = found.one(measure="worth", odds=odds), found.one(measure="slope", odds=odds)
        rows.append((odds, whole(mean), *own, "" if slope is None else f"slope {shown(slope)}"))
    head = ("Elo", "mean skill", *players, "for each Elo of skill")
    return Grid(f"{found.subject}: worth by skill", head, (skills, *rows) if rows else ())


def _chances(found: Found) -> Grid:
    takers = found.in_order(found.takers)
    rows = [
        (odds, *(whole(found.one(measure="equal chances", odds=odds, player=name)) for name in takers))
        for odds in found.uneven
    ]
    title = f"{found.subject}: how many Elo stronger than this taker a giver must be for equal chances"
    return Grid(title, ("Elo", *takers), tuple(rows))


def _scores(found: Found) -> Grid:
    rows = []
    for giver in found.in_order(found.givers):
        for taker in found.in_order(found.takers):
            there = [found.scores.get((giver, taker, odds)) for odds in found.odds]
            rows.append((f"{giver} - {taker}", *(_score(e) for e in there)))
    head = ("giver - taker", *found.odds)
    return Grid(f"{found.subject}: the giver's score", head, tuple(rows))


def _score(e: Estimate | None) -> str:
    if e is None:
        return ""
    known = f" known {float(e.about['known']):.3f}" if "known" in e.about else ""
    return f"{shown(e)}{known}"


def _solution(found: Found) -> Grid:
    rows = []
    for one in found.every(measure="exact score", giver=GIVERS[0]):
        at = {"missing": one.about["missing"], "taker": one.about["taker"]}
        scores = [found.every(measure="exact score", giver=giver, **at)[0] for giver in GIVERS]
        gains = [found.every(measure=name, **at)[0] for name in ("resisting", "exploiting")]
        value = "won" if one.about["won"] else "lost"
        name = f"{at['missing']} missing ({value}), taker {at['taker']}"
        rows.append((name, *(f"{e.value:.3f}" for e in scores), *(whole(e) for e in gains)))
    head = ("", *GIVERS, "resisting - optimal, Elo", "best response - resisting, Elo")
    return Grid(f"{found.subject}: the giver's exact score", head, tuple(rows))


def _transfer(found: Found) -> Iterator[Grid]:
    """One for each number of men missing where anything can be exploited."""
    for missing in sorted({int(e.about["missing"]) for e in found.every(measure="transfer")}):
        some = found.every(measure="transfer", missing=missing)
        if all(e.value is None for e in some):
            continue
        tested = list(dict.fromkeys(str(e.about["taker"]) for e in some))
        rows = []
        for learned in dict.fromkeys(str(e.about["learned"]) for e in some):
            row = [e for e in some if e.about["learned"] == learned]
            rows.append((f"learned on one that {learned}", *("" if e.value is None else f"{e.value:.2f}" for e in row)))
        title = f"{found.subject}, {missing} missing: share of exploitation that is kept against a taker that ..."
        yield Grid(title, ("", *tested), tuple(rows))


PAGE = Layout(
    words=Words(
        headings=(
            ("What reasoning buys", ("* over *",)),
            ("What a move took", MOVES),
            ("Skill", ("skill of *",)),
            ("Worth at a player's own skill", ("worth of * at the skill of *",)),
            ("Do worths add up?", ("worth of * beyond *",)),
            ("What odds are worth", ("worth of *", "slope of *", "mean slope, *", "skill at *")),
            ("Equal chances", ("equal chances, *",)),
            (
                "Moving first, openings and draws",
                ("moving first, *", "beginning at the upper left, *", "openings, *", "draws"),
            ),
            ("How well the ladder describes the games", ("misfit",)),
            ("Scores of cells", ("score, *",)),
            ("Solved", ("score of *", "* - *, taker *")),
            ("Solved: exploitation of one taker against another", ("transfer, *",)),
        ),
        meanings=(
            ("legal mass, *", "how much of the model's probability legal moves had together, move by move"),
            ("illegal, *", "share of its moves that were not legal, each of which lost the game"),
            ("same text, *", "share of its moves before which a text that should be another one was its own"),
            ("follows its text, *", "of moves before which a legal one was named, the share that were this one"),
            ("parts right, *", "share of the parts of its questions that it answered rightly"),
            ("prompt tokens, *", "a move, every call counted as if computed alone"),
            ("written tokens, *", "a move, its own reasoning and what it was made from"),
            ("calls, *", "a move"),
            ("* over *, in men", "the same over what the first man missing is worth at the skill between the two"),
            ("* over *", "skill with the first standing before the move, less skill with the second"),
            ("skill of *, known", "the same fitted to the known scores of all cells"),
            ("skill of *", "Elo above the mean of all players, from all games at once"),
            ("worth of * at the skill of *", "Elo, between players both of this skill"),
            ("worth of * beyond *", "Elo at mean skill, less that of the two parts"),
            ("slope of *, known", "the same fitted to the known scores of all cells"),
            ("worth of *, known", "the same fitted to the known scores of all cells: endlessly many games"),
            (
                "worth of *",
                "Elo by which it changes what to expect of two players of mean skill who are equal otherwise",
            ),
            ("slope of *", "how much that grows for each Elo of skill"),
            ("mean slope, *", "the mean of these"),
            ("equal chances, *", "Elo by which a giver must be stronger than this taker; who is first drawn by lot"),
            ("draws", "nu: P(draw) over the root of P(win) P(loss), the same in all cells"),
            ("moving first, *, for each Elo of skill", "how much more the first move is worth for each Elo of skill"),
            ("moving first, *", "Elo that the first move is worth, between players of mean skill"),
            ("beginning at the upper left, *, for each Elo of skill", "how much more that is worth for each Elo"),
            ("beginning at the upper left, *", "Elo that this side of the map is worth, between players of mean skill"),
            ("skill at *", "the share by which a difference of skill counts for less than at even games"),
            ("openings, *", "Elo by which openings differ in whom they favour (standard deviation)"),
            ("misfit", "mean distance between a cell's score and the one that the ladder expects"),
            ("score, *", "the giver's share of points, never turned into a rating"),
            ("score of *", "computed, not played"),
            ("transfer, *", "of what exploitation adds in Elo, the share that the best response to another taker gets"),
            ("resisting - *", "Elo that resistance adds to optimal play that gives up where it is lost"),
            ("best response - *", "Elo that knowing the taker adds to that: exploitation"),
        ),
    ),
    sentences=sentences,
    grids=grids,
    lines=lambda findings: sentences(findings) or ["Nothing was played and nothing solved."],
    tables=True,
    summary="In tables",
    explorer=EXPLORER,
    first=FIGURES,
    then=(),
    counted="games",
)
