"""The command ``dlsyslab``, one name for ``python -m sim``, ``python -m nets`` and ``python -m analysis``."""

import sys
from importlib import import_module
from importlib.metadata import version

import click

HELP = """\
Usage: dlsyslab sim|nets|analysis COMMAND [ARGS]...

  Predict what a training run will do before anyone rents the machines.

  dlsyslab sim       is python -m sim: a parameter server and its workers
  dlsyslab nets      is python -m nets: layer tables by hand and by machine
  dlsyslab analysis  is python -m analysis: the learning experiments

Examples:
  dlsyslab sim run --worker fast=1 --worker slow=2.5 --until 5
  dlsyslab nets table vgg19

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.
"""


def main() -> int:
    """Run the package that the first argument names, loading no other, and return its exit status."""
    match sys.argv[1:]:
        case [("sim" | "nets" | "analysis") as package, *arguments]:
            status: int = import_module(f"{package}.cli").main(arguments)
            return status
        case [] | ["-h" | "--help"]:
            click.echo(HELP, nl=False)
        case ["--version"]:
            click.echo(f"dlsyslab {version('dlsyslab')}")
        case [other, *_]:
            click.echo(f"error: No such command {other!r}; there are sim, nets and analysis.", err=True)
            return 2
    return 0
