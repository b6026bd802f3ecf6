"""Reports of findings alone, with the page of the study that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thinkaloud.cli import terminal
from thinkaloud.open_study import BUILTIN, open_study
from thinkaloud.report import html, markdown
from thinkaloud.report.explorer import CAP
from thinkaloud.report.layout import PLAIN, Card, Layout, no_card
from thinkaloud.vocabulary import Finding, Record


def layout(findings: Sequence[Finding], meta: Mapping[str, Any] | None = None) -> Layout:
    return _parts(findings, meta or {})[0]


def render_html(findings: Sequence[Finding], records: Sequence[Record], meta: Mapping[str, Any], cap: int = CAP) -> str:
    return html.render_html(findings, records, meta, *_parts(findings, meta), cap)


def render_markdown(findings: Sequence[Finding], meta: Mapping[str, Any]) -> str:
    return markdown.render_markdown(findings, meta, *_parts(findings, meta))


def print_findings(findings: Sequence[Finding]) -> None:
    terminal.print_findings(findings, layout(findings))


def _parts(findings: Sequence[Finding], meta: Mapping[str, Any]) -> tuple[Layout, Card]:
    name = findings[0].study if findings else str(meta.get("study", ""))
    if name not in BUILTIN:
        return PLAIN, no_card
    study = open_study(name)
    return study.page, study.card.line if study.card else no_card
