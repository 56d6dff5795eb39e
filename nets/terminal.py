"""What a terminal can take: its width, its characters, and texts that are data and never commands to it."""

import re
import shutil
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from nets.tables.grid import LEAST, Grid, fold

_PLAIN = MappingProxyType(
    {"×": "x", "·": "*", "⌊": "floor(", "⌋": ")", "²": "**2", "⁹": "**9", "→": "->", "≥": ">=", "–": "-"}
    | {"≤": "<=", "≠": "!=", "−": "-", "µ": "u"}
    | {"─": "-", "…": "..", "\u00a0": " "}
)
# Control characters, and those that turn the direction of writing, could make a name look like another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WIDEST = 1000

Style: TypeAlias = Literal["", "bold", "good", "bad"]


@attrs.frozen
class Paragraph:
    """A text that is folded to the terminal's width."""

    text: str
    style: Style = ""


Part: TypeAlias = Paragraph | Grid


def terminal_width() -> int:
    """Return the terminal's width, COLUMNS first, 80 where there is none."""
    return min(max(shutil.get_terminal_size().columns, LEAST), _WIDEST)


def speller(encoding: str) -> Callable[[str], str]:
    r"""Return a function that spells a text so that a terminal of this encoding shows it.

    What has no plain spelling is written as an escape, such as ``\u6f22``; so are control characters.

    >>> print(speller("ascii")("64·⌊H/2⌋ × 漢"))
    64*floor(H/2) x \u6f22
    """
    return lambda text: plain(printable(text), encoding)


def printable(text: str) -> str:
    r"""Write control characters as escapes: a name is data, not a command to the terminal or a new line.

    >>> print(printable("a\x1b[31m\nb"))
    a\x1b[31m\nb
    """
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def plain(text: str, encoding: str) -> str:
    """Spell what an encoding does not have in characters that it has; see `speller`."""

    def character(char: str) -> str:
        try:
            char.encode(encoding)
        except UnicodeEncodeError:
            return _PLAIN.get(char) or char.encode("unicode_escape").decode()
        return char

    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(map(character, text))
    return text


def rendered(
    parts: Iterable[Part],
    *,
    width: int | None = None,
    encoding: str = "utf-8",
    styled: Callable[[str, Style], str] = lambda text, _: text,
) -> str:
    """Write paragraphs and tables one below the other.

    Parameters
    ----------
    parts
        What to write.
    width
        Of the terminal, which is asked unless it is given.
    encoding
        Of the terminal.
    styled
        Gives a line its colour.
    """
    spell, room = speller(encoding), max(width or terminal_width(), LEAST)
    lines: list[str] = []
    for part in parts:
        if isinstance(part, Grid):
            lines += part.lines(room, spell)
        else:
            lines += [styled(line, part.style) for line in fold(spell(part.text), room)]
    return "".join(f"{line}\n" for line in lines)
