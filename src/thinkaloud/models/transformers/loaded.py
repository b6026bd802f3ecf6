"""From files to a network in memory: precision and device. GGUF files are unpacked before (`unpack.py`).

Adapters of one model are swapped: the model is read once and stays in memory until another one is asked for. Each
adapter gets a copy that shares all weights but those that the adapter changes.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading
from thinkaloud.models.transformers.files import adapted, parameters
from thinkaloud.models.transformers.unpack import unpacked

EXACT_PARAMETERS = 1_000_000_000  # above this, four bytes a weight are too much to take unasked


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network in evaluation mode on its device, and its tokenizer. `exact`: every weight is float32."""

    model: Any
    tokenizer: Any
    exact: bool


def load(path: Path, loading: Loading) -> Loaded:
    """Load a folder or a GGUF file."""
    device = chosen(loading.device)
    with quiet():
        try:
            folder = unpacked(path, loading.precision) if path.is_file() else (adapted(path) or path)
            weights = parameters(folder)  # always: it is also seen whether the files are whole
            wide = loading.precision == "exact" or (loading.precision == "auto" and weights <= EXACT_PARAMETERS)
            if path.is_file() or folder == path:
                _base.cache_clear()
                model, tokenizer = _folder(folder, wide)
            else:
                model, tokenizer = _with_adapter(_base(folder, _changed(folder), wide), path)
            exact = loading.precision != "native" and model.dtype == torch.float32
            model = model.eval().requires_grad_(False).to(device)
        except UserError:
            raise
        except Exception as error:  # transformers raises what its readers raise: torn files, unknown architectures
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            raise UserError(f"transformers could not load {str(path)!r}: {reason[:300]}") from error
    if exact and device.type == "cuda":
        torch.set_float32_matmul_precision("highest")  # no TF32
    return Loaded(model, tokenizer, exact)


def weights_digest(network: Any) -> str:
    """SHA-256 over the names, types and bytes of all weights of a network in memory."""
    found = hashlib.sha256()
    for name, weight in network.state_dict().items():
        found.update(f"{name} {weight.dtype} {tuple(weight.shape)}\n".encode())
        found.update(weight.detach().contiguous().view(torch.uint8).cpu().numpy().tobytes())
    return found.hexdigest()


def chosen(device: str) -> torch.device:
    """The device; `auto` is the first available of cuda, mps and cpu."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _mps() else "cpu")
    try:
        named = torch.device(device)
    except RuntimeError as error:
        raise UserError(f"no device {device!r}: auto, cpu, cuda, cuda:1 or mps") from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _mps()}.get(named.type, False)
    if not there or (named.type == "cuda" and (named.index or 0) >= torch.cuda.device_count()):
        raise UserError(f"device {device!r} is not there (or this torch was built without it): --device cpu")
    return named


def _mps() -> bool:
    return bool(torch.backends.mps.is_available())


def _folder(path: Path, wide: bool) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _unpickled(path, "*.safetensors")
    dtype = torch.float32 if wide else "auto"
    model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, use_safetensors=True)
    return model, AutoTokenizer.from_pretrained(path)


def _unpickled(path: Path, files: str) -> None:
    """`UserError` for weights that are kept as a pickle, which is a program and no file of numbers."""
    if not any(path.glob(files)):
        there = ", ".join(sorted(file.name for file in path.glob("*.bin"))[:3]) or "no weights"
        raise UserError(
            f"{str(path)!r} has no {files} but {there}: pickled weights can run any program and are not loaded; save "
            "the model again (save_pretrained writes safetensors)"
        )


@functools.lru_cache(1)
def _base(path: Path, changed: float, wide: bool) -> tuple[Any, Any]:
    """The model that adapters change, and its tokenizer; `changed`: when its files were."""
    return _folder(path, wide)


def _changed(folder: Path) -> float:
    return max(file.stat().st_mtime for file in folder.iterdir())


def _with_adapter(base: tuple[Any, Any], path: Path) -> tuple[Any, Any]:
    """The model with a LoRA adapter added to its weights: it is then as fast as without."""
    try:
        from peft import PeftModel
    except ImportError as error:
        raise UserError(f"{str(path)!r} is a LoRA adapter, which needs peft: pip install 'thinkaloud[lora]'") from error
    _unpickled(path, "adapter_model.safetensors")
    model, tokenizer = base
    # a copy whose weights are other names for the same memory: a safe merge gives those it changes memory of their own,
    # and biases, which an adapter may bring whole and which are small, have theirs from the beginning
    shared = {
        id(w): torch.nn.Parameter(w.data.clone() if w.dim() < 2 else w.data, requires_grad=False)
        for w in model.parameters()
    }
    copied = copy.deepcopy(model, {**shared, **{id(one): one for one in model.buffers()}})
    return PeftModel.from_pretrained(copied, str(path)).merge_and_unload(safe_merge=True), tokenizer


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress progress bars and advice on stderr, where a run draws its own progress; errors are still raised."""
    import transformers.utils

    logging: Any = transformers.utils.logging  # untyped

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.set_verbosity(before)
