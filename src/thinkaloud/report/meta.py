"""What a report says about a run besides its numbers: who answered, how it was asked, what it cost."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thinkaloud.runs.folder import Run


def meta(run: Run) -> dict[str, Any]:
    """Plain data for the report of `run`."""
    import thinkaloud
    from thinkaloud.studies.registry import open_study

    config = run.config
    study = open_study(config.study)
    command = (
        f"thinkaloud run {config.study} --model {config.model} --task {','.join(config.tasks)} --items {config.items} "
        f"--difficulty {config.difficulty} --seed {config.seed}"
    )
    return {
        "study": config.study,
        "question": study.question,
        "model": run.card,
        "versions": {"thinkaloud": thinkaloud.__version__, "python": platform.python_version()},
        "command": command,
        "seed": config.seed,
        "settings": {"shots": config.settings.shots, "temperature": config.settings.temperature},
        "bill": run.bill,
        "notes": run.notes,
    }
