"""What a report says about a run besides its numbers: who answered, how it was asked, what it cost."""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from thinkaloud._version import __version__
from thinkaloud.runs.failures import failures
from thinkaloud.runs.missing import missing
from thinkaloud.settings import Option, options
from thinkaloud.vocabulary import ModelCard

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run


def meta(run: Run) -> dict[str, Any]:
    """Plain data for the report of `run`."""
    config, study = run.config, run.study
    return {
        "study": study.name,
        "question": study.question,
        **({"model": card_as_dict(run.card)} if "model" in study.takes else {}),
        "versions": _versions(),
        "date": datetime.fromtimestamp((run.folder / "model.json").stat().st_mtime, UTC).date().isoformat(),
        "command": config.command(study),
        "seed": config.seed,
        "settings": _settings(config.settings),
        **_bill(run),
        "unfinished": _unfinished(run),
        "failed": failures(run.units).sentences(),
        ("notes" if "tasks" in study.takes else "remarks"): run.notes,
        "ruler": study.card.sentences() if study.card else [],
        "limits": list(study.limits),
    }


def _bill(run: Run) -> dict[str, Any]:
    """What it cost; no tokens where no model was asked."""
    bill = run.bill
    asked = "model" in run.study.takes
    return {"bill": bill} if asked else {"work": {name: bill[name] for name in ("wall_seconds", "units")}}


def card_as_dict(card: ModelCard) -> dict[str, Any]:
    """A model card as plain JSON."""
    return {**asdict(card), "capabilities": sorted(card.capabilities), "details": dict(card.details)}


def _settings(settings: Any) -> dict[str, Any]:
    """All that was set, in words; tuples with commas."""
    return {option.flag: _word(option, getattr(settings, option.name)) for option in options(type(settings))}


def _word(option: Option, value: Any) -> Any:
    return option.text(value) if option.many or value is None else value


def _unfinished(run: Run) -> str | None:
    """That a report is of part of a run, or lacks units that failed; None where it has all."""
    failed = sum(unit["status"] != "ok" for unit in run.units)
    said = [] if (so_far := run.unfinished) is None else [f"This run is not finished: {so_far} were done."]
    said += [f"{failed} {'unit' if failed == 1 else 'units'} failed."] if failed else []
    lacking = [missing(run)] if so_far is not None else []
    return " ".join([*said, *filter(None, lacking), "The numbers are of the rest alone."]) if said else None


def _versions() -> dict[str, str]:
    found = {"thinkaloud": __version__, "python": platform.python_version()}
    for package in ("numpy", "xllamacpp", "llama-cpp-python", "reasoning-gym"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
