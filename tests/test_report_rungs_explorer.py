"""What the explorer of a rungs report is given: items with all their arms, scores that are the findings', caps, and
texts that nobody trusts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pages import layout, render_html
from report_fixture import HOSTILE
from rungs_fixture import ARMS, HOSTILE_ITEM, findings, meta, records
from thinkaloud.report.explorer import as_json, payload
from thinkaloud.studies.rungs.page import items as rungs_items
from thinkaloud.studies.rungs.page.trace import ATTEMPTS, TEXT, clipped, packed


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return payload(records(6, 6), layout(findings(6, 6)).explorer, 400, findings(6, 6))


def test_parts_of_items_average_to_the_findings(data: dict[str, Any]) -> None:
    """What a list is sorted by is what the finding is a mean of."""
    known = {(f.task, f.estimate.name): f.estimate.value for f in findings(6, 6)}
    names = {"F2 - F1": "F2 - F1", "R2": "R2 once", "R2k": "R2k at 16000", "F2": "F2 at 16000", "use F2": "use F2",
             "naive gain F2": "naive gain F2 at 16000", "spend T1": "spend T1 at 16000", "tool T1": "tool T1 at 16000",
             **{same: same for same in ("gap R2k - R2", "gap F1 - R2", "need F2", "residue A")}}  # fmt: skip
    for group, means in zip(data["groups"], data["pool"]["families"], strict=True):
        for part, name in names.items():
            at = data["parts"].index(part)
            own = [r["scores"][at] for r in group["records"] if r["scores"][at] is not None]
            assert sum(own) / len(own) == pytest.approx(known[group["task"], name], abs=2e-4), (group["task"], name)
            assert means[at] == pytest.approx(known[group["task"], name], abs=2e-4)


def test_an_item_has_all_its_arms_with_answer_score_and_spend_by_meter(data: dict[str, Any]) -> None:
    shown = data["groups"][1]["records"][2]
    record = next(r for r in records(6, 6) if r["item"] == shown["id"] and r["arm"] == "F2")
    assert set(shown["arms"]) == set(ARMS)
    arm, spend = shown["arms"]["F2"], record["attempts"][0]["spend"]
    assert arm["of"] == len(record["attempts"]) and arm["right"] == sum(a["right"] for a in record["attempts"])
    assert len(arm["attempts"]) == ATTEMPTS
    answer, right, _, b1, b2, b3, b4, calls = arm["attempts"][0]
    first = record["attempts"][0]
    assert (answer, bool(right), calls) == (first["answer"], first["right"], spend["calls"])
    assert b1 == spend["output"] and b4 == spend["uncached"] + spend["output"] and b2 == b4 + spend["cached"]
    assert b3 == pytest.approx(spend["uncached"] + 0.1 * spend["cached"] + 4 * spend["output"], abs=0.06)


def test_a_failed_arm_says_why_and_has_no_attempt(data: dict[str, Any]) -> None:
    arm = data["groups"][0]["records"][0]["arms"]["P"]
    assert arm["status"] == "failed" and HOSTILE in arm["error"] and arm["attempts"] == []


def test_a_tree_is_the_trace_and_its_texts_are_stored_once() -> None:
    item = {r["arm"]: r for r in records(6, 6) if r["item"] == "coin/3/000001"}
    made = packed(item)
    assert len(made["texts"]) == len(set(made["texts"]))
    tree, trace = made["trees"]["F2"]["attempts"][0], item["F2"]["attempts"][0]["trace"]
    assert [parent for _, parent in tree] == [-1 if n["parent"] is None else n["parent"] for n in trace]
    for (node, _), given in zip(tree, trace, strict=True):
        kept = made["nodes"][node]
        assert kept["kind"] == given["kind"] and kept["title"] == given["title"]
        assert made["texts"][kept["text"]] == clipped(given["text"], TEXT) if given["text"] else "text" not in kept
    corrupt = made["trees"]["F2"]["edits"]["corrupt"]
    assert sum(node != other for (node, _), (other, _) in zip(corrupt, tree, strict=True)) == 1
    assert sum(made["nodes"][node].get("edited") == "corrupt" for node, _ in corrupt) == 1


def test_a_long_text_loses_its_middle_and_says_how_much() -> None:
    text = "a" * 900 + "the answer is 5"
    short = clipped(text, 100)
    assert short.endswith("the answer is 5") and "[… 815 characters …]" in short and len(short) < 140
    assert clipped("short", 100) == "short"


def test_traces_are_for_the_extreme_items_first_and_the_page_says_for_how_many(
    data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all("traces" in r for g in data["groups"] for r in g["records"])
    with monkeypatch.context() as patch:
        patch.setattr(rungs_items, "ROOM", len(as_json(data["groups"])) // 2)
        some = payload(records(6, 6), layout(findings(6, 6)).explorer, 400, findings(6, 6))
    traced = [[i for i, r in enumerate(g["records"]) if "traces" in r] for g in some["groups"]]
    count = sum(map(len, traced))
    assert 6 < count < 36 and f"and {count} of them with their traces" in some["count"]
    assert max(map(len, traced)) - min(map(len, traced)) <= 1
    for group, kept in zip(some["groups"], traced, strict=True):
        order = sorted((r["scores"][0] for r in group["records"]), reverse=True)
        assert {order[0], order[-1]} <= {group["records"][i]["scores"][0] for i in kept} or len(kept) < 2


def test_the_cap_on_items_is_kept_and_said() -> None:
    made = payload(records(6, 6), layout(findings(6, 6)).explorer, 10, findings(6, 6))
    assert [len(g["records"]) for g in made["groups"]] == [2, 2, 2, 2, 1, 1]
    assert made["count"].startswith("10 of 36 items, the first of every family, are in this page")
    assert made["count"] in render_html(findings(6, 6), records(6, 6), meta(), cap=10)


def test_a_page_of_twenty_four_families_is_below_four_megabytes() -> None:
    """With every cap at work. Four families are shown six times: texts are stored once an item, not once a page."""
    few = [f for f in findings(6, 6) if f.task == "pool" and " shrunken " not in f.estimate.name]
    own = [f for f in findings(6, 6) if f.task == "chain_sum"]
    tasks = dict.fromkeys(r["task"] for r in records(4, 20))
    many = [{**r, "task": f"{r['task']}_{i}"} for i in range(6) for r in records(4, 20)]
    found = [*few, *(replace(f, task=f"{task}_{i}") for i in range(6) for task in tasks for f in own)]
    page = render_html(found, many, meta())
    assert 2_500_000 < len(page.encode()) < 4_000_000


def test_hostile_text_stays_inside_its_script_element(data: dict[str, Any]) -> None:
    page = render_html(findings(6, 6), records(6, 6), meta())
    assert "<img" not in page and page.count("</script>") == 2
    texts = json.loads(as_json(data))["groups"][0]["records"][0]
    assert texts["id"] == HOSTILE_ITEM and HOSTILE in texts["question"] and HOSTILE in texts["traces"]["texts"]


def test_the_same_run_gives_the_same_bytes() -> None:
    again = render_html(list(findings(6, 6)), list(records(6, 6)), meta())
    assert again == render_html(findings(6, 6), records(6, 6), meta())


def test_a_run_of_the_rungs_with_nothing_in_it_still_makes_a_report() -> None:
    assert "There are no items." in render_html([], [], meta())
