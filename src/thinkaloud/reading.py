"""JSON and TOML from files, servers and other programs: whatever they hold, a value or one kind of error.

The readers of the standard library raise other things besides: `RecursionError` for what is nested too deep, and a bare
`ValueError` for a whole number of thousands of digits. Here both are errors of the text like any other. This module
knows nothing of what is read.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

DEEP = "it is nested too deep"
Pairs = Callable[[list[tuple[str, Any]]], Any]


def json_of(text: str | bytes, pairs: Pairs | None = None) -> Any:
    """The value of a text of JSON; `json.JSONDecodeError`, which is a `ValueError`, where it is none. `pairs`: makes
    an object from its fields."""
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        why = DEEP if isinstance(error, RecursionError) else str(error)
        raise json.JSONDecodeError(why, "", 0) from error


def toml_of(text: str) -> dict[str, Any]:
    """The table of a text of TOML; `tomllib.TOMLDecodeError`, which is a `ValueError`, where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise tomllib.TOMLDecodeError(DEEP if isinstance(error, RecursionError) else str(error)) from error
