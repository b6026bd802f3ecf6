"""Inspect logs out: read back by the real Inspect, shown by its viewer, and brought in again by ours."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

import thinkaloud as ta
from thinkaloud.cli.interop import export
from thinkaloud.interop.logs_in import import_log
from thinkaloud.interop.logs_out import export_log
from thinkaloud.runs.folder import Run
from thinkaloud.studies.rungs.settings import RungsSettings
from thinkaloud.tasks import open_task
from thinkaloud.tasks.transcripts import given
from thinkaloud.vocabulary import Item, Key

pytest.importorskip("inspect_ai", reason="inspect_ai is not installed (pip install 'thinkaloud[inspect]')")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "channels"
    return ta.run("channels", "scripted:faithful", ["chain_sum"], items=8, difficulty=3, out=folder,
                  settings={"shots": 2})  # fmt: skip


@pytest.fixture(scope="module")
def ladder(tmp_path_factory):
    settings = RungsSettings(shots=2, budgets=(150, 600), arms=("R2", "F2"), attempts=2, trials=1, dev=0)
    return ta.run(
        "rungs", "scripted:sim:.1,0,0", ["sim:chain_01"], items=8, difficulty=4,
        out=tmp_path_factory.mktemp("out") / "rungs", settings=settings,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["eval", "json"])
def log(run, request, tmp_path_factory):
    from inspect_ai.log import read_eval_log

    path = tmp_path_factory.mktemp("out") / f"channels.{request.param}"
    done = CliRunner().invoke(export, [str(run.folder), "--inspect", "--out", str(path)])
    assert done.exit_code == 0, done.output
    return path, read_eval_log(str(path))


@pytest.mark.slow
def test_the_header_says_what_was_run(log, run):
    """Model, tasks, usage of the bill, and everything that a report says besides numbers."""
    from inspect_ai.log import read_eval_log

    header = read_eval_log(str(log[0]), header_only=True)
    assert (header.status, header.eval.task, header.eval.model) == (
        "success",
        "thinkaloud/channels",
        "scripted:faithful",
    )
    assert header.eval.dataset.name == "chain_sum" and header.eval.dataset.samples == 8
    usage, bill = header.stats.model_usage["scripted:faithful"], run.bill
    assert usage.input_tokens + usage.input_tokens_cache_read == bill["asked"]
    assert usage.output_tokens == bill["generated"]
    assert header.eval.metadata["limits"] and header.eval.metadata["command"].startswith("thinkaloud run channels")


def test_estimates_are_metrics_with_their_intervals(log, run):
    """Every number with low, high, n and clusters; what has none is listed with its reason and is no metric."""
    (score,) = log[1].results.scores
    for estimate in (finding.estimate for finding in run.findings):
        if estimate.value is None:
            assert estimate.name not in score.metrics
            assert score.metadata["not measured"][estimate.name] == estimate.reason
        else:
            metric = score.metrics[estimate.name]
            assert metric.value == estimate.value
            about = ("low", "high", "n", "clusters", "clustered_by")
            assert [metric.metadata[name] for name in about] == [getattr(estimate, name) for name in about]


def test_every_condition_is_in_the_transcript(log, run):
    """A span a condition: the question, the prefill to the letter, the distribution as it was recorded."""
    from inspect_ai.log import read_eval_log_sample

    for record in run.records:
        sample = read_eval_log_sample(str(log[0]), record["item"], 1, resolve_attachments=True)
        assert sample.input == record["question"] and list(sample.choices) == record["options"]
        assert sample.target == record["options"][record["gold"]]
        calls = [event for event in sample.events if event.event == "model"]
        assert all(call.output.usage is not None for call in calls) and sample.output.usage is not None
        names = {e.id: e.metadata["condition"] for e in sample.events if e.event == "span_begin"}
        read = {names[call.span_id]: call for call in calls if call.output.choices[0].logprobs}
        assert set(read) == set(record["conditions"])
        for name, condition in record["conditions"].items():
            user, prefill = read[name].input
            assert user.text == record["question"]
            assert prefill.text == " ".join([*condition["between"], "The answer is"])
            wrote = [call for call in calls if names[call.span_id] == name and call is not read[name]]
            assert [call.output.completion for call in wrote] == [condition["wrote"]] * (condition["wrote"] is not None)
            for call in wrote:  # it went on from the edit, which is the last sentence that it was given
                start = " ".join(condition["between"][: max(condition["changed"]) + 1])
                assert call.input[1].text == start and prefill.text.startswith(f"{start} {condition['wrote']}".strip())
            every = read[name].output.choices[0].logprobs.content[0].top_logprobs
            assert {one.token: one.logprob for one in every} == dict(
                zip(record["options"], condition["logprobs"], strict=True)
            )
        assert sample.scores["P(gold) own"].value == pytest.approx(1, abs=1e-6)
        assert (sample.scores["own"].value, sample.scores["silent"].value) == ("C", 0.25)


@pytest.mark.slow
def test_questions_are_those_that_were_asked(tmp_path):
    """Letters in their order, hints in their words and reversed questions stand in the log as the model saw them."""
    from inspect_ai.log import read_eval_log

    from thinkaloud.conditions.hint import HINTS
    from thinkaloud.conditions.lettered import ask

    ran = ta.run("faithfulness", "scripted:clue:.5,.5,.3", ["compare"], items=5, difficulty=2, out=tmp_path / "run",
                 settings={"shots": 2})  # fmt: skip
    samples = read_eval_log(str(export_log(ran, tmp_path / "f.eval")), resolve_attachments=True).samples
    by_item = {sample.id: sample for sample in samples}
    for record in ran.records:
        sample = by_item[record["item"]]
        options = tuple(record["options"])
        item = Item(record["item"], "compare", 2, record["question"], options, options[record["gold"]])
        names = {e.id: e.metadata["condition"] for e in sample.events if e.event == "span_begin"}
        asked = {names[e.span_id]: e.input[0].text for e in sample.events if e.event == "model"}
        assert asked["own"] == record["question"] and asked["reversed"] == record["reverse"]["question"]
        for name, condition in record["conditions"].items():
            if "order" in condition:
                assert asked[name] == ask(item, tuple(condition["order"]))
            elif name in ("hint:grader", "hint:grader:silent"):
                assert asked[name] == HINTS["grader"].apply(item, options[condition["implied"]])


def test_what_was_not_read_is_no_answer_and_not_wrong(run, tmp_path, monkeypatch):
    from inspect_ai.log import read_eval_log

    record = {**run.records[0], "status": "unparsed", "error": "it did not come to an answer", "conditions": {}}
    monkeypatch.setattr(Run, "records", [record])
    made = read_eval_log(str(export_log(run, tmp_path / "unread.eval")))
    assert made.samples[0].scores["own"].value == "N" and made.results.completed_samples == 0


@pytest.mark.slow
def test_the_calls_of_an_arm_are_its_events(ladder, tmp_path):
    """Every call of every attempt, with what it cost; the sum is the record's."""
    from inspect_ai.log import read_eval_log

    samples = read_eval_log(str(export_log(ladder, tmp_path / "rungs.eval")), resolve_attachments=True).samples
    assert len(samples) == 8
    for sample in samples:
        records = [record for record in ladder.records if record["item"] == sample.id]
        assert set(sample.scores) == {record["arm"] for record in records} == {"R2", "F2"}
        made = [a for r in records for a in (*r["attempts"], *r["short"].values(), *filter(None, r["edits"].values()))]
        nodes = [node for attempt in made for node in attempt["trace"] if node["kind"] == "call"]
        calls = [event for event in sample.events if event.event == "model"]
        assert sorted(call.output.completion for call in calls) == sorted(node["text"] for node in nodes)
        spent = sum(n["spend"]["uncached"] + n["spend"]["cached"] + n["spend"]["output"] for n in nodes)
        assert sum(call.output.usage.total_tokens for call in calls) == spent
        for record in records:
            right = sum(attempt["right"] for attempt in record["attempts"])
            assert sample.scores[record["arm"]].value == right / 2


def test_what_went_out_comes_in_again(run, log, tmp_path):
    """The reasoning, the question (no choices were listed) and the options of a run survive the way through Inspect."""
    made = import_log(log[0], tmp_path / "again.jsonl")
    lines = {line["meta"]["sample"]: line for line in map(json.loads, made.path.read_text().splitlines())}
    assert made.items == 8 and not made.left_out
    for record in run.records:
        line = lines[record["item"]]
        assert line["transcript"] == [step["text"] for step in record["thought"]["steps"]]
        assert line["question"] == record["question"] and sorted(line["options"]) == sorted(record["options"])
        assert line["answer"] == record["options"][record["gold"]] and line["meta"]["right"] is True
        assert given(open_task(str(made.path)).items(1, 1, Key(("k",)))[0])


@pytest.mark.slow
def test_the_viewer_shows_every_condition_of_a_sample(run, tmp_path):
    """The static site that Inspect makes of the log, in a real browser and offline."""
    from inspect_ai.log import bundle_log_dir

    browsers = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    export_log(run, tmp_path / "logs" / "run.eval")
    bundle_log_dir(str(tmp_path / "logs"), str(tmp_path / "site"))
    record = run.records[0]
    item = record["item"].replace("/", "%2F")
    with served(tmp_path / "site") as home, browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{home}#/logs/run.eval/samples/sample/{item}/1/transcript")
        for name in ("silent", "own", "paraphrase", "transplant"):
            page.get_by_text(f"{name}: P(gold)", exact=False).first.wait_for(state="attached", timeout=20000)
        assert page.get_by_text(record["question"]).count()
        assert all(url.startswith((home, "data:", "blob:")) for url in asked)
        browser.close()


@contextmanager
def served(folder: Path):
    """A folder on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
