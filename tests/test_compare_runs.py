"""`thinkaloud compare`: runs of known reasoners, what is refused in one line, and the exit code that a change has."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import thinkaloud as ta
from thinkaloud.cli.compare import CHANGED
from thinkaloud.cli.main import cli
from thinkaloud.compare.found import compare_runs
from thinkaloud.compare.html import render_html
from thinkaloud.errors import UserError

ITEMS = 16


def made(out: Path, model: str, study: str = "channels", **more: Any) -> Path:
    settings = {"shots": 2, **more.pop("settings", {})}
    usual = {"items": ITEMS, "difficulty": 3, "settings": settings}
    ta.run(study, f"scripted:{model}", more.pop("tasks", ["chain_sum"]), out=out, **{**usual, **more})
    return out


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of a reasoner that needs all of its reasoning, of one that needs it on half of the items, and of a third."""
    root = tmp_path_factory.mktemp("compare")
    for name, model in (("faithful", "faithful"), ("half", "mixture:0.5"), ("none", "mixture:0.0")):
        made(root / name, model)
    return root


def command(*words: object) -> Result:
    return CliRunner().invoke(cli, ["compare", *map(str, words)])


def test_a_known_difference_is_found_and_what_is_the_same_is_not_different(place: Path, tmp_path: Path) -> None:
    """The mixture knows half of the answers at once: silence gains, content and use lose as much, own stays."""
    done = command(place / "faithful", place / "half", "--out", tmp_path / "c", "--margin", ".1")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "c" / "compare.json").read_text())
    ((only,),) = [[task for task in one["tasks"]] for one in found["comparisons"]]
    rows = {row["row"]: row for row in only["rows"] if row["difference"] is not None}
    assert all(row["reason"] for row in only["rows"] if row["row"] not in rows)
    for name in ("P(gold) silent", "own - silent", "content", "follow mistake:last", "use", "early AOC"):
        assert rows[name]["verdict"] == "different", name
    assert rows["P(gold) silent"]["difference"] == pytest.approx(-rows["own - silent"]["difference"], abs=1e-6)
    assert rows["content"]["difference"] < -0.2 and rows["externalised share"]["difference"] < -0.2
    for name in ("P(gold) own", "P(gold) paraphrase", "compute"):
        assert rows[name]["verdict"] == "the same" and abs(rows[name]["difference"]) < 1e-6, name
    assert all(row["n"] >= 5 and row["low"] <= row["difference"] <= row["high"] for row in rows.values())
    assert all(row["low"] <= row["inner_low"] <= row["inner_high"] <= row["high"] for row in rows.values())
    assert all(row["holm"] >= row["p"] for row in rows.values()) and found["tested"] == len(rows)
    text = (tmp_path / "c" / "report.md").read_text()
    assert "Did anything change" in text and "would have been missed" in text and "right in both 16" in text
    assert "different" in done.output and f"report: {tmp_path / 'c' / 'report.html'}" in done.output


def test_a_run_against_itself_is_the_same_everywhere(place: Path, tmp_path: Path) -> None:
    found = ta.compare([place / "half", place / "half"], out=tmp_path / "c")
    rows = [row for _, _, row in found.rows]
    assert len(rows) > 15 and found.others[0].one_model
    assert {(row.word, row.difference.value) for row in rows if row.difference.value is not None} == {("the same", 0.0)}
    assert all("too few" in (row.difference.reason or "") for row in rows if row.difference.value is None)
    ((task,),) = [one.tasks for one in found.others]
    assert not task.flips.lost and not task.flips.gained and not task.dropped


def test_several_runs_are_each_held_against_the_first(place: Path, tmp_path: Path) -> None:
    found = ta.compare([place / name for name in ("faithful", "half", "none")], out=tmp_path / "c")
    assert [one.other.model for one in found.others] == ["scripted:mixture:0.5", "scripted:mixture:0.0"]
    alone = ta.compare([place / "faithful", place / "half"], out=tmp_path / "d")
    first, same = found.others[0].tasks[0].rows, alone.others[0].tasks[0].rows
    assert [row.difference for row in first] == [row.difference for row in same]
    assert found.tested == 2 * alone.tested
    assert all(a.holm >= b.holm for a, b in zip(first, same, strict=True) if a.holm is not None and b.holm is not None)


def test_the_exit_code_says_whether_a_named_row_has_changed(place: Path, tmp_path: Path) -> None:
    a, b, out = place / "faithful", place / "half", ("--out", tmp_path / "c")
    done = command(a, b, *out, "--fail-if-changed", "share,content")
    assert done.exit_code == CHANGED == 6 and "changed: scripted:mixture:0.5, chain_sum: content -" in done.output
    done = command(a, b, *out, "--fail-if-changed", "compute,P(gold) own")
    assert done.exit_code == 0 and "none of these" in done.output
    assert command(a, a, *out, "--fail-if-changed", "all").exit_code == 0
    wrong = command(a, b, *out, "--fail-if-changed", "contnet")
    assert isinstance(wrong.exception, UserError) and "'contnet'; did you mean content" in str(wrong.exception)


def test_runs_of_tests_of_faithfulness_are_compared_too(tmp_path: Path) -> None:
    for name in ("faithful", "mixture:0.0"):
        made(tmp_path / name, name, "faithfulness", items=8)
    found = ta.compare([tmp_path / "faithful", tmp_path / "mixture:0.0"], out=tmp_path / "c")
    rows = {row.name: row for _, _, row in found.rows}
    assert rows["mistakes (renormalised)"].difference.value < -0.5
    assert rows["early answering"].word == "different"


def test_what_measures_something_else_is_refused_in_one_line(place: Path, tmp_path: Path) -> None:
    a = place / "faithful"
    other = {
        "study": made(tmp_path / "study", "faithful", "faithfulness", items=8),
        "seed": made(tmp_path / "seed", "faithful", seed=2),
        "settings": made(tmp_path / "settings", "faithful", settings={"shots": 3}),
        "levels": made(tmp_path / "levels", "faithful", difficulty=2),
        "tasks": made(tmp_path / "tasks", "faithful", tasks=["big_sum"], difficulty=10),
        "edge": made(tmp_path / "edge", "faithful", difficulty="edge"),
    }  # fmt: skip
    says = {
        "study": "a run of 'channels', .* a run of 'faithfulness'", "seed": "with seed 1, .* with seed 2",
        "settings": "shots 2, .* shots 3", "levels": "levels 'chain_sum 3', .* levels 'chain_sum 2'",
        "tasks": "tasks 'chain_sum', .* tasks 'big_sum'", "edge": "difficulty edge.*own.*with a level",
    }  # fmt: skip
    for what, folder in other.items():
        with pytest.raises(UserError, match=says[what]) as error:
            ta.compare([a, folder], out=tmp_path / "no")
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="difficulty edge"):
        ta.compare([other["edge"], other["edge"]], out=tmp_path / "no")
    version = shutil.copytree(place / "half", tmp_path / "version")
    file = version / "identity.json"
    said = json.loads(file.read_text())
    said["of"]["version"] -= 1
    file.write_text(json.dumps(said))
    with pytest.raises(UserError, match=r"by version 4 of channels, .* by version 3"):
        ta.compare([version, a], out=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_bad_words_are_refused_in_one_line(place: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="1 run folder was given: give at least 2"):
        ta.compare([place / "half"])
    for margin in (0.0, -0.1, 1.0, float("nan")):
        with pytest.raises(UserError, match="--margin is"):
            ta.compare([place / "half", place / "half"], margin=margin)
    with pytest.raises(UserError, match="no run folder"):
        ta.compare([place / "half", tmp_path])


def test_an_unfinished_run_is_said_and_allowed(place: Path, tmp_path: Path) -> None:
    begun = shutil.copytree(place / "half", tmp_path / "begun")
    (begun / "notes.json").unlink()
    done = command(place / "faithful", begun, "--out", tmp_path / "c")
    assert done.exit_code == 0 and f"{begun} is not finished" in done.output
    assert "is not finished" in (tmp_path / "c" / "report.md").read_text().replace("\\", "")


def test_the_page_shows_both_models_at_every_item_and_trusts_no_text(place: Path, tmp_path: Path) -> None:
    """The largest difference on top; what models and tasks say stands there as text."""
    runs = [ta.open_run(place / name) for name in ("faithful", "half")]
    for run in runs:
        for record in run.records:
            record["question"] = f"<script>alert(1)</script> {record['question']}"
    found = compare_runs(runs, out=tmp_path / "c")
    page = render_html(found, runs)
    assert "<script" not in page and "&lt;script&gt;" in page and "default-src &#x27;none&#x27;" in page
    changes = [abs(float(x)) for x in re.findall(r"<summary><b>([+-]\d\.\d\d)</b>", page)]
    assert len(changes) == found.others[0].tasks[0].common and changes == sorted(changes, reverse=True)
    assert page.count('class="cmp-different"') == sum(row.word == "different" for _, _, row in found.rows)
