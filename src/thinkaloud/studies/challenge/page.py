"""A challenge in words and tables: terminal lines, challenge.md and challenge.json, with links to both runs' reports.

The same challenge gives the same bytes: there are no times and no paths in it. This module does not know how a number
was made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from thinkaloud.budget.meters import MEANINGS, METERS
from thinkaloud.metrics.factored import voted
from thinkaloud.metrics.versus import Line
from thinkaloud.report.markdown import plain, render_grid
from thinkaloud.report.tables import Grid, shown
from thinkaloud.runs.folder import write
from thinkaloud.stats.equivalence import stands
from thinkaloud.studies.challenge.protocol import CONFIRM, SCREEN, Challenge
from thinkaloud.vocabulary import Estimate

LIMITS = (
    "The beacon makes the questions new, not the kinds of questions: an arm may have been made for these families.",
    "One baseline is chosen for all families. The tuning is the same for every arm, and small: see the settings.",
    "Families are few and generated. What holds for this pool says nothing of others; the line about families like "
    "these does, from 20 families on.",
    "That the arm was fixed before the beacon appeared is shown by whoever published the protocol hash first, not by "
    "this folder.",
)


def write_challenge(found: Challenge) -> None:
    """challenge.md and challenge.json in the challenge's folder."""
    write(found.folder / "challenge.md", render_challenge(found))
    write(found.folder / "challenge.json", as_json(found))


def challenge_lines(found: Challenge) -> list[str]:
    """For the terminal: the verdicts, the tables, where the rest is."""
    lines = sentences(found)
    for grid in grids(found):
        lines += ["", grid.title, *_columns([grid.head, *grid.rows]), *grid.reasons]
    return [*lines, "", *(f"report: {found.folder / name}" for name in _links())]


def render_challenge(found: Challenge) -> str:
    """As Markdown."""
    about = found.registered
    facts = {
        "protocol hash": about.protocol,
        "beacon": f"{found.beacon.value} ({found.beacon.source})",
        "seeds": f"screen {found.seeds[SCREEN]}, confirm {found.seeds[CONFIRM]}",
        "arm": f"{about.arm}, SHA-256 {about.digest}",
        "model": f"{about.model}, {about.model_digest}",
        "version": about.version,
        "settings": ", ".join(f"{name} {value}" for name, value in _settings(found).items()),
    }
    blocks = [f"# {plain(about.arm)} against the tuned baselines", _list(sentences(found))]
    blocks += [render_grid(grid) for grid in grids(found)]
    if found.notes:
        blocks += ["## How the questions were chosen and asked", _list(found.notes)]
    blocks += ["## What this cannot tell", _list(LIMITS), "## Where this comes from"]
    blocks += [_list([f"{name}: {value}" for name, value in facts.items()])]
    blocks += ["\n".join(f"- [{name}]({name})" for name in _links()[1:])]
    return "\n\n".join(blocks) + "\n"


def as_json(found: Challenge) -> str:
    """Everything, as JSON."""
    data = asdict(found)
    del data["folder"]
    data["protocol_hash"] = found.registered.protocol
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


# --------------------------------------------------------------------------------------------------------------- words


def sentences(found: Challenge) -> list[str]:
    """What came of it, and how far it can be trusted."""
    outcome, terms = found.outcome, found.registered.terms
    span = f"{terms.budgets[0]}..{terms.budgets[-1]}" if len(terms.budgets) > 1 else f"{terms.budgets[0]}"
    here, general = outcome.pool, outcome.general
    families = f"{len(outcome.families)} {'family' if len(outcome.families) == 1 else 'families'}"
    said = [
        f"{outcome.name} over budgets of {span} ({terms.meter}): {here.word}, in this pool of "
        f"{families} (n {here.area.n}): {here.why}",
        f"{outcome.name}, families like these: {general.word}: {general.why.removeprefix('not decided: ')}",
        f"four meters: {_stands(found)}",
        _chosen(found),
    ]
    if found.repeated:
        count = sum(found.repeated.values())
        where = ", ".join(f"{task} {n}" for task, n in found.repeated.items())
        said.append(f"{count} questions were in the screening too and are left out: {where}")
    arm = outcome.spent[found.registered.arm]
    if arm.failed:
        said.append(f"{arm.failed} of {arm.attempts} attempts of {arm.arm} failed; the first: {arm.error}")
    if found.beacon.source == "given":
        said.append(
            f"the beacon {found.beacon.value!r} was given: that it came after the protocol is for others to show"
        )
    else:
        said.append(f"self-attested: the beacon {found.beacon.value} was drawn here when the challenge began")
    return said


def _stands(found: Challenge) -> str:
    """Whether the sign of the difference depends on the price of re-reading."""
    return "no difference, so no sign" if found.outcome.pool.area.value == 0 else stands(found.outcome.sign)


def _chosen(found: Challenge) -> str:
    one = next(row for row in found.screening if row.arm == found.baseline)
    text = f"the strongest baseline of {len(found.screening)} in the screening: {voted(one.arm)}, {shown(one.strength)}"
    if found.stand_in:
        text += f"; {voted(found.stand_in)} in its place where it is not measurable: {', '.join(one.lacking)}"
    return text


def grids(found: Challenge) -> list[Grid]:
    """The tables."""
    return [_budgets(found), _families(found), _meters(found), _spent(found), _screening(found)]


def _budgets(found: Challenge) -> Grid:
    outcome = found.outcome
    arms = [found.registered.arm, found.baseline]
    rows = []
    for i, budget in enumerate(found.registered.terms.budgets):
        rows.append((str(budget), *(shown(outcome.accuracy[a][i + 1]) for a in arms), shown(outcome.pool.at[i])))
    rows.append(("once", *(shown(outcome.accuracy[a][0]) for a in arms), ""))
    rows.append(("area", "", "", shown(outcome.pool.area)))
    why = "The differences at the budgets hold together with 95% confidence. Once: a single attempt, at any price."
    return Grid("Accuracy by budget", ("budget", *map(voted, arms), "difference"), tuple(rows), (why,))


def _families(found: Challenge) -> Grid:
    def row(line: Line) -> tuple[str, ...]:
        p = "" if line.p is None else f"{line.p:.3f}" if line.p >= 0.001 else "<0.001"
        return line.family, shown(line.area), str(line.area.n), p, line.word

    why = "p is Holm's over families: a gain or a loss with p below .05 is confirmed in that family."
    head = ("family", "difference", "n", "p", "verdict")
    return Grid("Family by family", head, tuple(map(row, found.outcome.families)), (why,))


def _meters(found: Challenge) -> Grid:
    outcome, primary = found.outcome, found.registered.terms.meter
    order = sorted(METERS, key=lambda meter: meter != primary)
    rows = tuple((m, MEANINGS[m], shown(e)) for m, e in zip(order, outcome.meters, strict=True))
    return Grid("The same by other prices", ("meter", "what it counts", "difference"), rows, (_stands(found),))


def _spent(found: Challenge) -> Grid:
    rows, reasons = [], []
    for arm, spent in found.outcome.spent.items():
        tuning = found.tuning.get(arm, {}).get(found.registered.terms.meter)
        costs = (_cost(spent.cost[meter]) for meter in METERS)
        counts = (spent.attempts, spent.failed, spent.cut, spent.silent)
        rows.append((arm, *costs, *map(str, counts), "" if tuning is None else f"{tuning:.0f}"))
        if spent.error:
            reasons.append(f"{arm}, the first error: {spent.error}")
    head = ("arm", *(f"{m} an attempt" for m in METERS), "attempts", "failed", "cut", "no answer", "tuning")
    why = f"Tuning, in {found.registered.terms.meter}, is a fixed cost: no item is charged with it."
    return Grid("What it cost", head, tuple(rows), (*reasons, why))


def _screening(found: Challenge) -> Grid:
    rows = tuple(
        (voted(one.arm), shown(one.strength), ", ".join(one.lacking), "chosen" if one.arm == found.baseline else "")
        for one in found.screening
    )
    why = "Accuracy over the range of budgets, on other items. Where a baseline is not measurable the best one that is "
    why += "measurable everywhere stands in."
    return Grid("The screening", ("baseline", "accuracy", "not measurable", ""), rows, (why,))


UNTOLD = ("arms", "edits")
"""Settings that a challenge decides by itself."""


def _settings(found: Challenge) -> dict[str, object]:
    about = found.registered
    told = {name: value for name, value in asdict(about.settings).items() if name not in UNTOLD}
    asked = {"tasks": " ".join(about.tasks), "against": " ".join(about.against), "difficulty": about.difficulty}
    return {**asked, "items": about.items, **told}


def _cost(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate.reason or ""
    return f"{estimate.value:.0f} [{estimate.low:.0f}, {estimate.high:.0f}]"


def _links() -> tuple[str, ...]:
    return "challenge.md", f"{SCREEN}/report.html", f"{CONFIRM}/report.html"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose columns stand under each other."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
