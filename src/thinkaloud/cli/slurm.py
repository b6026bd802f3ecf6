"""`thinkaloud slurm`: prints a script that runs a study in shards on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thinkaloud.cli.options import Studies, config_of, options_of, values_of
from thinkaloud.cli.running import IN_ONE
from thinkaloud.errors import UserError

if TYPE_CHECKING:
    from thinkaloud.study import Study

OUT = click.Option(
    ["--out"], type=click.Path(path_type=Path), default=None,
    help="The folder of the merged run; default: runs/<what it is>. Shards and logs lie beside it.",
)  # fmt: skip


def _slurm(name: str, study: Study, given: dict[str, Any]) -> None:
    import shlex

    from thinkaloud.runs.names import slug
    from thinkaloud.settings import checked
    from thinkaloud.whole.slurm import Cluster, script

    if given["share_caps"] is not None:
        raise UserError(
            f"--share-caps {given['share_caps']}: its file is for commands on one machine, and jobs run on several; "
            "leave it out, and --max-tokens is the most of each shard"
        )
    if given["max_cost"] is not None:
        raise UserError(
            f"--max-cost {given['max_cost']}: what was spent is counted on one machine, and jobs run on several; give "
            "--max-tokens, which is the most of each shard"
        )
    config = config_of(name, study, given)
    study.check(config.settings)
    cluster = checked(Cluster(**values_of(Cluster, given)))
    out = given["out"] or Path("runs") / slug(config)
    told = [(one.opts[0], given[str(one.name)]) for one in IN_ONE if given[str(one.name)] != one.default]
    work = shlex.join(word for flag, value in told for word in (flag, str(value)))
    click.echo(script(study, config, cluster, out, work), nl=False)


class _Slurm(Studies):
    """The options of the cluster are made when a study's command is."""

    def get_command(self, context: click.Context, name: str) -> click.Command:
        from thinkaloud.whole.slurm import Cluster

        made = super().get_command(context, name)
        taken = {one.name for one in made.params}
        made.params += [one for one in options_of(Cluster) if one.name not in taken]
        return made


slurm = _Slurm(
    _slurm,
    [OUT, *IN_ONE],
    name="slurm",
    help="Print a script for Slurm that runs STUDY in shards and merges them. Runs nothing.",
)
