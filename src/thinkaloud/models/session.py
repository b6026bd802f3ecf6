"""What a model may be able to do besides answering, each as a protocol of its own.

A *session* is one unit's view of a model: it has a bill of its own, and may be told which items it will be asked.
Whoever needs one of these asks for it here and gets the plain behaviour where a model does not have it; nobody else
looks for attributes. A user's own model needs none of them. `docs/add-a-model.md` lists them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from thinkaloud.models.profile import Profile
from thinkaloud.vocabulary import Item, Model, Prompt, Task, Usage


@runtime_checkable
class HasSessions(Protocol):
    """A model that gives every unit a session of its own."""

    def session(self) -> Model:
        """A view of the model with an empty bill."""
        ...


@runtime_checkable
class Billed(Protocol):
    """A session that counts what it computes."""

    usage: Usage


@runtime_checkable
class Informed(Protocol):
    """A reasoner that is made to a rule about right answers, and so must know the items."""

    def know(self, items: Iterable[Item]) -> None:
        """The items that it may be asked."""
        ...


@runtime_checkable
class InformedOfTask(Protocol):
    """A reasoner that goes through the steps of a task, and so must know the task: a user's own is found by no name."""

    def know_task(self, task: Task) -> None:
        """The task that the items are of."""
        ...


@runtime_checkable
class Tokenizes(Protocol):
    """A model that can say which tokens a text has: any local one, and a server that tells them."""

    def tokens(self, text: str) -> Sequence[Hashable]:
        """Tokens of a text (a simulated model's are words)."""
        ...


@runtime_checkable
class Lowers(Tokenizes, Protocol):
    """A model that can say which tokens it is given for a prompt."""

    def lower(self, prompt: Prompt) -> tuple[tuple[Hashable, ...], tuple[Hashable, ...], str]:
        """A prompt as preamble tokens, the other tokens, and the lead of what comes next."""
        ...


@runtime_checkable
class Counts(Model, Lowers, Billed, Protocol):
    """A model that can say what it computes, in the tokens of a vocabulary: any local one, and a server that tells its
    tokens. What a run would cost can be counted with it."""

    def session(self) -> Counts:
        """With a bill of its own."""
        ...

    def lower(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """As in `Lowers`."""
        ...

    def tokens(self, text: str) -> tuple[int, ...]:
        """As in `Tokenizes`."""
        ...


@runtime_checkable
class Profiled(Protocol):
    """A model that knows how its family reasons; None: it has no block to think in."""

    profile: Profile | None


def profile_of(model: Model) -> Profile | None:
    """How the model reasons in a block of its own; None where it has none, or does not say so."""
    return model.profile if isinstance(model, Profiled) else None


def open_session(model: Model) -> Model:
    """A session of the model, or the model itself where it has none."""
    return model.session() if isinstance(model, HasSessions) else model


def usage_of(session: Model) -> Usage:
    """The bill of a session; empty where it keeps none."""
    return session.usage if isinstance(session, Billed) else Usage()


def bill(session: Model, usage: Usage) -> None:
    """Put on the bill of a session what another model did for the same unit; nothing where it keeps none."""
    if isinstance(session, Billed):
        session.usage += usage


def inform(session: Model, items: Iterable[Item]) -> None:
    """Tell a reasoner that needs it which items it will be asked."""
    if isinstance(session, Informed):
        session.know(items)


def inform_of_task(session: Model, task: Task) -> None:
    """Tell a reasoner that needs it of which task the items are."""
    if isinstance(session, InformedOfTask):
        session.know_task(task)
