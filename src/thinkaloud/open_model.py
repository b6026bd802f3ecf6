"""From a name to a model. Nothing here is needed by someone who passes a model object.

    smollm2-135m                      the embedded real model
    FILE.gguf, hf:ORG/REPO/FILE.gguf  a GGUF file, through llama.cpp
    FOLDER, hf:ORG/REPO[@REVISION]    a checkpoint, through transformers (transformers:FILE.gguf for a GGUF file)
    http://HOST:PORT/v1#NAME          a server that speaks OpenAI's completions
    inspect:PROVIDER/NAME             a hosted model, through Inspect
    scripted:RULE, organism:NAME      reasoners whose truth is known; routed:SHARE:MODEL makes one of any model, and
                                      blocked:MODEL gives any a block to reason in

What needs an extra is imported when it is asked for.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError, unknown
from thinkaloud.models.llama_cpp.model import LlamaCpp
from thinkaloud.models.loading import Loading
from thinkaloud.models.named import NAMED, SMOLLM2_SHA256, smollm2
from thinkaloud.models.places import expanded
from thinkaloud.vocabulary import Model

FORMS = {
    "FILE.gguf": "a GGUF file, or hf:ORG/REPO/FILE.gguf from a hub",
    "FOLDER": "a checkpoint for transformers, or hf:ORG/REPO[@REVISION] from a hub",
    "transformers:FILE.gguf": "a GGUF file, or smollm2-135m, through transformers",
    "http://HOST/v1#NAME": "a server: llama-server, vLLM, SGLang, or any with OpenAI's completions",
    "inspect:PROVIDER/NAME": "a hosted model, through Inspect's providers",
    "routed:SHARE:MODEL": "any of these behind a gate that decides what its answer call sees",
    "blocked:MODEL": "any of these as a model that reasons in a thinking block of its own",
}
"""Other ways to name a model."""
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
"""How a hub calls a repository: ORG/NAME, and perhaps its revision."""


def model_names() -> dict[str, str]:
    """Short names with a description: built in, scripted, and what installed packages offer."""
    from thinkaloud.organisms.open import organism_names
    from thinkaloud.organisms.scripted import scripted_names

    names = dict(NAMED)
    names |= {f"scripted:{rule}": f"a scripted reasoner: {why}" for rule, why in scripted_names().items()}
    names |= {f"organism:{spec}": f"a trained organism: {why}" for spec, why in organism_names().items()}
    names |= {point.name: f"from {point.value}" for point in _entry_points()}
    return names


def open_model(model: str | Model, loading: Loading | None = None) -> Model:
    """A model from a name (the forms are listed above), or an object that is one already."""
    if not isinstance(model, str):
        if not isinstance(model, Model):
            raise UserError(f"{model!r} is no model: it needs `card`, `generate` and `score`")
        return model
    loading = loading or Loading()
    if model == "smollm2-135m":
        return LlamaCpp(smollm2(), model, loading, SMOLLM2_SHA256)  # checked there
    kind, colon, rest = model.partition(":")
    if colon and kind in OPENERS:
        return OPENERS[kind](rest, loading)
    for point in _entry_points():
        if point.name == model:
            found: Any = point.load()
            return open_model(found() if isinstance(found, type) else found, loading)
    path = expanded(model)
    if isdir(path):
        return _transformers(str(path), loading)
    if path.suffix == ".gguf" or exists(path):
        if not isfile(path):
            near = [p.name for p in path.parent.glob("*.gguf")] if isdir(path.parent) else []
            hint = f"; in that folder: {', '.join(sorted(near)[:5])}" if near else ""
            raise UserError(f"there is no model file {model!r}{hint}")
        return LlamaCpp(path, None, loading)
    if HUB_NAME.fullmatch(model):
        raise UserError(f"no model named {model!r}; for a checkpoint of a hub give 'hf:{model}'")
    if colon:
        raise unknown("kind of model", f"{kind}:", (f"{one}:" for one in OPENERS))
    raise unknown("model", model, model_names())


def _scripted(rule: str, loading: Loading) -> Model:
    from thinkaloud.organisms.scripted import scripted
    from thinkaloud.organisms.simulated import simulated

    if rule.startswith("board:"):
        from thinkaloud.studies.odds.talkers import talker

        return talker(f"scripted:{rule}")
    return simulated(rule.removeprefix("sim:")) if rule.startswith("sim:") else scripted(rule)


def _organism(spec: str, loading: Loading) -> Model:
    from thinkaloud.organisms.open import open_organism

    return open_organism(spec, loading)


def _routed(spec: str, loading: Loading) -> Model:
    from thinkaloud.organisms.routing import routed

    share, _, name = spec.partition(":")
    try:
        dial = float(share)
    except ValueError as error:
        raise UserError(f"'routed:{spec}' needs a number from 0 to 1 and a model: routed:0.5:smollm2-135m") from error
    return routed(open_model(name, loading), dial)


def _blocked(spec: str, loading: Loading) -> Model:
    from thinkaloud.organisms.blocked import Blocked

    return Blocked(open_model(spec, loading))


def _hub(name: str, loading: Loading) -> Model:
    if name.endswith(".gguf"):
        return LlamaCpp(_hub_file(name), None, loading)
    return _transformers(name, loading)


def _transformers(where: str, loading: Loading) -> Model:
    from thinkaloud.models.transformers import open_transformers

    return open_transformers(smollm2() if where in NAMED else where, loading)


def _server(scheme: str) -> Callable[[str, Loading], Model]:
    def opener(rest: str, loading: Loading) -> Model:
        from thinkaloud.models.http import open_http

        return open_http(f"{scheme}:{rest}", loading)

    return opener


def _inspect(spec: str, loading: Loading) -> Model:
    from thinkaloud.models.inspect import open_inspect

    return open_inspect(spec, loading)


OPENERS: dict[str, Callable[[str, Loading], Model]] = {
    "scripted": _scripted,
    "organism": _organism,
    "routed": _routed,
    "blocked": _blocked,
    "hf": _hub,
    "transformers": _transformers,
    "http": _server("http"),
    "https": _server("https"),
    "inspect": _inspect,
}
"""What stands before the colon of a name, and what opens the rest."""


def _entry_points() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group="thinkaloud.models")


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
