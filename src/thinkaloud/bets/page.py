"""How bets are shown: tables of questions and scores, one question in lines, a page in Markdown, and what the report of
a run says of the bets on it. Computes nothing but what `score.py` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.bets.protocol import BEACON, Forecast, Protocol, Registered, when
from thinkaloud.bets.registry import Question, Registry
from thinkaloud.bets.resolve import difference
from thinkaloud.bets.score import ENOUGH, Scored, calibration, last_run, ranking, score
from thinkaloud.bets.standing import line, standing
from thinkaloud.models.loading import Loading
from thinkaloud.open_study import open_study
from thinkaloud.report.markdown import plain, render_grid
from thinkaloud.report.tables import Grid
from thinkaloud.runs.config import Config
from thinkaloud.runs.folder import Run

BASE, LAST = "base rate", "last run"
SELF = (
    "Order is self-attested: times are those of the writer's clock. The last hash, published, proves it from then on."
)


def counts(registry: Registry) -> str:
    """How many questions are in which state."""
    states = [question.state for question in registry.all()]
    said = ", ".join(f"{states.count(state)} {state}" for state in ("resolved", "annulled", "open"))
    return f"{len(states)} locked: {said}; {sum(one['kind'] == 'bet' for one in registry.entries)} bets"


def said(forecast: Forecast) -> str:
    """A forecast in words."""
    if "no_bet" in forecast:
        return "no bet"
    if "probability" in forecast:
        return f"{forecast['probability']:g}"
    name = "quantiles" if "quantiles" in forecast else "probabilities"
    return ", ".join(f"{level}: {number:g}" for level, number in forecast[name].items())


def asks(asked: Protocol) -> str:
    """What decides, in words."""
    statement = asked.statement
    row = ", ".join(f"{name} {value}" for name, value in asked.row.items())
    row = f"({row}) in the second run - the first" if len(asked.runs) > 1 else f"({row})"
    if statement.kind == "threshold":
        of = "" if statement.of == "value" else f", {statement.of} end of its interval,"
        margin = f" (annulled within {statement.margin:g} of it)" if statement.margin else ""
        return f"{row}{of} {statement.sign} {statement.threshold:g}{margin}"
    cuts = f" at {', '.join(f'{cut:g}' for cut in statement.cuts)}" if statement.cuts else ""
    return {"identifiable": f"{row} has a number", "number": f"which number is {row}", "bins": f"bins of {row}{cuts}"}[
        statement.kind
    ]


def outcome(question: Question) -> str:
    """What became of it."""
    if question.resolution is None:
        return "open"
    found = question.resolution
    return f"{found['outcome']} ({found['reason']}; {found['status']})"


def question_grid(registry: Registry) -> Grid:
    """One line a question."""
    rows = []
    for one in registry.all():
        bets = "; ".join(f"{bet['who']}: {said(bet['forecast'])}" for bet in one.standing()) or "none"
        rows.append((one.name, one.asked.question, f"{said(one.asked.base)}", bets, one.asked.closes, outcome(one)))
    return Grid("Questions", ("name", "question", BASE, "bets", "closes", "outcome"), tuple(rows))


def question_lines(question: Question) -> list[str]:
    """All of one question."""
    asked, locked = question.asked, question.locked
    lines = [asked.question, f"decided by: {asks(asked)}"]
    for run in asked.runs:
        lines.append(f"run (version {run.version} of {run.study}): {_command(run, question.seed)}")
        lines += [f"of the model with digest {run.digest}"] if run.digest else []
        lines += [] if run.seed == BEACON else ["the seed is fixed: its questions are not unpredictable"]
    if asked.beacon:
        value = question.beacon["value"] if question.beacon else "not known yet"
        lines.append(f"beacon: {asked.beacon.source}, {asked.beacon.at}, public at {asked.beacon.known}: {value}")
    lines += [f"stopping rule: {asked.stopping}", f"{BASE}: {said(asked.base)} ({asked.base_why})"]
    if asked.previous:
        lines.append(f"{LAST}: {asked.previous['outcome']}, {asked.previous['reason']}, n {asked.previous['n']}")
    lines.append(f"locked at {locked['time']} by {asked.by}, closes at {asked.closes}: {locked['manifest']}")
    lines += [_bet(bet) for bet in question.bets]
    lines += [f"deviation at {one['time']}: {one['what']}" for one in question.deviations]
    return [*lines, f"outcome: {outcome(question)}"]


def scores(registry: Registry) -> tuple[list[Scored], dict[str, Scored], dict[str, Scored]]:
    """The bets that count on resolved questions, and the base's and the last run's score of each."""
    bets: list[Scored] = []
    bases: dict[str, Scored] = {}
    last: dict[str, Scored] = {}
    for question in registry.all():
        if question.resolution is None:
            continue
        asked, found = question.asked, question.resolution
        rivals = {BASE: asked.base, LAST: last_run(asked.statement, asked.base, asked.previous)}
        for who, forecast in rivals.items():
            if forecast and (made := score(question.name, who, forecast, asked.statement, found)):
                (bases if who == BASE else last)[question.name] = made
        given = [(bet["who"], bet["forecast"]) for bet in question.standing()]
        bets += [made for who, one in given if (made := score(question.name, who, one, asked.statement, found))]
    return bets, bases, last


def score_grids(registry: Registry) -> list[Grid]:
    """Every scored bet; means and calibration only where there are enough."""
    bets, bases, last = scores(registry)
    rows = tuple(
        (one.question, one.who, one.kind, _number(one), _number(bases[one.question]), _number(last.get(one.question)))
        for one in bets
    )
    few = len({one.question for one in bets})
    below = [
        "Losses, 0 is best: Brier (log score) of probabilities, mean pinball loss of quantiles. The last bet of each "
        "bettor counts; no bet and annulled questions have no score."
    ]
    made = [Grid("Scored bets", ("question", "who", "kind", "loss", BASE, LAST), rows, tuple(below))]
    if ranked := ranking(bets, bases):
        table = tuple(
            (who, kind, str(n), f"{mean:.3f}", f"{base:.3f}", f"{1 - mean / base:+.2f}" if base else "-")
            for who, kind, n, mean, base in ranked
        )
        made.append(Grid("Bettors", ("who", "kind", "n", "mean loss", BASE, "skill over it"), table))
    else:
        made.append(Grid("", (), (), (f"No ranking below {ENOUGH} scored bets of a bettor; questions scored: {few}.",)))
    if points := calibration(bets):
        shown = tuple((b, str(n), f"{p:.2f}", f"{s:.2f} [{lo:.2f}, {hi:.2f}]") for b, n, p, s, lo, hi in points)
        made.append(Grid("Calibration", ("probability", "n", "mean probability", "came true"), shown))
    return made


def page(registry: Registry) -> str:
    """All bets as one page of Markdown."""
    about, forecasts = standing()
    head = registry.entries[-1]["hash"] if registry.entries else "none yet"
    blocks = ["# Bets", f"{counts(registry)}. Last hash: `{head}`. {SELF}", render_grid(question_grid(registry))]
    blocks += [render_grid(grid) for grid in score_grids(registry)]
    for question in registry.all():
        blocks += [f"## {plain(question.name)}", _list(question_lines(question))]
    blocks += ["## Standing forecasts of 2023", plain(about), _list([line(one) for one in forecasts])]
    return "\n\n".join([*blocks, f"thinkaloud {__version__}: `thinkaloud bet page`"]) + "\n"


def about_run(folder: str | Path, run: Run) -> list[str]:
    """What the report of a run says of the questions that it is registered for."""
    found = []
    for question in Registry(folder).all():
        since = when(question.locked["time"], "time").timestamp()
        if any(difference(of, run, question.seed, since) is None for of in question.asked.runs):
            bets = "; ".join(f"{bet['who']}: {said(bet['forecast'])}" for bet in question.standing()) or "none"
            found.append(
                f"{question.name}, locked at {question.locked['time']}: {question.asked.question} {BASE}: "
                f"{said(question.asked.base)}. Bets: {bets}. Outcome: {outcome(question)}."
            )
    return found


def _command(run: Registered, seed: int | None) -> str:
    """The command that makes the registered run; SEED where its beacon is not known yet."""
    study = open_study(run.study)
    settings = study.Settings(**{k: tuple(v) if isinstance(v, list) else v for k, v in run.settings.items()})
    known = run.seed if isinstance(run.seed, int) else seed
    tasks = (run.task,) if run.task else ()
    config = Config(run.study, run.model, tasks, run.items or 1, run.difficulty, -1 if known is None else known,
                    settings, Loading(**run.loading)).fits(study)  # fmt: skip
    said = config.command(study)
    return said.replace("--seed -1", "--seed SEED") if known is None else said


def _bet(bet: Mapping[str, Any]) -> str:
    side = f" for {bet['side']}" if "side" in bet else ""
    return f"bet at {bet['time']} by {bet['who']}{side}: {said(bet['forecast'])} ({bet['why']})"


def _number(one: Scored | None) -> str:
    if one is None:
        return "-"
    return f"{one.score:.4f}" + ("" if one.log is None else f" ({one.log:.4f})")


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain(one)}" for one in lines)
