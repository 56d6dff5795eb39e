"""What every command line says of itself, the same way in all three packages."""

import io
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import version

import click
import pytest

from tests.test_house import PACKAGES


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command with the words that call it, from a command down."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, *path, name)


EVERY = [each for package in PACKAGES for each in commands(import_module(f"{package}.cli").cli, package)]
COMMANDS = [words for words, _ in EVERY]
GROUPS = [words for words, command in EVERY if isinstance(command, click.Group)]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that succeeds, and return what it prints."""

    def run(package: str, *arguments: str) -> str:
        assert import_module(f"{package}.cli").main([*arguments]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_two_examples_and_a_short_option(command: tuple[str, ...], said: Callable[..., str]) -> None:
    text = said(*command, "--help")
    assert text.startswith(f"Usage: python -m {' '.join(command)} ")
    assert text.partition("Examples:")[2].count(f"python -m {' '.join(command)}") >= 2
    assert said(*command, "-h") == text


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_the_list_of_commands_is_not_cut(group: tuple[str, ...], said: Callable[..., str]) -> None:
    listed = said(*group, "--help").partition("Commands:")[2].partition("Examples:")[0]
    assert listed.strip()
    assert "..." not in listed


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_shown_by_every_terminal(
    command: tuple[str, ...], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, *words = command
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
    assert import_module(f"{package}.cli").main([*words, "--help"]) == 0
    sys.stdout.flush()
    assert out.getvalue().decode(encoding).startswith("Usage: ")


@pytest.mark.parametrize("command", GROUPS, ids=" ".join)
def test_a_group_alone_prints_its_help(command: tuple[str, ...], said: Callable[..., str]) -> None:
    assert said(*command) == said(*command, "--help")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_version_is_that_of_the_installation(package: str, said: Callable[..., str]) -> None:
    assert said(package, "--version") == f"dlsyslab {version('dlsyslab')}\n"
