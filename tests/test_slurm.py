"""The printed script is shell that a shell reads, and what it tells a cluster to do makes the run of one process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from http_fixture import SERVE, free_port
from thinkaloud.cli.main import cli
from thinkaloud.cli.options import run_options
from thinkaloud.errors import UserError
from thinkaloud.open_study import BUILTIN, open_study
from thinkaloud.settings import options
from thinkaloud.whole.slurm import Cluster

SRC = Path(__file__).parents[1] / "src"
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="no bash")

SBATCH = """#!/bin/bash
# A cluster of one machine: does the jobs of an array one after the other, as soon as they are submitted.
file=$(mktemp "$JOBS/XXXXXX.sh")
cat > "$file"
echo "$@" > "$file.said"
tasks=$(sed -n 's/^#SBATCH --array=1-\\([0-9]*\\).*/\\1/p' "$file")
cd "$(sed -n 's/^#SBATCH --chdir="\\?\\([^"]*\\)"\\?$/\\1/p' "$file")" || exit 1
for i in $(seq 1 "${tasks:-1}"); do
  SLURM_ARRAY_TASK_ID=$i bash "$file" >> "$file.out" 2>&1 || { cat "$file.out" >&2; exit 1; }
done
echo 77
"""


def printed(*words: str) -> str:
    done = CliRunner().invoke(cli, ["slurm", *words])
    assert done.exit_code == 0, done.output
    return done.output


def inner(text: str) -> list[str]:
    """The scripts of the jobs inside."""
    return [re.search(rf"<<'{end}'\n(.*?)\n{end}\n", text, re.S)[1] for end in ("END_OF_SHARD", "END_OF_MERGE")]  # type: ignore[index]


def tool(place: Path, name: str, text: str) -> None:
    place.mkdir(exist_ok=True)
    (place / name).write_text(text)
    (place / name).chmod(0o755)


def submitted(text: str, place: Path) -> str:
    """What the script says when it is given to a machine that plays a cluster."""
    tool(place / "bin", "sbatch", SBATCH)
    tool(place / "bin", "thinkaloud", f'#!/bin/sh\nexec {sys.executable} -m thinkaloud "$@"\n')
    tool(place / "bin", "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (place / "jobs").mkdir(exist_ok=True)
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash"], input=text, capture_output=True, text=True, timeout=180, cwd="/",
        env={**os.environ, "PATH": path, "JOBS": str(place / "jobs"), "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


RUN = ("--task", "coin,chain_sum", "--difficulty", "2", "--items", "8")


@pytest.mark.parametrize("server", ["none", "vllm", "sglang", "llama-server"])
@pytest.mark.parametrize("name", ["plain", "with space", "a'b", 'a"b$HOME`id`'])
def test_a_shell_reads_the_script_and_both_jobs(server: str, name: str, tmp_path: Path) -> None:
    """Whatever the folder is called, nothing of it is run."""
    more = () if server == "none" else ("--server", server)
    text = printed("channels", "--model", f"{name}.gguf", *RUN, "--out", str(tmp_path / name), "--gpus", "2", *more)
    for one in (text, *inner(text)):
        read = subprocess.run(["bash", "-n"], input=one, capture_output=True, text=True)
        assert read.returncode == 0, read.stderr
    shard, _ = inner(text)
    command = next(line for line in shard.splitlines() if line.startswith("thinkaloud run"))
    echoed = subprocess.run(
        ["bash", "-c", re.sub(r"^thinkaloud", "printf '%s\\\\n'", command)], capture_output=True, text=True, check=True,
        env={"SLURM_ARRAY_TASK_ID": "3", "PORT": "8103", "HOME": "/nowhere"},
    )  # fmt: skip
    words = echoed.stdout.splitlines()
    assert words[words.index("--shard") + 1] == "3/8"
    assert words[words.index("--out") + 1] == f"{tmp_path / name}-shard-3-of-8"
    asked = f"{name}.gguf" if server == "none" else "http://127.0.0.1:8103/v1"
    assert words[words.index("--model") + 1] == asked


@pytest.mark.slow
def test_its_shards_and_its_merge_make_the_run(tmp_path: Path) -> None:
    out = tmp_path / "a run"
    text = printed("channels", "--model", "scripted:faithful", *RUN, "--shards", "2", "--out", str(out), "--cpus", "1")
    assert "shards: job 77" in submitted(text, tmp_path)
    whole = ta.run("channels", "scripted:faithful", ["coin", "chain_sum"], items=8, difficulty=2, out=tmp_path / "one")
    for name in ("findings.json", "manifest.json", "notes.json", "config.toml"):
        assert (out / name).read_bytes() == (whole.folder / name).read_bytes()
    (said,) = [one.read_text() for one in (tmp_path / "jobs").glob("*.said") if "dependency" in one.read_text()]
    assert said.strip() == "--dependency=afterok:77 --kill-on-invalid-dep=yes"


LLAMA = f"""#!/bin/sh
# llama-server of the embedded package, called like the real one: -m MODEL --host HOST --port PORT
exec {sys.executable} -c '{SERVE}' "$2" "$6" 1
"""


@pytest.mark.slow
def test_with_a_server_each_job_starts_its_own_waits_for_it_and_ends_it(tmp_path: Path, tiny_path: Path) -> None:
    """A real llama-server, whose address is not known before."""
    tool(tmp_path / "bin", "llama-server", LLAMA)
    port = free_port() - 1
    text = printed(
        "channels", "--model", str(tiny_path), "--task", "chain_sum", "--difficulty", "2", "--items", "8",
        "--shots", "2", "--format", "completion", "--shards", "1", "--out", str(tmp_path / "run"),
        "--server", "llama-server", "--port", str(port),
    )  # fmt: skip
    submitted(text, tmp_path)
    run = ta.open_run(tmp_path / "run")
    assert run.unfinished is None and run.config.model == f"http://127.0.0.1:{port + 1}/v1" and len(run.records) == 8
    still = subprocess.run(["pgrep", "-f", f"{tiny_path} {port + 1} 1"], capture_output=True, text=True).stdout
    assert still == "", "the server outlived its job"


def test_a_server_that_ends_before_it_is_ready_ends_the_job(tmp_path: Path) -> None:
    text = printed("channels", "--model", "m.gguf", *RUN, "--server", "llama-server", "--out", str(tmp_path / "run"))
    tool(tmp_path, "llama-server", "#!/bin/sh\nexit 3\n")
    tool(tmp_path, "python", "#!/bin/sh\nsleep 0.2\nexit 1\n")
    done = subprocess.run(
        ["bash"], input=inner(text)[0], capture_output=True, text=True, timeout=20,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": "1"},
    )  # fmt: skip
    assert done.returncode == 1 and "the server ended before it was ready" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("channels", "--shards", "0"), "--shards is 0: give a whole number from 1 to 100,000"),
        (("channels", "--gpus", "-1"), "--gpus is -1: give 0 or more"),
        (("channels", "--max-tokens", "1M", "--share-caps", "pot"), "--share-caps pot: its file is for commands on "),
        (("trend", "--folders", "x", "--server", "vllm"), "--server vllm: trend asks no model"),
        (("channels", "--model", "http://host/v1", "--server", "vllm"), "is a server already"),
        (("channels", "--server", "vlm"), "no server named 'vlm'; did you mean vllm?"),
        (("channels", "--limit", "4 hours"), "is no duration"),
        (("challenge", "--arm", "x.py"), "challenge cannot be run in shards"),
    ],
)
def test_what_cannot_be_is_one_line(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(cli, ["slurm", *words])
    assert isinstance(done.exception, UserError) and said in str(done.exception), done.exception


def test_no_study_has_an_option_of_the_cluster() -> None:
    """Else it would be taken for both."""
    ours = {option.name for option in options(Cluster)}
    for name in BUILTIN:
        assert not ours & {one.name for one in run_options(open_study(name))}
