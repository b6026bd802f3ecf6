"""The report of the study of givers: the contrasts in words, tables of strength, of what training added, of the
ceiling, of transfer and of the checks, and two figures (`figures.py`).

This module does not know how a number was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from thinkaloud.report.layout import CASES, Layout
from thinkaloud.report.tables import Grid, Words, brief, shown, whole
from thinkaloud.stats.seeds import FEWEST
from thinkaloud.studies.givers.estimates import APART, CONTRASTS, HEADLINE, ODDS
from thinkaloud.studies.givers.figures import FIGURES
from thinkaloud.studies.givers.found import Found, found_in
from thinkaloud.studies.odds.setups import EVEN
from thinkaloud.vocabulary import Estimate, Finding

LIMITS = (
    "Small networks on small boards, which choose by the value of the position after a move and search nothing. It "
    "shows what start and opponent can do to such a giver, and not what they do to an engine that searches.",
    "Intervals are over training seeds, whose means are taken as normal. Takers, odds, the way of learning and, where "
    "games are played, openings are one draw each.",
    "Even games lose men on the way, so the base net has seen positions with fewer men than the other side, but none "
    "with men missing from the first move on.",
    "An equal opponent at odds nearly always wins where the base net is strong; then there is little to learn from, "
    "and out of distribution measures what little there was. The share of games won in training says how little.",
    "A giver draws its moves, and training can stretch or flatten its logits as well as order moves better: a contrast "
    "that is not there nearly greedy (temperature 0.01) is of the first kind.",
    "The held-out taker is another kind of player, not people.",
)
FEW = 0.05
"""Share of games won (or lost) in training below which there was little to learn from."""
WEAKER = 0.01
"""Share of games: an opponent against whom fewer more are won is not weaker."""
STILL = 0.5
"""Elo: an interval within it on both sides of 0 is that of a score which cannot move."""
CHECKS = ("short", "behind", "won early", "won late")


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What was found, in words."""
    return [line for found in found_in(findings) for line in _of(found)]


def _of(found: Found) -> Iterator[str]:
    if found.seeds < FEWEST:
        yield (
            f"{found.subject}. Held out: {found.held_out!r}. {_seeds(found.seeds)}: no interval can be made, "
            f"give {FEWEST} or more."
        )
        return
    told = []
    for contrast in HEADLINE:
        e = found.one(measure="contrast", contrast=contrast, taker=found.held_out, odds=ODDS)
        if e is not None:
            word = f" (p {_p(e)}, {e.about['verdict']})" if "p" in e.about else ""
            told.append(f"{contrast} {whole(e)}{word}")
    matched = found.one(measure="matched")
    tested = sum("p" in e.about for e in found.every(measure="contrast"))
    yield (
        f"{found.subject}. Elo at odds against the held-out taker {found.held_out!r}, {_seeds(found.seeds)}: "
        f"{'; '.join(told)}. {f'p by Holm over these {tested}.' if tested else 'None can be tested.'}"
        f"{_warning(matched)}"
    )
    yield (
        f"{found.subject}. At odds the base net's Elo against the held-out taker, less that against the one of "
        f"training, is {whole(matched)}: 0 would be takers of equal strength."
    )
    at = {"measure": "contrast", "taker": found.held_out, "odds": ODDS}
    beside = [f"{name} {whole(found.one(contrast=name, **at))}" for name in CONTRASTS if name not in HEADLINE]
    yield f"{found.subject}. Beside it, without p: {'; '.join(beside)}. The null differs in nothing but the draws."
    yield f"{found.subject}. {_cost(found)}"
    yield from _unchanged(found)


def _seeds(n: int) -> str:
    return f"{n} seed" if n == 1 else f"{n} seeds"


def _warning(e: Estimate | None) -> str:
    """For the headline, which needs takers that are about as strong."""
    if e is None or e.value is None:
        return " Warning: it cannot be told whether the held-out taker is about as strong as the one of training."
    if abs(e.value) <= APART:
        return ""
    return (
        f" Warning: the held-out taker is more than {APART:.0f} Elo {'stronger' if e.value < 0 else 'weaker'} than the "
        "one of training (next line), so this is about strength as much as about another kind of taker."
    )


def _cost(found: Found) -> str:
    """What training changed in even games against the held-out taker; numbers only where one of them can move."""
    at = {"measure": "gain", "taker": found.held_out, "odds": EVEN}
    gains = {arm: e for arm in found.parts("arm", measure="gain") if (e := found.one(arm=arm, **at)) is not None}
    if gains and all(
        e.low is not None and e.high is not None and -STILL < e.low <= e.high < STILL for e in gains.values()
    ):
        return (
            f"In even games against {found.held_out!r} every arm scores what the base net scores (to {STILL:g} Elo): "
            "they cannot show what training costs."
        )
    return f"In even games, over the base net: {'; '.join(f'{arm} {whole(e)}' for arm, e in gains.items())}."


def _unchanged(found: Found) -> Iterator[str]:
    """Arms that did not change what they are named after, and trainings in which there was nothing to learn from."""
    for e in found.every(measure="check"):
        what, arm, value = e.about["check"], str(e.about["arm"]), e.value
        if what == "weaker" and e.low is not None and e.high is not None and e.low <= 0:
            so = "Changed nothing." if e.high < WEAKER else "Whether it changed anything cannot be told."
            yield f"{found.subject}. From {arm} starts the weak opponent was not clearly weaker: {brief(e)}. {so}"
        if what == "short" and value is not None and arm.startswith("odds") and value < 1:
            yield f"{found.subject}. {arm}: only {value:.0%} of its games began with men missing. Changed nothing."
        if what == "won late" and value is not None and not FEW <= value <= 1 - FEW:
            yield f"{found.subject}. {arm}: the giver won {_won(e)}, so there was little to learn from."


def _won(e: Estimate) -> str:
    """In words where every game ended alike; an interval of shares does not leave 0 to 1."""
    assert e.value is not None and e.low is not None and e.high is not None
    if e.value in (0, 1):
        return f"{'all' if e.value else 'none'} of its last games in training ({_seeds(e.n)})"
    share = f"{e.value:.1%} [{max(0.0, e.low):.1%}, {min(1.0, e.high):.1%}]"
    return f"{share} of its last games in training ({_seeds(e.n)})"


def _p(e: Estimate) -> str:
    value = float(e.about["p"])
    return "below .001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """All tables, board by board."""
    made = [grid for found in found_in(findings) for grid in _grids(found)]
    return [grid for grid in made if grid.rows]


def _grids(found: Found) -> Iterator[Grid]:
    def elo(**parts: str) -> Callable[[str, str], str]:
        """Cells of a table by taker. The part that is empty takes the name of the row."""
        row = next(part for part, value in parts.items() if not value)
        return lambda name, taker: whole(found.one(**{**parts, row: name, "taker": taker}))

    few = found.seeds < FEWEST
    for odds in found.odds:
        cell = elo(measure="strength", arm="", odds=odds)
        yield _by_taker(found, f"strength, {odds}, Elo", [] if few else found.arms, cell, _known(found, odds))
    if few:  # what is known of the board is all that can be shown
        return
    contrasts = elo(measure="contrast", contrast="", odds=ODDS)
    yield _by_taker(found, "contrasts at odds, Elo", list(CONTRASTS), contrasts)
    ways = found.parts("how", measure="tried again")
    rows = [(name, *(whole(found.one(measure="tried again", contrast=name, how=how)) for how in ways))
            for name in HEADLINE]  # fmt: skip
    yield Grid(f"{found.subject}: the headline tried again, Elo", ("", *ways), tuple(rows) if ways else ())
    trained = found.parts("arm", measure="gain")
    for odds, said in (
        (ODDS, "what training added to the base net at odds"),
        (EVEN, "what training cost in even games"),
    ):
        yield _by_taker(found, f"{said}, Elo", trained, elo(measure="gain", arm="", odds=odds))
    yield _by_taker(found, "share of what the best response has above resisting, at odds",
                    found.parts("arm", measure="share"),
                    lambda arm, taker: _share(found.one(measure="share", arm=arm, taker=taker, odds=ODDS)))  # fmt: skip
    learned = found.parts("learned", measure="transfer")
    said = "what a weak opponent at odds adds, learned on (rows), against (columns), Elo"
    yield _by_taker(found, said, learned, elo(measure="transfer", learned=""))
    yield _checks(found)


def _checks(found: Found) -> Grid:
    arms = found.parts("arm", measure="check", check="short")
    rows = [(arm, *(_share(found.one(measure="check", check=what, arm=arm)) for what in CHECKS)) for arm in arms]
    weaker = [f"From {start} starts the giver won {shown(e)} more of its early games against the weak opponent than "
              "against an equal." for start in ("even", "odds")
              if (e := found.one(measure="check", check="weaker", arm=start)) is not None]  # fmt: skip
    head = ("", "began with men missing", "positions with fewer men", "games won early", "games won late")
    return Grid(f"{found.subject}: what went on in training, shares", head, tuple(rows), tuple(weaker))


def _by_taker(
    found: Found,
    title: str,
    names: Sequence[str],
    cell: Callable[[str, str], str],
    more: Sequence[tuple[str, ...]] = (),
) -> Grid:
    rows = [(name, *(cell(name, taker) for taker in found.takers)) for name in names]
    return Grid(f"{found.subject}: {title}", ("", *found.takers), (*rows, *more))


def _known(found: Found, odds: str) -> list[tuple[str, ...]]:
    """Rows of the givers that know the game."""
    return [(f"{giver} (known)", *(whole(found.one(measure="ceiling", giver=giver, taker=taker, odds=odds))
                                   for taker in found.takers))
            for giver in found.parts("giver", measure="ceiling")]  # fmt: skip


def _share(e: Estimate | None) -> str:
    return "" if e is None else brief(e)


def _main(findings: Sequence[Finding]) -> list[tuple[str, Sequence[Finding]]]:
    """All numbers are many: the table shows contrasts, at each odds once."""
    shown_at = {found.subject: found.odds for found in found_in(findings)}
    kept = [finding for finding in findings if finding.estimate.about.get("measure") == "contrast"
            and finding.estimate.about["odds"] in shown_at[str(finding.task)]]  # fmt: skip
    return [("Contrasts against every taker. findings.json has every strength, gain, share and check.", kept)]


PAGE = Layout(
    words=Words(
        headings=(
            ("Out of distribution", ("out of distribution, *",)),
            ("Exploitation", ("exploitation*",)),
            ("Both together", ("interaction, *", "both, *")),
            ("Controls", ("extra training, *", "null, *")),
        ),
        meanings=(
            ("out of distribution, *", "(odds, equal) less (even, equal), Elo: what having seen odds does"),
            ("exploitation at odds, *", "(odds, weak) less (odds, equal)"),
            ("exploitation, *", "(even, weak) less (even, equal): what a weak opponent does"),
            ("interaction, *", "(odds, weak) less (odds, equal) less exploitation"),
            ("both, *", "(odds, weak) less (even, equal)"),
            ("extra training, *", "(even, equal) less the base net: as many more updates"),
            ("null, *", "the control less (even, equal): nothing but other draws"),
        ),
    ),
    sentences=sentences,
    grids=grids,
    lines=lambda findings: sentences(findings) or ["No training is finished yet."],
    tables=True,
    summary="In tables",
    numbers=_main,
    explorer=CASES.explorer,
    first=FIGURES,
    then=(),
    counted="training seeds",
)
