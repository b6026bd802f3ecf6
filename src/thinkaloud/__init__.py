"""thinkaloud: how much of a language model's ability runs through reasoning that people can read?

`vocabulary` is the page to read first; `run` is the function to call first. Importing this package loads none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thinkaloud._version import __version__ as __version__

__all__ = ["open_model", "open_run", "open_task", "rescore", "resume", "run"]

if TYPE_CHECKING:
    from thinkaloud.api import open_model, open_run, open_task, rescore, resume, run


def __getattr__(name: str) -> Any:
    if name in __all__:
        from thinkaloud import api

        return getattr(api, name)
    raise AttributeError(f"module 'thinkaloud' has no attribute {name!r}")
