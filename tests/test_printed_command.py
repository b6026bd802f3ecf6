"""The command that a report prints does the same run again: every option that is not at its usual value is in it."""

from __future__ import annotations

import json
import shlex
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_fixture import ASKED, FAST, STUDIES, UNTOLD, another, changed, config, parsed
from folder_fixture import lines, written
from thinkaloud.cli.main import cli
from thinkaloud.cli.options import run_options
from thinkaloud.models.loading import Loading
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_run, open_study
from thinkaloud.runs.config import Config
from thinkaloud.runs.identity import identify
from thinkaloud.settings import options
from thinkaloud.tasks import open_tasks

OPTIONS = [(study, option.name) for study in STUDIES for option in options(open_study(study).Settings)]
LOADING = [option.name for option in options(Loading) if option.name not in UNTOLD]


def of(asked: Config) -> str:
    """The hash that every unit of such a run carries."""
    study = open_study(asked.study)
    return identify(asked, study, open_model(asked.model).card, open_tasks(asked.tasks)).hash


def ran(words: list[str], out: Path) -> tuple[str, bytes]:
    """The command that the report of a run prints, and the run's findings."""
    done = CliRunner().invoke(cli, [*words, "--out", str(out)])
    assert isinstance(done.exception, SystemExit | None) and done.exit_code in (0, 3, 4), done.exception
    (said,) = [line for line in (out / "report.md").read_text().splitlines() if "thinkaloud run " in line]
    command = said[said.index("thinkaloud run ") :].rstrip("`")
    run = open_run(out)
    assert command == run.config.command(run.study)
    return command, (out / "findings.json").read_bytes()


# ---------------------------------------------------------------------------------------------------- option by option


@pytest.mark.parametrize(("study", "name"), OPTIONS)
def test_a_setting_is_an_option_stands_in_the_file_and_in_the_command_and_makes_another_run(
    study: str, name: str
) -> None:
    (option,) = [one for one in options(open_study(study).Settings) if one.name == name]
    flags = {flag for one in run_options(open_study(study)) for flag in (*one.opts, *one.secondary_opts)}
    assert f"--{option.flag}" in flags
    usual, other = config(study, open_study(study).Settings()), config(study, changed(study, name))
    command = other.command(open_study(study))
    assert f"--{option.flag}" not in usual.command(open_study(study))
    assert {f"--{option.flag}", f"--no-{option.flag}"} & set(shlex.split(command))
    assert parsed(command) == other
    assert name in tomllib.loads(other.dumps())["settings"]
    assert Config.loads(other.dumps(), "config.toml", open_study) == other
    assert of(usual) != of(other)


@pytest.mark.parametrize("name", LOADING)
def test_so_does_how_the_model_is_loaded(name: str) -> None:
    (option,) = [one for one in options(Loading) if one.name == name]
    usual, other = config("channels"), config("channels", loading=Loading(**{name: another(option)}))
    command = other.command(open_study("channels"))
    assert f"--{option.flag}" in shlex.split(command)
    assert parsed(command) == other == Config.loads(other.dumps(), "config.toml", open_study)
    assert of(usual) != of(other)


def test_threads_are_the_machines_and_change_no_run() -> None:
    one, other = (config("channels", loading=Loading(threads=threads)) for threads in (None, 3))
    assert one.command(open_study("channels")) == other.command(open_study("channels"))
    assert of(one) == of(other)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("head", [{"items": 7}, {"difficulty": "edge"}, {"seed": 12}, {"tasks": ("coin", "recall")}])
def test_what_is_asked_is_in_the_command(study: str, head: dict[str, Any]) -> None:
    asked = replace(config(study), **head)
    assert parsed(asked.command(open_study(study))) == asked


# ---------------------------------------------------------------------------------------------------- from run to run


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_the_command_of_a_run_with_every_option_set_does_the_same_run_again(study: str, tmp_path: Path) -> None:
    """Read from the report, word by word as a shell does, into another folder: the findings are the same bytes."""
    first = config(study, changed(study), loading=Loading("exact", "completion", None, 4000, "cpu"))
    words = shlex.split(first.command(open_study(study)))[1:]
    command, found = ran(words, tmp_path / "one")
    assert open_run(tmp_path / "one").config == first
    again, same = ran(shlex.split(command)[1:], tmp_path / "two")
    assert again == command and same == found
    assert any(row["value"] is not None for row in json.loads(found)["findings"])


@pytest.mark.slow
def test_names_with_spaces_quotes_and_commas_come_through(
    tmp_path: Path, tiny_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model, question files and an arm whose names a shell would take apart."""
    monkeypatch.chdir(tmp_path)
    model = shutil.copy(tiny_path, 'it\'s a "model" & more.gguf')
    tasks = [written(Path(name), lines()) for name in ("sub, it's $HOME.jsonl", "a b.jsonl")]
    words = ["run", "channels", "--model", str(model), "--task", ",".join(tasks), "--items", "2", "--difficulty", "1"]
    command, found = ran([*words, "--shots", "1", "--format", "completion", "--precision", "exact"], Path("one"))
    assert open_run("one").config.tasks == tuple(tasks)
    assert ran(shlex.split(command)[1:], Path("two")) == (command, found)


def test_an_arm_of_ones_own_with_an_odd_name_comes_through(tmp_path: Path) -> None:
    arm = tmp_path / 'it\'s "mine", all.py'
    arm.write_text('async def solve(item, ask):\n    """Mine."""\n    return await ask.snap(item.question)\n')
    settings = open_study("rungs").Settings(shots=2, **(FAST["rungs"] | {"arms": ("R2", str(arm))}))
    asked = replace(config("rungs", settings), tasks=ASKED["rungs"][1][:1])
    command, found = ran(shlex.split(asked.command(open_study("rungs")))[1:], tmp_path / "one")
    assert open_run(tmp_path / "one").config == asked
    assert ran(shlex.split(command)[1:], tmp_path / "two") == (command, found)


# ---------------------------------------------------------------------------------------------------- a new setting

TOYS = """
from dataclasses import dataclass

from thinkaloud.settings import setting
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Estimate


@dataclass(frozen=True, kw_only=True)
class ToySettings:
    bias: float = setting(0.5, "How often a coin falls on heads.")
    throws: int = setting(20, "Of each coin.")
    coins: tuple[str, ...] = setting(("penny",), "Which coins.", none="none")
    loud: bool = setting(False, "Says what it does.")


class Toys(Study):
    name, question, Settings = "toys", "How often do coins fall on heads?", ToySettings

    async def run(self, asked, do):
        asked_of = asked.settings
        for coin in asked_of.coins:
            async def work(session, coin=coin):
                falls = asked.key.child(coin).rng.random(asked_of.throws) < asked_of.bias
                about = {"task": coin, "level": None, "question": "Heads?", "options": [], "gold": None, "status": "ok"}
                return [{**about, "item": str(i), "heads": float(fall)} for i, fall in enumerate(falls)]
            await do.unit(Unit(phase=self.name, subject=coin, work=work))
        return ["It was loud."] if asked_of.loud else []

    def estimate(self, records, key):
        heads = [record["heads"] for record in records]
        value = sum(heads) / len(heads)
        return [Estimate("heads", value, 0.0, 1.0, len(heads), len(heads))]
"""


def test_a_new_setting_of_a_study_needs_no_other_file(tmp_path: Path) -> None:
    """A study in a file of its own, with settings of its own: its options reach the run, its config.toml, the printed
    command and the identity, and nothing else was touched."""
    file = tmp_path / "my toys.py"
    file.write_text(TOYS)
    spec = f"{file}:Toys"
    said = ["--bias", "0.9", "--throws", "50", "--coins", "penny,dime", "--loud", "--seed", "3"]
    command, found = ran(["run", spec, *said], tmp_path / "one")
    assert shlex.split(command) == ["thinkaloud", "run", spec, "--seed", "3", *said[:-2]]
    assert tomllib.loads((tmp_path / "one" / "config.toml").read_text())["settings"] == {
        "bias": 0.9, "throws": 50, "coins": ["penny", "dime"], "loud": True,
    }  # fmt: skip
    rows = json.loads(found)["findings"]
    assert [(row["task"], row["n"]) for row in rows] == [("dime", 50), ("penny", 50)]
    assert all(row["value"] > 0.7 for row in rows)
    assert ran(shlex.split(command)[1:], tmp_path / "two") == (command, found)
    study = open_study(spec)
    usual, other = Config(spec).fits(study), Config(spec, settings=study.Settings(bias=0.9)).fits(study)
    assert usual.protocol(study.version) != other.protocol(study.version)
