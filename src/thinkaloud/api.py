"""The library as people call it: `run`, `plan`, `resume`, `rescore`, `merge`, `verify`, `open_run`, `open_model`,
`open_task`, `open_study`, `settings`, `compare`, `trend`, `challenge`, `ruler`, `own_ruler`.

    import thinkaloud as ta
    run = ta.run("channels", model="smollm2-135m", tasks=["chain_sum"], items=40, seed=1)
    run                 # a notebook shows its table; run.findings and run.figure("figure") show more
    run.estimate(task="chain_sum", name="externalised share")
    run.report()        # writes report.html and report.md, returns the path

A study, a model or a task may be a name or an object of your own; there is nothing to register.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thinkaloud.cluster.answering import answering, check_able
from thinkaloud.cluster.place import Place
from thinkaloud.cluster.place import place_of as place
from thinkaloud.cluster.protocol import Program
from thinkaloud.compare.folders import compare
from thinkaloud.errors import CannotWrite, UserError
from thinkaloud.models.loading import Loading
from thinkaloud.open_model import open_model
from thinkaloud.open_study import open_run as _open_run
from thinkaloud.open_study import open_study
from thinkaloud.runs import shards
from thinkaloud.runs.config import Config
from thinkaloud.runs.counted import counted
from thinkaloud.runs.folder import Run, make_folder
from thinkaloud.runs.folder import write as write_file
from thinkaloud.runs.held import Asked as CapsAsked
from thinkaloud.runs.held import held
from thinkaloud.runs.identity import identify, known, questions
from thinkaloud.runs.lock import holding
from thinkaloud.runs.names import all_there, reopened, short, slug
from thinkaloud.runs.progress import NullProgress, Progress
from thinkaloud.settings import checked, load
from thinkaloud.study import EDGE, Study
from thinkaloud.tasks import open_task, open_tasks
from thinkaloud.vocabulary import Model, Task
from thinkaloud.whole.finish import asked as asked
from thinkaloud.whole.finish import conclude, finish, remade, work_of
from thinkaloud.whole.merge import merge
from thinkaloud.whole.verify import verify

if TYPE_CHECKING:
    from thinkaloud.ruler.own import OwnRuler
    from thinkaloud.studies.challenge.protocol import Challenge, Registered, Wanted
    from thinkaloud.studies.rungs.settings import RungsSettings
    from thinkaloud.studies.trend.protocol import Comparison

__all__ = [
    "Run", "challenge", "compare", "merge", "open_model", "open_run", "open_study", "open_task", "own_ruler", "place",
    "plan", "planned", "register", "rescore", "resume", "ruler", "run", "settings", "slug", "trend", "verify", "wanted",
]  # fmt: skip


def run(  # noqa: PLR0913  (everything a user may say, by name)
    study: str | Study | type[Study],
    model: str | Model = "smollm2-135m",
    tasks: Sequence[str | Task] = ("chain_sum",),
    *,
    items: int = 40,
    difficulty: str | int = EDGE,
    seed: int = 1,
    out: str | Path | None = None,
    settings: Any = None,
    loading: Loading | None = None,
    progress: Progress | None = None,
    concurrency: int = 1,
    max_tokens: int | None = None,
    max_time: float | str | None = None,
    max_cost: float | str | None = None,
    price: str | Sequence[float] | None = None,
    share_caps: str | None = None,
    unit_time: float | str | None = None,
    enough: Callable[[Run], bool] | None = None,
    shard: str | None = None,
    on: str | Place | None = None,
) -> Run:
    """Run a study and return it finished. A folder that holds this very run already is completed, not done again; one
    of another model, other questions or another protocol is refused. What the study does not take (a model, tasks) is
    not looked at. `settings`: of the study's own type, or a mapping of those that are not the usual ones. `max_tokens`
    and `max_time` (seconds, or a text like `"10m"`): the most that this call may spend (`runs/caps.py`); where that
    ends it before it is through, `Run.stopped` says so. `max_cost`: the most that the whole run may cost by `price`,
    which is what a million tokens of prompts cost, and a million that are written (`runs/price.py`). `share_caps`: a
    file; `max_tokens` and `max_cost` are then the most of all calls on this machine that name it. `unit_time`: a unit
    that takes longer fails, and is done again on resume.
    `enough`: asked before every unit, with the run as it is; where
    it says yes, no further unit begins. `shard`: `"2/4"` does the second of four parts, in a folder of its own
    (`runs/shards.py`); `merge` makes one run of all four. `on`: where units are done, if not in this process:
    `"processes"`, `"ray"`, `"ray:ADDRESS"`, or a `place`; `concurrency` is then that of each worker."""
    part = None if shard is None else shards.begun(shard)
    work = work_of(concurrency, unit_time)
    # from here on: loading the model takes time, too
    caps = held(CapsAsked(max_tokens, max_time, max_cost, price, share_caps))
    opened = open_study(study)
    config = configured(
        study, opened, model, tasks, items=items, difficulty=difficulty, seed=seed, settings=settings, loading=loading
    )  # fmt: skip
    if part is not None:
        shards.check_divided(opened, config.settings)
    with answering(_program(study, config, model, tasks), on, work) as who:
        check_able(opened, who.card)
        request = asked(config, who.model, who.tasks)
        caps.check(counted(opened, request))
        of = identify(config, opened, who.card, who.tasks)
        opened.ready(request)
        folder = Path(out) if out is not None else Path("runs") / shards.named(slug(config, of), part)
        Run.check(folder)
        with holding(folder):
            found = Run.create(folder, config, opened, who.card, of, part)
            caps.enough = None if enough is None else partial(enough, found)
            return finish(found, request, progress, who.work, caps)


def _program(
    study: str | Study | type[Study], config: Config, model: str | Model, tasks: Sequence[str | Task]
) -> Program:
    """What is gone through, as seen from here."""
    return Program(
        study=study, config=config, model=model, tasks=tasks, settings=config.settings, loading=config.loading
    )  # fmt: skip


def configured(  # noqa: PLR0913  (everything a user may say, by name)
    study: str | Study | type[Study],
    opened: Study,
    model: str | Model,
    tasks: Sequence[str | Task],
    *,
    items: int = 40,
    difficulty: str | int = EDGE,
    seed: int = 1,
    settings: Any = None,
    loading: Loading | None = None,
) -> Config:
    """The configuration of a run, checked against the study."""
    given = load(opened.Settings, settings, "settings") if isinstance(settings, Mapping) else settings
    return Config(
        _name(study), _name(model), tuple(_name(task) for task in tasks), items, difficulty, seed,
        opened.Settings() if given is None else given, loading or Loading(),
    ).fits(opened)  # fmt: skip


def settings(study: str | Study | type[Study], **values: Any) -> Any:
    """The settings of a study, of its own type: its usual ones but for `values`, as in
    `settings("rungs", budgets=(400,))`. `UserError` for a name that it does not have or a value of another type."""
    opened = open_study(study)
    return checked(load(opened.Settings, values, opened.name))


def plan(  # noqa: PLR0913  (everything a user may say, by name)
    study: str | Study | type[Study],
    model: str | Model = "smollm2-135m",
    tasks: Sequence[str | Task] = ("chain_sum",),
    *,
    items: int = 40,
    difficulty: str | int = EDGE,
    seed: int = 1,
    settings: Any = None,
    loading: Loading | None = None,
) -> list[str]:
    """What a run of the same arguments would cost and show, in lines. Runs nothing."""
    opened = open_study(study)
    config = configured(
        study, opened, model, tasks, items=items, difficulty=difficulty, seed=seed, settings=settings, loading=loading
    )  # fmt: skip
    return _planned(opened, _program(opened, config, model, tasks))


def planned(study: str | Study | type[Study], config: Config) -> list[str]:
    """The same of a configuration, whose model and tasks have names."""
    return _planned(open_study(study), _program(study, config, config.model, config.tasks))


def _planned(opened: Study, program: Program) -> list[str]:
    from thinkaloud.runs.plan import make_plan

    with answering(program) as who:
        check_able(opened, who.card)
        return make_plan(opened, asked(program.config, who.model, who.tasks))


def resume(  # noqa: PLR0913  (everything a user may say, by name)
    folder: str | Path,
    *,
    study: Study | type[Study] | None = None,
    model: Model | None = None,
    tasks: Sequence[Task] | None = None,
    progress: Progress | None = None,
    concurrency: int = 1,
    max_tokens: int | None = None,
    max_time: float | str | None = None,
    max_cost: float | str | None = None,
    price: str | Sequence[float] | None = None,
    share_caps: str | None = None,
    unit_time: float | str | None = None,
    on: str | Place | None = None,
) -> Run:
    """Do what is missing or failed in a run folder, within the caps of this call (`run`). Objects that were passed to
    `run` must be passed again. Files are looked for where the run began."""
    work = work_of(concurrency, unit_time)
    caps = held(CapsAsked(max_tokens, max_time, max_cost, price, share_caps))
    found = open_run(folder, study)
    all_there(Path(folder), found.config, model, tasks)
    with holding(Path(folder)):
        found = open_run(folder, study)
        with ExitStack() as workers:
            with reopened(found) as named:
                program = Program(
                    study=study or (found.study if on is None else named.study),  # workers open it by its name
                    config=found.config, model=model or named.model,
                    tasks=tasks or named.tasks, settings=named.settings, loading=named.loading,
                )  # fmt: skip
                who = workers.enter_context(answering(program, on, work))
                request = replace(asked(found.config, who.model, who.tasks), settings=named.settings)
                caps.check(counted(found.study, request))
                of = identify(found.config, found.study, who.card, who.tasks, named.settings)
            found.claim(who.card, of)
            return finish(found, request, progress, who.work, caps)


def open_run(folder: str | Path, study: Study | type[Study] | None = None) -> Run:
    """A run folder, finished or not; `study`: the object it was made with, where it was made with one."""
    return _open_run(folder, None if study is None else open_study(study))


def rescore(
    folder: str | Path,
    out: str | Path | None = None,
    study: Study | type[Study] | None = None,
    bets: str | Path | None = None,
) -> Run:
    """Make the findings again from what is recorded, and the report, into `out` or the folder itself. Never asks a
    model, and opens no task. `bets`: the folder of a ledger whose questions about this run the report lists."""
    from thinkaloud.bets.page import about_run

    found = open_run(folder, study)
    shards.check_whole(found.folder)
    expected = [] if bets is None else about_run(bets, found)
    if out is not None:
        make_folder(Path(out))
    try:
        conclude(found, out, expected) if out is not None else remade(found, expected)
    except CannotWrite as error:
        raise UserError(f"{error}; elsewhere: thinkaloud report {folder} --out FOLDER") from error
    return found


def trend(
    folders: Sequence[str | Path], sizes: Mapping[str, float] | None = None, out: str | Path | None = None
) -> Comparison:
    """Do measures of change fall with size, over finished runs of several models (`metrics/trend.py`)? Of the study of
    the rungs: do the gaps between them widen (`metrics/gap_trend.py`)?

    `sizes`: numbers of parameters by folder, where the model card has none or another. Writes trend.json, trend.md and
    trend.svg to `out`. Never asks a model.
    """
    from thinkaloud.studies.trend.gaps_page import write_gaps
    from thinkaloud.studies.trend.page import write_trend
    from thinkaloud.studies.trend.protocol import compare

    given = {str(Path(folder)): parameters for folder, parameters in (sizes or {}).items()}
    found = compare([open_run(folder) for folder in folders], given, out)
    (write_gaps if found.gaps else write_trend)(found)
    return found


def ruler(
    workers: int = 2, progress: Progress | None = None, write: bool = False, out: str | Path | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Every channel and test on every reasoner that ships (`ruler/measure.py`); `write` keeps it as the cards, and
    every cell goes to ruler.md in `out`."""
    from thinkaloud.calibration import cards
    from thinkaloud.ruler.measure import count, measure_all
    from thinkaloud.ruler.page import ruler_markdown

    told = progress or NullProgress()
    told.expect(count())
    code = cards.CODE.digests()  # before: files may change while this runs
    tables = measure_all(workers, lambda name: told.advance(1, name))
    if write:
        cards.write(tables, code)
    if out is not None:
        make_folder(Path(out))
        write_file(Path(out) / "ruler.md", ruler_markdown(tables))
    return tables


def own_ruler(
    model: str | Model, config: Config, out: str | Path | None = None, progress: Progress | None = None
) -> tuple[list[OwnRuler], Path]:
    """Known dials on one's own model (`ruler/own.py`), and the folder with its runs, ruler.md, .json and
    figures."""
    from thinkaloud.ruler.own import own_ruler as measure
    from thinkaloud.ruler.page import dial_figure, own_json, own_markdown

    folder = Path(out) if out is not None else Path("runs") / slug(config).replace(config.study, "ruler", 1)

    def running(asked: str | Model, one: Config, place: Path) -> Run:
        return run(
            "faithfulness", asked, one.tasks, items=one.items, difficulty=one.difficulty, seed=one.seed, out=place,
            settings=one.settings, loading=one.loading, progress=progress,
        )  # fmt: skip

    found = measure(model, config, folder, running)
    write_file(folder / "ruler.md", own_markdown(found))
    write_file(folder / "ruler.json", own_json(found))
    for one in found:
        write_file(folder / f"dials-{one.task}.svg", dial_figure(one))
    return found, folder


def wanted(  # noqa: PLR0913  (everything that a challenge decides beforehand, by name)
    arm: str | Path,
    tasks: Sequence[str | Task],
    *,
    against: Sequence[str] = (),
    items: int = 40,
    difficulty: str | int = "edge",
    settings: RungsSettings | None = None,
    loading: Loading | None = None,
) -> Wanted:
    """What is challenged on what: the arm's file, the tasks, the baselines (none: the usual
    ones)."""
    from thinkaloud.studies.challenge.protocol import AGAINST, Wanted
    from thinkaloud.studies.rungs.settings import RungsSettings

    names = tuple(_name(task) for task in tasks)
    chosen = tuple(against) or AGAINST
    return Wanted(Path(arm), names, chosen, items, difficulty, settings or RungsSettings(), loading or Loading())


def register(
    asked: Wanted,
    model: str | Model,
    *,
    tasks: Sequence[str | Task] | None = None,
    beacon: str | None = None,
    out: str | Path | None = None,
) -> tuple[Registered, Path]:
    """Write down what a challenge will be, and its hash, before there is a beacon. Asks no model. Task objects that
    were given to `wanted` must be given here too."""
    from thinkaloud.studies.challenge.protocol import register as write_down

    about, folder = _registered(asked, model, tasks, out)
    write_down(asked, about, folder, beacon, draw=False)
    return about, folder


def challenge(  # noqa: PLR0913  (everything a user may say, by name)
    asked: Wanted,
    model: str | Model,
    *,
    tasks: Sequence[str | Task] | None = None,
    beacon: str | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    concurrency: int = 1,
) -> Challenge:
    """Somebody's arm against the tuned baselines on fresh questions. Task objects that were given to `wanted` must
    be given here too. A folder that holds this very challenge is completed, not done again."""
    from thinkaloud.studies.challenge.page import write_challenge
    from thinkaloud.studies.challenge.protocol import challenge as measure
    from thinkaloud.studies.challenge.protocol import register as write_down

    about, folder = _registered(asked, model, tasks, out)
    found = write_down(asked, about, folder, beacon)
    assert found is not None  # drawn where there was none

    def running(one: Config, place: Path) -> Run:
        return run(
            one.study, model, tasks or one.tasks, items=one.items, difficulty=one.difficulty, seed=one.seed, out=place,
            settings=one.settings, loading=one.loading, progress=progress, concurrency=concurrency,
        )  # fmt: skip

    done = measure(asked, about, folder, found, running)
    write_challenge(done)
    return done


def _registered(
    asked: Wanted, model: str | Model, tasks: Sequence[str | Task] | None, out: str | Path | None
) -> tuple[Registered, Path]:
    """The protocol of a challenge, and its folder."""
    from thinkaloud._version import __version__
    from thinkaloud.studies.challenge.protocol import registered

    card = known(open_model(model, asked.loading))
    opened = open_tasks(tasks or asked.tasks)
    digests = [questions(task, given).digest for task, given in zip(opened, asked.tasks, strict=True)]
    about = registered(asked, card.name, card.digest, __version__, digests)
    name = f"challenge-{about.arm}-{short(card.name)}-{about.protocol[:8]}"
    return about, Path(out) if out is not None else Path("runs") / name


def _name(thing: str | object) -> str:
    if isinstance(thing, str):
        return thing
    return f"object:{getattr(thing, 'name', None) or getattr(thing, '__name__', type(thing).__name__)}"
