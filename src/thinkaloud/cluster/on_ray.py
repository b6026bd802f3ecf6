"""Workers that are actors of Ray, on this machine or on the nodes of a cluster that is there already.

Only Ray's core is used. An actor opens the study and a model of its own, with the CPUs and GPUs that it was given, and
answers unit by unit (`replica.py`); where there are caps, it asks at a till (`till.py`). Ray restarts nothing here: a
lost actor is replaced by `pool.py`, on any node that has room. Usage statistics, which Ray would send to its makers,
are switched off. Every node needs the same version of thinkaloud, and the same Python; files that a run names must be
there under the same path.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from thinkaloud.cluster.protocol import About, Answer, Lost, Program, Sent, Start, Tell, Wanted, Worker, sent
from thinkaloud.cluster.till import Asking, told_at
from thinkaloud.errors import UserError

STORE = 100 * 2**20
"""Bytes of Ray's memory for objects, where it is started here: a unit and its records are small."""

LISTENS = 5.0
"""Seconds that the head of a cluster has to accept a connection."""


@dataclass(frozen=True, slots=True)
class Share:
    """What each worker is given: `cpus` and `gpus` as Ray counts them, and units that it does at once."""

    cpus: float = 1
    gpus: float = 0
    each: int = 1


class Actor:
    """A worker, seen from the coordinator."""

    about: About

    def __init__(self, handle: Any, asking: Asking) -> None:
        self._handle, self._asking = handle, asking

    async def open(self, program: Sent) -> None:
        """Have it open its program; raises why it cannot."""
        try:
            found = await self._call(self._handle.open.remote(program))
        except Lost:  # perhaps it only cannot be reached, and would keep its room
            self.end()
            raise
        if isinstance(found, Exception):
            self.end()
            raise found
        self.about = found

    async def do(self, wanted: Wanted, heard: Tell) -> Answer:
        """See `Worker`."""
        with self._asking.hearing(wanted.ticket, heard) as till:
            answer: Answer = await self._call(self._handle.do.remote(wanted, till))
        return answer

    async def _call(self, reference: Any) -> Any:
        from ray.exceptions import RayError, RayTaskError

        try:
            return await reference
        except RayTaskError:  # raised by our own code there
            raise
        except RayError as error:
            where = self.about.host if hasattr(self, "about") else "its way to a node"
            raise Lost(f"a worker on {where} was lost ({type(error).__name__})") from error

    def end(self) -> None:
        """See `Worker`."""
        import ray

        with suppress(Exception):  # it is gone already, and perhaps Ray with it
            ray.kill(self._handle)


@contextmanager
def actors(address: str, program: Program, workers: int, share: Share) -> Iterator[Start]:
    """What starts a worker; all of them end with this block. `address`: of a cluster; empty: Ray is started here, with
    what so many workers need. `UserError` where Ray is not installed or does not answer."""
    ray = _ray()
    began = _connected(ray, address, workers, share)
    made = ray.remote(num_cpus=share.cpus, num_gpus=share.gpus, max_restarts=0, max_concurrency=share.each)(Inside)
    started, asking = list[Actor](), Asking(ray)
    try:
        ready = _sendable(ray, program)

        async def start() -> Worker:
            one = Actor(made.remote(), asking)
            started.append(one)
            await one.open(ready)
            return one

        yield start
    finally:
        for one in started:
            one.end()
        asking.end()
        if began:
            ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # without it Ray warns on every start
    try:
        import ray
    except ImportError as error:
        raise UserError("--on ray needs Ray: pip install 'thinkaloud[ray]'") from error
    return ray


def _connected(ray: Any, address: str, workers: int, share: Share) -> bool:
    """Connect, unless this process is connected already; whether it was done here."""
    if ray.is_initialized():
        return False
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    _reached(address)
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            room = {"num_cpus": max(1, round(workers * share.cpus)), "object_store_memory": STORE}
            ray.init("local", **room, include_dashboard=False, **quiet)  # also where a cluster is known here
    except Exception as error:  # Ray raises a dozen kinds
        said = str(error).strip().splitlines()
        why = said[0] if said else type(error).__name__
        raise UserError(f"--on ray{':' if address else ''}{address}: {why}") from error
    return True


def _reached(address: str) -> None:
    """`UserError` where nothing listens: Ray itself tries for minutes, and then ends the process."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return  # a word of Ray's own, such as auto
    try:
        socket.create_connection((host, int(port)), LISTENS).close()
    except (OSError, OverflowError) as error:
        raise UserError(f"--on ray:{address}: nothing answers there ({error})") from error


def _sendable(ray: Any, program: Program) -> Sent:
    """The program goes with each start, and not once to Ray's store: a node that is lost would take it along."""
    try:
        return sent(program, ray.cloudpickle.dumps)
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"an object that was passed to the run cannot be sent to workers: {why}") from error


class Inside:
    """A worker, in its own process."""

    def __init__(self) -> None:
        self._replica: Any = None

    async def open(self, program: Sent) -> About | Exception:
        """Open everything; or say why that cannot be done."""
        from thinkaloud.cluster.replica import Replica, sendable

        try:
            self._replica = Replica(program)
        except Exception as error:
            return sendable(error)
        about: About = self._replica.about
        return about

    async def do(self, wanted: Wanted, till: Any = None) -> Answer:
        """See `Worker`. `till`: where to ask."""
        answer: Answer = await self._replica.do(wanted, told_at(till))
        return answer
