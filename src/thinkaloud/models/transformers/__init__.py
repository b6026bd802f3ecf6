"""The torch backend: any causal model that transformers loads, from a folder, a hub or a GGUF file.

Importing this imports neither torch nor transformers; opening a model does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading

if TYPE_CHECKING:
    from thinkaloud.models.transformers.model import Transformers


def open_transformers(where: str | Path, loading: Loading | None = None, name: str | None = None) -> Transformers:
    """A model from a folder with `config.json`, from a `.gguf` file, or from a hub (`ORG/NAME` or `ORG/NAME@REVISION`).

    `name` is what reports call it; without one, the folder's, file's or repository's name.
    """
    import importlib.util
    import os

    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise UserError(f"{str(where)!r} needs {package}: pip install 'thinkaloud[transformers]'")
    # threads that wait by spinning starve each other as soon as anything else wants a core; read when torch is loaded
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from thinkaloud.models.transformers.model import opened

    return opened(where, loading or Loading(), name)
