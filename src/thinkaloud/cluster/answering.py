"""Who answers in a run: a model that is opened here, or one that is only in workers. The rest of a run is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from thinkaloud.cluster.away import Away
from thinkaloud.cluster.place import Place, pool_on
from thinkaloud.cluster.protocol import Program
from thinkaloud.errors import NotMeasurable
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_study
from thinkaloud.organisms.paying import paying
from thinkaloud.runs.identity import known
from thinkaloud.study import NoModel, Study
from thinkaloud.tasks import open_tasks
from thinkaloud.vocabulary import Model, ModelCard, Task
from thinkaloud.whole.finish import Work


@dataclass(frozen=True, slots=True)
class Answering:
    """`card` is the model's own, with a digest; `tasks` are opened; `work` says where units are done."""

    model: Model
    card: ModelCard
    tasks: list[Task]
    work: Work


@contextmanager
def answering(program: Program, on: str | Place | None = None, work: Work | None = None) -> Iterator[Answering]:
    """As long as this block lasts. What the study does not take is not opened; `UserError` where something cannot
    be."""
    study, work = open_study(program.study), work or Work()
    study.check(program.settings)
    tasks = open_tasks(program.tasks) if "tasks" in study.takes else []
    with pool_on(on, program, work) as pool:
        if "model" not in study.takes:
            model: Model = NoModel()
        else:
            model = paying(open_model(program.model, program.loading)) if pool is None else Away(pool.about)
        card = known(model) if pool is None else pool.about.card
        yield Answering(model, card, tasks, work.on(pool))


def check_able(study: Study, card: ModelCard) -> None:
    """`NotMeasurable` where the model lacks what the study needs."""
    if lacking := study.needs - card.capabilities:
        why = f"it lacks {', '.join(sorted(lacking))}"
        raise NotMeasurable(f"{study.name} is not measurable on {card.name}: {why}")
