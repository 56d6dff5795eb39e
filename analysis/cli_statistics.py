"""The commands ``bias-variance`` and ``scores``."""

import click

COMMANDS: tuple[click.Command, ...] = ()
