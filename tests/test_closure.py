"""A card is stale when any code on the way to its numbers changes, and only then."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from thinkaloud.calibration import cards, closure
from thinkaloud.calibration.closure import LEFT_OUT, PACKAGE, Closure, changed, code_digest, few
from thinkaloud.ruler.measure import measure
from thinkaloud.studies.rungs import card as rungs_card

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "rungs_simulated.py"
RULER, RUNGS = replace(cards.CODE, data=()), rungs_card.CODE
"""The two cards, without the weights."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's source in another place, to be changed."""
    place = tmp_path_factory.mktemp("tree") / "thinkaloud"
    shutil.copytree(PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__", "weights", "*.json"))
    return place


@pytest.fixture
def edit(copy: Path) -> Iterator[Callable[[str, str, str], tuple[list[str], list[str]]]]:
    """Replaces a text in a file; says which modules changed for the ruler's card and for the rungs' card."""
    kept: dict[Path, str] = {}

    def edited(file: str, old: str, new: str) -> tuple[list[str], list[str]]:
        path = copy / file
        text = kept.setdefault(path, path.read_text("utf-8"))
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), "utf-8")
        pairs = [(replace(card, package=copy).digests(), card.digests()) for card in (RULER, RUNGS)]
        ruler, rungs = (changed(before, after) for after, before in pairs)
        return ruler, rungs

    yield edited
    for path, text in kept.items():
        path.write_text(text, "utf-8")


BOTH, ONLY_RUNGS, ONLY_RULER, NEITHER = (True, True), (False, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("studies/rungs/protocol.py", "PROBE_ITEMS = 8", "PROBE_ITEMS = 80", ONLY_RUNGS),
        ("stats/bootstrap.py", "DRAWS = 4000", "DRAWS = 40", BOTH),
        ("vocabulary.py", "tuple(w / sum(weights) for", "tuple(w * w / sum(weights) for", BOTH),
        ("ruler/measure.py", "RUNG_ITEMS, SEED = 96, 128, 1", "RUNG_ITEMS, SEED = 96, 128, 2", ONLY_RULER),
        ("arms/edits.py", 'GONE = "?"', 'GONE = "-"', ONLY_RUNGS),
        (
            "tasks/chain.py",
            "from __future__ import annotations",
            "from __future__ import annotations\nX = 1",
            ONLY_RULER,
        ),
        ("conditions/filler.py", '"Let", "me", ', '"Let", "us", ', ONLY_RULER),
        ("stats/wilson.py", "Z = 1.959964", "Z = 1.645", ONLY_RUNGS),
        # what changes no number
        ("stats/bootstrap.py", "LEVEL = 0.95", "LEVEL = 0.95  # as everybody has it", NEITHER),
        ("stats/bootstrap.py", '"""Weighted mean of a column."""', '"""The mean, weighted."""', NEITHER),
        ("stats/bootstrap.py", '"""Weighted mean of a column."""\n', '"""The mean.\n\n    Weighted."""\n\n', NEITHER),
        ("studies/rungs/page/layout.py", "from __future__ import annotations", "X = 1", NEITHER),
        ("studies/faithfulness/page.py", "from __future__ import annotations", "X = 1", NEITHER),
        ("report/html.py", "from __future__ import annotations", "X = 1", NEITHER),
        ("models/llama_cpp/engine.py", "from __future__ import annotations", "X = 1", NEITHER),
        ("_version.py", "__version__", "__version__ = other", NEITHER),
    ],
)
def test_a_change_of_code_on_the_way_to_a_number_makes_its_card_stale(
    edit: Any, file: str, old: str, new: str, stale: tuple[bool, bool]
) -> None:
    """And its module is the one that is named."""
    name = file.removesuffix(".py").replace("/", ".")
    assert edit(file, old, new) == tuple([name] if one else [] for one in stale)


def test_weights_of_a_trained_reasoner_are_part_of_the_ruler_s_card(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.safetensors").write_bytes(b"1")
    code = Closure((), ("weights/*",), package=tmp_path)
    before = code.digests()
    (tmp_path / "weights" / "a.safetensors").write_bytes(b"2")
    assert changed(before, code.digests()) == ["weights/a.safetensors"]
    with pytest.raises(FileNotFoundError, match=r"no file fits 'other/\*'"):
        Closure((), ("other/*",), package=tmp_path).digests()
    assert "organisms/weights/faithful-0.safetensors" in cards.CODE.digests()


@pytest.mark.parametrize("card", [cards, rungs_card])
def test_a_stale_card_names_what_changed(card: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that are others now, that went and that came; and nothing is said of a card of this very code."""
    now = card.CODE.digests()
    monkeypatch.setattr(card, "load", lambda: {"made": {"code": now}})
    assert card.stale() is None
    was = {**now, "vocabulary": "another", "metrics.gone": "x"}
    del was["errors"]
    monkeypatch.setattr(card, "load", lambda: {"made": {"code": was, "date": "d", "version": "v"}})
    assert "; errors, metrics.gone, vocabulary): run" in str(card.stale())
    monkeypatch.setattr(card, "load", lambda: {"made": {"code": "one hash, as cards had before"}})
    assert "arms" in str(card.stale()) or "calibration" in str(card.stale())


def test_the_benchmark_is_the_one_that_made_the_card_of_the_rungs() -> None:
    """It chooses what is simulated, and is not part of the package."""
    assert rungs_card.load()["made"].get("script") == code_digest(BENCHMARK)


def test_many_names_are_cut_short() -> None:
    assert few(["a", "b"]) == "a, b" and few(list("abcdefg")) == "a, b, c, d and 3 more"


# ------------------------------------------------------------------------------------------------- nothing is left out


def called(run: Callable[[], object]) -> set[str]:
    """Names of the package's modules in which a function is called while something runs, for the second time: by then
    all that is imported on the way has been."""
    files: set[str] = set()
    run()

    def seen(frame: FrameType, event: str, argument: object) -> None:
        files.add(frame.f_code.co_filename)

    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(None)
    paths = [Path(file).relative_to(PACKAGE) for file in files if file.startswith(f"{PACKAGE}/")]
    names = (str(path.with_suffix("")).replace("/", ".") for path in paths)
    return {name.removesuffix("__init__").removesuffix(".") for name in names}


def missing(card: Closure, names: set[str]) -> set[str]:
    """Those that the card's closure neither has nor leaves out for a reason."""
    return {n for n in names - set(card.modules()) if not any(fnmatchcase(n, pattern) for pattern in LEFT_OUT)}


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rungs_simulated", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("model", "task"),
    [
        ("scripted:faithful", "chain_sum"),
        ("scripted:ladder:repairing:0.65", "chain_sum"),
        ("organism:faithful/0", "mod10"),
    ],
)
def test_every_module_that_runs_when_the_ruler_measures_is_in_its_closure(model: str, task: str) -> None:
    """What is opened by a name in a string is found by running it."""
    names = called(lambda: measure(model, task, 4, 6))
    assert len(names) > 30 and not missing(cards.CODE, names)


def test_every_module_that_runs_when_the_rungs_are_simulated_is_in_their_closure() -> None:
    bench = benchmark()
    cell = replace(bench.cells(1.0)[-1], items=1)
    names = called(lambda: (bench.simulate(cell, 1), bench.cells(0.1), rungs_card.rate(1, 2)))
    assert len(names) > 30 and not missing(rungs_card.CODE, names)


def test_what_the_benchmark_imports_is_in_the_closure() -> None:
    found = set(closure._asked(BENCHMARK, "rungs_simulated", "thinkaloud"))
    modules = {name for name in found if (PACKAGE / (name.replace(".", "/") + ".py")).is_file()}
    left = {"studies.rungs.card", "calibration.closure"}
    assert modules - left <= set(rungs_card.CODE.modules()) and left <= modules


def test_every_pattern_that_leaves_modules_out_does_and_has_a_reason() -> None:
    """Without it one of the cards would have more modules, or be another card with every release."""
    for pattern, reason in LEFT_OUT.items():
        others = tuple(one for one in LEFT_OUT if one != pattern)
        more = [set(replace(card, left_out=others).modules()) for card in (RULER, RUNGS)]
        assert reason and any(fnmatchcase(name, pattern) for names in more for name in names), pattern


# ------------------------------------------------------------------------------------------------------------ imports


def tree(folder: Path, **files: str) -> Closure:
    """A package `pack` of these files (`a__b` for a/b.py), read from its module `main`."""
    for name, text in files.items():
        path = folder / "pack" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)
    return Closure(("main",), left_out=("", "page.*"), package=folder / "pack")


def test_imports_are_followed_wherever_they_stand(tmp_path: Path) -> None:
    """At the top, in functions, in a package's own first lines, relative ones; not for type checkers alone, and not
    through a module that is left out."""
    code = tree(
        tmp_path,
        main="import pack.one\nfrom pack import two\nfrom . import three\nimport numpy\nfrom pack.page.show import X",
        one="def f():\n    try:\n        from pack.deep.four import g\n    except OSError:\n        import pack.five",
        two="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pack.types\nelse:\n    import pack.six",
        three="match 1:\n    case 1:\n        import pack.seven as s\nclass A:\n    from .eight import b",
        deep__four="", five="", six="", seven="", eight="", types="", unasked="", page__show="import pack.unasked",
    )  # fmt: skip
    (tmp_path / "pack" / "deep" / "__init__.py").write_text("from .nine import x")
    (tmp_path / "pack" / "deep" / "nine.py").write_text("from ..ten import y")
    (tmp_path / "pack" / "ten.py").touch()
    assert set(code.modules()) == {
        "main", "one", "two", "three", "deep", "deep.four", "deep.nine", "five", "six", "seven", "eight", "ten",
    }  # fmt: skip


def test_a_root_that_is_no_module_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no module 'nothing'"):
        Closure(("nothing",), package=tmp_path).modules()


SOURCE = '''"""What it is."""
# a comment
import a  # another

X = """one

  # no comment
two"""
"""About X: "#"."""


def f(y: int) -> str:
    """Says: élan."""

    z = "# no comment"; "a string alone"  # and a comment
    return f"""{y}

    {z!r} # no comment é"""


class B: "in a line"
'''
BARE = '''import a
X = """one

  # no comment
two"""
def f(y: int) -> str:
    z = "# no comment";
    return f"""{y}

    {z!r} # no comment é"""
class B:
'''


def test_code_is_what_is_left_without_what_only_readers_see(tmp_path: Path) -> None:
    """The same text under every version of Python; a string keeps its blank lines, for it may be a prompt."""
    path = tmp_path / "x.py"
    path.write_text(SOURCE, "utf-8")
    assert closure._read(path)[1] == BARE
