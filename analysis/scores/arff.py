"""Attribute-relation files: dense and sparse rows, quotes with escapes, missing values, instance weights.

After Weka's description of the format. What a relation within a row holds is not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.scores.sheets import Sheet, as_cells, is_number

NUMERIC = ("numeric", "real", "integer")
TEXT = ("string", "date")
TOKEN = re.compile(
    r"""\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,{}'"][^\s,{}]*))\s*"""
)
DECLARED = re.compile(
    r"@attribute\s+(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|(\S+))\s*(.*)", re.IGNORECASE
)
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
WEIGHT = re.compile(r",\s*\{([^{},]*)\}$")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class _Attribute:
    """A column: its name, whether it holds numbers, and the values it may have, if they are listed."""

    name: str
    numeric: bool
    levels: tuple[str, ...] | None

    @property
    def zero(self) -> str:
        """What a sparse row means that says nothing of it."""
        return "0" if self.numeric else (self.levels or ("",))[0]


def parse_arff(text: str, source: str) -> Sheet:
    """Read an ARFF text.

    Raises
    ------
    AnalysisError
        Naming the line that cannot be read.
    """
    attributes: list[_Attribute] = []
    rows: list[list[str | None]] = []
    weights: list[float] = []
    in_data = False
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        line, where = raw.strip(), f"{source}: line {number}"
        if not line or line.startswith("%"):
            continue
        keyword = line.split(None, 1)[0].lower()
        if in_data:
            row, weight = _row(line, attributes, where)
            rows.append(row)
            weights.append(weight)
        elif keyword == "@attribute":
            attributes.append(_attribute(line, where))
        elif keyword == "@data":
            in_data = True
        elif keyword != "@relation":
            raise AnalysisError(f"{where}: {line[:40]!r} is neither @relation, @attribute nor @data")
    if not (in_data and attributes):
        raise AnalysisError(f"{source}: not an ARFF file: it has no {'@attribute' if in_data else '@data'}")
    return _sheet(source, attributes, rows, np.array(weights))


def _sheet(
    source: str, attributes: list[_Attribute], rows: list[list[str | None]], weights: np.ndarray
) -> Sheet:
    names = [attribute.name for attribute in attributes]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise AnalysisError(f"{source}: two attributes are named {twice[0]!r}: rename one")
    columns = {}
    for position, attribute in enumerate(attributes):
        cells = [row[position] for row in rows]
        if attribute.numeric:
            columns[attribute.name] = np.array([np.nan if cell is None else float(cell) for cell in cells])
        else:
            columns[attribute.name] = as_cells(cells)
    weighted = bool((weights != 1).any())
    return Sheet(
        source,
        columns,
        levels=frozenset(a.name for a in attributes if a.levels is not None),
        weights=weights if weighted else None,
        notes=(f"{source} gives its rows weights: they are used.",) if weighted else (),
    )


def _attribute(line: str, where: str) -> _Attribute:
    found = DECLARED.fullmatch(line)
    if not found:
        raise AnalysisError(f"{where}: an attribute needs a name and a type")
    name = next(_unescaped(part) for part in found.groups()[:3] if part is not None)
    kind = found.group(4).strip()
    if kind.startswith("{") and kind.endswith("}"):
        levels = tuple(text for text, _ in _tokens(kind[1:-1], where))
        if not levels:
            raise AnalysisError(f"{where}: attribute {name!r} lists no values")
        return _Attribute(name, numeric=False, levels=levels)
    word = kind.split(None, 1)[0].lower() if kind else ""
    if word not in (*NUMERIC, *TEXT):
        raise AnalysisError(
            f"{where}: attribute {name!r} is of type {kind or 'nothing'!r}, not"
            f" {', '.join((*NUMERIC, *TEXT))} or a list in braces"
        )
    return _Attribute(name, numeric=word in NUMERIC, levels=None)


def _row(line: str, attributes: list[_Attribute], where: str) -> tuple[list[str | None], float]:
    """Return a row's cells, None where missing, and its weight."""
    line, weight = _weight(line, where)
    if line.startswith("{"):
        return _sparse(line, attributes, where), weight
    if not any(mark in line for mark in "'\"{}"):
        cells = [(cell.strip(), False) for cell in re.split(r"[,\t]", line)]
    else:
        cells = list(_tokens(line, where))
    if len(cells) != len(attributes):
        raise AnalysisError(f"{where}: {len(cells)} values for {len(attributes)} attributes")
    return [_cell(*cell, a, where) for cell, a in zip(cells, attributes, strict=True)], weight


def _weight(line: str, where: str) -> tuple[str, float]:
    """Part a row from the weight in braces that may end it."""
    found = WEIGHT.search(_masked(line))
    if not found:
        return line, 1.0
    weight = line[found.start(1) : found.end(1)].strip()
    if not is_number(weight) or not 0 <= float(weight) < np.inf:
        raise AnalysisError(f"{where}: weight {weight!r} must be a number of at least 0")
    return line[: found.start()].rstrip(), float(weight)


def _masked(line: str) -> str:
    """Return a line of the same length in which nothing quoted can be taken for punctuation."""
    return QUOTED.sub(lambda match: "x" * len(match.group()), line)


def _sparse(line: str, attributes: list[_Attribute], where: str) -> list[str | None]:
    masked = _masked(line)
    if not masked.endswith("}"):
        raise AnalysisError(f"{where}: a sparse row must end with a brace")
    row: list[str | None] = [attribute.zero for attribute in attributes]
    commas = [place for place, mark in enumerate(masked) if mark == ","]
    ends = [*commas, len(line) - 1]
    parts = [line[begin + 1 : end].strip() for begin, end in zip([0, *commas], ends, strict=True)]
    for part in parts if parts != [""] else []:
        index, _, rest = part.partition(" ")
        if not index.isascii() or not index.isdigit() or int(index) >= len(attributes):
            raise AnalysisError(f"{where}: {index!r} is no attribute's number, 0 to {len(attributes) - 1}")
        cells = list(_tokens(rest, where))
        if len(cells) != 1:
            raise AnalysisError(f"{where}: attribute {index} has {len(cells)} values, not 1")
        row[int(index)] = _cell(*cells[0], attributes[int(index)], where)
    return row


def _tokens(text: str, where: str) -> Iterator[tuple[str, bool]]:
    """Yield the values of a list parted by commas, and whether each was quoted."""
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found or (found.end() < len(text) and text[found.end()] != ","):
            raise AnalysisError(f"{where}: {text[place : place + 30].strip()!r} is no value: quote it")
        plain = found.group("plain")
        yield (
            plain
            if plain is not None
            else _unescaped(
                found.group("single") if found.group("single") is not None else found.group("double")
            ),
            plain is None,
        )
        place = found.end() + 1
        if found.end() == len(text) - 1:
            raise AnalysisError(f"{where}: a value is lacking after the last comma")


def _cell(text: str, quoted: bool, attribute: _Attribute, where: str) -> str | None:  # noqa: FBT001  # a token's two parts
    if text == "?" and not quoted:
        return None
    if attribute.numeric and not is_number(text):
        raise AnalysisError(f"{where}: {text!r} is no number, as attribute {attribute.name!r} needs")
    if attribute.levels is not None and text not in attribute.levels:
        raise AnalysisError(
            f"{where}: {text!r} is not among the values that attribute {attribute.name!r} lists"
        )
    return text


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: ESCAPED.get(match.group(1), match.group(1)), text)
