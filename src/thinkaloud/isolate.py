"""One item never ends a run: what goes wrong in an item, or in one reading of it, stays there with its reason.

Studies wrap every piece of an item's work. A piece that fails becomes a `Failure`; the rest of the item, the other
items of its unit and all other units are measured. Errors that are true of every item (`errors.ends_run`) pass
through, and so do interrupts.

In a record, `failed` maps the conditions that failed to their reasons, `error` sums them up, and `again` says that a
failure may pass (a server that was gone), so that the unit is done again on resume. An item with nothing left has the
status `failed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from thinkaloud.errors import ends_run, is_final, reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in one piece of work."""

    cause: Exception

    @property
    def error(self) -> str:
        """In one line."""
        return reason(self.cause)

    @property
    def again(self) -> bool:
        """Whether asking again may help."""
        return not is_final(self.cause)


async def guarded(work: Awaitable[T]) -> T | Failure:
    """The result of the work, or its failure; raises what is true of every item."""
    try:
        return await work
    except Exception as error:
        if ends_run(error):
            raise
        return Failure(error)


def got(found: T | Failure) -> T:
    """The result itself; raises the failure where there is none, for the next piece that needs it."""
    if isinstance(found, Failure):
        raise found.cause
    return found


def failed(failure: Failure) -> dict[str, Any]:
    """The end of a record of an item of which nothing could be measured."""
    return {"status": "failed", "error": failure.error, "conditions": {}, **_again([failure])}


async def all_conditions(jobs: Mapping[str, Awaitable[Mapping[str, object] | None]]) -> dict[str, Any]:
    """The end of a record: every condition that there is, done side by side, and those that failed with the reason."""
    done = dict(zip(jobs, await asyncio.gather(*map(guarded, jobs.values())), strict=True))
    faults = {name: found for name, found in done.items() if isinstance(found, Failure)}
    made = {name: found for name, found in done.items() if found is not None and not isinstance(found, Failure)}
    if not faults:
        return {"status": "ok", "error": None, "conditions": made}
    first = next(iter(faults.values()))
    if not made:
        return failed(first) | {"failed": {name: fault.error for name, fault in faults.items()}}
    said = f"{len(faults)} of {len(faults) + len(made)} conditions failed: {first.error}"
    reasons = {name: fault.error for name, fault in faults.items()}
    return {"status": "ok", "error": said, "conditions": made, "failed": reasons, **_again(list(faults.values()))}


def _again(failures: list[Failure]) -> dict[str, bool]:
    return {"again": True} if any(failure.again for failure in failures) else {}
