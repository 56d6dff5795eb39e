"""The command line of ``nets``: the only place that talks to files and terminals for its user."""

from collections.abc import Sequence

import click

from nets import commands, streams
from nets.costing.command import cost
from nets.delivery import INTERRUPTED
from nets.errors import NetsError
from nets.options import examples

REFUSED = 2
BROKEN_PIPE = 141


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click calls it so
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            streams.put(f"dlsyslab {version('dlsyslab')}\n")
        except PackageNotFoundError:
            streams.put("dlsyslab of unknown version\n")
        context.exit()


@click.group(
    cls=streams.Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("table vgg19", "compare inception-naive inception-reduced"),
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Print a network's layer table: parameters, activations and MACs, by formula and by count."""
    if context.invoked_subcommand is None:
        streams.put(f"{context.get_help()}\n")


for _command in (
    commands.list_nets,
    commands.table,
    commands.check,
    commands.compare,
    commands.which,
    commands.draw,
    cost,
):
    _command.short_help = (_command.help or "").partition("\n\n")[0]  # whole, where click would cut it
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    1 if a check disagrees or no convention prints a figure, 2 on bad input or output that cannot be written,
    130 on Ctrl-C, 141 if the reader of the output went away.
    """
    try:
        status: int | None = cli.main(arguments, prog_name="python -m nets", standalone_mode=False)
        streams.flush()
    except streams.ReaderGoneError:
        streams.give_up()
        return BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (click.ClickException, NetsError, ImportError, OSError, MemoryError) as error:
        if isinstance(error, OSError):
            streams.give_up()
        streams.say(f"error: {_sentence(error)}")
        return REFUSED
    return status or 0


def _sentence(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, ImportError):
        needed = (error.name or str(error)).partition(".")[0]
        return f"this command needs {needed}, which is not installed: python -m pip install {needed}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    if isinstance(error, OSError):
        return (
            f"{error.filename}: {error.strerror}" if error.filename else f"output: {error.strerror or error}"
        )
    return str(error)
