"""Where a run's units are done, as a user says it: `--on processes`, `--on ray`, `--on ray:ADDRESS`."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from thinkaloud.cluster.on_processes import processes
from thinkaloud.cluster.on_ray import Share, actors
from thinkaloud.cluster.pool import ATTEMPTS, Pool
from thinkaloud.cluster.protocol import Lost, Program, Start, Worker, sent
from thinkaloud.errors import UserError, unknown
from thinkaloud.open_study import open_study
from thinkaloud.runs.aside import run_to_end
from thinkaloud.runs.shards import undivided
from thinkaloud.study import Unit
from thinkaloud.whole.finish import Work

KINDS = ("processes", "ray")
OWN = '; a script of your own must call this under `if __name__ == "__main__":`'
"""What most often keeps a process from starting: it begins with the script that starts it."""


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: one of `KINDS`; `address`: of a Ray cluster, empty for this machine; `workers`: how many, each with so
    many `cpus` and `gpus`."""

    kind: str
    address: str = ""
    workers: int = 2
    cpus: float = 1
    gpus: float = 0


def place_of(on: str, workers: int = 2, cpus: float = 1, gpus: float = 0) -> Place:
    """As a caller says it; `UserError` where that is no place. `ray://HOST:PORT` is Ray's own form of an address."""
    kind, _, address = on.partition(":")
    if kind not in KINDS:
        raise unknown("place for units (--on)", on, KINDS)
    if kind == "processes" and address:
        raise UserError(f"--on is {on!r}: processes are of this machine, and have no address")
    if kind == "processes" and gpus:
        raise UserError(f"--gpus is {gpus:g}: nothing deals GPUs out to processes; --on ray does")
    if workers < 1 or cpus < 0 or gpus < 0:
        raise UserError(f"--workers {workers} --cpus {cpus:g} --gpus {gpus:g}: at least one worker, and none below 0")
    return Place(kind, on if address.startswith("//") else address, workers, cpus, gpus)


@contextmanager
def pool_on(on: str | Place | None, program: Program, work: Work) -> Iterator[Pool | None]:
    """The workers of a run, with the first of them started: it says which model answers. They end with this block. None
    where units are done in this process."""
    if on is None:
        yield None
        return
    place = place_of(on) if isinstance(on, str) else on
    share = Share(place.cpus, place.gpus, work.concurrency)
    threads = max(1, int(place.cpus))
    if place.kind == "processes" and work.concurrency > 1:
        raise UserError(
            f"--concurrency is {work.concurrency}: a process does one unit at a time; give more --workers, or --on ray"
        )
    if program.loading.threads is None:  # else each takes all cores
        program = replace(program, loading=replace(program.loading, threads=threads))
    study = open_study(program.study)
    waits = bool(undivided(study, program.settings))

    def decides(unit: Unit) -> bool:
        return waits or unit.phase != study.name

    with _started(place, program, threads, share) as start:
        first = _first(start, place.kind)
        yield Pool(start, first, place.workers, share.each, work.unit_time, decides)


def _first(start: Start, kind: str) -> Worker:
    """The first worker. A node may be lost while it begins there, and others be left; a process that ends before it
    began would most often do so again."""
    for left in reversed(range(ATTEMPTS if kind == "ray" else 1)):
        try:
            return run_to_end(start)
        except Lost as error:
            if not left:
                raise UserError(f"no worker could be started: {error}{OWN if kind == 'processes' else ''}") from error
    raise AssertionError("unreachable: at least one is tried")


def _started(place: Place, program: Program, threads: int, share: Share) -> AbstractContextManager[Start]:
    if place.kind == "ray":
        return actors(place.address, program, place.workers, share)
    try:
        ready = sent(program, pickle.dumps)
    except Exception as error:
        raise UserError(f"an object that was passed to the run cannot be sent to processes: {error}") from error
    return processes(ready, threads)
