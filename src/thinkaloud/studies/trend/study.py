"""The trend over sizes as a study: one unit, which reads finished runs of several models and asks none.

A record holds one measure's trend (or one gap's) as plain JSON, with the models it is over; estimates are taken from
it, each with what it is about. `thinkaloud trend FOLDER...` writes the same numbers without a run folder. This module
does not know how a trend is estimated (`metrics/trend.py`, `metrics/gap_trend.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec

from thinkaloud.errors import UserError
from thinkaloud.metrics.gap_trend import GapTrend
from thinkaloud.metrics.trend import CLAIM, Trend
from thinkaloud.report.layout import CASES, Figure, Findings, Layout, Records
from thinkaloud.report.tables import Grid, Words
from thinkaloud.runs.folder import Run
from thinkaloud.settings import setting
from thinkaloud.studies.trend.gaps_page import gaps_figure
from thinkaloud.studies.trend.page import COLOURS, LIMITS, slope, trend_figure
from thinkaloud.studies.trend.protocol import Comparison, Entry, compare
from thinkaloud.study import Asked, Do, Study, Unit, digest_of
from thinkaloud.values import run_size
from thinkaloud.vocabulary import Estimate, Key, Model, Part, Record

SCALES = {"raw": "accuracy", "logit": "logits"}
"""The lines of a gap, and the scale that each is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSettings:
    """The runs to compare."""

    folders: tuple[str, ...] = setting(
        (), "Finished runs, as FOLDER or FOLDER=PARAMETERS where the model card has no size.", path=True
    )


# ------------------------------------------------------------------------------------------------------- the records


def records_of(found: Comparison) -> list[Record]:
    """A record for each measure, or for each gap."""
    about = {"of": found.study, "tasks": list(found.tasks), "models": [asdict(model) for model in found.models]}
    kinds: list[tuple[str, str, Trend | GapTrend]] = [("trend", trend.measure, trend) for trend in found.trends]
    kinds += [("gap", gap.gap, gap) for gap in found.gaps]
    return [{"item": name, "status": "ok", **about, "kind": kind, "found": asdict(one)} for kind, name, one in kinds]


def comparison(records: Records) -> Comparison:
    """The comparison that records are of."""
    first = records[0]
    models = tuple(msgspec.convert(model, Entry) for model in first["models"])
    trends = tuple(msgspec.convert(r["found"], Trend) for r in records if r["kind"] == "trend")
    gaps = tuple(msgspec.convert(r["found"], GapTrend) for r in records if r["kind"] == "gap")
    return Comparison(first["of"], tuple(first["tasks"]), models, trends, Path(), gaps)


def estimates(found: Comparison) -> list[Estimate]:
    """Every slope and every model's rate, with what it is about."""
    made = [one for trend in found.trends for one in _of_trend(trend, found.models)]
    return [*made, *(one for gap in found.gaps for one in _of_gap(gap, found.models))]


def _of_trend(trend: Trend, models: Sequence[Entry]) -> Iterator[Estimate]:
    """The verdict stands with the slope that it is about."""
    lines = {"total": trend.total, "matched": trend.matched, "same_items": trend.same_items}
    for name, line in lines.items():
        about = {"measure": trend.measure, "line": name}
        said = {"verdict": trend.verdict, "because": trend.reason} if name == "matched" else {}
        yield _named(line.slope, f"{trend.measure}, {name}: slope", {**about, "scale": "probability", **said})
        yield _named(line.logit, f"{trend.measure}, {name}: slope in logits", {**about, "scale": "logits"})
        yield from _rates(f"{trend.measure}, {name}", line.rates, models, about)


def _of_gap(gap: GapTrend, models: Sequence[Entry]) -> Iterator[Estimate]:
    for name, line in {"raw": gap.raw, "logit": gap.logit}.items():
        about = {"measure": gap.gap, "scale": SCALES[name]}
        here = {"inference": "this pool", "verdict": gap.verdict, "because": gap.reason}
        beyond = {"inference": "families like these", "verdict": gap.beyond, "because": gap.reason_beyond}
        yield _named(line.slope, f"{gap.gap}, {SCALES[name]}: slope, this pool", {**about, **here})
        yield _named(line.beyond, f"{gap.gap}, {SCALES[name]}: slope, families like these", {**about, **beyond})
        yield from _rates(f"{gap.gap}, {SCALES[name]}", line.rates, models, about)


def _rates(
    name: str, rates: Sequence[Estimate], models: Sequence[Entry], about: Mapping[str, Part]
) -> Iterator[Estimate]:
    for rate, model in zip(rates, models, strict=True):
        yield _named(rate, f"{name}: {model.name}", {**about, "model": model.name, "parameters": model.parameters})


def _named(found: Estimate, name: str, about: Mapping[str, Part]) -> Estimate:
    return replace(found, name=name, about=dict(about))


# ---------------------------------------------------------------------------------------------------------- the page


def _verdicts(findings: Findings) -> list[str]:
    """One for each slope that has a verdict; a gap's stands once, with its first scale."""
    said = {
        (about["measure"], about.get("inference", CLAIM)): f"{about['verdict']} ({about['because']})"
        for about in (finding.estimate.about for finding in findings)
        if "verdict" in about
    }
    return [f"{measure}, {claim}: {verdict}." for (measure, claim), verdict in said.items()]


def _grids(findings: Findings) -> list[Grid]:
    """Slopes per decade of parameters, then each model's rate."""
    slopes = [finding.estimate for finding in findings if "model" not in finding.estimate.about]
    rates = [finding.estimate for finding in findings if "model" in finding.estimate.about]
    found = []
    for title, some in (("Slopes per decade of parameters", slopes), ("Models", rates)):
        body = tuple((one.name, slope(one), str(one.n)) for one in some)
        found.append(Grid(title, ("estimate", "value", "n"), body))
    return found


def _figure(findings: Findings, records: Records, width: int) -> str:
    if not records:
        return ""
    found = comparison(records)
    return gaps_figure(found) if found.gaps else trend_figure(found)


def _lines(findings: Findings) -> list[str]:
    """Verdicts, then the slopes."""
    slopes = [finding.estimate for finding in findings if "model" not in finding.estimate.about]
    return [*_verdicts(findings), *(f"  {one.name}: {slope(one)}" for one in slopes)]


PAGE = Layout(
    words=Words(
        headings=(("Slopes", ("*slope*",)), ("Rates of each model", ("*",))),
        meanings=(("*slope*", "change per decade of parameters; the model is the unit"),),
    ),
    sentences=_verdicts,
    grids=_grids,
    lines=_lines,
    tables=True,
    summary="Slopes and models",
    explorer=CASES.explorer,
    first=(Figure("trend", "By size of the model", _figure, "Models with their 95% intervals.", COLOURS),),
    then=(),
    counted="models or items",
)


# --------------------------------------------------------------------------------------------------------- the study


class Trends(Study):
    """Do measures of change fall with size, over finished runs? Of runs of the rungs: do their gaps widen?"""

    name = "trend"
    question = "Does faithfulness fall with the size of the model, or do gaps between methods widen with it?"
    limits = LIMITS
    Settings = TrendSettings
    page = PAGE

    def check(self, settings: TrendSettings) -> None:
        """There is something to compare."""
        if not settings.folders:
            raise UserError("no run folder was given: --folders runs/small,runs/large=7e9")

    async def run(self, asked: Asked, do: Do) -> list[str]:
        """One unit, whose content is what is in the runs: a run that has changed since is refused."""
        assert asked.open_run is not None
        sized = [run_size(word) for word in asked.settings.folders]
        runs = [asked.open_run(folder) for folder, _ in sized]
        sizes = {str(Path(folder)): parameters for folder, parameters in sized if parameters is not None}

        async def work(session: Model) -> Sequence[Record]:
            return records_of(compare(runs, sizes, Path()))

        found = await do.unit(
            Unit(
                phase=self.name, subject=runs[0].study.name, work=work, title="the trend",
                content={"runs": [_digest(run) for run in runs]},
            )
        )  # fmt: skip
        return [f"{len(runs)} runs; tasks: {'; '.join(found.records[0]['tasks'])}."] if found.records else []

    def estimate(self, records: Sequence[Record], key: Key) -> list[Estimate]:
        """From the recorded trends."""
        return estimates(comparison(records))

    def expected(self, settings: TrendSettings, tasks: int, items: int) -> int:
        """All runs are one unit."""
        return 1


def _digest(run: Run) -> str:
    """What a run is of, and what it recorded."""
    return digest_of([run.identity.hash, [dict(record) for record in run.records]])
