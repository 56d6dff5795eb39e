"""Standard output and error: closed, full or in another encoding, they never end in a traceback."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

import click

from nets.errors import InputError
from nets.terminal import Part, Style, plain, rendered, speller

_COLOURS: dict[Style, dict[str, object]] = {"bold": {"bold": True}, "good": {"fg": "green"}}
_COLOURS["bad"] = {"fg": "red", "bold": True}


# An unbuffered output (PYTHONUNBUFFERED) does not say that only a part of a large text was taken.
_CHUNK = 1 << 14


class ReaderGoneError(Exception):
    """Whoever read our output has seen enough, as `head` does."""


def encoding() -> str:
    """Return the encoding of standard output."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def is_unicode() -> bool:
    """Whether standard output takes every character."""
    return encoding().lower().replace("-", "").startswith("utf")


class Command(click.Command):
    """A command whose help is spelled so that standard output takes it."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help."""
        return plain(super().get_help(ctx), encoding())


class Group(Command, click.Group):
    """A command that has others below it."""


def put(text: str, *, escaped: Callable[[str], str] | None = None) -> None:
    """Write a text to standard output.

    Parameters
    ----------
    text
        What to write.
    escaped
        How the text's format writes what is not ASCII, for terminals that are not Unicode; without it such
        characters are spelled out.

    Raises
    ------
    InputError
        If standard output is closed.
    ReaderGoneError
        If nobody reads it any more.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed, so there is nowhere to write to")
    if not is_unicode():
        text = escaped(text) if escaped else plain(text, encoding())
    text = plain(text, encoding())
    try:
        for at in range(0, len(text), _CHUNK):
            sys.stdout.write(text[at : at + _CHUNK])
    except BrokenPipeError:
        raise ReaderGoneError from None  # click would make status 1 of a BrokenPipeError


def show(parts: Iterable[Part]) -> None:
    """Write paragraphs and tables to standard output, in colour where it is a terminal that has some."""
    colours = sys.stdout is not None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    styled = _styled if colours and os.environ.get("TERM") != "dumb" else _plain
    put(rendered(parts, encoding=encoding(), styled=styled))


def say(sentence: str) -> None:
    """Write a sentence to standard error, if that can be done."""
    with suppress(OSError, ValueError):
        click.echo(speller(getattr(sys.stderr, "encoding", None) or "ascii")(sentence), err=True)


def flush() -> None:
    """See to it that everything has been written."""
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderGoneError from None


def give_up() -> None:
    """Let nothing more be written to standard output, so that Python does not complain of it at its end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def as_ascii_xml(text: str) -> str:
    """Write what is not ASCII as character references.

    >>> as_ascii_xml("2×3")
    '2&#215;3'
    """
    return text.encode("ascii", "xmlcharrefreplace").decode()


def as_ascii_json(text: str) -> str:
    r"""Write what is not ASCII as JSON escapes.

    >>> print(as_ascii_json('"2×3"'))
    "2\u00d73"
    """
    units = text.encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)  # noqa: PLR2004  # ASCII


def _styled(line: str, style: Style) -> str:
    return click.style(line, **_COLOURS[style]) if style and line else line  # type: ignore[arg-type]  # a choice of style's keywords


def _plain(line: str, _: Style) -> str:
    return line
