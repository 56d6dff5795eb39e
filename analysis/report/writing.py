"""What was found, written: one HTML page that needs no network, Markdown with its pictures, and JSON."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token

from analysis.report.claims import Judged
from analysis.report.commands import commands_for
from analysis.report.flavours import Flavour, Html, Markdown, plain
from analysis.report.making import Found
from analysis.report.tables import Tables

PICTURE_STYLE = (
    "<style>svg{color:#1f2328;--line-blue:#0072b2;font-family:'DejaVu Sans',Verdana,sans-serif}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e6e6;--line-blue:#56b4e9}}</style>"
)
"""Of a picture in a file of its own, whose ink no page sets."""


def pages(found: Found) -> dict[str, bytes]:
    """Return the files by their names; the same findings give the same bytes."""
    pictures = {name: svg for part in found.parts.values() for name, svg in part.figures.items()}
    files = {
        "report.html": _html(found, pictures),
        "report.md": markdown(found),
        "report.json": _json(found),
        **{f"figures/{name}.svg": _picture(svg) for name, svg in pictures.items()},
    }
    return {name: text.encode() for name, text in files.items()}


def _json(found: Found) -> str:
    return json.dumps(data(found), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def data(found: Found) -> dict[str, Any]:
    """Return everything but the pictures as plain data."""
    return {
        "scale": found.scale.name,
        "problems": list(found.problems),
        "trained_elsewhere": found.source,
        "claims": [_claim(each, found) for each in found.claims],
        "results": found.results,
    }


def _claim(each: Judged, found: Found) -> dict[str, Any]:
    claim = each.claim
    return {
        "question": claim.question,
        "what": claim.what,
        "printed": claim.printed,
        **({"stands_for": claim.says} if claim.says else {}),
        "ours": each.ours.value,
        "error": each.ours.error,
        "recipe_today": each.again,
        "kind": claim.kind.value,
        "verdict": each.verdict.value,
        "why": each.judgement.sentence,
        "reproduced": each.reproduced,
        "commands": commands_for(claim.question, found.scale, found.results),
    }


def _picture(svg: str) -> str:
    head, _, rest = svg.partition(">")
    if "xmlns=" not in head:
        head += ' xmlns="http://www.w3.org/2000/svg"'
    return f"{head}>{PICTURE_STYLE}{rest}\n"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # Markdown is written, whose converter escapes HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "f": lambda number, digits: f"{number:.{digits}f}",
        "g": lambda number, digits: f"{number:.{digits}g}",
        "signed": lambda number, digits: f"{number:+.{digits}f}",
        "int": lambda number: f"{round(number):,}",
        "plain": plain,
    }
    return environment


def reasons(results: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what turns a reason's name into its sentence."""
    module = _environment().get_template("reasons.j2").module

    def sentence(name: str) -> str:
        macro: Callable[[Mapping[str, Any]], str] = getattr(module, name)
        return str(macro(results)).strip()

    return sentence


def _text(found: Found, flavour: Flavour) -> str:
    environment = _environment()
    environment.filters["equation"] = flavour.equation
    tables = Tables(found, flavour, reasons(found.results))
    parts = dict.fromkeys(("fits", "scores", "learning", "architectures", "staleness"))
    return environment.get_template("page.md.j2").render(
        **{**parts, **found.results},
        **tables.functions(),
        found=found,
        command=_command(found),
        tex=flavour.formula,
        figure=flavour.figure,
    )


def _command(found: Found) -> str:
    some = "" if len(found.problems) == 5 else f" --only {','.join(map(str, found.problems))}"  # noqa: PLR2004  # all
    given = f" --from {found.source}" if found.source else ""
    return f"python -m analysis report --out report --scale {found.scale.name}{some}{given}"


def markdown(found: Found) -> str:
    """Return the page as Markdown, whose pictures lie beside it."""
    text = re.sub(r"\n{3,}", "\n\n", _text(found, Markdown()))
    head, _, rest = text.partition("\n## ")
    listed = [
        f"{'  ' * (level - 2)}- [{title}](#{slug(title)})" for level, title in _headings(text) if level > 1
    ]
    return head + "\n" + "\n".join(listed) + "\n\n## " + rest.rstrip() + "\n"


def _headings(text: str) -> list[tuple[int, str]]:
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [(len(marks), title) for marks, title in re.findall(r"^(#{1,3}) (.+)$", outside, re.MULTILINE)]


def slug(title: str) -> str:
    """Return a heading's anchor, as GitHub makes it.

    >>> slug("1.4 Which degree is best?")
    '14-which-degree-is-best'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _html(found: Found, pictures: Mapping[str, str]) -> str:
    flavour = Html(pictures)
    text = _text(found, flavour)
    converter = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = converter.parse(text)
    contents = list(_anchored(tokens))
    body = flavour.finished(converter.renderer.render(tokens, converter.options, {}))
    body = re.sub(
        r"<table>\n<thead>.*?</table>",
        lambda table: f'<div class="table">{table[0]}</div>',
        body,
        flags=re.DOTALL,
    )
    environment = _environment()
    environment.filters["escape"] = escape
    return environment.get_template("page.html.j2").render(
        body=body, contents=contents, style=environment.get_template("style.css").render()
    )


def _anchored(tokens: list[Token]) -> Iterator[tuple[int, str, str]]:
    """Give headings their anchors, and yield level, anchor and title of each below the first."""
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            title = "".join(child.content for child in inside.children or [])
            token.attrSet("id", slug(title))
            if token.tag != "h1":
                yield int(token.tag[1]), slug(title), title
