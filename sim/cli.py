"""The command line of ``sim``: the only place that talks to files and terminals for its user."""

import os
import sys
from collections.abc import Sequence

import click

from sim.errors import SimError


@click.group(no_args_is_help=False, epilog="No command is built yet.")
def cli() -> None:
    """Simulate a parameter server and its workers: who read what when, how stale each gradient was."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 on bad input, 130 on Ctrl-C."""
    try:
        status: int | None = cli.main(arguments, prog_name="python -m sim", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _refuse(error.format_message())
    except SimError as error:
        return _refuse(str(error))
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except click.Abort:
        return 130
    return status or 0


def _refuse(sentence: str) -> int:
    click.echo(f"error: {sentence}", err=True)
    return 2
