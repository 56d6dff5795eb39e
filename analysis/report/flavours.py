"""The two forms of the page: HTML that stands alone, and Markdown with pictures beside it.

Both are written from one text in Markdown. What the two forms have apart (formulas, pictures, tables) is put
in by the functions of a flavour, which the templates call.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol

from analysis.report.claims import Judged
from analysis.report.drawing import unique
from analysis.report.verdicts import Verdict, shown

MARKS = {
    Verdict.EQUAL: ("equal", "="),
    Verdict.WITHIN: ("within error", "≈"),
    Verdict.UNDECIDED: ("undecided", "?"),
    Verdict.NOT_SHOWN: ("not shown", "∅"),
    Verdict.WRONG: ("wrong", "✗"),
}
"""Each verdict's short word and mark."""
SLOT = "\x02{}\x03"
"""Stands for what is put in when the text around it is HTML already."""


class Flavour(Protocol):
    """What a template may call."""

    def formula(self, tex: str) -> str:
        """Return a formula within a line."""

    def equation(self, tex: str) -> str:
        """Return a formula on a line of its own."""

    def figure(self, *names: str, caption: str, large: bool = False) -> str:
        """Return pictures side by side where there is room; ``large`` ones below each other."""

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, stacks: bool = True) -> str:
        """Return a table whose first column names the rows; ``stacks`` lets a phone show rows as cards."""

    def badge(self, verdict: Verdict) -> str:
        """Return a verdict for a table."""

    def strong(self, text: str) -> str:
        """Return a cell that stands out."""


def claim_rows(found: Sequence[Judged], flavour: Flavour) -> list[list[str]]:
    """Return a row for each claim: what, printed, by the hand-in's recipe today, ours, verdict."""
    again = any(each.claim.recipe for each in found)
    return [
        [
            each.claim.what,
            each.claim.printed,
            *([_again(each)] if again else []),
            ours_of(each),
            flavour.badge(each.verdict),
        ]
        for each in found
    ]


def claim_head(found: Sequence[Judged]) -> list[str]:
    """Return the heading of `claim_rows`."""
    again = any(each.claim.recipe for each in found)
    return ["", "printed", *(["its recipe, today"] if again else []), "ours", "verdict"]


def _again(each: Judged) -> str:
    if each.again is None:
        return "–"
    return each.again if isinstance(each.again, str) else shown(each.again, each.claim.printed)


def ours_of(each: Judged) -> str:
    """Return our number to the digits of the printed one, with its error where it has one."""
    value, error = each.ours.value, each.ours.error
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    written = shown(value, each.claim.number)
    if each.claim.question == "2.3" and each.verdict is Verdict.WRONG:
        written = repr(value)
    if error is None:
        return written
    return f"{written} ± {error:.2g}" if each.claim.kind != "reading" else f"{written} ×÷ {error:.2g}"


class Markdown:
    """Markdown as GitHub shows it."""

    def formula(self, tex: str) -> str:
        """Return a formula within a line."""
        return f"${tex.strip()}$"

    def equation(self, tex: str) -> str:
        """Return a formula on a line of its own."""
        return f"\n\n$$\n{tex.strip()}\n$$\n\n"

    def figure(self, *names: str, caption: str, large: bool = False) -> str:  # noqa: ARG002  # all are
        """Return pictures below each other."""
        return "\n\n".join(f"![{caption}](figures/{name}.svg)" for name in names) + f"\n\n*{caption}*\n"

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, stacks: bool = True) -> str:  # noqa: ARG002  # Markdown has one kind
        """Return a table."""
        lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
        text = "\n".join(
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
        )
        return f"\n\n{text}\n"

    def badge(self, verdict: Verdict) -> str:
        """Return a verdict."""
        word, mark = MARKS[verdict]
        return f"{mark} {word}"

    def strong(self, text: str) -> str:
        """Return a cell that stands out."""
        return f"**{text}**"


class Html:
    """HTML; what goes past Markdown waits in slots, which `finished` fills."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        self._pictures = pictures
        self._slots: list[str] = []

    def formula(self, tex: str) -> str:
        """Return a formula within a line."""
        return self._slot(_mathml(tex, "inline"))

    def equation(self, tex: str) -> str:
        """Return a formula on a line of its own."""
        return self._block(f'<div class="equation">{_mathml(tex, "block")}</div>')

    def figure(self, *names: str, caption: str, large: bool = False) -> str:
        """Return pictures side by side."""
        drawn = "".join(
            f'<div class="picture" role="img" aria-label="{escape(caption)}">'
            f"{unique(self._pictures[name], name)}</div>"
            for name in names
        )
        kind = " large" if large else " pair" if len(names) > 1 else ""
        return self._block(
            f'<figure class="drawn{kind}"><div class="pictures">{drawn}</div>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, stacks: bool = True) -> str:
        """Return a table, whose cells know their heading where it is shown as cards."""
        heads = "".join(f'<th scope="col">{_cell(name)}</th>' for name in head)
        lines = []
        for row in rows:
            cells = "".join(
                f'<td data-head="{escape(name)}">{_cell(cell)}</td>'
                for name, cell in zip(head[1:], row[1:], strict=True)
            )
            lines.append(f'<tr><th scope="row">{_cell(row[0])}</th>{cells}</tr>')
        cards = ' class="cards"' if stacks and len(head) > 3 else ""  # noqa: PLR2004  # fewer columns fit a phone
        body = "".join(lines)
        return self._block(
            f'<div class="table"><table{cards}><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def badge(self, verdict: Verdict) -> str:
        """Return a verdict."""
        word, mark = MARKS[verdict]
        kind = verdict.name.lower().replace("_", "-")
        return self._slot(
            f'<span class="verdict {kind}"><span aria-hidden="true">{mark}</span> {word}</span>'
        )

    def strong(self, text: str) -> str:
        """Return a cell that stands out."""
        return self._slot(f"<strong>{escape(text)}</strong>")

    def _block(self, html: str) -> str:
        return f"\n\n{self._slot(html)}\n\n"

    def _slot(self, html: str) -> str:
        self._slots.append(html)
        return SLOT.format(len(self._slots) - 1)

    def finished(self, html: str) -> str:
        """Fill the slots, those within slots too."""
        html = re.sub("<p>\\s*\x02(\\d+)\x03\\s*</p>", "\x02\\1\x03", html)
        while "\x02" in html:
            html = re.sub("\x02(\\d+)\x03", lambda place: self._slots[int(place[1])], html)
        return html


def _cell(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _mathml(tex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return convert(tex.strip(), display=display)


def plain(text: str) -> str:
    r"""Return a text that Markdown takes literally.

    >>> plain("a_b<c>")
    'a\\_b\\<c\\>'
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$])", r"\\\1", text)
