"""A run in shards is the run of one process, byte for byte, however it was split and whatever was killed on the way."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import thinkaloud as ta
from folder_fixture import Leaning, lines, written
from shards_fixture import channels, everything, in_parts, rows, stopped_clock
from thinkaloud.cli.main import cli
from thinkaloud.errors import ModelError, UserError
from thinkaloud.models.llama_cpp import LlamaCpp
from thinkaloud.models.preambles import Prefaced, once, used
from thinkaloud.open_study import open_run
from thinkaloud.organisms.scripted import scripted
from thinkaloud.runs.order import canonical, unit_digest
from thinkaloud.runs.shards import FILE, Part, Shard, shard_of
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Estimate, Usage

# --------------------------------------------------------------------------------------------------- what is the same


@pytest.mark.slow
def test_a_run_over_items_in_shards_is_the_run_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a level is looked for; folders may be given in any order."""
    stopped_clock(monkeypatch)
    make = channels()
    whole = make(out=tmp_path / "whole")
    third, *others = in_parts(make, tmp_path, 3)
    merged = ta.merge([*others, third], tmp_path / "merged")
    assert everything(merged.folder) == everything(whole.folder)
    assert merged.unfinished is None and rows(merged.folder)


@pytest.mark.slow
def test_more_shards_than_units_leave_some_with_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_clock(monkeypatch)
    make = channels(items=8, difficulty=3)
    whole = make(out=tmp_path / "whole")
    shards = in_parts(make, tmp_path, 5)
    assert sorted(len(open_run(one).records) for one in shards) == [0, 0, 0, 8, 8]
    assert everything(ta.merge(shards, tmp_path / "merged").folder) == everything(whole.folder)


@pytest.mark.slow
def test_faithfulness_and_what_asks_no_model_are_cut_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study of all tests, and the trend, whose only unit goes to one of the shards."""
    stopped_clock(monkeypatch)

    def faithfulness(**where: Any) -> ta.Run:
        return ta.run("faithfulness", "scripted:faithful", ["chain_sum"], items=9, difficulty=3, **where)

    whole = faithfulness(out=tmp_path / "whole")
    merged = ta.merge(in_parts(faithfulness, tmp_path, 2), tmp_path / "merged")
    assert everything(merged.folder) == everything(whole.folder)

    def trend(**where: Any) -> ta.Run:
        return ta.run("trend", settings={"folders": [f"{whole.folder}=1e8"]}, **where)

    one = trend(out=tmp_path / "trend")
    parts = in_parts(trend, tmp_path / "trends", 2)
    assert sum(len(open_run(part).units) for part in parts) == 1
    assert everything(ta.merge(parts, tmp_path / "both").folder) == everything(one.folder)


RECIPE = """
stops = [0, 1]
[arms.short]
length = 0.5
"""


@pytest.mark.slow
def test_trainings_are_cut_and_each_shard_trains_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that begins in the middle of a training takes it there by itself, to the same bits."""
    pytest.importorskip("torch")
    from thinkaloud.organisms.fit import Plan
    from thinkaloud.studies.training import course, readers

    stopped_clock(monkeypatch)
    monkeypatch.setattr(course, "BASE_PLAN", Plan(6, 3e-3, 2))
    monkeypatch.setattr(course, "QUESTIONS", 4)
    monkeypatch.setattr(course, "ROWS", 32)
    monkeypatch.setattr(readers, "PLAN", Plan(5, 5e-3, 2))
    monkeypatch.setattr(readers, "LESSONS", 40)
    recipe = tmp_path / "mine.toml"
    recipe.write_text(RECIPE)

    def training(**where: Any) -> ta.Run:
        settings = {"recipe": str(recipe), "seeds": (0,), "width": 32, "items": 20}
        return ta.run("training", settings=settings, **where)

    whole = training(out=tmp_path / "whole")
    shards = in_parts(training, tmp_path, 2)
    assert [len(open_run(one).units) for one in shards] == [1, 1]
    assert everything(ta.merge(shards, tmp_path / "merged").folder) == everything(whole.folder)


def test_what_an_engine_keeps_between_units_is_billed_once(tmp_path: Path, tiny: LlamaCpp) -> None:
    """Two processes compute the examples twice; the bill is that of one, and findings and manifest are equal."""

    def fresh() -> LlamaCpp:
        tiny.engine._saved.clear()
        return tiny

    def make(**where: Any) -> ta.Run:
        settings = {"shots": 2, "resample_temperature": 0.0}
        return ta.run("channels", fresh(), ["chain_sum"], items=16, difficulty=2, settings=settings, **where)

    whole = make(out=tmp_path / "whole")
    shards = in_parts(make, tmp_path, 2)
    merged = ta.merge(shards, tmp_path / "merged")
    spent = sum(unit["usage"]["computed"] for unit in merged.units)
    assert spent > whole.bill["computed"] > 0, "the test cannot fail: nothing was computed twice"
    tokens = ("asked", "computed", "generated", "requests", "units")
    assert {name: merged.bill[name] for name in tokens} == {name: whole.bill[name] for name in tokens}
    assert whole.bill["computed"] == sum(unit["usage"]["computed"] for unit in whole.units)
    for name in ("findings.json", "manifest.json", "notes.json"):
        assert (merged.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_bills_with_preambles_add_up_from_either_side() -> None:
    one = Usage(asked=3) + used((1, 2, 3), kept=False) + Usage(computed=2) + used((1, 2, 3), kept=True)
    assert isinstance(one, Prefaced)
    assert (one.asked, one.computed, one.afresh, list(one.preambles.values())) == (3, 5, 3, [3])
    bill = {"computed": one.computed, "afresh": one.afresh, "preambles": dict(one.preambles)}
    assert once([bill, bill]) == 2 + 2 + 3
    assert once([{"computed": 4}]) == 4, "a folder of an earlier version says nothing of preambles"


# ------------------------------------------------------------------------------------------------------ the cut itself


def unit(phase: str, subject: str, at: dict[str, Any], cost: float = 1.0) -> Unit:
    async def work(session: Any) -> list[Any]:
        return []

    return Unit(phase=phase, subject=subject, at=at, work=work, cost=cost)


@given(
    st.lists(st.floats(0, 1e6) | st.integers(0, 3), max_size=30), st.integers(1, 12), st.randoms(use_true_random=False)
)
def test_every_unit_is_in_one_shard_and_neighbours_stay_together(
    costs: list[float], n: int, rng: random.Random
) -> None:
    units = [unit("p", "t", {"first": 8 * i}, cost) for i, cost in enumerate(costs)]
    mixed = list(units)
    rng.shuffle(mixed)
    taken = [Shard(i, n).takes(mixed) for i in range(1, n + 1)]
    assert [one for some in taken for one in some] == units


def test_units_of_the_same_cost_are_shared_evenly() -> None:
    units = [unit("p", "t", {"first": i}) for i in range(10)]
    assert [len(Shard(i, 4).takes(units)) for i in range(1, 5)] == [2, 3, 2, 3]


def test_numbers_are_in_the_order_of_numbers() -> None:
    places = [{"first": 8, "level": 10}, {"first": 16, "level": 9}, {"first": 128, "level": 1}, {"first": "x"}]
    ranks = [canonical("p", "t", at) for at in places]
    assert all(a < b for a, b in pairwise(ranks))


def test_a_digest_of_a_unit_is_of_what_it_found_and_not_of_what_it_took() -> None:
    one = {"unit": "u", "records": [{"item": "1", "p": 0.5, "spend": {"output": 3, "wall": 1.0}}], "usage": {"wall": 1}}
    same = {
        "unit": "u",
        "records": [{"item": "1", "p": 0.5, "spend": {"output": 3, "wall": 9.0}}],
        "usage": {"wall": 2},
    }
    other = {"unit": "u", "records": [{"item": "1", "p": 0.6, "spend": {"output": 3, "wall": 1.0}}], "usage": {}}
    assert unit_digest(one) == unit_digest(same) != unit_digest(other)


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "-1/4", "1/4/5", "a/b", "1/999999999"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"--shard is {text!r}")):
        shard_of(text)


# ---------------------------------------------------------------------------------------------- killed and resumed


class Stops:
    """A scripted reasoner that is stopped at its n-th reading, as if the process had been killed."""

    class Killed(BaseException):
        pass

    def __init__(self, left: int = 10**9) -> None:
        self._inner, self.left = scripted("faithful"), left
        self.card, self.know, self.generate = self._inner.card, self._inner.know, self._inner.generate

    async def score(self, *given: Any, **more: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise self.Killed("the server went away")
        return await self._inner.score(*given, **more)


@pytest.mark.slow
def test_shards_that_are_stopped_anywhere_and_resumed_merge_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the level is looked for, between units, in a unit; and a merge that is given half a shard refuses it."""
    stopped_clock(monkeypatch)
    model = Stops()
    make = channels(model, items=16)
    whole = make(out=tmp_path / "whole")
    asked = 10**9 - model.left
    rng, shards = random.Random(3), []
    for i in (1, 2):
        folder, stops = tmp_path / f"{i}-of-2", 0
        for _ in range(30):
            model.left = rng.randrange(1, asked // 2)
            try:
                make(out=folder, shard=f"{i}/2")
                break
            except Stops.Killed:
                stops += 1
                with pytest.raises(UserError, match=r"is not through|not given|no run folder"):
                    ta.merge([*shards, folder], tmp_path / "early")
        assert stops > 0, "it was never stopped"
        model.left = 10**9
        shards.append(ta.resume(folder, model=model).folder)
    merged = ta.merge(shards, tmp_path / "merged", tasks=None)
    assert everything(merged.folder) == everything(whole.folder)
    assert not (tmp_path / "early").exists()


@pytest.mark.slow
def test_a_shard_is_stopped_by_a_cap_and_goes_on(tmp_path: Path) -> None:
    make = channels(items=9, difficulty=3, max_time=1e-9)
    whole = channels(items=9, difficulty=3)(out=tmp_path / "whole")
    shards = []
    for i in (1, 2):
        done = make(out=tmp_path / f"{i}", shard=f"{i}/2")
        assert done.stopped is not None and f"of shard {i}/2 are done; to go on: thinkaloud resume" in done.stopped
        while done.stopped is not None:
            done = ta.resume(done.folder, max_time=1e-9)
        shards.append(done.folder)
    merged = ta.merge(shards, tmp_path / "merged")
    assert (merged.folder / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()


def test_what_failed_in_a_shard_failed_in_the_run_and_is_done_again_there(tmp_path: Path) -> None:
    """As in one process: the merged folder says so, and `resume` on it mends it."""
    model = Flaky()
    make = channels(model, items=8, difficulty=3)
    whole = make(out=tmp_path / "whole")
    shards = [make(out=tmp_path / "1", shard="1/2").folder]
    model.left = 60
    shards.append(make(out=tmp_path / "2", shard="2/2").folder)
    merged = ta.merge(shards, tmp_path / "merged")
    assert sum(one["status"] == "failed" for one in merged.units) == 1
    assert "1 unit failed" in (merged.folder / "report.md").read_text()
    with pytest.raises(UserError, match=r"failed \(the server went away\): thinkaloud resume"):
        ta.verify(merged.folder)
    mended = ta.resume(merged.folder, model=model)
    assert mended.records == whole.records and ta.verify(mended.folder)


class Flaky(Stops):
    """A server that goes away once, in the middle of a unit that measures."""

    class Killed(ModelError):  # type: ignore[assignment]
        pass


# ----------------------------------------------------------------------------------------------------- what is refused


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both shards of a run, which nobody changes."""
    return in_parts(channels(items=8, difficulty=3), tmp_path_factory.mktemp("parts"), 2)


def copied(folder: Path, to: Path, **changes: Any) -> Path:
    """A copy whose shard.json is changed."""
    shutil.copytree(folder, to)
    part = Part.load(to)
    assert part is not None
    (to / FILE).write_text(replace(part, **changes).dumps())
    return to


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seed": 2}, "seed 1, now 2"),
        ({"items": 16}, "items 8, now 16"),
        ({"settings": {"shots": 3}}, "shots 6, now 3"),
        ({"model": "scripted:faithful"}, "model 'scripted:mixture:0.5', now 'scripted:faithful'"),
    ],
)
def test_a_shard_of_another_run_is_refused_with_what_differs(
    given: dict[str, Any], said: str, parts: list[Path], tmp_path: Path
) -> None:
    other = channels(**{"items": 8, "difficulty": 3, **given})(out=tmp_path / "other", shard="2/2")
    with pytest.raises(UserError, match=re.escape(said)) as error:
        ta.merge([parts[0], other.folder], tmp_path / "merged")
    assert "is not of the same run as" in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "merged").exists()


def test_other_weights_and_another_version_are_refused_with_both(parts: list[Path], tmp_path: Path) -> None:
    other = shutil.copytree(parts[1], tmp_path / "weights")
    identity = json.loads((other / "identity.json").read_text())
    identity["of"]["digest"] = "sha256:0123456789abcdef0123456789abcdef"
    (other / "identity.json").write_text(json.dumps(identity))
    with pytest.raises(UserError, match=r"made by a model with digest .*, this one has sha256:0123456789abcdef"):
        ta.merge([parts[0], other], tmp_path / "merged")
    newer = copied(parts[1], tmp_path / "newer", thinkaloud="9.9.9")
    with pytest.raises(UserError, match=r"made by thinkaloud .*, and by 9\.9\.9"):
        ta.merge([parts[0], newer], tmp_path / "merged")
    edited = copied(parts[1], tmp_path / "edited", code="sha256:fedcba9876543210")
    with pytest.raises(UserError, match=r"made by other code of the same version .*fedcba9876543210"):
        ta.merge([parts[0], edited], tmp_path / "merged")


def test_each_part_is_wanted_once(parts: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="shard 2 of 2 not given"):
        ta.merge(parts[:1])
    again = shutil.copytree(parts[0], tmp_path / "again")
    with pytest.raises(UserError, match="shard 1/2 is given twice: "):
        ta.merge([*parts, again])
    third = copied(parts[1], tmp_path / "third", shard=Shard(2, 3))
    with pytest.raises(UserError, match=r"is shard 2/3, and .* is shard 1/2: not of one split"):
        ta.merge([parts[0], third])
    with pytest.raises(UserError, match="no folder was given"):
        ta.merge([])


def test_a_shard_that_lacks_a_unit_is_named_with_the_command(parts: list[Path], tmp_path: Path) -> None:
    other = shutil.copytree(parts[1], tmp_path / "other")
    shutil.rmtree(other / "segments")
    with pytest.raises(
        UserError, match=r"shard 2/2 lacks 1 of its 1 units \(the first: channels, coin.*thinkaloud res"
    ):
        ta.merge([parts[0], other], tmp_path / "merged")


def test_a_run_of_one_process_is_no_shard_and_a_shard_has_no_report(parts: list[Path], tmp_path: Path) -> None:
    whole = channels(items=8, difficulty=3)(out=tmp_path / "whole")
    with pytest.raises(UserError, match="is no shard: it was made without --shard"):
        ta.merge([parts[0], whole.folder])
    with pytest.raises(UserError, match="is shard 1/2 of a run: thinkaloud merge of all shards makes the run"):
        ta.rescore(parts[0])
    with pytest.raises(UserError, match="holds shard 1/2, and this is shard 2/2: give another --out"):
        channels(items=8, difficulty=3)(out=parts[0], shard="2/2")
    with pytest.raises(UserError, match="holds shard 1/2, and this is a whole run"):
        channels(items=8, difficulty=3)(out=parts[0])
    with pytest.raises(UserError, match="holds a whole run, and this is shard 1/2"):
        channels(items=8, difficulty=3)(out=whole.folder, shard="1/2")
    assert open_run(parts[0]).unfinished == "1 of 1 units of shard 1/2"


def test_levels_that_shards_found_differently_are_refused_with_the_way_out(tmp_path: Path) -> None:
    """A server that does not compute the same twice: one shard finds it easy, the other hard."""

    class Moody(Stops):
        def __init__(self, rule: str) -> None:
            self._inner = scripted(rule)
            self.card = replace(self._inner.card, name="moody", digest="moody:1")
            self.know, self.generate, self.score = self._inner.know, self._inner.generate, self._inner.score

    shards = [
        ta.run("channels", Moody(rule), ["chain_sum"], items=8, out=tmp_path / rule, shard=f"{i}/2").folder
        for i, rule in ((1, "faithful"), (2, "graded:0.4"))
    ]
    with pytest.raises(UserError, match=r"are not of one plan: the unit .*give --difficulty LEVEL"):
        ta.merge(shards, tmp_path / "merged")


class Adaptive(Study):
    """Measures a second thing only where the first was odd."""

    name, question = "adaptive", "?"
    takes = frozenset()

    async def run(self, asked: Any, do: Any) -> list[str]:
        def unit(i: int) -> Unit:
            async def work(session: Any) -> list[Any]:
                return [{"item": str(i), "status": "ok", "odd": i % 2}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        found = await asyncio.gather(*(do.unit(unit(i)) for i in (1, 3)))
        if any(record["odd"] for done in found for record in done.records):
            await do.unit(unit(5))
        return []

    def estimate(self, records: Any, key: Any) -> list[Estimate]:
        return [Estimate("n", len(records), 0, len(records), len(records), len(records))]


def test_a_study_that_decides_on_the_way_is_found_out(tmp_path: Path) -> None:
    shards = [ta.run(Adaptive, out=tmp_path / f"{i}", shard=f"{i}/2").folder for i in (1, 2)]
    with pytest.raises(UserError, match=r'the unit adaptive, all, \{"i": 5\} is not there .*run it without --shard'):
        ta.merge(shards, tmp_path / "merged", study=Adaptive)
    with pytest.raises(UserError, match="challenge cannot be run in shards: which baseline is asked again"):
        ta.run("challenge", "scripted:sim:.1,0,0", ["sim:chain_01"], settings={"arm": "x.py"}, shard="1/2")


def test_addresses_may_differ_where_the_server_is_the_same(parts: list[Path], tmp_path: Path) -> None:
    """A server of each job's own; a model by any other name may not."""
    shards = [at_address(f"http://127.0.0.1:810{i}/v1", parts[i - 1], tmp_path / f"{i}") for i in (1, 2)]
    merged = ta.merge(shards, tmp_path / "merged")
    assert merged.config.model == "http://127.0.0.1:8101/v1" and len(merged.records) == 16


def at_address(address: str, shard: Path, to: Path) -> Path:
    """A copy that was asked of a server."""
    config = shutil.copytree(shard, to) / "config.toml"
    config.write_text(config.read_text().replace("scripted:mixture:0.5", address))
    return to


def test_relative_paths_begin_where_the_shards_were_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the merged folder, wherever it is merged."""
    written(tmp_path / "here" / "trees.jsonl", lines(n=24))
    monkeypatch.chdir(tmp_path / "here")
    shards = [
        ta.run(
            "channels", Leaning(0.9), ["trees.jsonl"], items=8, settings={"shots": 2}, out=f"{i}", shard=f"{i}/2"
        ).folder.absolute()
        for i in (1, 2)
    ]  # fmt: skip
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    merged = ta.merge(shards, "merged")
    assert len(merged.records) == 8 and ta.verify("merged")
    (tmp_path / "here" / "trees.jsonl").unlink()
    with pytest.raises(UserError, match=r"no file named|there is no|trees\.jsonl"):
        ta.merge(shards, "again")


@pytest.mark.slow
def test_a_merge_that_was_killed_is_gone_on_with(
    parts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ta.merge(parts, tmp_path / "whole")
    before = everything(expected.folder)
    shutil.rmtree(expected.folder / "segments")
    (expected.folder / "notes.json").unlink()
    (expected.folder / "manifest.json").unlink()
    assert everything(ta.merge(parts, expected.folder).folder) == before


# ------------------------------------------------------------------------------------------------- the command line


@pytest.mark.slow
def test_the_command_line_says_how_far_a_shard_is_and_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = [
        "run",
        "channels",
        "--model",
        "scripted:faithful",
        "--task",
        "coin",
        "--difficulty",
        "3",
        "--items",
        "16",
    ]

    def said(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [*words])
        assert done.exit_code == code, done.output
        return done.output

    name = "runs/channels-scripted-faithful-coin-3-16-s1"
    for i in (1, 2):
        assert f"1 of 1 units of shard {i}/2 are done: {name}-shard-{i}-of-2" in said(*command, "--shard", f"{i}/2")
    assert said(*command, "--shard", "1/2", "--max-time", "1s").count("1 of 1 units of shard 1/2 are done") == 1
    assert f"report: {name}/report.html" in said("merge", f"{name}-shard-1-of-2", f"{name}-shard-2-of-2")
    assert "records: 2 units, each once" in said("verify", name)
    said(*command, "--out", "whole")
    for file in ("findings.json", "manifest.json", "identity.json"):
        assert Path(name, file).read_bytes() == Path("whole", file).read_bytes()
