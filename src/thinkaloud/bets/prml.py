"""PRML manifests: the lock of a question, in the format of `falsify` (prml/0.1; read from its Python code, 0.4.0).

    digest(manifest)     64 hex digits: SHA-256 of the manifest as block YAML with sorted keys
    made(...), claim_id  a new manifest, and its id (UUIDv7)
    load(path)           a manifest from JSON; `UserError` for what falsify would refuse too

`falsify` hashes the YAML that PyYAML writes. `canonical` writes the same bytes without either package, for what a
manifest may hold: text on one line, numbers, booleans, null, lists and tables. Tests hold it to PyYAML and, where it is
installed, to falsify. Manifests are kept as JSON, which falsify reads (`falsify verify QUESTION.json`).

Not known to this module: what a question is. It stands whole in `metric_args.thinkaloud`, the one field of the format
whose content is the author's own. PRML 0.2, YAML as input, signatures and timestamps are not supported.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from thinkaloud.errors import UserError
from thinkaloud.reading import json_of

Manifest = dict[str, Any]
VERSION = "prml/0.1"
OURS = "thinkaloud"
"""Our part of `metric_args`."""
NEEDED = ("version", "claim_id", "created_at", "metric", "comparator", "threshold", "dataset", "seed", "producer")
FIELDS = (*NEEDED, "model", "compute_envelope", "prior_hash", "notes", "metric_args")
INSIDE = {"dataset": (("id", "hash"), ("uri",)), "producer": (("id",), ("signature",))}
"""Table -> what it must and what it may have."""
COMPARATORS = (">=", "<=", ">", "<", "==")
LONGEST = {"metric": 256, "notes": 4096}
KEY = 100
"""Most characters of a key: YAML writes much longer ones, and empty ones, in another way."""
PATTERNS = {
    "claim_id": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}",
    "created_at": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
}
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff\U0010ffff]")
"""What the implementations of PRML do not write alike, and falsify refuses (all but the last four)."""
OTHERWISE = re.compile(
    r"""(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|~|null|Null|NULL||=|<<
    |[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
    |[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+
    |[0-9]{4}-[0-9]{2}-[0-9]{2}
    |[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
     (?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?)""",
    re.VERBOSE,
)
"""Text that YAML 1.1 would take for something else than text, so that it stands in quotes (PyYAML's resolver)."""


def canonical(manifest: Mapping[str, Any]) -> str:
    """The text that is hashed. A threshold is a float, as prml/0.1 has it."""
    threshold = manifest.get("threshold")
    whole = isinstance(threshold, int) and not isinstance(threshold, bool)
    meant = {**manifest, "threshold": float(manifest["threshold"])} if whole else manifest
    return "\n".join(_lines(meant, "")).rstrip() + "\n"


def digest(manifest: Mapping[str, Any]) -> str:
    """64 hex digits."""
    return hashlib.sha256(canonical(manifest).encode()).hexdigest()


def claim_id(now: datetime) -> str:
    """A UUIDv7: milliseconds, then chance."""
    raw = bytearray(int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6], raw[8] = raw[6] & 0x0F | 0x70, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def load(path: Path) -> Manifest:
    """The manifest in a JSON file."""
    try:
        found = json_of(path.read_text(encoding="utf-8"), _once)
    except OSError as error:
        raise UserError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{str(path)!r} is no PRML manifest in JSON: {error}") from error
    return check(found, str(path))


def check(manifest: Any, where: str) -> Manifest:
    """The manifest, if it is one that falsify takes; `UserError` with the first thing that is wrong."""
    if not isinstance(manifest, dict):
        raise UserError(f"{where} is no PRML manifest: it is no table")
    for wrong in _wrong(manifest):
        raise UserError(f"{where} is no PRML manifest: {wrong}")
    return manifest


def as_json(manifest: Mapping[str, Any]) -> str:
    """The text of its file."""
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def portable(value: Any) -> Any:
    """Plain data as every implementation of PRML writes it alike: text on one line in NFC, 1.0 as 1 (JavaScript knows
    no difference), tuples as lists."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", " ".join(value.split()))
    if isinstance(value, Mapping):
        return {str(name): portable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [portable(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


# ------------------------------------------------------------------------------------------------------------ checks


def _wrong(manifest: Mapping[str, Any]) -> list[str]:
    """What falsify would refuse, in words."""
    found = [f"it has no {name!r}" for name in NEEDED if name not in manifest]
    found += [f"{name!r} is no field of the format" for name in manifest if name not in FIELDS]
    if found:
        return found
    for name, (must, may) in INSIDE.items():
        table = manifest[name]
        if not isinstance(table, dict) or any(one not in table for one in must):
            return [f"{name} is {table!r}, and not a table with {' and '.join(must)}"]
        found += [f"{name}.{one} is no field of the format" for one in table if one not in (*must, *may)]
    if manifest["version"] != VERSION:
        found.append(f"its version is {manifest['version']!r}, and this reads {VERSION!r}")
    for name, pattern in PATTERNS.items():
        if not re.fullmatch(pattern, str(manifest[name])):
            found.append(f"{name} is {manifest[name]!r}")
    if not re.fullmatch("[0-9a-f]{64}", str(manifest["dataset"]["hash"])):
        found.append(f"dataset.hash is {manifest['dataset']['hash']!r}, and not 64 lower-case hex digits")
    if manifest["comparator"] not in COMPARATORS:
        found.append(f"the comparator is {manifest['comparator']!r}, and not one of {' '.join(COMPARATORS)}")
    threshold, seed = manifest["threshold"], manifest["seed"]
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not math.isfinite(threshold):
        found.append(f"the threshold is {threshold!r}, and no finite number")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        found.append(f"the seed is {seed!r}, and neither a whole number nor null")
    for name, longest in LONGEST.items():
        if len(str(manifest.get(name, ""))) > longest:
            found.append(f"{name} has more than {longest} characters")
    return [*found, *_texts(manifest, "")]


def _texts(value: Any, where: str) -> list[str]:
    """Texts (and numbers) that are not the same bytes everywhere."""
    if isinstance(value, str):
        strange = UNPRINTABLE.search(value) or not unicodedata.is_normalized("NFC", value)
        return [f"{where} is {value!r}: give text on one line, in NFC"] if strange else []
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{where} is {value!r}, and no finite number"]
    if isinstance(value, Mapping):
        long = [
            f"{where} has the key {name[:20]!r}: give 1 to {KEY} characters"
            for name in value
            if not 0 < len(name) <= KEY
        ]
        inside = [_texts(name, f"a key of {where}") + _texts(one, f"{where}.{name}") for name, one in value.items()]
        return long + [wrong for some in inside for wrong in some]
    if isinstance(value, Sequence):
        return [wrong for i, one in enumerate(value) for wrong in _texts(one, f"{where}[{i}]")]
    return []


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; a name twice means something else to every reader."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice in a table")
    return dict(pairs)


# -------------------------------------------------------------------------------------------------------------- YAML


def _lines(value: Any, pad: str) -> list[str]:
    """A table or a list that is not empty, in block style: lists stand under their key without being moved in."""
    found: list[str] = []
    if isinstance(value, Mapping):
        for name, one in sorted(value.items()):
            if one and isinstance(one, Mapping | list):
                found += [f"{pad}{_scalar(name)}:", *_lines(one, pad if isinstance(one, list) else f"{pad}  ")]
            else:
                found.append(f"{pad}{_scalar(name)}: {_scalar(one)}")
        return found
    for one in value:
        inner = _lines(one, f"{pad}  ") if one and isinstance(one, Mapping | list) else [f"{pad}  {_scalar(one)}"]
        found += [f"{pad}- {inner[0][len(pad) + 2 :]}", *inner[1:]]
    return found


def _scalar(value: Any) -> str:
    """Anything else, as PyYAML writes it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        text = repr(value).lower()
        return text.replace("e", ".0e", 1) if "." not in text and "e" in text else text
    if isinstance(value, str):
        return value if _bare(value) else "'" + value.replace("'", "''") + "'"
    return "{}" if isinstance(value, Mapping) else "[]" if isinstance(value, list) else str(value)


def _bare(text: str) -> bool:
    """Whether a text on one line needs no quotes."""
    if OTHERWISE.fullmatch(text) or text != text.strip(" ") or text[0] in "#,[]{}&*!|>'\"%@`":
        return False
    if text.startswith(("---", "...")) or (text[0] in "?:-" and text[1:2] in ("", " ")):
        return False
    return ": " not in text and " #" not in text and not text.endswith(":")
