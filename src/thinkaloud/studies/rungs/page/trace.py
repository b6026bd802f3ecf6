"""A record of the rungs made small for the page: what each attempt gave and cost, and the tree of its calls.

Attempts, and the same with an edit, share most of their calls, so a call is stored once an item (`nodes`) and a text
once an item (`texts`); a tree is pairs of a node and its parent's place in the tree. Long texts lose their middle, and
say how much. Nothing is trusted: texts stay text. This module does not know how a trace was made.

    summary(record)   {"status", "error", "right", "of", "attempts": [ATTEMPT], "short": {"1000": ATTEMPT}, "edits": {"cut": EDIT}}
    ATTEMPT           [answer, right, cut, B1, B2, B3, B4, calls]     EDIT   [answer, right, changed, followed, edited]
    packed(item)      {"texts", "nodes": [NODE], "trees": {"F2": {"attempts": [TREE], "short": {"1000": TREE}, "edits": {"cut": TREE}}}}
    NODE              {"kind", "title", "asked": text, "text": text, "spend": [uncached, cached, written], "cut", "edited", "error"}
    TREE              [[node, place of its parent or -1], ...]
"""  # noqa: E501

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.budget.meters import METERS, spend_of
from thinkaloud.vocabulary import Record

ATTEMPTS = 2
"""Attempts of an arm that are shown."""
QUESTION, TEXT, ANSWER, TITLE = 1200, 700, 80, 80
"""Characters of a question, of a text of a node, of an answer, of a title, at most."""


def clipped(text: str, most: int) -> str:
    """The text, without its middle where it is longer; how much is left out stands there."""
    if len(text) <= most:
        return text
    head = most * 2 // 3
    return f"{text[:head]} [… {len(text) - most} characters …] {text[len(text) - (most - head) :]}"


def summary(record: Record) -> dict[str, Any]:
    """What a record says in a line, without its traces."""
    attempts = record.get("attempts") or ()
    made: dict[str, Any] = {
        "right": sum(bool(attempt["right"]) for attempt in attempts),
        "of": len(attempts),
        "attempts": [_attempt(attempt) for attempt in attempts[:ATTEMPTS]],
    }
    if record["status"] != "ok":
        made |= {"status": str(record["status"]), "error": clipped(str(record.get("error") or ""), TEXT)}
    short = {budget: _attempt(attempt) for budget, attempt in (record.get("short") or {}).items()}
    edits = {name: _edit(edit) for name, edit in (record.get("edits") or {}).items() if edit is not None}
    return made | ({"short": short} if short else {}) | ({"edits": edits} if edits else {})


def _attempt(attempt: Mapping[str, Any]) -> list[Any]:
    spend = spend_of(attempt["spend"])
    meters = [round(meter(spend), 1) for meter in METERS.values()]
    whole = [int(x) if x == int(x) else x for x in meters]
    return [_answer(attempt["answer"]), int(bool(attempt["right"])), int(bool(attempt["cut"])), *whole, spend.calls]


def _edit(edit: Mapping[str, Any]) -> list[Any]:
    followed = edit.get("followed")
    flags = [int(bool(edit["right"])), int(bool(edit["changed"])), None if followed is None else int(bool(followed))]
    return [_answer(edit["answer"]), *flags, int(edit.get("edited") or 0)]


def _answer(answer: object) -> str | None:
    return None if answer is None else clipped(str(answer), ANSWER)


def packed(item: Mapping[str, Record]) -> dict[str, Any]:
    """The trees of all arms of one item."""
    store = _Store()
    trees: dict[str, Any] = {}
    for arm, record in item.items():
        tree = {
            "attempts": [
                store.tree(attempt.get("trace") or ()) for attempt in (record.get("attempts") or ())[:ATTEMPTS]
            ],
            "short": {b: store.tree(attempt.get("trace") or ()) for b, attempt in (record.get("short") or {}).items()},
            "edits": {n: store.tree(e.get("trace") or ()) for n, e in (record.get("edits") or {}).items() if e},
        }
        trees[arm] = {name: found for name, found in tree.items() if found}
    return {"texts": list(store.texts), "nodes": [json.loads(node) for node in store.nodes], "trees": trees}


def size(made: Any) -> int:
    """Bytes of it in a page, nearly."""
    return len(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


class _Store:
    """The texts and nodes of an item, each once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.nodes: dict[str, int] = {}

    def tree(self, trace: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        """A trace as pairs; a parent that is not in it is none."""
        places = {node["id"]: place for place, node in enumerate(trace)}
        return [[self._node(node), places.get(node["parent"], -1)] for node in trace]

    def _node(self, node: Mapping[str, Any]) -> int:
        spend = node["spend"]
        paid = [spend["uncached"], spend["cached"], spend["output"] + spend["reasoning"]]
        made: dict[str, Any] = {"kind": node["kind"], "title": clipped(str(node["title"]), TITLE)}
        made |= {name: self._text(str(node[name])) for name in ("asked", "text") if node.get(name)}
        made |= {"spend": paid} if any(paid) else {}
        made |= {"cut": 1} if node.get("cut") else {}
        made |= {name: clipped(str(node[name]), TEXT) for name in ("edited", "error") if node.get(name)}
        return self.nodes.setdefault(json.dumps(made, ensure_ascii=False), len(self.nodes))

    def _text(self, text: str) -> int:
        return self.texts.setdefault(clipped(text, TEXT), len(self.texts))
