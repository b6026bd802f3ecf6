"""What a report says about a run besides its numbers: who answered, how it was asked, what it cost."""

from __future__ import annotations

import platform
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import thinkaloud

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run


def meta(run: Run) -> dict[str, Any]:
    """Plain data for the report of `run`."""
    from thinkaloud.report.layouts import LAYOUTS
    from thinkaloud.runs.failures import failures
    from thinkaloud.studies.base import Settings
    from thinkaloud.studies.registry import open_study

    config, usual = run.config, Settings()
    settings = {name: getattr(config.settings, name) for name in ("shots", "temperature", "paraphraser", "samples")}
    unusual = {name: value for name, value in settings.items() if value != getattr(usual, name)}
    study = open_study(config.study)
    command = (
        f"thinkaloud run {config.study} --model {config.model} --task {','.join(config.tasks)} --items {config.items} "
        f"--difficulty {config.difficulty} --seed {config.seed}"
    ) + "".join(f" --{name} {value}" for name, value in unusual.items())
    return {
        "study": config.study,
        "question": study.question,
        "model": run.card,
        "versions": _versions(),
        "date": datetime.fromtimestamp((run.folder / "model.json").stat().st_mtime, UTC).date().isoformat(),
        "command": command,
        "seed": config.seed,
        "settings": {"shots": settings["shots"], "temperature": settings["temperature"], **unusual},
        "bill": run.bill,
        "unfinished": _unfinished(run),
        "failed": failures(run.units).sentences(),
        "notes": run.notes,
        "ruler": _ruler(config.study) if config.study in LAYOUTS else [],
        "limits": list(study.limits),
    }


def _unfinished(run: Run) -> str | None:
    """That a report is of part of a run, or lacks units that failed; None where it has all."""
    failed = sum(unit["status"] != "ok" for unit in run.units)
    said = [] if (so_far := run.unfinished) is None else [f"This run is not finished: {so_far} were done."]
    said += [f"{failed} {'unit' if failed == 1 else 'units'} failed."] if failed else []
    return " ".join([*said, "The numbers are of the rest alone."]) if said else None


def _ruler(study: str) -> list[str]:
    """What is known of the instrument where the truth is known."""
    from thinkaloud.ruler import cards, rungs_card

    return rungs_card.sentences() if study == "rungs" else cards.sentences(study)


def _versions() -> dict[str, str]:
    found = {"thinkaloud": thinkaloud.__version__, "python": platform.python_version()}
    for package in ("numpy", "xllamacpp", "llama-cpp-python", "reasoning-gym"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
