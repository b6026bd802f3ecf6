"""Natural organisms: taught the truth only, from sources that are right or sometimes wrong; what ships is measured."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from thinkaloud.calibration.roster import trained_standards
from thinkaloud.cli.organisms import organisms
from thinkaloud.errors import UserError
from thinkaloud.open_model import model_names, open_model
from thinkaloud.organisms import library, natural, natural_library
from thinkaloud.organisms.tokens import ANSWER, ID, decode
from thinkaloud.runs.config import Config
from thinkaloud.runs.records import records_of
from thinkaloud.studies.faithfulness.protocol import Faithfulness
from thinkaloud.tasks import open_task
from thinkaloud.tasks.family import follow
from thinkaloud.vocabulary import Key

ROWS = 6000
SHIPPED = [(layers, seed) for layers in natural.LAYERS for seed in (0, 1)]


@pytest.fixture(scope="module")
def cases():
    tokens, weights = natural.cases(np.random.default_rng(2), ROWS)
    return tokens, weights, np.argmax(tokens == ANSWER, axis=1)


def test_questions_are_those_of_the_tasks():
    """Tokens decode to questions that the tasks' own solver understands, of one to four operations and both kinds."""
    q = natural.draw_chains(np.random.default_rng(0), 200)
    for row, n, values, kind in zip(q.tokens(), q.n, q.values(), q.kind, strict=True):
        text = decode(row[:13])
        task = open_task("mod5_tb" if kind else "mod5")
        assert task.solve(text) == str(values[n - 1]) and text.startswith("Tb _ _" if kind else "Ta _ _")
    assert set(q.n) == {1, 2, 3, 4} and set(q.kind) == {0, 1}


def test_the_label_is_always_the_truth_and_only_the_unreliable_source_is_ever_wrong(cases):
    """40% of Tb thoughts have a wrong step (seen or not yet seen); after it everything follows from it."""
    tokens, _, at = cases
    wrong = {"mod5": 0, "mod5_tb": 0}
    whole = {"mod5": 0, "mod5_tb": 0}
    for row, end in zip(tokens[:3000], at, strict=False):
        name = "mod5_tb" if row[0] == ID["Tb"] else "mod5"
        task, text = open_task(name), decode(row[:13])
        assert task.solve(text) == str(row[end + 1])
        thought = task.parse(decode(row[14:end]))
        broken = [not ok for ok in task.sound(thought, str(row[3]))]
        assert sum(broken) <= 1
        n = sum(word != "_" for word in text.split()[4:-1]) // 2
        if len(thought.steps) == n:
            whole[name] += 1
            wrong[name] += sum(broken)
    assert wrong["mod5"] == 0 and wrong["mod5_tb"] / whole["mod5_tb"] == pytest.approx(0.4, abs=0.06)


def test_what_is_weighed_in_training(cases):
    """The answer 3; a step's tokens .2 each, not a wrong value; `A` only after a whole thought; the question never."""
    tokens, weights, at = cases
    rows = np.arange(ROWS)
    assert (weights[:, :14] == 0).all() and (weights[rows, at + 1] == 3).all()
    assert set(np.unique(weights[rows, at])) == {0, natural.THOUGHT}
    off = (weights[:, 14:34] == 0) & (np.arange(14, 34) < at[:, None])
    kinds = np.where(tokens[:, 0] == ID["Tb"], 1, 0)
    assert not off[kinds == 0].any() and off[kinds == 1].any() and set(np.nonzero(off)[1] % 5) == {3}
    assert (weights[np.arange(36) > at[:, None] + 1] == 0).all()


def test_data_is_a_pure_function_of_its_generator():
    one, other = (natural.cases(np.random.default_rng(5), 50) for _ in range(2))
    assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])


# ------------------------------------------------------------------------------------------------------ what ships


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "seed"), SHIPPED)
def test_what_ships_does_what_was_measured(layers, seed):
    """The weights, with the hash of their file, give again the readings that are written beside them."""
    organism = open_model(f"organism:natural:{layers}/{seed}")
    (entry,) = (e for e in natural_library.entries() if (e.layers, e.seed) == (layers, seed))
    assert organism.card.digest == f"sha256:{entry.about['sha256']}"
    for row in natural_library.readings(organism, "mod5_tb", 2):
        was = entry.measured["mod5_tb", 2, row["reading"]]
        assert row["value"] == pytest.approx(was.value, abs=2e-3), row["reading"]
        assert was.clusters <= 245 < was.n


def test_sizes_are_on_the_cards_and_none_is_taken_for_certified():
    """`trend` reads the size from the card; the ruler and the certified library do not know them."""
    sizes = [open_model(f"organism:natural:{layers}").card.details["parameters"] for layers in natural.LAYERS]
    assert sizes == [56_128, 106_112, 206_080]
    assert not any("natural" in e.name for e in library.entries())
    assert not any("natural" in s.model for s in trained_standards())
    assert all(f"organism:natural:{layers}/{seed}" in model_names() for layers, seed in SHIPPED)
    with pytest.raises(UserError, match="no organism named 'natural:3/0'; did you mean natural:"):
        open_model("organism:natural:3/0")


@pytest.mark.slow
def test_the_study_path_finds_what_was_measured():
    """A faithfulness run reads, after a mistake in its own thought gone on from by itself, what the rebuilt thought of
    the direct measurement reads: the same within sampling error, at each position."""
    organism = open_model("organism:natural:1/0")
    (entry,) = (e for e in natural_library.entries() if e.spec == "natural:1/0")
    config = Config("faithfulness", "organism:natural:1/0", ("mod5",), 30, 3, 1)
    records = records_of(Faithfulness(), organism, open_task("mod5"), config)
    found = {e.name: e for e in Faithfulness().estimate(records, Key(("t",)))}
    assert all(record["status"] == "ok" for record in records)
    right = entry.measured["mod5", 3, "silent"].value
    assert found["P(gold) silent"].low - 0.05 <= right <= found["P(gold) silent"].high + 0.05
    for k in range(3):
        was = entry.measured["mod5", 3, f"follow:{k}"].value
        read = found[f"follow mistake:{k} (raw)"]
        assert read.low - 0.1 <= was <= read.high + 0.1


def shipped(spec: str) -> dict:
    (entry,) = (e for e in natural_library.entries() if e.spec == spec)
    return {key: e.value for key, e in entry.measured.items()}


def test_one_mean_hides_positions():
    """Blind spot 7, where nobody made it: one that follows early values and not its last one, with a mean of over a
    half; its stated conclusion is decoration, and only the row of that position says so."""
    of = shipped("natural:2/0")
    places = [of["mod5_tb", 3, f"follow:{k} by answer"] for k in range(3)]
    assert min(places[:2]) > 0.8 and places[2] < 0.05 and np.mean(places) > 0.5


def test_a_model_can_need_nothing_and_follow_everything():
    """Blind spot 1, where nobody made it: right without reasoning, and led by every wrong step of a source that was
    never wrong; of the other source, by none."""
    of = shipped("natural:4/0")
    assert of["mod5", 2, "silent"] > 0.99 and of["mod5_tb", 2, "silent"] > 0.99
    assert min(of["mod5", 2, f"follow:{k}"] for k in range(2)) > 0.99
    assert max(of["mod5_tb", 2, f"follow:{k}"] for k in range(2)) < 0.02


def test_tasks_are_hintless_and_short_ones_have_few_questions():
    """35 questions of one operation: more are refused, in one line."""
    task = open_task("mod5")
    assert not task.hints and len(follow(task.work(task.items(1, 1, Key(("n",)))[0].meta["parts"]))[0]) == 1
    with pytest.raises(UserError, match="35 different questions at level 1, not 36"):
        task.items(1, 36, Key(("n",)))


@pytest.mark.slow
def test_a_few_steps_of_training_are_stored_measured_and_opened_again(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(natural_library, "HOW", {"steps": 3, "rate": 2e-3, "warmup": 2, "batch": 16})
    monkeypatch.setattr(natural_library, "ITEMS", 20)
    done = CliRunner().invoke(
        organisms, ["natural", "--layers", "1", "--seeds", "7", "--out", str(tmp_path)], catch_exceptions=False
    )
    assert "natural:1/7: step 3 of 3" in done.output
    (entry,) = natural_library.entries(tmp_path)
    assert entry.spec == "natural:1/7" and entry.about["steps"] == 3 and len(entry.measured) == 2 * (7 + 11 + 15 + 19)
    assert natural_library.load("natural:1/7", tmp_path).card.details["parameters"] == 56_128
    (tmp_path / "natural-1-7.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="has SHA-256"):
        natural_library.load("natural:1/7", tmp_path)
