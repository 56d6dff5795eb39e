"""Tables in the languages of documents: Markdown, HTML and LaTeX."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from nets.tables.columns import caption, cells, column_named, notes, title
from nets.tables.rows import Rows
from nets.terminal import printable

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_LATEX = str.maketrans(
    {
        **{char: rf"\{char}" for char in "_%&#${}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "*": "{*}",
        "²": "$^2$",
        "⁹": "$^9$",
        "→": r"$\to$",
        "⌊": r"$\lfloor$",
        "⌋": r"$\rfloor$",
        "≥": r"$\geq$",
        "<": "$<$",
        ">": "$>$",
        "|": "$|$",
        '"': "{''}",
        "[": "{[}",
        "]": "{]}",
    }
)


def _markdown(text: str) -> str:
    """Let a text stand in Markdown for itself."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def _html(text: str) -> str:
    return escape(printable(text))


def _latex(text: str) -> str:
    """Let a text stand in LaTeX for itself."""
    return printable(text).translate(_LATEX).replace("--", "-{}-")


def to_markdown(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table as GitHub's Markdown."""
    from tabulate import tabulate

    body = [[_markdown(text) for text in row] for row in cells(table, names, work=work, short=short)]
    grid: str = tabulate(
        body,
        headers=[_markdown(title(table, name)) for name in names],
        tablefmt="github",
        disable_numparse=True,
        colalign=["right" if column_named(name).total else "left" for name in names],
    )
    below = [_markdown(note) for note in notes(table, short=short)]
    return "\n\n".join([f"**{_markdown(caption(table))}**", grid, *below]) + "\n"


def to_html(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table as an HTML fragment."""

    def row(texts: Iterable[str], tag: str) -> str:
        sides = (' style="text-align: right"' if column_named(name).total else "" for name in names)
        marked = (f"<{tag}{side}>{_html(text)}</{tag}>" for side, text in zip(sides, texts, strict=True))
        return f"<tr>{''.join(marked)}</tr>"

    *body, sums = cells(table, names, work=work, short=short)
    lines = [
        "<table>",
        f"<caption>{_html(caption(table))}</caption>",
        f"<thead>{row((title(table, name) for name in names), 'th')}</thead>",
        *("<tbody>", *(row(texts, "td") for texts in body), "</tbody>"),
        f"<tfoot>{row(sums, 'td')}</tfoot>",
        "</table>",
        *(f"<p>{_html(note)}</p>" for note in notes(table, short=short)),
    ]
    return "\n".join(lines) + "\n"


def to_latex(table: Rows, names: Sequence[str], *, work: bool, short: bool) -> str:
    """Write the table for LaTeX with the package booktabs; the caption states unit and convention."""

    def row(texts: Iterable[str]) -> str:
        return rf"{' & '.join(map(_latex, texts))} \\"

    *body, sums = cells(table, names, work=work, short=short)
    said = " ".join(
        [f"{caption(table)}.", f"Convention: {table.convention.name}.", *notes(table, short=short)]
    )
    sides = "".join("r" if column_named(name).total else "l" for name in names)
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_latex(said)}}}",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        row(title(table, name) for name in names),
        r"\midrule",
        *(row(texts) for texts in body),
        r"\midrule",
        row(sums),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"
