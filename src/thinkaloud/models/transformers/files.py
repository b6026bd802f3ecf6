"""From what a user wrote to files on this machine, and a digest of them.

A folder stays where it is; a hub's repository is fetched once into the hub client's own cache. Knows nothing of torch.
"""

from __future__ import annotations

import hashlib
import re
from os.path import isdir, isfile
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.models.headers import check_safetensors
from thinkaloud.models.llama_cpp.model import file_digest
from thinkaloud.models.places import expanded
from thinkaloud.reading import json_of

# what loading needs; weights in subfolders are other formats of the same
FETCHED = ["*.safetensors", "*.json", "*.model", "*.jinja", "*.txt"]
ELSEWHERE = ["*/*", "consolidated*", "training_args*", "optimizer*"]
# what decides the numbers: weights and their shape, the tokens, and how turns are written and end
IDENTITY = (
    "*.safetensors", "*.bin", "*.gguf", "*.index.json", "config.json", "generation_config.json",
    "tokenizer.json", "tokenizer.model", "*.tiktoken", "spiece.model", "vocab.json", "vocab.txt", "merges.txt",
    "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "*.jinja", "additional_chat_templates/*",
)  # fmt: skip
ASIDE = ("training_args", "optimizer", "consolidated")

_HUB = re.compile(r"(hf:)?(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
_BLOB = re.compile(r"[0-9a-f]{64}")


ADAPTER = "adapter_config.json"
"""A folder with this file holds a LoRA adapter, and names the model that it changes."""


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder holds a model or an adapter."""
    return any((folder / name).is_file() for name in ("config.json", ADAPTER))


def adapted(folder: Path) -> Path | None:
    """The folder of the model that an adapter changes; None where the folder is no adapter. A path in it is looked for
    beside the adapter, too."""
    if isfile(folder) or not (folder / ADAPTER).is_file():
        return None
    try:
        base = json_of((folder / ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{str(folder / ADAPTER)!r} does not name its model (`base_model_name_or_path`)") from error
    beside = folder / str(base)
    return located(beside if isdir(beside) else str(base))[0]


def located(where: str | Path) -> tuple[Path, str]:
    """The folder or GGUF file that is meant, and what to call it."""
    path = expanded(where)
    if isdir(path):
        if not is_checkpoint(path):
            found = [p.name for p in sorted(path.glob("*.gguf"))]
            hint = f": name a file in it, {', '.join(found[:5])}" if found else ""
            raise UserError(f"{str(where)!r} holds no config.json, so it is no model folder{hint}")
        return path, path.resolve().name
    if isfile(path):
        if path.suffix != ".gguf":
            raise UserError(f"{str(where)!r} is neither a folder with config.json nor a .gguf file")
        return path, path.stem
    match = _HUB.fullmatch(str(where))
    if match is None or path.suffix == ".gguf":
        raise UserError(f"there is no folder, file or hub repository {str(where)!r} (a hub's is ORG/NAME)")
    return _fetched(match["name"], match["revision"]), str(where).removeprefix("hf:")


def _fetched(name: str, revision: str | None) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise UserError(f"{name!r} comes from a hub: pip install 'thinkaloud[transformers]'") from error
    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=FETCHED, ignore_patterns=ELSEWHERE))
    except Exception as error:  # the client raises a dozen kinds, for the network and for names
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise UserError(
            f"could not get {name!r} from the hub ({reason[:200]}): check the name and the network, "
            "or give the path of a folder"
        ) from error
    if not (folder / "config.json").is_file():
        raise UserError(f"{name!r} holds no config.json: if it offers GGUF files, name one: hf:{name}/FILE.gguf")
    return folder


def digest(path: Path) -> str:
    """SHA-256 over names and contents of the files that decide the numbers, of an adapter with those of its model; of a
    GGUF file, its own."""
    if isfile(path):
        return file_digest(path)
    if (base := adapted(path)) is not None:
        parts = (digest(base), file_digest(path / ADAPTER), *map(file_digest, sorted(path.glob("adapter_model.*"))))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    found = {file for pattern in IDENTITY for file in path.glob(pattern) if file.is_file()}
    files = sorted(file for file in found if not file.name.startswith(ASIDE))
    lines = [f"{file.relative_to(path)} {_contents(file)}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _contents(file: Path) -> str:
    # a hub's cache names large files by their SHA-256, so they need not be read for it
    target = file.resolve()
    return target.name if file.is_symlink() and _BLOB.fullmatch(target.name) else file_digest(file)


def parameters(path: Path) -> int:
    """Number of weights in a folder, from the headers of its files; 0 where they do not say. `UserError` for a file
    that is not whole."""
    return sum(map(check_safetensors, path.glob("*.safetensors")))
