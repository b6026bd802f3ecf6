"""A script for Slurm that runs a study in shards and merges them: text, which nobody runs here.

    thinkaloud slurm channels --model MODEL --task chain_sum --items 400 --shards 16 > job.sh
    bash job.sh          # submits an array of 16 jobs, and one that waits for them and merges

Giving the script again goes on: a shard that is done ends at once, one that was killed or ran out of time is resumed.
With a server, each job starts one of its own on its node, waits until it answers, and ends it. The script is a
beginning: partitions, modules and limits of a cluster are not known here.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from thinkaloud.errors import UserError
from thinkaloud.runs.config import Config
from thinkaloud.runs.shards import MOST, check_divided
from thinkaloud.settings import setting
from thinkaloud.study import Study
from thinkaloud.values import duration

SERVERS = {
    "vllm": "vllm serve {model} --host 127.0.0.1 --port $PORT --enable-prefix-caching --enable-prompt-tokens-details",
    "sglang": "python -m sglang.launch_server --model-path {model} --host 127.0.0.1 --port $PORT",
    "llama-server": "llama-server -m {model} --host 127.0.0.1 --port $PORT",
}
"""How each is started; all of them answer at /health once they are ready."""
ADDRESS = "http://127.0.0.1:PORT/v1"
THROUGH = "case $? in 3 | 4) ;; *) exit 1 ;; esac"
"""Exit codes of runs that came to their end: some items failed, or nothing could be measured. The report says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What the jobs are given."""

    shards: int = setting(8, "Parts of the run: jobs of the array.")
    at_once: int | None = setting(None, "Jobs that may run at the same time.", none="all")
    gpus: int = setting(0, "GPUs of a job.")
    cpus: int = setting(4, "Cores of a job.")
    memory: str = setting("16G", "Memory of a job.")
    limit: str = setting("4h", "Time of a job (90m, 4h); one that needs more goes on when the script is given again.")
    partition: str = setting("", "The partition.")
    account: str = setting("", "The account.")
    setup: str = setting("", "A line of shell that comes first, such as 'source .venv/bin/activate'.")
    server: str = setting("none", "A server that each job starts for --model.", choices=("none", *SERVERS))
    server_options: str = setting("", "Further options of the server, as they stand on its command line.")
    port: int = setting(8100, "Shard I asks its server at this port plus I.")


def script(study: Study, config: Config, cluster: Cluster, out: Path, work: str = "") -> str:
    """The script. `out`: the folder of the merged run; `work`: further options of each `run`, as text."""
    check_divided(study, config.settings)
    if not 1 <= cluster.shards <= MOST:
        raise UserError(f"--shards is {cluster.shards}: give a whole number from 1 to {MOST:,}")
    for name, least in (("gpus", 0), ("cpus", 1), ("at_once", 1), ("port", 1)):
        if (given := getattr(cluster, name)) is not None and given < least:
            raise UserError(f"--{name.replace('_', '-')} is {given}: give {least} or more")
    if cluster.server != "none" and not config.model:
        raise UserError(f"--server {cluster.server}: {study.name} asks no model")
    if cluster.server != "none" and "://" in config.model:
        raise UserError(
            f"--server {cluster.server} is started with a model; --model {config.model} is a server already"
        )
    out = Path(os.path.abspath(out))
    name = re.sub(r"[^\w.-]+", "-", out.name)
    parts = f"{out}-shard-$SLURM_ARRAY_TASK_ID-of-{cluster.shards}"
    asked = " ".join(filter(None, (_command(study, config, cluster), work)))
    run = f'{asked} --shard "$SLURM_ARRAY_TASK_ID/{cluster.shards}" --out {_double(parts)}'
    shards = [f"{out}-shard-{i}-of-{cluster.shards}" for i in range(1, cluster.shards + 1)]
    logs = f"{out}-logs"
    array = f"1-{cluster.shards}" + ("" if cluster.at_once is None else f"%{cluster.at_once}")
    first = [
        *_head(name, cluster, f"{logs}/%A_%a.out"), f"#SBATCH --array={array}", "#SBATCH --requeue",
        *([f"#SBATCH --gres=gpu:{cluster.gpus}"] if cluster.gpus else []), *_begin(cluster),
        *_served(config, cluster), f"{run} || {THROUGH}",
    ]  # fmt: skip
    then = [
        *_head(f"{name}-merge", cluster, f"{logs}/%A_merge.out"), *_begin(cluster),
        f"thinkaloud merge {shlex.join(shards)} --out {shlex.quote(str(out))} || {THROUGH}",
        f"thinkaloud verify {shlex.quote(str(out))}",
    ]  # fmt: skip
    return "\n".join(
        [
            "#!/bin/bash",
            f"# {cluster.shards} shards of a run, and a job that merges them. Give it again to go on.",
            "set -euo pipefail",
            f"mkdir -p {shlex.quote(logs)}",
            "shards=$(sbatch --parsable <<'END_OF_SHARD'",
            *first,
            "END_OF_SHARD",
            ")",
            'shards=${shards%%;*}',
            'sbatch --dependency="afterok:$shards" --kill-on-invalid-dep=yes <<\'END_OF_MERGE\'',
            *then,
            "END_OF_MERGE",
            f"echo shards: job \"$shards\", logs in {shlex.quote(logs)}",
            "",
        ]
    )  # fmt: skip


def _command(study: Study, config: Config, cluster: Cluster) -> str:
    """The command of a shard; with a server its model is an address, whose port each job knows."""
    if cluster.server == "none":
        return config.command(study)
    return replace(config, model=ADDRESS).command(study).replace(ADDRESS, '"http://127.0.0.1:$PORT/v1"')


def _head(name: str, cluster: Cluster, log: str) -> list[str]:
    wanted = {
        "job-name": name, "chdir": os.path.abspath(os.curdir), "output": log, "time": _slurm_time(cluster.limit),
        "cpus-per-task": str(cluster.cpus), "mem": cluster.memory, "partition": cluster.partition,
        "account": cluster.account,
    }  # fmt: skip
    return ["#!/bin/bash", *(f"#SBATCH --{option}={_sbatch(value)}" for option, value in wanted.items() if value)]


def _begin(cluster: Cluster) -> list[str]:
    return ["set -euo pipefail", f"export OMP_NUM_THREADS={cluster.cpus}", *([cluster.setup] if cluster.setup else [])]


def _served(config: Config, cluster: Cluster) -> list[str]:
    """Start the server, wait until it is ready, and end it with the job."""
    if cluster.server == "none":
        return []
    start = SERVERS[cluster.server].format(model=shlex.quote(config.model))
    ready = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)"
    return [
        f"PORT=$(({cluster.port} + SLURM_ARRAY_TASK_ID))",
        f"{start} {cluster.server_options}".rstrip() + " &",
        "SERVER=$!",
        "trap 'kill $SERVER 2>/dev/null || true' EXIT",
        f"until python -c '{ready}' \"http://127.0.0.1:$PORT/health\" 2>/dev/null; do",
        '  kill -0 $SERVER 2>/dev/null || { echo "the server ended before it was ready" >&2; exit 1; }',
        "  sleep 1",
        "done",
    ]


def _slurm_time(text: str) -> str:
    minutes = math.ceil(duration(text) / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def _sbatch(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _double(text: str) -> str:
    """In double quotes, with nothing expanded but the number of the job."""
    guarded = re.sub(r'([\\"`])|\$(?!SLURM_ARRAY_TASK_ID)', lambda found: f"\\{found[0]}", text)
    return f'"{guarded}"'
