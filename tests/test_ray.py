"""Units done by Ray's actors: real nodes on this machine, one of which is killed in the middle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thinkaloud as ta
from cluster_fixture import TROUBLE, UNITS, Asking, Counted, Ledgered, counted_in, told
from shards_fixture import everything, stopped_clock
from thinkaloud.errors import UserError
from thinkaloud.whole.verify import verify

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray = pytest.importorskip("ray", reason="Ray is not installed (pip install 'thinkaloud[ray]')")

pytestmark = pytest.mark.slow
STORE = 80 * 2**20


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without room for work, and a node with one core; all in processes of this machine."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    # workers have the environment of their node, and a node that of whoever started it
    monkeypatch.setenv(TROUBLE, f"{tmp_path} kill-once=9")
    head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False}
    try:
        made = Cluster(initialize_head=True, head_node_args=head)
        made.add_node(num_cpus=1, object_store_memory=STORE)
    except Exception as error:
        if "timed out during startup" not in str(error):
            raise
        pytest.skip("Ray's own nodes did not start in the 30 s that it gives them: this machine does too much else")
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_killed_in_the_middle_shows_in_no_byte(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes with a worker each; one is killed with its worker, a third one takes its place. And a worker that is
    killed alone."""
    stopped_clock(monkeypatch)
    with monkeypatch.context() as here:
        here.delenv(TROUBLE)
        alone = ta.run(Counted, out=tmp_path / "alone")
    dying = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    progress, done = told(), 0

    def advance(units: float, what: str) -> None:
        nonlocal done
        done += 1
        if done == 3:
            cluster.remove_node(dying, allow_graceful=False)
            cluster.add_node(num_cpus=1, object_store_memory=STORE)

    progress.advance = advance
    made = ta.run(Counted, out=tmp_path / "ray", on=f"ray:{cluster.address}", progress=progress)
    assert everything(made.folder) == everything(alone.folder)
    assert any("was lost" in line for line in progress.said)
    assert verify(made.folder, study=Counted())[-1].startswith("whole: ")


def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--on ray:127\.0\.0\.1:1: "):
        ta.run(Counted, out=tmp_path / "run", on="ray:127.0.0.1:1")
    assert not (tmp_path / "run").exists()


def test_actors_ask_before_each_request_where_there_is_a_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model of one's own computed in all actors, one of which is killed, is no more than the cap."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv(TROUBLE, f"{tmp_path} kill-once=1")
    ledger = tmp_path / "spent"
    made = ta.run(Asking, Ledgered(ledger), out=tmp_path / "run", on=ta.place("ray", workers=2), max_tokens=300)
    assert made.stopped is not None and "by --max-tokens 300: " in made.stopped and "more than" not in made.stopped
    assert "besides may have been spent by workers or requests that were lost" in made.stopped
    assert 0 < counted_in(ledger) <= 300 and 0 < len(made.units) < UNITS
