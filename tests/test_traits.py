"""What a model or a task may have besides is a protocol of its own: asked for by its type, and listed in the docs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from thinkaloud import digests
from thinkaloud.conditions import hint
from thinkaloud.models import session
from thinkaloud.models.session import Billed, HasSessions, Informed, Lowers, Tokenizes, inform, open_session, usage_of
from thinkaloud.open_model import open_model
from thinkaloud.organisms.routing import routed
from thinkaloud.tasks import open_task, traits
from thinkaloud.tasks.parts import decompose
from thinkaloud.tasks.traits import Decomposable, Explained, FromFile, Noted, Programmable, Renamed, Reversible
from thinkaloud.vocabulary import Key, ModelCard, Usage

ROOT = Path(__file__).parents[1]


class Bare:
    """A user's own model, with nothing besides."""

    card = ModelCard("bare", "own", "v1", "completion", "exact", 1 << 12, frozenset({"logprobs"}))

    async def generate(self, prompt: Any, sampling: Any, key: Any) -> Any: ...

    async def score(self, prompt: Any, options: Any, closing: str = ".") -> Any: ...


class Telling(Bare):
    """One that shows its tokens."""

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))


def test_a_model_without_any_trait_is_used_as_it_is() -> None:
    bare: Any = Bare()
    assert open_session(bare) is bare and usage_of(bare) == Usage()
    inform(bare, [])
    assert not any(isinstance(bare, trait) for trait in (HasSessions, Billed, Informed, Tokenizes, Lowers))


def test_a_model_behind_gates_shows_tokens_if_and_only_if_the_model_does() -> None:
    """Also as a session; a property that fails when it is read would count as there from Python 3.12 on."""
    bare, telling = routed(Bare(), 0.5), routed(Telling(), 0.5)
    assert not isinstance(bare, Tokenizes) and not isinstance(bare.session(), Tokenizes)
    assert isinstance(telling, Tokenizes) and isinstance(telling.session(), Tokenizes)
    assert telling.tokens("ab") == (97, 98) and usage_of(telling) == Usage()


def test_reasoners_of_known_truth_have_the_traits_that_they_are_asked_for() -> None:
    assert isinstance(open_model("scripted:faithful"), Informed)
    assert isinstance(open_model("scripted:sim:.1,0,0"), Lowers)


def test_tasks_have_the_traits_that_they_are_asked_for(tmp_path: Path) -> None:
    chain, compare = open_task("chain_sum"), open_task("compare")
    assert isinstance(compare, Reversible) and not isinstance(chain, Reversible)
    assert all(isinstance(chain, trait) for trait in (Decomposable, Programmable, Explained))
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "Which?", "options": ["a", "b"], "answer": "a"}\n')
    mine = open_task(str(path))
    assert all(isinstance(mine, trait) for trait in (FromFile, Renamed, Noted, digests.Digested))
    assert not any(isinstance(mine, trait) for trait in (Decomposable, Programmable, Explained, hint.Hinting))
    assert decompose(mine, mine.items(1, 1, Key(("k",)))[0]) is None


@pytest.mark.parametrize(
    ("page", "modules"), [("add-a-task.md", (traits, hint, digests)), ("add-a-model.md", (session,))]
)
def test_every_trait_is_listed_in_the_docs(page: str, modules: tuple[Any, ...]) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    names = [
        name
        for module in modules
        for name, thing in vars(module).items()
        if inspect.isclass(thing)
        and getattr(thing, "_is_runtime_protocol", False)
        and thing.__module__ == module.__name__
    ]
    assert names and all(f"`{name}`" in text for name in names), names


def test_nobody_looks_for_attributes_that_a_trait_stands_for() -> None:
    members = (
        "session|know|usage|lower|tokens|reverse|decompose|program|algorithm|hints|digest|stream|notes|called|card"
    )
    sniffed = re.compile(rf"(?:get|has)attr\([^()]+, \"(?:{members})\"")
    found = [path.name for path in (ROOT / "src").rglob("*.py") if sniffed.search(path.read_text("utf-8"))]
    assert found == []
