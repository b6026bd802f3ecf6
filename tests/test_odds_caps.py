"""Caps of tokens and money hold where a recipe of odds names a language model, though the study is given none."""

from __future__ import annotations

from pathlib import Path

import pytest

import thinkaloud as ta
from thinkaloud.errors import UserError
from thinkaloud.models.loading import Loading

RECIPE = """
board = "2x4"
rows = 1
missing = [0]
openings = 12
plies = 0
block = 1
givers = ["speaker"]
takers = ["anyone"]
players.speaker = {{ by = "model", model = "{model}", ask = "few-shot" }}
players.anyone = {{ by = "uniform" }}
"""


def written(folder: Path, model: str | Path) -> dict[str, str]:
    """A recipe in a file, as settings."""
    path = folder / "recipe.toml"
    path.write_text(RECIPE.format(model=model))
    return {"recipe": str(path)}


def tokens(run: ta.Run) -> int:
    return int(run.bill["computed"] + run.bill["generated"])


def test_a_cap_ends_a_run_of_odds_between_blocks_and_going_on_ends_with_the_same_findings(
    tiny_path: Path, tmp_path: Path
) -> None:
    given = {"settings": written(tmp_path, tiny_path),
             "loading": Loading(precision="exact", format="completion", threads=1)}  # fmt: skip
    whole = ta.run("odds", out=tmp_path / "whole", **given)  # type: ignore[arg-type]
    assert whole.stopped is None and len(whole.units) == 12 and tokens(whole) > 0
    for out, most in (("tokens", {"max_tokens": tokens(whole) // 2}),
                      ("money", {"max_cost": tokens(whole) / 2e6, "price": "1,1"})):  # fmt: skip
        capped = ta.run("odds", out=tmp_path / out, **given, **most)  # type: ignore[arg-type]
        assert capped.stopped is not None and f"--max-{'cost' if out == 'money' else out} " in capped.stopped
        assert 0 < len(capped.units) < 12 and tokens(capped) <= tokens(whole) // 2
        again = ta.resume(capped.folder)
        assert again.stopped is None
        assert (again.folder / "findings.json").read_bytes() == (whole.folder / "findings.json").read_bytes()


@pytest.mark.parametrize(
    ("model", "why"),
    [("scripted:board:meaning:0.7", "scripted:board:meaning:0.7 does not count its tokens"), (None, "asks no model")],
)
def test_a_cap_that_cannot_be_kept_is_refused_before_anything_is_written(
    model: str | None, why: str, tmp_path: Path
) -> None:
    settings = written(tmp_path, model) if model else {"recipe": "short"}
    with pytest.raises(UserError, match=why):
        ta.run("odds", settings=settings, out=tmp_path / "run", max_tokens=100)
    assert not (tmp_path / "run").exists()
