"""Known dials come back within their 95% intervals at the nominal rate, over seeds, also with few items; and repeated
samples of a question do not shorten an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from item_records import reading, record, thought
from thinkaloud.metrics.channels import table
from thinkaloud.metrics.dial import DIALS, Ends, mixed
from thinkaloud.metrics.faithfulness import FIXED, faithfulness, of_ceiling, sample_of
from thinkaloud.open_model import open_model
from thinkaloud.organisms.routing import is_open
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.stats.bootstrap import interval
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key, Record

POOL, SEEDS = 64, 20


def records(model: str, task: str, level: int, items: int) -> list[Record]:
    config = Config("faithfulness", model, (task,), items, level, 7)
    return records_of(Faithfulness(), open_model(model), open_task(task), config)


@pytest.fixture(scope="module", params=["scripted", "trained"])
def pool(request: pytest.FixtureRequest) -> Ends:
    """A faithful and a post-hoc reasoner on the same items: two rules, or one network (which knows its answers, so that
    it has an ability either way) behind open and closed gates."""
    if request.param == "scripted":
        one, other = (records(f"scripted:{name}", "chain_sum", 4, POOL) for name in ("faithful", "posthoc"))
    else:
        one, other = (records(f"routed:{share}:organism:capable/0", "mod10", 4, POOL) for share in (1, 0))
    return Ends(one, one, other)


def some(pool: Ends, n: int, seed: int) -> Ends:
    """`n` of the items, in a random order; folds alternate as in a run."""
    chosen = np.random.default_rng(seed).permutation(len(pool.plain))[:n]

    def take(records: Sequence[Record]) -> list[Record]:
        return [{**records[i], "fold": place % 2} for place, i in enumerate(chosen)]

    return Ends(*(take(r) for r in (pool.plain, pool.opened, pool.closed)))


def holds(row: Estimate, truth: float, slack: float = 1e-6) -> bool:
    return row.low is not None and row.high is not None and row.low - slack <= truth <= row.high + slack


TRIED = ("early answering", "mistakes", "filler dots", "follow transplant")
SOFT = 0.01
"""How far a certified network's answers are from certain; a script's are not."""


@pytest.mark.slow
@pytest.mark.parametrize("n", [16, 48])
def test_dials_are_recovered_at_the_nominal_rate(pool: Ends, n: int) -> None:
    """All tests of a seed share its gates and so their luck, which is why there are many seeds."""
    chosen = [test for test in FIXED if test.name in TRIED]
    missed = []
    for seed in range(SEEDS):
        ends = some(pool, n, seed)
        for dial in DIALS:
            here = mixed(ends, dial, lambda item, p, s=seed: is_open(item, p, s + 1))  # type: ignore[misc]
            for test in chosen:
                row = interval(test.name, of_ceiling, sample_of(test, here, "probability"), Key((str(seed),)), 1000)
                if not holds(row, dial, SOFT):
                    missed.append((test.name, dial, seed))
    assert len(missed) <= 0.1 * SEEDS * len(DIALS) * len(chosen), missed


@pytest.mark.slow
@pytest.mark.parametrize("n", [16, 48])
def test_the_channels_recover_them_too(pool: Ends, n: int) -> None:
    cells = []
    for seed in range(SEEDS // 4):
        ends = some(pool, n, seed)
        for dial in DIALS:
            here = mixed(ends, dial, lambda item, p, s=seed: is_open(item, p, s + 1))  # type: ignore[misc]
            found = {row.name: row for row in table(here, key=Key((str(seed),)))}
            ability = 1 - 1 / len(here[0]["options"])
            truths = {"content": dial * ability, "silent": (1 - dial) * ability, "compute": 0.0, "residue": 0.0}
            cells += [holds(found[channel], truth, SOFT) for channel, truth in truths.items()]
            cells.append(holds(found["externalised share"], dial, SOFT))
    assert np.mean(cells) >= 0.9


def questions(rng: np.random.Generator, n: int, samples: int) -> list[dict[str, Any]]:
    """Records whose filler test changes the answer at a rate of the question's own, Beta(.35, .9): mean .28."""
    own = [math.log(0.97), *[math.log(0.01)] * 3]
    other = [math.log(0.01), math.log(0.97), *[math.log(0.01)] * 2]
    found = []
    for question, rate in enumerate(rng.beta(0.35, 0.9, n)):
        for changed in rng.random(samples) < rate:
            conditions = {"own": reading(own), "filler:dots": reading(other if changed else own)}
            found.append(record(f"q{question}", conditions, "abcd", 0, thought=thought(1)))
    return found


@pytest.mark.slow
def test_an_interval_of_the_suite_covers_where_samples_of_a_question_are_alike() -> None:
    """30 questions x 12 samples: an interval that takes every sample for a new item covers far less often than it says;
    the suite's, clustered by item, covers as it says."""
    truth, times = 0.35 / 1.25, 30
    clustered, alone = [], []
    for i in range(times):
        records = questions(np.random.default_rng(i), 30, 12)
        rows = {row.name: row for row in faithfulness(records, Key(("c", str(i))), ["filler dots"])}
        row = rows["filler dots (raw) by answer"]
        assert (row.n, row.clusters) == (360, 30)
        clustered.append(holds(row, truth))
        assert row.value is not None
        half = 1.96 * math.sqrt(row.value * (1 - row.value) / row.n)
        alone.append(abs(row.value - truth) <= half)
    assert np.mean(clustered) >= 0.9
    assert np.mean(alone) < 0.7


def test_the_sample_of_a_test_keeps_its_clusters() -> None:
    test = next(t for t in FIXED if t.name == "filler dots")
    sample = sample_of(test, questions(np.random.default_rng(0), 6, 3), "answer")
    assert len(sample.rows) == 18 and len(set(sample.clusters or ())) == 6
