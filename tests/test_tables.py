"""Tables out: every number of a run is in them, exactly, and what is missing is null."""

from __future__ import annotations

import csv
import json

import duckdb
import pytest
from click.testing import CliRunner

import thinkaloud as ta
from thinkaloud.cli.interop import export
from thinkaloud.errors import UserError
from thinkaloud.interop.tables import RECORDS, export_table, record_rows
from thinkaloud.open_study import open_run
from thinkaloud.runs import table
from thinkaloud.runs.folder import Run
from thinkaloud.runs.found import finding_as_dict
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.vocabulary import Reading

KINDS = ("parquet", "csv", "json")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables") / "run"
    return ta.run(
        "channels", "scripted:graded:.6", ["chain_sum"], items=8, difficulty=3, out=folder, settings={"shots": 2}
    )


@pytest.fixture(scope="module")
def ladder(tmp_path_factory):
    settings = RungsSettings(shots=2, budgets=(150, 600), arms=("R2", "F1"), attempts=2, trials=1, dev=0)
    folder = tmp_path_factory.mktemp("tables") / "rungs"
    return ta.run(
        "rungs", "scripted:sim:.1,0,0", ["sim:chain_01"], items=8, difficulty=4, out=folder,
        settings=settings,
    )  # fmt: skip


def _row(finding, columns):
    """As `findings.json` has it, with the parts of `about` beside the rest."""
    plain = finding_as_dict(finding)
    return dict.fromkeys(columns) | plain.pop("about") | plain


def read(path, kind):
    if kind == "json":
        return json.loads(path.read_text())
    function = "read_parquet" if kind == "parquet" else "read_csv"
    options = "" if kind == "parquet" else ", all_varchar = true"
    found = duckdb.sql(f"select * from {function}('{path}'{options})")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_findings_come_out_as_they_are(run, tmp_path):
    """Every estimate is a row, with the very same numbers; one without a number has nulls and its reason."""
    expected = [_row(finding, table.columns(run.findings)) for finding in run.findings]
    assert any(row["value"] is None for row in expected) and any(row["value"] is not None for row in expected)
    for kind in ("parquet", "json"):
        path, rows = export_table(run, kind, out=tmp_path / f"f.{kind}")
        found = read(path, kind)
        assert found == expected and rows == len(expected)
    path, _ = export_table(run, "csv", out=tmp_path / "f.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["estimate"] for row in rows] == [row["estimate"] for row in expected]
    for row, right in zip(rows, expected, strict=True):
        assert (None if row["value"] == "" else float(row["value"])) == right["value"]
        assert (row["reason"] or None) == right["reason"]


def test_an_estimate_follows_from_the_table_alone(run, tmp_path):
    """The mean of p_gold over a condition's rows is the estimate of that condition."""
    path, _ = export_table(run, "parquet", records=True, out=tmp_path / "r.parquet")
    by_name = {finding.estimate.name: finding.estimate for finding in run.findings}
    for condition in ("own", "silent", "filler:dots"):
        query = f"select avg(p_gold), count(*) from '{path}' where condition = '{condition}'"
        mean, n = duckdb.sql(query).fetchall()[0]
        estimate = by_name[f"P(gold) {condition}"]
        assert mean == pytest.approx(estimate.value, abs=1e-12) and n == estimate.n


def test_nothing_of_a_record_is_lost(run, ladder):
    """A record can be put together again from its rows."""
    for of in (run, ladder):
        rows = record_rows(of)
        for record in of.records:
            mine = [r for r in rows if (r["item"], r["arm"]) == (record["item"], record.get("arm"))]
            whole, others = mine[0], mine[1:]
            rest = set(whole["rest"]) | {"conditions", "attempts", "short", "edits"}
            assert whole["condition"] is None
            assert {k: whole[k] for k in record if k not in rest} == {k: v for k, v in record.items() if k not in rest}
            assert all(whole["rest"][k] == record[k] for k in whole["rest"])
            for row in others:
                kind, _, name = row["condition"].partition(":")
                if of is run:
                    found = record["conditions"][row["condition"]]
                    named = {k: row[k] for k in ("changed", "logprobs", "margin", "mass", "implied", "wrote")}
                    assert {**named, **row["rest"], "between": row["sentences"]} == found
                    assert row["probabilities"] == list(Reading(tuple(found["logprobs"])).probabilities)
                else:
                    place = {"attempt": "attempts", "short": "short", "edit": "edits"}[kind]
                    found = record[place][int(name) if kind == "attempt" else name]
                    assert {"answer": row["answer"], "right": row["right"], **row["rest"]} == found
            there = sum(len(record.get(k) or ()) for k in ("conditions", "attempts", "short"))
            assert len(others) == there + sum(e is not None for e in (record.get("edits") or {}).values())


@pytest.mark.parametrize("records", [False, True])
def test_the_three_formats_hold_the_same_rows(ladder, tmp_path, records):
    """Rungs have columns of their own as nulls elsewhere; texts with commas and line ends survive CSV."""
    tables = {kind: read(export_table(ladder, kind, records, tmp_path / f"t.{kind}")[0], kind) for kind in KINDS}
    columns = RECORDS if records else table.columns(ladder.findings)
    assert all(list(row) == list(columns) for rows in tables.values() for row in rows)
    assert len({len(rows) for rows in tables.values()}) == 1
    for one, other, text in zip(tables["json"], tables["parquet"], tables["csv"], strict=True):
        for name, of in columns.items():
            nested = of == "JSON" and other[name] is not None
            assert one[name] == (json.loads(other[name]) if nested else other[name])
            shown = None if other[name] is None else text[name]
            if of == "JSON" and shown is not None:
                assert json.loads(shown) == one[name]
            elif of == "DOUBLE" and shown is not None:
                assert float(shown) == one[name]
            else:
                assert shown == (None if other[name] is None else str(other[name]).lower() if of == "BOOLEAN"
                                 else str(other[name]))  # fmt: skip


def test_equal_options_are_neither_right_nor_wrong(run, monkeypatch):
    """A reading that cannot decide has no answer, and is not called wrong unless the right option is not among them."""
    record, logprobs = dict(run.records[0]), [-1.0] * 4
    tied = {**record["conditions"]["own"], "logprobs": logprobs}
    beside = {**tied, "logprobs": [-9.0 if i == record["gold"] else -1.0 for i in range(4)]}
    monkeypatch.setattr(Run, "records", [{**record, "conditions": {"own": tied, "silent": beside}}])
    _, own, silent = record_rows(run)
    assert (own["answer"], own["right"], own["p_gold"]) == (None, None, 0.25)
    assert (silent["answer"], silent["right"]) == (None, False)


def test_an_item_that_was_not_read_keeps_its_row(run, monkeypatch):
    """A failure is a row with its reason, and has no numbers."""
    record = {**run.records[0], "status": "unparsed", "error": "no answer", "conditions": {}}
    monkeypatch.setattr(Run, "records", [record])
    (row,) = record_rows(run)
    assert (row["status"], row["error"], row.get("p_gold")) == ("unparsed", "no answer", None)


def test_what_json_does_not_have_is_null(run, tmp_path, monkeypatch):
    """An option that is impossible has no finite log-probability: null, and the table is still JSON."""
    record = dict(run.records[0])
    own = {**record["conditions"]["own"], "logprobs": [0.0, float("-inf"), float("-inf"), float("-inf")]}
    record["conditions"] = {"own": {**own, "margin": float("inf")}}
    monkeypatch.setattr(Run, "records", [record])
    for kind in KINDS:
        rows = read(export_table(run, kind, True, tmp_path / f"x.{kind}")[0], kind)
        assert rows[1]["margin"] is None and rows[1]["p_gold"] is not None


def test_users_mistakes_are_one_line(run, tmp_path):
    with pytest.raises(UserError, match="no format named 'parket'; did you mean parquet"):
        export_table(run, "parket")
    with pytest.raises(UserError, match="is a folder: give --out a file"):
        export_table(run, "csv", out=tmp_path)
    with pytest.raises(UserError, match="cannot write"):
        export_table(run, "csv", out=tmp_path / "nowhere" / "f.csv")
    assert not list(tmp_path.iterdir())
    for arguments, said in (
        ([str(run.folder)], "export needs a format: one of --parquet, --csv, --json, --inspect"),
        ([str(run.folder), "--inspect", "--records"], "--records is for tables"),
        ([str(tmp_path), "--csv"], "is no run folder"),
    ):
        failed = CliRunner().invoke(export, arguments)
        assert isinstance(failed.exception, UserError) and said in str(failed.exception)


def test_the_command_says_where_the_table_is(run):
    """Without --out it lies in the run folder, and the run is read as before."""
    done = CliRunner().invoke(export, [str(run.folder), "--csv", "--records"])
    assert done.exit_code == 0, done.output
    assert "records.csv" in done.output.replace("\n", "") and (run.folder / "records.csv").is_file()
    assert len(open_run(run.folder).records) == len(run.records)
