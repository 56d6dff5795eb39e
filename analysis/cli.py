"""The command line of ``analysis``: the only place that talks to files and terminals for its user."""

import os
import sys
from collections.abc import Sequence

import click

from analysis.bias_variance.cli import bias_variance
from analysis.errors import AnalysisError
from analysis.learning.cli import batch_growth, cyclical, lr_range
from analysis.scores.cli import scores


@click.group(no_args_is_help=False)
def cli() -> None:
    """Run the learning experiments beside the simulator and the layer tables."""


# Their modules import nothing heavy outside functions.
for command in (bias_variance, scores, lr_range, cyclical, batch_growth):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 on bad input, 130 on Ctrl-C."""
    try:
        status: int | None = cli.main(arguments, prog_name="python -m analysis", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (click.ClickException, AnalysisError, OSError, ModuleNotFoundError) as error:
        return _refuse(_sentence(error))
    except click.Abort:
        return 130
    return status or 0


def _sentence(error: Exception) -> str:
    match error:
        case click.ClickException():
            return error.format_message()
        case ModuleNotFoundError():
            missing = str(error.name).partition(".")[0]
            return f"this needs {missing}, which is not installed; installing dlsyslab again brings it"
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}"
    return str(error)


def _refuse(sentence: str) -> int:
    click.echo(f"error: {sentence}", err=True)
    return 2
