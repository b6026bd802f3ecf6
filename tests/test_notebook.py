"""From a notebook: what there is can be listed, asked for by name, put into a table and looked at."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.util import find_spec
from xml.etree import ElementTree

import numpy as np
import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.report.notebook import Findings
from thinkaloud.runs import lookup, table
from thinkaloud.runs.folder import Run
from thinkaloud.settings import setting
from thinkaloud.study import Study, Unit
from thinkaloud.vocabulary import Estimate, Finding

HOSTILE = "<script>alert(1)</script>"


def finding(task: str, name: str, value: float | None = 0.5, **about: object) -> Finding:
    reason = None if value is not None else "too few items"
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Finding("rungs", "tiny", task, 3, Estimate(name, value, low, high, 8, 8, "item", reason, about))  # type: ignore[arg-type]


ARMS = Findings(
    [
        finding("sums", "F1 at 400", arm="F1", budget=400),
        finding("sums", "F2 at 400", 0.7, arm="F2", budget=400),
        finding("sums", "F2 at 1000", None, arm="F2", budget=1000),
        finding("coins", "F2 at 400", 0.2, arm="F2", budget=400),
        finding("coins", "share"),
    ]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("notebook") / "run"
    return ta.run(
        "channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=folder, settings={"shots": 2}
    )


# -------------------------------------------------------------------------------------------------- what there is


def test_dir_lists_what_can_be_used_and_all_of_it_is_there() -> None:
    assert {"run", "resume", "rescore", "plan", "settings", "trend", "challenge", "ruler", "Study", "Estimate"} <= {
        *dir(ta)
    }
    assert all(getattr(ta, name) is not None for name in dir(ta))
    assert set(ta.__all__) == {*dir(ta)} - {"__version__"}


def test_importing_the_package_loads_nothing_of_it() -> None:
    code = "import sys, thinkaloud; dir(thinkaloud); print([m for m in sys.modules if m.startswith('thinkaloud.')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "['thinkaloud._version']\n"


def test_a_module_does_not_take_the_place_of_a_function_of_the_same_name() -> None:
    import thinkaloud.ruler.own
    import thinkaloud.settings  # noqa: F401

    assert callable(ta.settings) and callable(ta.ruler)
    assert ta.settings("rungs", budgets=(400,)).budgets == (400,)


def test_settings_are_checked_by_name_and_type() -> None:
    usual = ta.open_study("rungs").Settings()
    assert ta.settings("rungs") == usual and ta.settings("rungs", budgets=[400]).budgets == (400,)
    with pytest.raises(UserError, match="no setting in rungs named 'budget'; did you mean budgets"):
        ta.settings("rungs", budget=(400,))
    with pytest.raises(UserError, match="rungs: shots is 'two': expected `int`"):
        ta.settings("rungs", shots="two")


# ------------------------------------------------------------------------------------------------ estimates by name


def test_estimates_are_found_by_task_name_and_parts() -> None:
    assert [e.name for e in lookup.find(ARMS, about={"arm": "F2"})] == ["F2 at 400", "F2 at 1000", "F2 at 400"]
    assert lookup.find(ARMS, about={"arm": "F1", "budget": 1000}) == []
    assert lookup.find_one(ARMS, "coins", about={"arm": "F2"}).value == 0.2
    assert lookup.find_one(ARMS, "coins", "share") is ARMS[-1].estimate


@pytest.mark.parametrize(
    ("task", "name", "about", "said"),
    [
        ("coin", None, {}, "no task named 'coin'; did you mean coins"),
        (None, "shares", {}, "no estimate named 'shares'; did you mean share"),
        (None, None, {"arms": "F2"}, "no part named 'arms'; did you mean arm"),
        (None, None, {"arm": "F3"}, "no arm named 'F3'; did you mean"),
        (None, None, {"budget": 7}, "no budget is 7; there are 400, 1000"),
        ("sums", None, {"arm": "F2"}, r"2 estimates have task='sums', arm='F2': say which by budget \(400, 1000\)"),
        ("coins", None, {"budget": 1000}, "no estimate has all of task='coins', budget=1000"),
        (None, "F2 at 400", {}, "2 estimates have name='F2 at 400': say which by task"),
    ],
)
def test_a_question_without_one_answer_says_what_there_is(task, name, about, said) -> None:
    with pytest.raises(UserError, match=said):
        lookup.find_one(ARMS, task, name, about)


def test_a_run_finds_its_own_estimates(run: Run) -> None:
    share = run.get("chain_sum", "externalised share")
    assert share == run.estimate(name="externalised share") and share in run.estimates(task="chain_sum")
    assert len(run.estimates()) == len(run.findings)


def test_the_record_of_an_item_is_found_by_the_beginning_of_its_id(run: Run) -> None:
    record = run.records[3]
    task, level, digest = record["item"].split("/")
    assert run.item(record["item"]) == run.item(f"{task}/{level}/{digest[:8]}") == run.item(digest[:8]) == record
    with pytest.raises(UserError, match="no item of this run begins with 'zz'; there are chain_sum/3/"):
        run.item("zz")
    with pytest.raises(UserError, match="8 items begin with 'chain_sum'"):
        run.item("chain_sum")


def test_where_an_item_has_several_records_a_field_says_which() -> None:
    records = [{"item": "a/1/00ff", "arm": arm, "attempts": []} for arm in ("F1", "F2")]
    assert lookup.find_item(records, "00", {"arm": "F2"}) is records[1]
    with pytest.raises(UserError, match=r"2 records of 'a/1/00ff' have its id; say which by arm \('F1', 'F2'\)"):
        lookup.find_item(records, "00", {})


# ------------------------------------------------------------------------------------------------------------ tables


def test_the_table_has_a_column_for_every_part() -> None:
    found = table.relation(ARMS)
    assert found.columns == [*table.COLUMNS, "arm", "budget"]
    assert [str(kind) for kind in found.types[-2:]] == ["VARCHAR", "BIGINT"]
    assert found.filter("arm = 'F2' and budget = 400").project("task, value").fetchall() == [
        ("sums", 0.7),
        ("coins", 0.2),
    ]
    assert found.filter("value is null").project("reason").fetchall() == [("too few items",)]
    assert table.relation([]).fetchall() == []


def test_a_part_called_like_a_column_and_parts_of_several_types_have_a_place() -> None:
    odd = [finding("sums", "a", n=1, at=2), finding("sums", "b", n=1.5, at="all")]
    assert table.columns(odd)["about_n"] == "DOUBLE" and table.columns(odd)["at"] == "VARCHAR"
    assert [(row["n"], row["about_n"], row["at"]) for row in table.rows(odd)] == [(8, 1, "2"), (8, 1.5, "all")]


def test_a_frame_is_of_whom_one_asks_for(run: Run) -> None:
    assert [row[4] for row in run.frame().fetchall()] == [f.estimate.name for f in run.findings]
    if find_spec("pandas"):
        assert list(run.frame("pandas").columns) == run.frame().columns
    if not find_spec("polars"):
        with pytest.raises(UserError, match="pip install polars"):
            run.frame("polars")
    with pytest.raises(UserError, match="no kind of table named 'panda'; did you mean pandas"):
        run.frame("panda")  # type: ignore[call-overload]


# ---------------------------------------------------------------------------------------------------------- pictures


class Inert(HTMLParser):
    """Fails on anything that could run or load."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "iframe", "link", "object")
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)


def test_a_notebook_shows_the_table_of_a_run_and_its_findings(run: Run) -> None:
    html = run._repr_html_()
    grid = run.study.page.grids(run.findings)[0]
    assert all(cell in html for cell in grid.rows[0]) and "externalised share" in html
    assert run.findings._repr_html_().count("<tr>") == 1 + len(run.findings)
    assert list(run.findings) == run.findings and isinstance(run.findings, list)
    Inert().feed(html)


def test_what_models_and_files_say_is_inert_in_a_notebook() -> None:
    html = Findings([finding(HOSTILE, HOSTILE)])._repr_html_()
    assert "<script" not in html
    Inert().feed(html)


def test_every_figure_of_the_report_is_shown_by_its_name(run: Run) -> None:
    assert {"figure", "conditions"} <= run.figures.keys()
    for name, title in run.figures.items():
        drawn = run.figure(name)
        assert drawn.title == title and drawn.svg in drawn._repr_html_()
        svg = ElementTree.fromstring(drawn._repr_svg_())
        assert svg.tag.endswith("svg") and float(svg.get("width", 0)) > 0
        assert any(one.tag.endswith("style") for one in svg), "it stands by itself"
        Inert().feed(drawn._repr_html_())
    with pytest.raises(UserError, match="no figure of channels named 'figur'; did you mean figure"):
        run.figure("figur")


def test_a_figure_is_saved(run: Run, tmp_path) -> None:
    assert run.figure("figure").save(tmp_path / "a.svg").read_text() == run.figure("figure").svg


# ------------------------------------------------------------------------------------------------ a study of one's own


class Coins(Study):
    """A study of somebody's own, in a notebook."""

    name, question, rounds = "coins", "How often do coins fall on heads?", 3

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """How many coins."""

        coins: int = setting(4, "Coins that are thrown.")

    async def run(self, asked, do):
        async def work(session):
            rng = asked.key.rng
            about = {"task": "coin", "level": None, "status": "ok", "question": "", "options": ["no", "yes"], "gold": 1}
            return [{**about, "item": str(i), "heads": int(rng.integers(2))} for i in range(asked.settings.coins)]

        await do.unit(Unit(phase=self.name, subject="coin", work=work))
        return []

    def estimate(self, records, key):
        heads = float(np.mean([record["heads"] for record in records]))
        return [Estimate("heads", heads, 0.0, 1.0, len(records), len(records))]


@pytest.mark.parametrize("study", [Coins, Coins()])
def test_a_study_of_ones_own_is_run_resumed_opened_and_scored_again(study, tmp_path) -> None:
    run = ta.run(study, seed=2, settings={"coins": 6}, out=tmp_path / "run")
    assert run.get("coin", "heads").n == 6 and run.item("3")["status"] == "ok"
    assert ta.open_run(run.folder, study=study).findings == run.findings
    assert ta.resume(run.folder, study=study).findings == run.findings
    assert ta.rescore(run.folder, study=study).findings == run.findings
    assert "heads" in run._repr_html_(), "a study without a table shows all its findings"
    assert ta.settings(study, coins=2).coins == 2
    with pytest.raises(UserError, match="no setting in coins named 'coin'; did you mean coins"):
        ta.settings(study, coin=2)
