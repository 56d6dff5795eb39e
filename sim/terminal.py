"""What the user's terminal can show: how wide it is, which characters it knows, and tables that fit it.

The rule for tables, at every width: **a table that is too wide goes on below**. It is first set closer; the
columns that still find no room follow in a further table, which begins with the same first columns. Names
and other words are broken over lines where even that is too wide; a number never is, and nothing is left
out.
"""

import codecs
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import zip_longest
from textwrap import fill
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

NARROWEST: Final = 40
"""Columns that every output fits into; a narrower terminal breaks the lines itself."""

WIDEST: Final = 1000
"""Columns beyond which no terminal goes, whatever ``COLUMNS`` says."""

FEWEST: Final = 8
"""Columns that are left to words at least, before they are broken over lines."""

WIDE: Final = 3
CLOSE: Final = 2
"""Blanks between columns."""

BOLD: Final = Style(bold=True)

_ERRORS: Final = "dlsyslab"
_ASCII: Final = "dlsyslab_ascii"
_TOGETHER: Final = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
"""Names under which Python's codecs know `_stand_in` and `_ascii`."""

_PLAIN: Final = str.maketrans(
    dict(zip("–—−‑·×~µμ─━▲‘’\N{NO-BREAK SPACE}", "----.x~uu-=^'' ", strict=True))
    | {"…": "...", "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->", "∞": "inf", "√": "sqrt"}
    | {"²": "^2", "³": "^3", "α": "alpha", "Δ": "Delta", "λ": "lambda", "ρ": "rho", "σ": "sigma"}
)
"""What is written for a character that the terminal lacks."""


def plain(text: str, encoding: str) -> str:
    """Return a text without the characters that an encoding lacks: near equivalents, or ``?``.

    >>> plain("σ ≤ 3 µs, é, 工", "ascii")
    'sigma <= 3 us, e, ?'
    >>> plain("σ ≤ 3 µs, é, 工", "latin-1")
    'sigma <= 3 µs, é, ?'
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, _ERRORS).decode(encoding)
    except LookupError:  # such as a test's own stream
        pass
    return text


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(_PLAIN)
    simple = "".join(
        sign for sign in unicodedata.normalize("NFKD", missing) if not unicodedata.combining(sign)
    )
    return "".join(sign if sign.isascii() else "?" for sign in simple), error.end


def _ascii(name: str) -> codecs.CodecInfo | None:
    """Return ASCII under another name: under its own, click takes it for a mistake, and writes UTF-8."""
    if name != _ASCII:
        return None
    own = codecs.lookup("ascii")
    streams = (own.streamreader, own.streamwriter, own.incrementalencoder, own.incrementaldecoder)
    return codecs.CodecInfo(own.encode, own.decode, *streams, name)


codecs.register_error(_ERRORS, _stand_in)
codecs.register(_ascii)


@contextmanager
def any_streams() -> Iterator[None]:
    """Let standard output and error take any text, whatever their encoding, and be closed from the start."""
    kept = sys.stdout, sys.stderr
    changed: list[tuple[TextIOWrapper, str, str]] = []
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 -- a device
        sys.stdout, sys.stderr = kept[0] or nowhere, kept[1] or nowhere
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper) and stream.errors != _ERRORS:
                changed.append((stream, stream.encoding, stream.errors or "strict"))
                known = codecs.lookup(stream.encoding).name
                stream.reconfigure(encoding=_ASCII if known == "ascii" else None, errors=_ERRORS)
        try:
            yield
        finally:
            for stream, encoding, errors in changed:
                if not stream.closed:
                    stream.reconfigure(encoding=encoding, errors=errors)
            sys.stdout, sys.stderr = kept


class Screen(Console):
    """Standard output, or standard error: without highlights, and no narrower than `NARROWEST`."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, width=_columns(), height=25)

    @property
    def unicode(self) -> bool:
        """Whether it shows more than ASCII; otherwise drawings are made of ASCII."""
        return not self.options.ascii_only

    def on_broken_pipe(self) -> None:
        """Pass on that nobody reads any more, for the command line to end with its status."""
        raise  # noqa: PLE0704 -- rich calls this from its handler of BrokenPipeError


def wrapped(sentence: str, width: int) -> str:
    """Return a sentence in lines of a width; what belongs to one interval stays together."""
    return fill(sentence.replace(" ± ", _TOGETHER), width).replace("\N{NO-BREAK SPACE}", " ")


def _columns() -> int:
    stated = os.environ.get("COLUMNS", "")
    widths = [int(stated)] if re.fullmatch("[0-9]{1,9}", stated) else []
    for stream in range(3):
        with suppress(OSError):
            widths.append(os.get_terminal_size(stream).columns)
    return min(max(next(filter(None, widths), 80), NARROWEST), WIDEST)


def as_json(data: Any) -> str:  # noqa: ANN401 -- whatever JSON can hold
    """Return data as JSON for standard output, escaped where that lacks characters."""
    return json.dumps(data, ensure_ascii=not Screen().unicode)


@dataclass(frozen=True)
class Column:
    """A column of a `Grid`: a number stands to the right and in one piece, words stand to the left.

    One with ``beside`` is never parted from the next.
    """

    head: str
    words: bool = False
    beside: bool = False


@dataclass(frozen=True)
class Grid:
    """A table for the terminal, which keeps to the rule of this module.

    Attributes
    ----------
    columns
        At least one.
    rows
        The cells, a text each; what a row lacks at its end is empty.
    keys
        So many columns, the first, say which row it is: they stand again where the table goes on below.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    keys: int = 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table's lines, for rich."""
        cells = [[column.head for column in self.columns]]
        cells += [[*row, *[""] * (len(self.columns) - len(row))] for row in self.rows]
        cells = [[plain(cell, options.encoding) for cell in row] for row in cells]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        for places, gap, fitted in self._tables(widths, options.max_width):
            yield Segment.line()
            for number, row in enumerate(cells):
                for line in _lines([row[i] for i in places], fitted, console):
                    aligned = (self._aligned(*each) for each in zip(places, line, fitted, strict=True))
                    yield Segment(" " + (" " * gap).join(aligned).rstrip(), None if number else BOLD)
                    yield Segment.line()
                if number == 0:
                    rule = "-" if options.ascii_only else "─"
                    yield Segment(" " + rule * (_total(fitted, gap) - 1))
                    yield Segment.line()
        yield Segment.line()

    def _tables(self, widths: list[int], room: int) -> list[tuple[list[int], int, list[int]]]:
        """Return which columns stand in each of the tables, the gap between them, and their widths."""
        everything = list(range(len(widths)))
        for gap in (WIDE, CLOSE):
            if _total(widths, gap) <= room:
                return [(everything, gap, widths)]
        names = [min(widths[i], max(FEWEST, room // 3)) if self.columns[i].words else widths[i]
                 for i in range(self.keys)]  # fmt: skip
        widths = [*names, *widths[self.keys :]]
        tables: list[list[int]] = []
        for places in self._inseparable(everything[self.keys :]):
            longer = [*(tables[-1] if tables else everything[: self.keys]), *places]
            if tables and _total([widths[i] for i in longer], CLOSE) > room:
                tables.append([*everything[: self.keys], *places])
            else:
                tables[-1:] = [longer]
        return [(places, CLOSE, self._squeezed(places, widths, room)) for places in tables or [everything]]

    def _inseparable(self, places: list[int]) -> list[list[int]]:
        """Return columns in pieces that nothing may part."""
        pieces: list[list[int]] = []
        for place in places:
            if pieces and self.columns[place - 1].beside:
                pieces[-1].append(place)
            else:
                pieces.append([place])
        return pieces

    def _squeezed(self, places: list[int], widths: list[int], room: int) -> list[int]:
        """Return the widths of a table's columns, those of words narrower where it is too wide."""
        fitted = [widths[i] for i in places]
        words = [place for place, i in enumerate(places) if self.columns[i].words]
        while _total(fitted, CLOSE) > room and any(fitted[place] > FEWEST for place in words):
            fitted[max(words, key=fitted.__getitem__)] -= 1
        return fitted

    def _aligned(self, place: int, cell: str, width: int) -> str:
        padding = " " * (width - cell_len(cell))
        return cell + padding if self.columns[place].words else padding + cell


def _total(widths: Sequence[int], gap: int) -> int:
    return 1 + sum(widths) + gap * (len(widths) - 1)


def _lines(cells: list[str], widths: list[int], console: Console) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a row, of which there are several where words are broken."""
    pieces = [
        [cell]
        if cell_len(cell) <= width
        else [line.plain.rstrip() for line in Text(cell).wrap(console, width, overflow="fold")]
        for cell, width in zip(cells, widths, strict=True)
    ]
    yield from zip_longest(*pieces, fillvalue="")
