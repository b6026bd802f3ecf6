"""A run and its folder: everything about it in one place, readable without this program.

    config.toml      what was asked, resolved            segments/       one line a unit, then one Parquet file
    model.json       who answered                        findings.json   every estimate
    bill.json        tokens and seconds                  report.html, report.md

`findings.json` holds no times and no paths: two runs of the same configuration have the same one, byte for byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.runs.config import FORMAT, Config
from thinkaloud.runs.journal import Journal
from thinkaloud.vocabulary import Estimate, Finding, ModelCard, Record, Usage


class Run:
    """A finished or unfinished run. Reading one never asks a model."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.config = Config.load(self.folder)
        self.journal = Journal(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {self.config.study} of {self.config.model}, {len(self.journal)} units)"

    @staticmethod
    def create(folder: Path, config: Config, card: ModelCard) -> Run:
        """Make the folder. One that holds a run already is refused unless it is this very run (then: resume it)."""
        path = folder / "config.toml"
        if path.is_file():
            if Config.load(folder) != config:
                raise UserError(f"{str(folder)!r} holds another run: give another --out, or resume it")
        elif folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{str(folder)!r} is not empty and no run folder: give another --out")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(path, config.dumps())
            write(folder / "model.json", _json(card_as_dict(card)))
        except OSError as error:
            raise UserError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
        return Run(folder)

    @property
    def card(self) -> dict[str, Any]:
        """The model card as plain data."""
        found: dict[str, Any] = json.loads((self.folder / "model.json").read_text(encoding="utf-8"))
        return found

    @property
    def units(self) -> list[dict[str, Any]]:
        """Every unit that was recorded, failed ones too."""
        return list(self.journal)

    @property
    def records(self) -> list[Record]:
        """Every item's record of the study itself (not of the search for the edge)."""
        units = [u for u in self.journal if u["phase"] == self.config.study]
        return [
            r for u in sorted(units, key=lambda u: (u["task"], u["first"], u.get("part", ""))) for r in u["records"]
        ]

    @property
    def findings(self) -> list[Finding]:
        """The estimates, as `findings.json` holds them."""
        path = self.folder / "findings.json"
        if not path.is_file():
            raise UserError(f"{str(self.folder)!r} is not finished: thinkaloud resume {self.folder}")
        return [finding_from_dict(row) for row in json.loads(path.read_text(encoding="utf-8"))["findings"]]

    @property
    def bill(self) -> dict[str, Any]:
        """Tokens and seconds of all recorded units."""
        usages = [Usage(**{k: v for k, v in u["usage"].items() if k != "wall"}) for u in self.journal]
        total = asdict(sum(usages, Usage()))
        total["seconds"] = round(total["seconds"], 3)
        wall = round(sum(u["usage"]["wall"] for u in self.journal), 3)
        return {**total, "wall_seconds": wall, "units": len(self.journal)}

    def frame(self) -> Any:
        """The findings as a pandas DataFrame, one row an estimate."""
        try:
            import pandas  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise UserError(
                "frame() needs pandas: pip install pandas (run.findings has the same as objects)"
            ) from error
        return pandas.DataFrame([finding_as_dict(f) for f in self.findings])

    def report(self) -> Path:
        """Write report.html and report.md from what is recorded; returns the path of the former."""
        from thinkaloud.report.html import render_html
        from thinkaloud.report.markdown import render_markdown
        from thinkaloud.report.meta import meta

        about = meta(self)
        found = self.findings
        write(self.folder / "report.md", render_markdown(found, about))
        write(self.folder / "report.html", render_html(found, self.records, about))
        return self.folder / "report.html"

    def write_results(self, found: Sequence[Finding]) -> None:
        """findings.json and bill.json."""
        rows = [finding_as_dict(f) for f in found]
        write(self.folder / "findings.json", _json({"format": FORMAT, "findings": rows}))
        write(self.folder / "bill.json", _json(self.bill))

    def note(self, notes: Sequence[str]) -> None:
        """notes.json: what the run decided on the way, such as the edge, in sentences."""
        write(self.folder / "notes.json", _json(list(notes)))

    @property
    def notes(self) -> list[str]:
        """The sentences of `note`."""
        path = self.folder / "notes.json"
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"cannot write {str(path)!r}: {error.strerror}; recorded units are safe") from error


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """A row of findings.json."""
    e = finding.estimate
    return {
        "study": finding.study,
        "model": finding.model,
        "task": finding.task,
        "difficulty": finding.difficulty,
        "estimate": e.name,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "n": e.n,
        "clusters": e.clusters,
        "clustered_by": e.clustered_by,
        "reason": e.reason,
    }


def finding_from_dict(row: Mapping[str, Any]) -> Finding:
    """The finding of a row."""
    names = ("value", "low", "high", "n", "clusters", "clustered_by", "reason")
    estimate = Estimate(row["estimate"], *(row[name] for name in names))
    return Finding(row["study"], row["model"], row["task"], row["difficulty"], estimate)


def card_as_dict(card: ModelCard) -> dict[str, Any]:
    """A model card as plain JSON."""
    return {**asdict(card), "capabilities": sorted(card.capabilities), "details": dict(card.details)}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
