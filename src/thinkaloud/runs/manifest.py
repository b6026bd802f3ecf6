"""What a finished run consists of: `manifest.json`, against which `thinkaloud verify` holds the folder.

It names the code that made the run, the files with their digests, and every unit that the program asked for with the
digest of what it found, in the order of `order.py`. It holds no times and no token counts: a run of one process, one
that was killed and resumed, and one merged from shards have the same one, byte for byte. It proves that a folder is
whole and of one piece, not who made it: whoever can write the folder can write the manifest anew, and `seal_of` is the
one number to publish or to compare.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thinkaloud._version import __version__
from thinkaloud.errors import UserError
from thinkaloud.models.profile import Profile
from thinkaloud.runs.order import unit_digest
from thinkaloud.runs.typed import typed

FILE = "manifest.json"
FILES = ("config.toml", "model.json", "notes.json", "findings.json")
"""Files that are the same however a run came about; `identity.json` also says where it was begun, and is held against
the units instead."""
PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`code`: digest of the package that made the run; `of`: the hash that every unit carries; `profile`: how the model
    reasons in a block, without which the program cannot be gone through again; `files`: digests by name; `units`: the
    key and the digest of each."""

    thinkaloud: str
    code: str
    of: str
    profile: Profile | None
    files: dict[str, str]
    units: tuple[tuple[str, str], ...]

    @staticmethod
    def load(folder: Path) -> Manifest | None:
        """Of a folder; None for one without, `UserError` where the file cannot be read."""
        return typed(folder / FILE, Manifest, f"thinkaloud resume {folder} writes it anew")

    def dumps(self) -> str:
        """As JSON, a unit a line."""
        head = {name: value for name, value in asdict(self).items() if name != "units"}
        units = ",\n".join(json.dumps(unit) for unit in self.units)
        return json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "units": [\n{units}\n ]\n}}\n'


def manifest_of(folder: Path, of: str, profile: Profile | None, units: Sequence[Mapping[str, Any]]) -> Manifest:
    """Of a folder whose other files are written, made by the code that is running."""
    listed = tuple((str(unit["unit"]), unit_digest(unit)) for unit in units)
    files = {name: file_digest(folder / name) for name in FILES}
    return Manifest(thinkaloud=__version__, code=code(), of=of, profile=profile, files=files, units=listed)


def file_digest(path: Path) -> str:
    """Of a file's bytes."""
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error


def seal_of(folder: Path) -> str:
    """The digest of the manifest itself."""
    return file_digest(folder / FILE)


@functools.cache
def code() -> str:
    """The digest of every Python file of the package that is running."""
    whole = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix().encode()
        whole.update(b"%d %b %d " % (len(name), name, path.stat().st_size) + path.read_bytes())
    return f"sha256:{whole.hexdigest()}"
