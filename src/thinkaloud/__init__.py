"""thinkaloud: how much of a language model's ability runs through reasoning that people can read?

`vocabulary` is the page to read first; `run` is the function to call first. `dir(thinkaloud)` lists what there is.
Importing this package loads none of it: each name is loaded when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from thinkaloud._version import __version__ as __version__

if TYPE_CHECKING:
    from thinkaloud.api import challenge as challenge
    from thinkaloud.api import compare as compare
    from thinkaloud.api import merge as merge
    from thinkaloud.api import open_model as open_model
    from thinkaloud.api import open_run as open_run
    from thinkaloud.api import open_study as open_study
    from thinkaloud.api import open_task as open_task
    from thinkaloud.api import own_ruler as own_ruler
    from thinkaloud.api import place as place
    from thinkaloud.api import plan as plan
    from thinkaloud.api import register as register
    from thinkaloud.api import rescore as rescore
    from thinkaloud.api import resume as resume
    from thinkaloud.api import ruler as ruler
    from thinkaloud.api import run as run
    from thinkaloud.api import settings as settings
    from thinkaloud.api import trend as trend
    from thinkaloud.api import verify as verify
    from thinkaloud.api import wanted as wanted
    from thinkaloud.errors import ThinkaloudError as ThinkaloudError
    from thinkaloud.errors import UserError as UserError
    from thinkaloud.items.study import ItemStudy as ItemStudy
    from thinkaloud.models.loading import Loading as Loading
    from thinkaloud.runs.folder import Run as Run
    from thinkaloud.study import Study as Study
    from thinkaloud.study import Unit as Unit
    from thinkaloud.tasks.family import Family as Family
    from thinkaloud.vocabulary import Estimate as Estimate
    from thinkaloud.vocabulary import Finding as Finding
    from thinkaloud.vocabulary import Item as Item
    from thinkaloud.vocabulary import Key as Key
    from thinkaloud.vocabulary import ModelCard as ModelCard

_API = ("challenge", "compare", "merge", "open_model", "open_run", "open_study", "open_task", "own_ruler", "place",
        "plan", "register", "rescore", "resume", "ruler", "run", "settings", "trend", "verify", "wanted")  # fmt: skip
_WHERE = {
    **dict.fromkeys(_API, "api"),
    **dict.fromkeys(("ThinkaloudError", "UserError"), "errors"),
    **dict.fromkeys(("Estimate", "Finding", "Item", "Key", "ModelCard"), "vocabulary"),
    **dict.fromkeys(("Study", "Unit"), "study"),
    "Family": "tasks.family",
    "ItemStudy": "items.study",
    "Loading": "models.loading",
    "Run": "runs.folder",
}
"""Name -> the module below this package that it is loaded from."""
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        found = getattr(import_module(f"thinkaloud.{_WHERE[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'thinkaloud' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """This package. Importing `thinkaloud.settings` would put the module where `ta.settings` is a function (and the
    same for `ruler` and `compare`): a module never takes the place of a name in `__all__`."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
