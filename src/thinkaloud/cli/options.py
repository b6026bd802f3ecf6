"""Options of the command line from the fields of settings dataclasses, and a command for each study.

A study's command has what its runs may be given (`Study.takes`), its own settings, and how a model is loaded. An option
that it does not have is refused in one line, which names the study that has it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from thinkaloud.errors import UserError
from thinkaloud.names import split_names

if TYPE_CHECKING:  # a command imports what it needs when it is called: the help of others must not wait for it
    from thinkaloud.runs.config import Config
    from thinkaloud.settings import Option
    from thinkaloud.study import Study


def option_of(option: Option, flag: str | None = None) -> click.Option:
    """One option. Its value arrives under the name of its field."""
    flag = flag or option.flag
    if option.kind is bool:
        return click.Option(
            [f"--{flag}/--no-{flag}", option.name], default=option.default, show_default=True, help=option.about
        )
    words = option.many or option.none or option.read is not None  # what a word means, the settings say
    kind: Any = option.kind if option.kind in (int, float) and not words else str
    default = option.default if option.default is None and not option.none else option.text(option.default)
    return click.Option(
        [f"--{flag}", option.name], type=kind, default=default, show_default=True, help=option.about,
        metavar=f"[{'|'.join(option.choices)}]" if option.choices else None,  # settings say which word is nearest
    )  # fmt: skip


def options_of(cls: type, without: Collection[str] = ()) -> list[click.Parameter]:
    """All options of a settings dataclass, but for some fields."""
    from thinkaloud.runs.config import FLAGS
    from thinkaloud.settings import options

    return [option_of(option, FLAGS.get(option.name)) for option in options(cls) if option.name not in without]


def values_of(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a settings dataclass from what click parsed; those that are not given are left out."""
    from thinkaloud.settings import options

    found = {}
    for option in options(cls):
        if option.name in given:
            value = given[option.name]
            found[option.name] = option.value(value) if isinstance(value, str) else value
    return found


RUN = (
    "out", "shard", "concurrency", "max_tokens", "max_time", "max_cost", "price", "share_caps", "unit_time", "on",
    "workers", "cpus", "gpus",
)  # fmt: skip
"""Options of every run, whatever its study."""
POOL = click.Option(["--pool"], default=None, help="builtin, reasoning-gym, or a file of task names; for --task.")

MAP = click.Option(
    ["--map"], default=None, metavar="FIELD=COLUMN,...",
    help="Which columns of a file hold question, answer, options (A|B|C|D), reasoning, level, id; for --task.",
)  # fmt: skip


def run_options(study: Study) -> list[click.Parameter]:
    """What a run of the study may be told."""
    from thinkaloud.models.loading import Loading
    from thinkaloud.runs.config import FLAGS, Config, takes
    from thinkaloud.settings import options

    general: list[click.Parameter] = [
        option_of(option, FLAGS.get(option.name)) for option in options(Config) if takes(study, option.name)
    ]
    pool = [POOL, MAP] if "tasks" in study.takes else []
    loading = options_of(Loading) if "model" in study.takes else []
    own = options_of(study.Settings)
    taken = {*RUN, *(one.name for one in (*general, *pool, *loading))}
    if twice := [str(one.name) for one in own if one.name in taken]:
        raise UserError(f"{study.name} has a setting {twice[0]!r}, which every run of it has already: rename it")
    return [*general, *pool, *own, *loading]


def config_of(spec: str, study: Study, given: Mapping[str, Any]) -> Config:
    """The configuration of a run; `spec` is what the user called the study."""
    from thinkaloud.models.loading import Loading
    from thinkaloud.runs.config import Config, takes

    general = {name: value for name, value in values_of(Config, given).items() if takes(study, name)}
    if "tasks" in general:
        general["tasks"] = tuple(_tasks(given))
    settings = study.Settings(**values_of(study.Settings, given))
    return Config(spec, **general, settings=settings, loading=Loading(**values_of(Loading, given))).fits(study)


def _tasks(given: Mapping[str, Any]) -> list[str]:
    from thinkaloud.tasks.pools import pool
    from thinkaloud.tasks.specs import mapped

    chosen, columns = given.get("pool"), given.get("map")
    named = list(pool(chosen) if chosen else split_names(given["tasks"]))
    return [mapped(task, columns) for task in named] if columns else named


class Late(click.Command):
    """A command whose options are only made when it is called."""

    def __init__(self, name: str, making: Callable[[], Sequence[click.Parameter]], **kw: Any):
        super().__init__(name, **kw)
        self._making = making

    def get_params(self, context: click.Context) -> list[click.Parameter]:
        """All of them, with `--help`."""
        if not self.params:
            self.params = list(self._making())
        return super().get_params(context)


class _StudyCommand(click.Command):
    """A command that says which study has an option that this one lacks."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            from thinkaloud.open_study import BUILTIN, open_study

            having = [name for name in BUILTIN if _has(open_study(name), error.option_name)]
            if having and self.name not in having:
                have = "has" if len(having) == 1 else "have"
                raise UserError(
                    f"{self.name} has no option {error.option_name}; {_listed(having)} {have} it"
                ) from error
            raise


def _listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _has(study: Study, flag: str) -> bool:
    return any(flag in (*one.opts, *one.secondary_opts) for one in run_options(study))


Work: TypeAlias = "Callable[[str, Study, dict[str, Any]], None]"
"""What a command does: with the name that the user gave, the study, and the options."""


class Studies(click.Group):
    """A group with a command for each study: built in, of an installed package, or of a file (`mine.py:Mine`)."""

    def __init__(self, work: Work, more: Collection[click.Parameter], **kw: Any):
        super().__init__(
            subcommand_metavar="STUDY [OPTIONS]...",
            options_metavar="",
            epilog=f"The options of a study: thinkaloud {kw['name']} STUDY --help",
            **kw,
        )
        self._work, self._more = work, list(more)

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """The study comes first: an option before it is refused with the command in its right order."""
        if args and args[0].startswith("-") and args[0] not in context.help_option_names:
            from thinkaloud.open_study import BUILTIN

            name = next((arg for arg in args if arg in BUILTIN), "STUDY")
            rest = [arg for arg in args if arg != name]
            raise UserError(f"the study comes before its options: thinkaloud {self.name} {shlex.join([name, *rest])}")
        return super().parse_args(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        """The names that are known."""
        from thinkaloud.open_study import study_names

        return list(study_names())

    def get_command(self, context: click.Context, name: str) -> click.Command:
        """The command of a study; `UserError` where there is none of this name."""
        from thinkaloud.open_study import open_study

        study = open_study(name)

        def done(**given: Any) -> None:
            self._work(name, study, given)

        said = f"{study.question}\n\n{self.help or ''}"
        params = [*run_options(study), *self._more]
        return _StudyCommand(name, params=params, callback=done, help=said, short_help=study.short or study.question)
