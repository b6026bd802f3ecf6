"""Figures of the documentation from finished runs: the same SVG as in the reports, with its style inside.

    PYTHONPATH=src python benchmarks/figures.py CHANNELS_RUN FAITHFULNESS_RUN

Writes docs/figures/channels.svg and docs/figures/faithfulness.svg. The style is taken from the figures that are there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from thinkaloud.open_study import open_run
from thinkaloud.studies.channels.figure import channel_figure
from thinkaloud.studies.faithfulness.panels import panel_figure

MARGIN = 12
FIGURES = Path(__file__).parent.parent / "docs" / "figures"


def framed(svg: str, style: str) -> str:
    """The figure with its style, on a ground of its own with a margin."""
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert found, "a figure begins at 0 0"
    width, height = (int(size) + 2 * MARGIN for size in found.groups())
    ground = f'<rect x="-{MARGIN}" y="-{MARGIN}" width="{width}" height="{height}" class="ta-ground"/>'
    svg = svg.replace(found[0], f'viewBox="-{MARGIN} -{MARGIN} {width} {height}"', 1)
    return re.sub(r"(<svg[^>]*>)(<style>.*?</style>)?", lambda m: m[1] + style + ground, svg, count=1, flags=re.DOTALL)


def main() -> None:
    for name, figure, folder in zip(
        ("channels", "faithfulness"), (channel_figure, panel_figure), sys.argv[1:], strict=False
    ):
        path = FIGURES / f"{name}.svg"
        style = re.search(r"<style>.*?</style>", path.read_text(), re.DOTALL)
        path.write_text(framed(figure(open_run(folder).findings), style[0] if style else "") + "\n")


if __name__ == "__main__":
    main()
