"""The command line of ``analysis``: the only place that talks to files and terminals for its user."""

import sys
from collections.abc import Sequence

import click

from analysis.bias_variance.cli import bias_variance
from analysis.errors import AnalysisError
from analysis.learning.cli import batch_growth, cyclical, lr_range
from analysis.options import HELP, examples, version
from analysis.report.cli import report
from analysis.scores.cli import scores
from analysis.staleness.cli import staleness
from analysis.terminal import PlainContext, guarded

PROGRAM = "python -m analysis"


@click.group(
    context_settings=HELP,
    invoke_without_command=True,
    epilog=examples("bias-variance --degrees 1..10", "lr-range --scale tiny --dataset digits"),
)
@version
@click.pass_context
def cli(context: click.Context) -> None:
    """Run the learning experiments beside the simulator and the layer tables."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


cli.context_class = PlainContext

# Their modules import nothing heavy outside functions.
for command in (bias_variance, scores, lr_range, cyclical, batch_growth, staleness, report):
    command.context_settings.update(HELP)
    command.context_class = PlainContext
    command.short_help = (command.help or "").partition("\n\n")[0]  # whole, where click would cut it
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; see `analysis.terminal.guarded`."""
    given = list(sys.argv[1:] if arguments is None else arguments)

    def run() -> None:
        with cli.make_context(PROGRAM, given) as context:
            cli.invoke(context)

    return guarded(run, AnalysisError)
