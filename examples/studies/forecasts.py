"""Who forecasts better? A complete study of your own that asks no model and has no items.

    thinkaloud run examples/studies/forecasts.py:Forecasts --file examples/studies/bets.csv --out runs/forecasts

A unit is a forecaster, a record one of their forecasts. The questions of `bets.csv` and their outcomes are invented.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from thinkaloud.errors import UserError
from thinkaloud.stats.bootstrap import Sample, Statistic, corners, difference, interval, mean, means
from thinkaloud.report.layout import CASES, Figure, Layout
from thinkaloud.report.svg import document, path, text, whisker
from thinkaloud.report.tables import Grid, Words, by_subject, shown
from thinkaloud.settings import setting
from thinkaloud.study import Asked, Card, Do, Study, Unit
from thinkaloud.vocabulary import Estimate, Finding, Key, Model, Record

SCORE, SKILL, GAP = "score", "skill", "forecast - outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every field is an option, a line of config.toml and a part of the command that the report prints."""

    file: str = setting("", "A CSV file: forecaster, question, topic, probability, outcome (0 or 1).", path=True)
    score: str = setting("brier", "The squared or the absolute error of a forecast.", choices=("brier", "absolute"))
    reference: float = setting(0.5, "Skill is measured against somebody who always says this.")


# ------------------------------------------------------------------------------------------------------------ numbers


def skill(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """1 - score / score of the reference, for each line of weights; the whole ratio is resampled."""
    score, reference = means(rows, weights)[:, :2].T
    return 1 - score / reference


def estimated(name: str, statistic: Statistic, records: Sequence[Record], key: Key) -> Estimate:
    """A 95% interval over topics: forecasts about one topic are right or wrong together."""
    rows = np.array([(r["score"], r["reference"], r["probability"], r["outcome"]) for r in records], dtype=float)
    sample = Sample(rows, [r["topic"] for r in records], corners((0, 1), (0.01, 1), (0, 1), (0, 1)))
    found = interval(name, statistic, sample, key)
    return replace(found, clustered_by="topic", about={"measure": name, "forecaster": records[0]["task"]})


def apart(one: Sequence[Record], other: Sequence[Record], key: Key) -> Estimate:
    """How much worse the first one scores, over the questions that both have answered."""
    theirs = {record["item"]: record["score"] for record in other}
    both = [{**r, "reference": theirs[r["item"]]} for r in one if r["item"] in theirs]
    if not both:
        return Estimate.absent("score - score", "no question was answered by both")
    names = {"forecaster": one[0]["task"], "against": other[0]["task"]}
    found = estimated(f"{names['forecaster']} - {names['against']}", difference(0, 1), both, key)
    return replace(found, about={"measure": "difference of scores", **names})


# --------------------------------------------------------------------------------------------------------- its report


def sentences(findings: Sequence[Finding]) -> list[str]:
    """The headline: who has the best score, and whether the interval of the lead leaves 0 out."""
    scores = {f.task: f.estimate for f in findings if f.estimate.name == SCORE and f.estimate.value is not None}
    if not scores:
        return []
    best = min(scores, key=lambda who: scores[who].value or 0.0)
    return [f"Best score: {best}, {shown(scores[best])} over {scores[best].n} forecasts (0 is perfect)."]


def grids(findings: Sequence[Finding]) -> list[Grid]:
    """A row for each forecaster."""
    rows = {str(who): of for who, of in by_subject(findings).items() if SCORE in of}
    body = tuple((who, *(shown(of[name]) for name in (SCORE, SKILL, GAP))) for who, of in rows.items())
    return [Grid("Forecasters", ("forecaster", SCORE, SKILL, GAP), body)]


def figure(findings: Sequence[Finding], records: Sequence[Record], width: int) -> str:
    """Each score with its interval, from 0 at the left to 1."""
    rows = [(f.task, f.estimate) for f in findings if f.estimate.name == SCORE and f.estimate.value is not None]
    parts = [path(f"M90,8V{len(rows) * 30 + 8}", "ta-axis")]

    def x(score: float) -> float:
        return 90 + score * (width - 100)

    for i, (who, found) in enumerate(rows):
        y = 24.0 + 30 * i
        parts.append(text(84, y + 4, who, anchor="end"))
        parts.append(whisker(x, y, found.low or 0.0, found.high or 1.0, "ta-mark"))
        parts.append(path(f"M{x(found.value or 0.0):.1f},{y - 5}v10", "ta-total"))
    words = ("Score of each forecaster", "; ".join(f"{who}: {shown(found)}" for who, found in rows))
    return document((width, len(rows) * 30 + 20), words, parts) if rows else ""


PAGE = Layout(
    words=Words(
        headings=(("Scores", (SCORE, SKILL, GAP)), ("Differences of scores", ("* - *",))),
        meanings=(
            (SCORE, "mean error of the forecasts; 0 is perfect, always saying one half has a Brier score of .25"),
            (SKILL, "1 minus the score over that of the reference; 0 is no better than it"),
            (GAP, "mean forecast minus the share of questions that came true"),
            ("* - *", "score of the first minus that of the second, over the questions that both have answered"),
        ),
    ),
    sentences=sentences,
    grids=grids,
    tables=True,
    summary="Forecaster by forecaster",
    explorer=CASES.explorer,
    then=(Figure("scores", "Scores", figure, "The score with its 95% interval; 0 is perfect."),),
    counted="forecasts",
)
CARD = Card(lambda: ["On invented forecasters a score known beforehand comes back: 0 from one who is never wrong, .25 "
                     "from one who always says .5."])  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- the study


def read(file: str) -> dict[str, list[dict[str, str]]]:
    """The lines of the file by forecaster; one line says what is wrong with it."""
    try:
        with Path(file).open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--file {file!r} cannot be read: give a CSV file of forecasts") from error
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["forecaster"], []).append(row)
    return found


class Forecasts(Study):
    """Who forecasts better, and by how much?"""

    name = "forecasts"
    question = "Whose forecasts come true, and is the difference more than luck?"
    limits = ("Questions of one topic may come true together: intervals are over topics, and these are few.",)
    Settings = Settings
    page = PAGE
    card = CARD

    def check(self, settings: Settings) -> None:
        """Said before there is a folder."""
        read(settings.file)

    def files(self, settings: Settings) -> Mapping[str, str]:
        """A run that was begun on another file is not gone on with."""
        return {"file": hashlib.sha256(Path(settings.file).read_bytes()).hexdigest()}

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """A unit for each forecaster."""
        forecasters = read(asked.settings.file)
        do.expect(len(forecasters))
        for who, rows in forecasters.items():

            async def work(session: Model, who: str = who, rows: list[dict[str, str]] = rows) -> list[Record]:
                return [scored(who, row, asked.settings) for row in rows]

            await do.unit(Unit(phase=self.name, subject=who, work=work))
        return [f"{len(forecasters)} forecasters."]

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """What is said of one forecaster."""
        statistics = {SCORE: mean(0), SKILL: skill, GAP: difference(2, 3)}
        return [estimated(name, statistic, records, key) for name, statistic in statistics.items()]

    def together(self, subjects: Mapping[str, Sequence[Record]], key: Key) -> list[Estimate]:
        """Every two of them on the same questions."""
        return [apart(one, other, key) for one, other in combinations(subjects.values(), 2)]


def scored(who: str, row: Mapping[str, str], settings: Settings) -> Record:
    """The record of a forecast: plain JSON, of any shape."""
    said, came = float(row["probability"]), int(row["outcome"])
    error = {"brier": lambda p: (p - came) ** 2, "absolute": lambda p: abs(p - came)}[settings.score]
    return {"item": row["question"], "task": who, "topic": row["topic"], "probability": said, "outcome": came,
            "score": error(said), "reference": error(settings.reference)}  # fmt: skip
