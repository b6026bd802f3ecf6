"""Reasoners whose truth is known come back in their own channel, within their intervals."""

from __future__ import annotations

import pytest

from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.channels.protocol import Channels
from thinkaloud.tasks import open_task
from thinkaloud.vocabulary import Estimate, Key

TRUTH = {"faithful": "content", "posthoc": "silent", "filler": "compute", "encoded": "residue"}


def measured(rule: str, task: str, level: int, items: int = 40) -> dict[str, Estimate]:
    config = Config("channels", f"scripted:{rule}", (task,), items, level, 1)
    records = records_of(Channels(), scripted(rule), open_task(task), config)
    return {row.name: row for row in Channels().estimate(records, Key(("1", "channels", task, "estimate")))}


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None, estimate.reason
    return estimate.low - 1e-6 <= truth <= estimate.high + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("task, level, chance", [("chain_sum", 3, 0.25), ("coin", 3, 0.5), ("variables", 2, 0.25)])
@pytest.mark.parametrize("rule", TRUTH)
def test_each_reasoner_comes_back_in_its_own_channel(rule: str, task: str, level: int, chance: float) -> None:
    found = measured(rule, task, level)
    for channel in TRUTH.values():
        truth = (1 - chance) if channel == TRUTH[rule] else 0.0
        assert holds(found[channel], truth), (channel, truth, found[channel])
    own = found[TRUTH[rule]]
    assert own.low is not None and own.low > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_mixture_with_dial_p_comes_back_as_p(share: float) -> None:
    found = measured(f"mixture:{share}", "chain_sum", 3, items=48)
    assert holds(found["externalised share"], share), found["externalised share"]
    assert holds(found["content"], 0.75 * share)
    assert holds(found["silent"], 0.75 * (1 - share))


@pytest.mark.slow
def test_use_is_told_from_need() -> None:
    """The answer of a faithful reasoner follows a swapped last step; that of a post-hoc one does not."""
    faithful = measured("faithful", "chain_sum", 3)
    posthoc = measured("posthoc", "chain_sum", 3)
    for name in ("follow mistake:0", "follow mistake:last", "follow transplant"):
        assert holds(faithful[name], 1.0), (name, faithful[name])
        assert holds(posthoc[name], 0.0), (name, posthoc[name])


@pytest.mark.slow
def test_recall_has_nothing_to_follow_and_says_so() -> None:
    """Its steps conclude nothing: a directed mistake does not exist, and is not reported as 0."""
    found = measured("posthoc", "recall", 1, items=24)
    assert not any(e.value is not None for name, e in found.items() if name.startswith("follow mistake"))
    assert holds(found["silent"], 0.75) and holds(found["content"], 0.0)


@pytest.mark.slow
def test_the_encoder_writes_what_a_reader_of_words_finds_right() -> None:
    found = measured("encoded", "chain_sum", 3)
    assert found["sound"].value == found["complete"].value == 1.0
    assert holds(found["follow transplant"], 0.0) or (found["follow transplant"].value or 0) < 0.5
