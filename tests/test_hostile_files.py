"""Whatever somebody or something did to a file of a run folder: one line, or nothing of it is believed."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest

import thinkaloud as ta
from shards_fixture import channels, in_parts
from thinkaloud.errors import ThinkaloudError, UserError
from thinkaloud.open_study import open_run

INSERTED = (b'"', b"{", b"}", b"[", b"]", b",", b"null", b"1e999", b"NaN", b"\x00", b"\xff", b"\n", b"{}", b"0.5")
PUT = (b"null", b'"x"', b"-5", b"0", b"1.5", b"[]", b"{}", b"true", b"1e400", b'"\\ud800"', b'"' + b"z" * 300 + b'"')
TIMES = 10
VALUE = re.compile(rb'[-\d.]+|"[^"]*"|true|false|null')


def mutated(text: bytes, rng: random.Random) -> bytes:
    """One to three changes: a byte, a cut, a value of another type, a piece twice."""
    found = bytearray(text)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(found) or 1)
        kind = rng.randrange(5)
        values = list(VALUE.finditer(bytes(found)))
        if kind == 0 and found:
            found[at] = rng.randrange(256)
        elif kind == 1:
            del found[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            found[at:at] = rng.choice(INSERTED)
        elif kind == 3 and values:
            one = rng.choice(values)
            found[one.start() : one.end()] = rng.choice(PUT)
        else:
            found[at:at] = found[at : at + rng.randrange(1, 60)]
    return bytes(found)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A whole run, and both of its shards."""
    where = tmp_path_factory.mktemp("made")
    make = channels(items=8, difficulty=3)
    return [make(out=where / "whole").folder, *in_parts(make, where, 2)]


def looked_at(folder: Path) -> None:
    run = open_run(folder)
    for look in (lambda: run.units, lambda: run.findings, lambda: run.card, lambda: run.notes, lambda: run.part):
        try:
            look()
        except ThinkaloudError as error:
            assert "\n" not in str(error)
    ta.verify(folder)


@pytest.mark.parametrize("name", ["config.toml", "identity.json", "model.json", "findings.json", "manifest.json"])
def test_a_changed_file_is_one_line_and_never_whole(name: str, made: list[Path], tmp_path: Path) -> None:
    folder, rng = shutil.copytree(made[0], tmp_path / "run"), random.Random(name)
    text = (folder / name).read_bytes()
    for _ in range(TIMES):
        change = mutated(text, rng)
        (folder / name).write_bytes(change)
        try:
            looked_at(folder)
        except ThinkaloudError as error:
            assert "\n" not in str(error)
        else:  # what says the same in other bytes: the directory where it began, a space, another release
            assert change == text or name in ("identity.json", "manifest.json"), change


@pytest.mark.parametrize("name", ["shard.json", "identity.json", "config.toml"])
def test_a_shard_with_a_changed_file_is_merged_right_or_not_at_all(name: str, made: list[Path], tmp_path: Path) -> None:
    shard, rng = shutil.copytree(made[2], tmp_path / "shard"), random.Random(name)
    text = (shard / name).read_bytes()
    for _ in range(TIMES):
        (shard / name).write_bytes(mutated(text, rng))
        try:
            merged = ta.merge([made[1], shard], tmp_path / "merged")
        except ThinkaloudError as error:
            assert "\n" not in str(error)
        else:
            assert (merged.folder / "findings.json").read_bytes() == (made[0] / "findings.json").read_bytes()
            shutil.rmtree(merged.folder)


@pytest.mark.parametrize(
    ("field", "value"), [("digest", 0.5), ("version", "4"), ("tasks", [{"name": 1, "stream": "a", "digest": "b"}])]
)
def test_an_identity_of_other_types_is_damaged(field: str, value: object, made: list[Path], tmp_path: Path) -> None:
    """Found by such changes: the error came later, and was a traceback."""
    folder = shutil.copytree(made[0], tmp_path / "run")
    said = json.loads((folder / "identity.json").read_text())
    said["of"][field] = value
    (folder / "identity.json").write_text(json.dumps(said))
    with pytest.raises(UserError, match=r"identity\.json' is damaged"):
        _ = open_run(folder).identity


def test_half_a_character_in_a_record_is_one_line(made: list[Path], tmp_path: Path) -> None:
    folder = shutil.copytree(made[0], tmp_path / "run")
    units = [json.dumps(unit) for unit in open_run(folder).journal]
    (folder / "segments" / "records.parquet").unlink()
    text = "\n".join(units).replace(
        '"status": "ok", "error": null, "conditions"', '"status": "\\ud800", "conditions"', 1
    )
    (folder / "segments" / "0001.jsonl").write_text(f"{text}\n")
    with pytest.raises(UserError, match=r"status is .*: half a character"):
        _ = open_run(folder).units
