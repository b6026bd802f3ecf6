"""config.toml is held to its types: whatever stands in it, the answer is a configuration or one line."""

from __future__ import annotations

import datetime
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

import thinkaloud as ta
from command_fixture import thinkaloud
from contract_fixture import STUDIES, config
from thinkaloud.cli.main import main
from thinkaloud.errors import UserError
from thinkaloud.open_study import open_study
from thinkaloud.runs.config import Config

WRONG: list[tuple[str, Any, str]] = [
    ("items", "8", "items is '8': expected `int`, got `str`"),
    ("items", 0, "--items is 0: at least 1 item is needed"),
    ("items", True, "items is True: expected `int`, got `bool`"),
    ("difficulty", "hard", "--difficulty is 'hard': give 'edge' or a level"),
    ("difficulty", 2.5, "difficulty is 2.5"),
    ("seed", 1.0, "seed is 1.0: expected `int`, got `float`"),
    ("model", ["a"], "model is ['a']: expected `str`, got `array`"),
    ("tasks", "coin", "tasks is 'coin': expected `array`, got `str`"),
    ("tasks", ["coin", 3], "tasks is ['coin', 3]: expected `str`, got `int`"),
    ("tasks", ["coin", "coin"], "a task is given twice"),
    ("tasks", [], "no task was given"),
    ("study", 3, "does not say which study it is of"),
    ("study", "chanels", "no study named 'chanels'; did you mean channels or challenge?"),
    ("settings", 3, "settings is 3, and not a table"),
    ("loading", [], "loading is [], and not a table"),
    ("format", 1, "is of format 1, this version reads format 2"),
    ("format", None, "is of format None, this version reads format 2"),
    ("spending", {"budgets": [500]}, "spending"),
    ("settings.shots", 2.5, "shots is 2.5: expected `int`, got `float`"),
    ("settings.shots", -1, "shots is -1: at least 0"),
    ("settings.shot", 2, "no setting in"),
    ("settings.temperature", "warm", "temperature is 'warm': expected `float | null`, got `str`"),
    ("settings.temperature", float("nan"), "temperature is nan: give a finite number"),
    ("settings.show_options", "perhaps", "no show options named 'perhaps'"),
    ("settings.budgets", [500], "no setting in"),
    ("settings.spending", {"budgets": [500]}, "no setting in"),
    ("loading.threads", 2.5, "threads is 2.5"),
    ("loading.precision", "exakt", "precision is 'exakt'"),
    ("loading.context", {"a": 1}, "context is {'a': 1}"),
]


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at `table.name`; None takes it away."""
    made = deepcopy(data)
    *tables, name = path.split(".")
    where = made
    for table in tables:
        where = where.setdefault(table, {})
    where.pop(name, None)
    if value is not None:
        where[name] = value
    return made


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    out = tmp_path_factory.mktemp("config") / "run"
    ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=out, settings={"shots": 2})
    return out


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_what_does_not_fit_is_one_line_on_resume_and_report(path: str, value: Any, said: str, done: Path) -> None:
    """Which quotes the value, says what it should be, and asks no model."""
    file = done / "config.toml"
    before = file.read_text()
    file.write_text(tomli_w.dumps(put(config("channels").as_dict(), path, value)))
    try:
        for again in (ta.resume, ta.rescore):
            with pytest.raises(UserError) as caught:
                again(done)
            assert said in str(caught.value) and "\n" not in str(caught.value)
    finally:
        file.write_text(before)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"attempts": "two"}, "attempts is 'two'"), ({"budgets": [2, 1]}, "budgets must be ascending")]
)
def test_settings_of_the_rungs_are_held_to_their_types_too(wrong: dict[str, Any], said: str) -> None:
    data = config("rungs").as_dict()
    with pytest.raises(UserError, match=said):
        Config.from_dict({**data, "settings": data["settings"] | wrong}, "config.toml", open_study)


def test_the_command_says_it_in_one_line_with_code_2(done: Path, tmp_path: Path) -> None:
    """And no traceback, where a person sees it."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.toml").write_text(tomli_w.dumps(put(config("channels").as_dict(), "settings.shots", 2.5)))
    for verb in ("resume", "report"):
        found = thinkaloud(verb, str(folder))
        assert found.returncode == 2 and found.stderr.startswith("thinkaloud: ") and found.stderr.count("\n") == 1


def test_an_option_of_another_study_is_refused_with_the_study_that_has_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One line, code 2, and nothing is written."""
    said = {
        ("channels", "--budgets", "500"): "channels has no option --budgets; rungs and challenge have it",
        ("faithfulness", "--no-edits"): "faithfulness has no option --no-edits; rungs has it",
        ("channels", "--samples", "2"): "channels has no option --samples; faithfulness has it",
        (
            "rungs",
            "--paraphraser",
            "model",
        ): "rungs has no option --paraphraser; channels and faithfulness have it",
        (
            "channels",
            "--shorts",
            "2",
        ): "--shots",  # after "No such option", in words that differ between versions of click
    }
    for verb in ("run", "plan"):
        for words, sentence in said.items():
            out = ["--out", str(tmp_path / "run")] if verb == "run" else []
            monkeypatch.setattr(sys, "argv", ["thinkaloud", verb, *words, *out])
            with pytest.raises(SystemExit) as ended:
                main()
            shown = capsys.readouterr().err
            assert ended.value.code == 2 and sentence in shown and "Traceback" not in shown
            assert shown.count("\n") == 1 or "Usage" in shown
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------- anything at all

NAMES = ("format", "study", "model", "tasks", "items", "difficulty", "seed", "settings", "loading", "other")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=2**62, max_value=2**80), st.floats(), TEXT,
    st.sampled_from(["channels", "rungs", "edge", "auto", "x.py:Y", "model"]),
    st.just(datetime.date(2026, 1, 2)),
)  # fmt: skip
VALUES = PLAIN | st.lists(PLAIN.filter(lambda x: x is not None), max_size=3)
VALUES = VALUES | st.dictionaries(TEXT, PLAIN.filter(lambda x: x is not None), max_size=2)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A good configuration of some study in which up to three values are others."""
    data = config(draw(st.sampled_from(STUDIES))).as_dict()
    for _ in range(draw(st.integers(1, 3))):
        table = draw(st.sampled_from(["", "settings", "loading"]))
        inside = data[table] if table and isinstance(data.get(table), dict) else data
        name = draw(st.sampled_from([*inside, *NAMES]) | TEXT)
        value = draw(VALUES)
        inside.pop(name, None)
        if value is not None:
            inside[name] = value
    return data


@pytest.mark.slow
@how(max_examples=300, deadline=None)
@given(mutated())
def test_whatever_is_changed_in_it_the_answer_is_a_configuration_or_one_line(data: dict[str, Any]) -> None:
    try:
        found = Config.loads(tomli_w.dumps(data), "run/config.toml", open_study)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
        return
    assert found.study == data["study"]
    assert Config.loads(found.dumps(), "run/config.toml", open_study) == found


@how(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 4))
def test_a_damaged_file_is_a_configuration_or_one_line(place: int, put_in: bytes, cut: int) -> None:
    """Bytes that were lost or came in anywhere."""
    text = config("rungs").dumps().encode()
    at = place % len(text)
    damaged = (text[:at] + put_in + text[at + cut :]).decode("utf-8", "replace")
    try:
        Config.loads(damaged, "run/config.toml", open_study)
    except UserError as error:
        assert "\n" not in str(error)
