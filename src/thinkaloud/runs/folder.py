"""A run and its folder: everything about it in one place, readable without this program.

    config.toml      what was asked, resolved            segments/       one line a unit, then one Parquet file
    identity.json    what its units are of               findings.json   every estimate
    model.json       who answered                        bill.json       tokens and seconds
    notes.json       written when the run is through     report.html, report.md
    manifest.json    all of it, with digests             run.lock         the process that works here, if one does
    shard.json       which part of a run it is, where it is one (`shards.py`): it has no notes, findings and reports

`config.toml` is written first and `model.json` last; a folder that was killed between them has no units and is made
anew by `run` or `resume`. Reading a folder creates nothing in it and takes no lock.
`findings.json` holds no times and no paths: two runs of the same configuration have the same one, byte for byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from thinkaloud.errors import CannotWrite, UserError, unknown
from thinkaloud.models.preambles import once
from thinkaloud.records.many import chained
from thinkaloud.records.schema import check
from thinkaloud.report import notebook
from thinkaloud.report.notebook import Drawing, Findings
from thinkaloud.runs import identity, lock, lookup, manifest, shards, table
from thinkaloud.runs.about import card_as_dict
from thinkaloud.runs.config import FORMAT, Config, Opening
from thinkaloud.runs.execute import ordered
from thinkaloud.runs.found import finding_as_dict, loaded, read_findings
from thinkaloud.runs.identity import Identity
from thinkaloud.runs.journal import FIELDS, Journal
from thinkaloud.runs.order import in_order
from thinkaloud.study import Study
from thinkaloud.vocabulary import Estimate, Finding, ModelCard, Part, Record, Usage

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from thinkaloud.report.layout import Figure

UNIT = {**FIELDS, "at": dict, "records": list, "usage": dict}
"""What every unit of a run has."""
BILLED = tuple(one.name for one in fields(Usage))
"""What of a unit's usage adds up."""
OURS = ("config.toml", "model.json", identity.FILE, shards.FILE, lock.NAME, "segments")
"""What a folder may hold that was killed before its configuration was written."""


class Run:
    """A finished or unfinished run. Reading one never asks a model. `opening` opens its study by name. `stopped`: which
    cap ended the command that returned it, what was spent and how to go on; None where it went to its end. `asked_for`:
    the units of a run that is through; None as long as that is not known, and all count."""

    def __init__(self, folder: str | Path, opening: Opening) -> None:
        self.folder = Path(folder)
        self.config = Config.load(self.folder, opening)
        self.study = opening(self.config.study)
        self.journal = Journal(self.folder, UNIT, in_order)
        self.stopped: str | None = None
        self.asked_for = _asked_for(self.folder)
        self._checked: set[tuple[str, str]] = set()

    def __repr__(self) -> str:
        of = f" of {self.config.model}" if self.config.model else ""
        return f"Run({str(self.folder)!r}, {self.config.study}{of}, {len(self.journal)} units)"

    @staticmethod
    def create(
        folder: Path,
        config: Config,
        study: Study,
        card: ModelCard,
        of: Identity | None = None,
        part: shards.Part | None = None,
    ) -> Run:
        """Make the folder. One that holds a run already is refused unless it is this very run (then: resume it): the
        same configuration, the same `part` of it, and units that are `of` the same model, questions and protocol."""
        Run.check(folder)
        path = folder / "config.toml"
        there = None
        try:
            there = Config.load(folder, lambda name: study) if os.path.isfile(path) else None
        except UserError:
            units = list(Journal(folder, UNIT))
            if units and (of is None or any(unit.get("of") != of.hash for unit in units)):
                raise
        if there is not None and (changed := there.changes(config)):
            raise UserError(
                f"{str(folder)!r} holds another run ({'; '.join(changed)}): give another --out, or resume it"
            )
        make_folder(folder)
        if there is not None or os.path.isfile(folder / shards.FILE):
            shards.check_same(folder, part)
        elif part is not None:
            write(folder / shards.FILE, part.dumps())
        if there is None:
            write(path, config.dumps())
        run = Run(folder, lambda name: study)
        run.claim(card, of)
        return run

    @staticmethod
    def check(folder: Path) -> None:
        """Refuse a folder that holds something else than a run."""
        try:
            str(folder).encode()
            names = [one.name for one in folder.iterdir()] if os.path.isdir(folder) else []
        except UnicodeEncodeError as error:
            raise UserError(f"the name {str(folder)!r} is not UTF-8 text: give another --out") from error
        except OSError as error:
            raise UserError(f"cannot read {str(folder)!r}: {error.strerror}") from error
        strange = [name for name in names if name not in OURS and not name.endswith(".part")]
        if strange and "config.toml" not in names:
            raise UserError(f"{str(folder)!r} is not empty and no run folder: give another --out")

    def claim(self, card: ModelCard, of: Identity | None) -> None:
        """Hold the folder to what its units are of, and write down what is missing."""
        if of is not None and (text := identity.claim(self.folder, of, self.journal)) is not None:
            write(self.folder / identity.FILE, text)
        try:
            _ = self.card
        except UserError:  # not there, or damaged
            write(self.folder / "model.json", _json(card_as_dict(card)))

    @property
    def identity(self) -> Identity:
        """What the units are of; `UserError` for a folder that does not say."""
        found = identity.load(self.folder)
        if found is None:
            raise identity.unsaid(self.folder)
        return found

    @property
    def card(self) -> ModelCard:
        """Who answered."""
        found = loaded(self.folder / "model.json", f"thinkaloud resume {self.folder} writes it anew")
        try:
            return msgspec.convert(found, ModelCard)
        except msgspec.ValidationError as error:
            raise UserError(f"{str(self.folder / 'model.json')!r} is no model card") from error

    @property
    def units(self) -> list[Mapping[str, Any]]:
        """Every unit of this run that was recorded, failed ones too. Those of another model, other questions or another
        protocol, which somebody else put there, are not among them, nor those of an earlier attempt that the run, once
        through, did not ask for. `UserError` for a record that does not fit its type."""
        units = [u for u in self._recorded if self.asked_for is None or u["unit"] in self.asked_for]
        for unit in units if self.study.record is not None else ():
            if (one := (unit["unit"], unit["status"])) not in self._checked:  # once: a look at records costs time
                self._check(unit)
                self._checked.add(one)
        return units

    @property
    def _recorded(self) -> list[Mapping[str, Any]]:
        try:
            found = identity.load(self.folder)
        except UserError:
            found = None
        of = None if found is None else found.hash
        return [u for u in self.journal if of is None or u.get("of") == of]

    def _check(self, unit: Mapping[str, Any]) -> None:
        """`UserError` where a record of what the study measures is not of its type."""
        for place, record in enumerate(unit["records"] if unit["phase"] == self.study.name else ()):
            where = f"{str(self.journal.file(unit['unit']))!r}, record {place} of unit {unit['unit']}"
            check(record, self.study.record, where)

    def remarks(self) -> list[str]:
        """What lies in the folder and is not counted, in sentences."""
        others = len(self.journal) - len(self._recorded)
        said = [f"{others} units in {str(self.folder)!r} are of another model, other questions or another protocol"]
        return [*self.journal.remarks(), *(f"{one}, and are not counted" for one in said if others)]

    @property
    def part(self) -> shards.Part | None:
        """Which part of a run this is; None where it is a whole one."""
        return shards.Part.load(self.folder)

    def write_part(self, part: shards.Part) -> None:
        """shard.json anew, once more is known of it."""
        write(self.folder / shards.FILE, part.dumps())

    @property
    def unfinished(self) -> str | None:
        """How far the run is, in a few words; None once it is through. A shard never is: its run is another folder."""
        if (part := self.part) is not None:
            return f"{shards.told(part, self.units, self.study.name)} of shard {part.shard}"
        if os.path.isfile(self.folder / "notes.json"):
            return None
        done = sum(u["phase"] == self.study.name and u["status"] == "ok" for u in self.units)
        config = self.config
        expected = self.study.expected(config.settings, len(config.tasks), config.items)
        return f"{done} units" if expected is None else f"{done} of {expected} units"

    @property
    def records(self) -> Sequence[Record]:
        """Every record of what the study measures (not of the search for the edge), subject by subject. Of a large run
        they stay in its files, and are read anew each time somebody goes through them."""
        units = [u for u in self.units if u["phase"] == self.study.name]
        found = ordered(self.study, self.config.settings, units)
        return chained(found[subject] for subject in sorted(found))

    @property
    def findings(self) -> Findings:
        """The estimates, as `findings.json` holds them: a list, which a notebook shows as a table."""
        return read_findings(self.folder)

    def estimates(self, task: str | None = None, name: str | None = None, **about: Part) -> list[Estimate]:
        """The estimates that fit what is given: a task, a name, parts of what they are about (`Estimate.about`), as in
        `run.estimates(arm="F2", budget=1000)`. `UserError` for a task, name or part that none of the run has."""
        return lookup.find(self.findings, task, name, about)

    def estimate(self, task: str | None = None, name: str | None = None, **about: Part) -> Estimate:
        """The only estimate that fits; `UserError` with what there is where none does, or several do."""
        return lookup.find_one(self.findings, task, name, about)

    def get(self, task: str, name: str) -> Estimate:
        """The estimate of a task by its name: `run.get("chain_sum", "externalised share")`."""
        return self.estimate(task, name)

    def item(self, item: str, **which: Part) -> Record:
        """The record of an item (docs/notebook.md has its fields). `item` is the beginning of its id, or of the last
        part of it; `which` are fields that say which record, where a study makes several of an item (`arm`, `sample`).
        `UserError` where it is not exactly one."""
        return lookup.find_item(self.records, item, which)

    @property
    def figures(self) -> dict[str, str]:
        """The figures of this run's report: their names, for `figure`, and their titles."""
        return {one.id: one.title for one in self.study.page.figures if self._drawing(one) is not None}

    def figure(self, name: str) -> Drawing:
        """A figure of the report by its name (`figures`), which a notebook shows. `UserError` where there is none of
        this name, or it has nothing to draw for this run."""
        named = {one.id: one for one in self.study.page.figures}
        if name not in named:
            raise unknown(f"figure of {self.study.name}", name, named)
        if (found := self._drawing(named[name])) is None:
            raise UserError(f"the figure {name!r} has nothing to draw for this run; there are {list(self.figures)}")
        return found

    def _drawing(self, figure: Figure) -> Drawing | None:
        return notebook.drawing(figure, self.findings, self.records)

    def _repr_html_(self) -> str:
        """The run at a glance, in a notebook."""
        so_far = self.unfinished
        head = f"{self!r}{'' if so_far is None else f': not finished, {so_far} are done'}"
        if not os.path.isfile(self.folder / "findings.json"):
            return notebook.head_html(head)
        return notebook.run_html(head, self.findings, self.study.page)

    @property
    def bill(self) -> dict[str, Any]:
        """Tokens and seconds of all recorded units, also of those that a run, once through, did not ask for. Tokens are
        those of one process that was not interrupted: what several computed again for themselves
        (`models/preambles.py`) is counted once."""
        spent = [unit["usage"] for unit in self._recorded]
        total = asdict(sum((Usage(**{name: one[name] for name in BILLED}) for one in spent), Usage()))
        wall = round(sum(one["wall"] for one in spent), 3)
        computed, seconds = once(spent), round(total["seconds"], 3)
        return {**total, "computed": computed, "seconds": seconds, "wall_seconds": wall, "units": len(spent)}

    @overload
    def frame(self, kind: Literal["duckdb"] = "duckdb") -> DuckDBPyRelation: ...

    @overload
    def frame(self, kind: table.Kind) -> Any: ...

    def frame(self, kind: table.Kind = "duckdb") -> Any:
        """The findings as a tidy table: one row an estimate, the parts of what it is about in columns of their own
        (`runs/table.py`).

        Without an argument a relation of DuckDB, which thinkaloud installs anyway: it is typed, knows null, prints as a
        table, and answers SQL (`run.frame().filter("arm = 'F2' and n >= 20")`). `"pandas"`, `"polars"` and `"arrow"`
        give a table of theirs, where they are installed; `UserError` where they are not."""
        return table.frame(self.findings, kind)

    def report(
        self, out: str | Path | None = None, found: Sequence[Finding] | None = None, bets: Sequence[str] = ()
    ) -> Path:
        """Write report.html and report.md from what is recorded, into `out` or the folder itself; returns the path of
        the former. `found`: the findings, if not those of findings.json; `bets`: what was expected of this run, in
        sentences."""
        from thinkaloud.report.html import render_html
        from thinkaloud.report.layout import no_card
        from thinkaloud.report.markdown import render_markdown
        from thinkaloud.runs.about import meta

        about, where = {**meta(self), "bets": list(bets)}, Path(out) if out is not None else self.folder
        found = self.findings if found is None else found
        page, line = self.study.page, self.study.card.line if self.study.card else no_card
        write(where / "report.md", render_markdown(found, about, page, line))
        write(where / "report.html", render_html(found, self.records, about, page, line))
        return where / "report.html"

    def write_results(self, found: Sequence[Finding], out: str | Path | None = None) -> None:
        """findings.json and bill.json, into `out` or the folder itself."""
        rows, where = [finding_as_dict(f) for f in found], Path(out) if out is not None else self.folder
        so_far = self.unfinished
        state = {} if so_far is None else {"unfinished": so_far}
        write(where / "findings.json", _json({"format": FORMAT, **state, "findings": rows}))
        write(where / "bill.json", _json(self.bill))

    def note(self, notes: Sequence[str]) -> None:
        """notes.json: what the run decided on the way, such as the edge, in sentences."""
        write(self.folder / "notes.json", _json(list(notes)))

    @property
    def notes(self) -> list[str]:
        """The sentences of `note`."""
        path = self.folder / "notes.json"
        if not os.path.isfile(path):
            return []
        found = loaded(path, f"thinkaloud resume {self.folder} writes it anew")
        return [str(line) for line in found] if isinstance(found, list) else []


def _asked_for(folder: Path) -> frozenset[str] | None:
    """The units that a run was made of when it was last through."""
    try:
        found = manifest.Manifest.load(folder)
    except UserError:  # damaged: `verify` says so
        return None
    return None if found is None else frozenset(unit for unit, _ in found.units)


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {str(folder)!r}: {error.strerror}") from error


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, there is nothing to clear away
            part.unlink(missing_ok=True)
        raise CannotWrite(f"cannot write {str(path)!r}: {error.strerror}; recorded units are safe") from error


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
