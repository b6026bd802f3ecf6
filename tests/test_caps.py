"""A command stops at its cap and loses nothing: what had begun is finished, and resume ends with the same findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from thinkaloud.api import asked
from thinkaloud.cli.main import cli
from thinkaloud.errors import UserError
from thinkaloud.open_study import open_run
from thinkaloud.organisms.rules import faithful
from thinkaloud.organisms.scripted import Scripted
from thinkaloud.runs.caps import Caps
from thinkaloud.runs.config import Config
from thinkaloud.runs.execute import Execution
from thinkaloud.runs.folder import Run
from thinkaloud.runs.identity import identify, known
from thinkaloud.runs.missing import LARGE
from thinkaloud.runs.progress import NullProgress
from thinkaloud.study import Study, Unit
from thinkaloud.values import duration, tokens
from thinkaloud.vocabulary import Completion, Estimate, Key, Prompt, Reading, Sampling, Usage

UNITS, EACH = 8, 30
"""Units of the small study, and tokens that each of them takes."""


class Asking(Study):
    """Every unit asks once, and the answers are counted."""

    name, question = "asking", "How many answers are there?"
    takes = frozenset({"model"})

    async def run(self, asked, do):
        def unit(i):
            async def work(session):
                done = await session.generate(Prompt((), str(i)), Sampling(20), Key((str(i),)))
                return [{"item": str(i), "status": "ok", "text": done.text}]

            return Unit(phase=self.name, subject="all", at={"i": i}, work=work)

        await asyncio.gather(*(do.unit(unit(i)) for i in range(UNITS)))
        return ["all were asked"]

    def estimate(self, records, key):
        return [Estimate("answers", len(records), 0, len(records), len(records), len(records))]

    def expected(self, settings, tasks, items):
        return UNITS


class Metered(Scripted):
    """A scripted reasoner whose answers take `EACH` tokens and as many seconds of its own clock. `waits`: how often an
    answer lets others come first. What an answer costs, nobody knows beforehand."""

    gate, bounded = None, False

    def __init__(self, waits: Callable[[Prompt], int] = lambda prompt: 0) -> None:
        super().__init__("faithful", faithful)
        self.usage, self.clock, self.waits, self.began = Usage(), [0.0], waits, []

    def session(self):
        other = super().session()
        other.usage = Usage()
        return other

    async def generate(self, prompt, sampling, key):
        self.began.append(prompt.question)
        for _ in range(self.waits(prompt)):
            await asyncio.sleep(0)
        self.usage += Usage(asked=50, computed=10, generated=20, requests=1)
        self.clock[0] += EACH
        return Completion("yes", 20, "stop")


def run(folder: Path, model=None, **caps) -> Run:
    return ta.run(Asking, model or Metered(), out=folder, **caps)


def done(run: Run) -> int:
    return len([unit for unit in run.units if unit["status"] == "ok"])


# ------------------------------------------------------------------------------------------------------------- tokens


CAPS = [(1, 1), (2 * EACH - 1, 1), (2 * EACH, 2), (4 * EACH, 4), (UNITS * EACH - 1, UNITS - 1), (UNITS * EACH, UNITS)]
"""A cap of tokens, and the units that are done: the first one is always begun, since nothing is known of it."""


@pytest.mark.parametrize(("cap", "units"), CAPS)
def test_no_unit_begins_that_would_not_fit_if_it_took_what_those_before_took(
    tmp_path: Path, cap: int, units: int
) -> None:
    found = run(tmp_path / "run", max_tokens=cap)
    assert done(found) == units == len(open_run(tmp_path / "run", Asking).units)
    assert (found.stopped is None) == (units == UNITS), "a run that came to its end was not stopped"


def test_what_is_said_is_how_much_was_used_how_much_is_done_and_how_to_go_on(tmp_path: Path) -> None:
    found = run(tmp_path / "run", max_tokens=4 * EACH - 1)
    assert found.stopped is not None
    assert f"--max-tokens {4 * EACH - 1}: {3 * EACH} tokens" in found.stopped and "more than" not in found.stopped
    assert f"3 of {UNITS} units are done" in found.stopped and "thinkaloud.resume(" in found.stopped
    assert found.unfinished == f"3 of {UNITS} units"
    assert f"This run is not finished: 3 of {UNITS} units were done." in (found.folder / "report.md").read_text()
    dear = run(tmp_path / "dear", max_tokens=1).stopped
    assert dear is not None and f"({EACH - 1} tokens more than the cap: units that had begun were finished)" in dear


def test_a_cap_is_of_one_command_and_no_part_of_the_run(tmp_path: Path) -> None:
    """The same cap again does as many units again, and leaves what a run without it leaves, byte for byte."""
    whole, capped = run(tmp_path / "whole"), run(tmp_path / "capped", max_tokens=3 * EACH)
    assert done(capped) == 3
    again = ta.resume(capped.folder, study=Asking, model=Metered(), max_tokens=3 * EACH)
    assert done(again) == 6 and again.stopped is not None
    last = ta.resume(capped.folder, study=Asking, model=Metered(), max_tokens=3 * EACH)
    assert done(last) == UNITS and last.stopped is None and last.unfinished is None
    for name in ("findings.json", "config.toml", "notes.json"):
        assert (capped.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert capped.identity == whole.identity


def test_what_is_being_done_is_finished_before_the_run_stops(tmp_path: Path) -> None:
    """Two units at once, the first of them the slowest: the cap is reached while it is still being done."""
    model = Metered(lambda prompt: 50 if prompt.question == "0" else 0)
    found = run(tmp_path / "run", model, max_tokens=2 * EACH, concurrency=2)
    assert model.began == ["0", "1"]
    assert sorted(record["item"] for record in found.records) == sorted(model.began)


@pytest.mark.slow
def test_a_study_of_tasks_that_is_capped_again_and_again_ends_with_the_same_findings(tmp_path: Path) -> None:
    """Also where the level is still being looked for when the cap is reached."""

    class Counting(Scripted):
        usage, gate, bounded = Usage(), None, False

        def session(self):
            other = super().session()
            other.usage = Usage()
            return other

        async def score(self, prompt, options, closing=".") -> Reading:
            self.usage += Usage(asked=1, computed=1, requests=1)
            return await super().score(prompt, options, closing)

    def model() -> Counting:
        return Counting("faithful", faithful)

    whole = ta.run("channels", model(), ["chain_sum", "coin"], items=16, out=tmp_path / "whole")
    found, commands = ta.run("channels", model(), ["chain_sum", "coin"], items=16, out=tmp_path / "a", max_tokens=1), 1
    assert found.unfinished == "0 of 4 units" and done(found) == 1
    assert "Missing: chain_sum 2 of 2 units, coin 2 of 2 units." in (found.folder / "report.md").read_text().replace(
        "\\", ""
    )
    while found.stopped is not None:
        found, commands = ta.resume(found.folder, model=model(), max_tokens=1), commands + 1
    assert commands == len(whole.units), "one unit a command"
    assert (found.folder / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()
    assert {unit["unit"] for unit in found.units} == {unit["unit"] for unit in whole.units}


def test_a_cap_that_cannot_be_kept_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scripted:faithful does not count its tokens; give --max-time"):
        run(tmp_path / "run", Scripted("faithful", faithful), max_tokens=5)
    assert not (tmp_path / "run").exists()


def test_a_model_that_says_nothing_of_its_tokens_is_stopped_after_its_first_unit(tmp_path: Path) -> None:
    """A server that sends no usage: a cap that is never reached must not look like one that was kept."""

    class Silent(Metered):
        async def generate(self, prompt, sampling, key):
            self.usage += Usage(requests=1)
            return Completion("yes", 20, "stop")

    found = run(tmp_path / "run", Silent(), max_tokens=5)
    assert found.stopped is not None and "--max-tokens cannot be kept" in found.stopped
    assert done(found) == 1


# --------------------------------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(("seconds", "units"), [(0.5, 1), (EACH, 1), (EACH + 1, 2), (100 * EACH, UNITS)])
def test_no_unit_begins_once_so_much_time_is_over(tmp_path: Path, seconds: float, units: int) -> None:
    model = Metered()
    config = Config("object:asking", "object:metered", (), settings=Asking.Settings()).fits(Asking())
    of = identify(config, Asking(), known(model), ())
    folder = Run.create(tmp_path / "run", config, Asking(), known(model), of)
    caps = Caps(seconds=seconds, clock=lambda: model.clock[0])
    execution = Execution(Asking(), asked(config, model, ()), of, folder.journal, NullProgress(), caps=caps)
    notes = asyncio.run(execution.run())
    assert len(folder.journal) == units
    assert (notes is None) == (units < UNITS)


def test_a_command_whose_time_is_over_before_its_first_unit_does_one(tmp_path: Path) -> None:
    """Loading may take longer than the cap: a loop of `resume` comes to its end all the same."""
    model, commands = Metered(), 1
    found = run(tmp_path / "run", model, max_time=1e-9)
    while found.stopped is not None:
        found, commands = ta.resume(found.folder, study=Asking, model=model, max_time=1e-9), commands + 1
    assert commands == UNITS and found.unfinished is None


@pytest.mark.parametrize(
    ("given", "seconds"), [("90s", 90), ("90", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("0.5h", 1800)]
)
def test_durations_are_read(given: str, seconds: float) -> None:
    assert duration(given) == seconds


@pytest.mark.parametrize("given", ["", "h", "10x", "m10", "-5", "1m2h"])
def test_what_is_no_duration_is_refused(given: str) -> None:
    with pytest.raises(UserError, match="is no duration: give one like 90s, 10m, 2h"):
        duration(given)


def test_numbers_of_tokens_are_read() -> None:
    assert [tokens(text) for text in ("500", "500k", "2M", "50_000")] == [500, 500_000, 2_000_000, 50_000]
    with pytest.raises(UserError, match=r"'2\.5' is no number of tokens"):
        tokens("2.5")


def test_a_cap_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--max-tokens is 0: at least 1"):
        run(tmp_path / "run", max_tokens=0)
    with pytest.raises(UserError, match="--max-time is 0 s: give more than 0 seconds"):
        run(tmp_path / "run", max_time="0s")


# --------------------------------------------------------------------------------------------------- the command line

CHANNELS = ["run", "channels", "--model", "scripted:faithful", "--task", "coin", "--difficulty", "3"]


def test_the_last_line_names_the_command_that_goes_on_and_the_exit_code_is_5(tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    said = CliRunner().invoke(cli, [*CHANNELS, "--items", "16", "--out", str(folder), "--max-time", "0.000001"])
    assert said.exit_code == 5
    last = said.output.splitlines()[-1]
    assert last.startswith("stopped by --max-time 1e-06 s: ") and "1 of 2 units are done" in last
    assert last.endswith(f"to go on: thinkaloud resume '{folder}'")
    assert CliRunner().invoke(cli, ["resume", str(folder)]).exit_code == 0
    assert open_run(folder).unfinished is None


def test_a_large_run_says_what_it_is_going_to_do(tmp_path: Path) -> None:
    items = str(8 * LARGE)
    given = [*CHANNELS, "--items", items, "--out", str(tmp_path / "run"), "--max-time", "0.000001"]
    said = CliRunner().invoke(cli, given).output
    assert f"to do: {LARGE} units (1 task, {items} items each); `thinkaloud plan` with the same options" in said
    few = [*CHANNELS, "--items", "16", "--out", str(tmp_path / "few"), "--max-time", "0.000001"]
    assert "to do:" not in CliRunner().invoke(cli, few).output


def test_a_run_that_goes_on_says_what_the_rest_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From what its units took so far."""
    monkeypatch.setattr("thinkaloud.runs.missing.LARGE", 4)
    said: list[str] = []
    begun = run(tmp_path / "run", max_tokens=2 * EACH)
    monkeypatch.setattr(NullProgress, "say", lambda self, text: said.append(text))
    ta.resume(begun.folder, study=Asking, model=Metered())
    assert said == [f"to do: 6 units; about {6 * EACH} tokens, if they take {EACH} each as those before"]
