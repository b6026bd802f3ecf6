"""Values as they are written on a command line: a budget (`4k`), a run with its size (`FOLDER=135e6`)."""

from __future__ import annotations

import os

from thinkaloud.errors import UserError


def budget(given: str) -> int:
    """`4k` is 4000."""
    number = given.strip().lower().removesuffix("k")
    if not number.isdigit():
        raise UserError(f"{given!r} is no budget: give one like 500 or 4k")
    return int(number) * (1000 if given.strip().lower().endswith("k") else 1)


def run_size(given: str) -> tuple[str, float | None]:
    """`FOLDER` or `FOLDER=PARAMETERS`; a folder may have an equals sign in its name."""
    folder, equals, parameters = given.rpartition("=")
    if not equals or os.path.isdir(given):
        return given, None
    try:
        return folder, float(parameters)
    except ValueError as error:
        raise UserError(f"{parameters!r} is no number of parameters: give one like {folder}=135e6") from error
