"""What ``--help`` and ``--version`` say beside the options: two examples for each command."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import click

PROGRAM: Final = "python -m sim"
SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"]}

EXAMPLES: Final = {
    "": (
        "run examples/two-learners.toml",
        "theory examples/ssp-slack.toml --replicas 5",
    ),
    "run": (
        "run examples/two-learners.toml --timeline two.png",
        "run --worker L1=1 --worker L2=2.5,2.5 --until '5 s' --json",
    ),
    "show": (
        "show trace.parquet --workers",
        "show trace.parquet --csv gradients.csv --perfetto trace.json",
    ),
    "live": (
        "live examples/live/four-workers.toml --save live.parquet",
        "live examples/ssp-slack.toml --time-scale 0.05 --perfetto live.json",
    ),
    "calibrate": (
        "calibrate examples/live/calibration/*.parquet --out fitted.toml",
        "calibrate live.parquet --out fitted.toml",
    ),
    "predict": (
        "predict fitted.toml examples/live/four-slow.toml --protocol bsp",
        "predict fitted.toml --against examples/live/held-out",
    ),
    "compare": (
        "compare examples/backup-workers.toml --protocol bsp --protocol k-sync:k=7 --protocol async",
        "compare examples/thirty-two-gpus.toml --protocol bsp --protocol ssp:slack=3 --figure speed.svg",
    ),
    "theory": (
        "theory examples/fedbuff.toml",
        "theory examples/two-learners.toml --latex",
    ),
    "validate": (
        "validate --quick",
        "validate --json",
    ),
    "sweep": (
        "sweep examples/backup-workers.toml --over protocol.k=4..8",
        "sweep examples/fedbuff.toml --over protocol.k=5,10,20 --out fedbuff.csv --figure fedbuff.svg",
    ),
    "merge": (
        "merge part-1.csv part-2.csv --out whole.csv",
        "merge part-*.parquet.journal --out whole.parquet",
    ),
    "best": (
        "best examples/backup-workers.toml --over protocol.k=4..8 --maximise updates_per_second",
        "best examples/ssp-slack.toml --over protocol.slack=1..5 --minimise share_waiting --replicas 5",
    ),
    "schema": (
        "schema > scenario.schema.json",
        "schema | grep max_staleness",
    ),
    "plot": (
        "plot staleness examples/fedbuff.toml --out staleness.png",
        "plot k examples/backup-workers.toml --out k.svg",
    ),
    "plot staleness": (
        "plot staleness examples/fedbuff.toml --out staleness.png",
        "plot staleness examples/ssp-slack.toml --seed 7 --out staleness.pdf",
    ),
    "plot k": (
        "plot k examples/backup-workers.toml --out k.svg",
        "plot k examples/backup-workers.toml --replicas 3 --gradients 500 --out k.png",
    ),
}
"""Of each command, by its name; ``trace.parquet`` is what ``run --save`` has kept."""


def give_examples(command: click.Command, path: str = "") -> None:
    """Let the help of a command, and of those under it, end with its examples, and lists say all it does."""
    lines = "\n".join(f"  {PROGRAM} {example}" for example in EXAMPLES[path])
    command.epilog = f"\b\nExamples:\n{lines}"
    command.short_help = (command.help or "").partition("\n\n")[0]  # whole, where click would cut it
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            give_examples(inner, f"{path} {name}".strip())


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 -- click's
    if asked:
        try:
            number = version("dlsyslab")
        except PackageNotFoundError:  # run from a folder, not installed
            number = "of unknown version"
        click.echo(f"dlsyslab {number}")
        context.exit()


VERSION: Final = click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
