"""Tables of text for terminals of any width: names may shorten and formulas may fold, a number never does.

The rule: what does not fit beside each other is stacked. The table goes on below with the columns that are
left, and each part starts with the rows' names again. Before that, formulas break at their operators; names
lose their middle only where a single column would not fit beside them otherwise.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

LEAST = 28
"""No part is made for a terminal narrower than this: the largest numbers would not fit."""

_NAME_LEAST = 12
_FOLD_LEAST = 24
_BREAKS = re.compile(r"(?<=[·×*])")


def _texts(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(cells)


@attrs.frozen
class Column:
    """One column.

    Parameters
    ----------
    title
        Its heading.
    cells, totals
        Its rows, and the rows below them.
    right
        Whether it is flush right, as numbers are.
    folds
        Whether its cells are formulas, which may break at their operators.
    alone
        Its heading where it is parted from its group; the title if empty.
    """

    title: str
    cells: tuple[str, ...] = attrs.field(converter=_texts)
    totals: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    right: bool = False
    folds: bool = False
    alone: str = ""

    def spelled(self, spell: Callable[[str], str]) -> "Column":
        """Return it with every text as a terminal can show it."""
        return attrs.evolve(
            self,
            title=spell(self.title),
            cells=map(spell, self.cells),
            totals=map(spell, self.totals),
            alone=spell(self.alone),
        )

    @property
    def width(self) -> int:
        """What it needs to show everything on one line."""
        return max(map(cell_width, (self.title, *self.cells, *self.totals)))

    @property
    def least(self) -> int:
        """What it needs at least."""
        if not self.folds:
            return self.width
        pieces = [piece for text in (self.title, *self.cells, *self.totals) for piece in _pieces(text)]
        return min(self.width, max(_FOLD_LEAST, *map(cell_width, pieces)))


@attrs.frozen
class Grid:
    """A table: its rows' names, and groups of columns that belong beside each other.

    Parameters
    ----------
    names
        The first column, repeated in every part; None where the rows have no names.
    groups
        The others.
    gap
        Spaces between columns.
    """

    names: Column | None
    groups: tuple[tuple[Column, ...], ...]
    gap: int = 2

    @property
    def width(self) -> int:
        """What it needs to show everything beside each other."""
        columns = [column for group in self.groups for column in group]
        return _total((c.width for c in ([self.names] if self.names else []) + columns), self.gap)

    def lines(self, width: int, spell: Callable[[str], str] = str) -> Iterator[str]:
        """Yield its lines, none of them wider than ``width`` unless a single number is."""
        width = max(width, LEAST)
        names = None if self.names is None else self.names.spelled(spell)
        groups = [[column.spelled(spell) for column in group] for group in self.groups]
        ellipsis, rule = spell("…"), spell("─")
        for index, (shown, part) in enumerate(_parts(names, groups, width, self.gap, ellipsis)):
            if index:
                yield ""
            yield from _drawn(shown, part, width, self.gap, rule)


def fold(text: str, width: int) -> list[str]:
    """Break a text into lines at spaces, and a formula that is too long at its operators; numbers stay whole.

    >>> fold("MACs = 150·N·(H - 4)·(W - 4) + 58,920·N", 24)
    ['MACs = 150·N·(H - 4)·(W', '- 4) + 58,920·N']
    """
    lines = [""]
    for word in re.findall(r"\S+|\s+", text):
        for piece in _pieces(word) if cell_width(word) > width else [word]:
            if cell_width(lines[-1] + piece.rstrip()) > width:
                lines[-1:] = [lines[-1], ""] if lines[-1].strip() else [""]
            lines[-1] += piece if lines[-1] or len(lines) == 1 else piece.lstrip()
    return [line.rstrip() for line in lines]


def shortened(name: str, width: int, ellipsis: str = "…") -> str:
    """Leave the middle of a name out.

    >>> shortened("inception_3a/5x5_reduce", 14)
    'incept…_reduce'
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(name) <= width:
        return name
    room = width - len(ellipsis)
    head = set_cell_size(name, room // 2)
    tail = set_cell_size(name[::-1], room - room // 2)[::-1]
    return f"{head.rstrip()}{ellipsis}{tail.lstrip()}"


def cell_width(text: str) -> int:
    """Count the columns that a text takes; some writing takes two a character.

    >>> cell_width("abc"), cell_width("漢字")
    (3, 4)
    """
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _pieces(text: str) -> list[str]:
    return [piece for word in text.split() for piece in _BREAKS.split(word)] or [""]


def _total(columns: Iterable[int], gap: int) -> int:
    widths = list(columns)
    return sum(widths) + gap * (len(widths) - 1)


def _parts(
    names: Column | None, groups: Sequence[Sequence[Column]], width: int, gap: int, ellipsis: str
) -> Iterator[tuple[Column | None, list[Column]]]:
    """Split the groups into parts that fit beside the names."""
    everything = [column for group in groups for column in group]
    beside = 0 if names is None else names.width + gap
    if names is not None and beside + _total((c.least for c in everything), gap) > width:
        widest = max((column.least for column in everything), default=0)
        room = max(_NAME_LEAST, min(width - gap - widest, width // 2))
        names = attrs.evolve(
            names,
            cells=[shortened(cell, room, ellipsis) for cell in names.cells],
            totals=[shortened(cell, room, ellipsis) for cell in names.totals],
        )
        beside = names.width + gap
    part: list[Column] = []
    for group in _fitting(groups, width - beside, gap):
        if part and beside + _total((c.least for c in [*part, *group]), gap) > width:
            yield names, part
            part = []
        part += group
    yield names, part


def _fitting(groups: Sequence[Sequence[Column]], room: int, gap: int) -> Iterator[list[Column]]:
    """Yield the groups, those that do not fit column by column."""
    for group in groups:
        if len(group) == 1 or _total((column.least for column in group), gap) <= room:
            yield [*group]
        else:
            yield from ([attrs.evolve(column, title=column.alone or column.title)] for column in group)


def _drawn(names: Column | None, part: list[Column], width: int, gap: int, rule: str) -> Iterator[str]:
    columns = part if names is None else [names, *part]
    widths = [column.least for column in columns]
    spare = width - _total(widths, gap)
    for index, column in enumerate(columns):  # what is left goes to the formulas
        more = max(0, min(column.width - widths[index], spare))
        widths[index] += more
        spare -= more

    def row(texts: Iterable[str]) -> Iterator[str]:
        cells = [
            fold(text, size) if column.folds else [text]
            for text, column, size in zip(texts, columns, widths, strict=True)
        ]
        for at in range(max(map(len, cells))):
            line = [cell[at] if at < len(cell) else "" for cell in cells]
            yield (
                (" " * gap)
                .join(
                    _padded(text, column, size)
                    for text, column, size in zip(line, columns, widths, strict=True)
                )
                .rstrip()
            )

    yield from row(column.title for column in columns)
    yield rule * _total(widths, gap)
    for texts in zip(*(column.cells for column in columns), strict=True):
        yield from row(texts)
    totals = [
        texts
        for texts in zip(*(column.totals for column in columns), strict=True)
        if any(texts[len(columns) - len(part) :])
    ]
    if totals:
        yield ""
    for texts in totals:
        yield from row(texts)


def _padded(text: str, column: Column, size: int) -> str:
    blank = " " * (size - cell_width(text))
    return blank + text if column.right else text + blank
